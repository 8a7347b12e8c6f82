package audit

import (
	"io"
	"sync"
	"time"
)

// Log writes records as JSON lines. A record is handed to one writing goroutine
// that writes whatever has gathered in one piece, a thousand times a second at
// most, so that a busy server does not pay a system call a request.
type Log struct {
	records chan Record
	done    chan struct{}
	onError func(error)

	mu     sync.RWMutex // guards closed against a concurrent Record
	closed bool
}

const (
	queueLength = 4096     // records; a full queue makes requests wait: no record is ever dropped
	maxWrite    = 64 << 10 // bytes gathered before they are written

	// writeInterval lies between two writes at least. A record that is alone is written at once.
	writeInterval = time.Millisecond
)

// NewLog returns a Log on w. onError hears of failed writes; it may be nil.
func NewLog(w io.Writer, onError func(error)) *Log {
	if onError == nil {
		onError = func(error) {}
	}
	l := &Log{records: make(chan Record, queueLength), done: make(chan struct{}), onError: onError}
	go l.run(w)
	return l
}

// Record appends a record. After Close it does nothing.
func (l *Log) Record(r Record) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if !l.closed {
		l.records <- r
	}
}

// Close writes what is left. It does not close the underlying writer.
func (l *Log) Close() {
	l.mu.Lock()
	already := l.closed
	l.closed = true
	l.mu.Unlock()
	if !already {
		close(l.records)
	}
	<-l.done
}

func (l *Log) run(w io.Writer) {
	defer close(l.done)
	var buf []byte
	for r := range l.records {
		buf = l.gather(appendRecord(buf[:0], &r))
		if _, err := w.Write(buf); err != nil {
			l.onError(err)
		}
		time.Sleep(writeInterval)
	}
}

// gather adds the records that are waiting already.
func (l *Log) gather(buf []byte) []byte {
	for len(buf) < maxWrite {
		select {
		case r, ok := <-l.records:
			if !ok {
				return buf
			}
			buf = appendRecord(buf, &r)
		default:
			return buf
		}
	}
	return buf
}
