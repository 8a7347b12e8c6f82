package objectstore

import (
	"hash"
	"sync"
)

// A body passes through a ring of buffers, of which at most ringSize-1 wait to
// be hashed. So whatever delays reading or writing for a moment, as a disk does
// all the time, leaves MD5 something to do. No request holds more of its body
// than a ring, less than 1 MiB.
const (
	ringSize   = 7
	bufferSize = 128 << 10
)

var buffers = sync.Pool{New: func() any { return new([bufferSize]byte) }}

// digester hashes the chunks of a body in their order: in the background, unless
// the first is also the last. Its user asks for a buffer, adds what it put there,
// and may read that until it asks for the next one.
//
// The goroutine holds no pointer to it, so that it can lie on its user's stack.
type digester struct {
	sums

	ring [ringSize]*[bufferSize]byte // of which those that were never asked for are nil
	turn int                         // of the buffer that is next

	chunks chan<- []byte   // to the background; nil as long as there is none
	done   <-chan struct{} // closed when all chunks were hashed
}

type sums struct {
	md5, also hash.Hash // also may be nil
}

func (s sums) hash(chunk []byte) {
	s.md5.Write(chunk)
	if s.also != nil {
		s.also.Write(chunk)
	}
}

// buffer returns one that is free.
func (d *digester) buffer() []byte {
	b := &d.ring[d.turn%ringSize]
	if *b == nil {
		*b = buffers.Get().(*[bufferSize]byte)
	}
	d.turn++
	return (*b)[:]
}

// add hashes what the last buffer holds. After a buffer that is not full nothing
// may follow.
func (d *digester) add(chunk []byte) {
	if d.chunks == nil {
		if len(chunk) < bufferSize {
			d.hash(chunk)
			return
		}
		d.begin()
	}
	d.chunks <- chunk
}

// begin lets chunks be hashed in the background. When add has sent one, ringSize-2
// at most wait in the channel, and one is being hashed: the one before these is
// done, and its buffer the next that is given out.
func (d *digester) begin() {
	chunks, done, sums := make(chan []byte, ringSize-2), make(chan struct{}), d.sums
	d.chunks, d.done = chunks, done
	go func() {
		defer close(done)
		for chunk := range chunks {
			sums.hash(chunk)
		}
	}()
}

// sum returns the MD5 of all chunks. None may follow.
func (d *digester) sum() []byte {
	d.end()
	return d.md5.Sum(nil)
}

func (d *digester) end() {
	if d.chunks != nil {
		close(d.chunks)
		d.chunks = nil
		<-d.done
	}
}

// release gives the buffers back, once nobody reads them.
func (d *digester) release() {
	d.end()
	for _, b := range d.ring {
		if b != nil {
			buffers.Put(b)
		}
	}
}
