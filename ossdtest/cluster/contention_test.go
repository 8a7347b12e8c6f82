//go:build cluster && linux

package cluster

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"ossd/internal/lan"
	"ossd/ossdtest/witness"
)

const (
	contended = 3 // keys at a time
	rivals    = 4 // clients of each
	moves     = 6 // of each client; the search for an order takes longer with each
)

// Several nodes decide on the same keys while links flap, answers of PostgreSQL are lost, and it is killed:
// there is an order that explains all that was answered, in which what failed may have happened or not.
func contention(t *testing.T, tr *trial) error {
	end := tr.contend(t)
	err := flap(t, tr)
	for _, n := range tr.at[:2] {
		tr.net.Set(tr.rows, n, lost)
		time.Sleep(12 * time.Second)
		tr.net.Set(tr.rows, n, lan.Condition{})
	}
	for range 4 {
		err = errors.Join(err, tr.cl.Postgres.Kill(), tr.cl.Postgres.Restart(t.Context()))
		time.Sleep(time.Second)
	}
	end()
	return err
}

// contend lets rivals loose until it is ended, and then judges what they were told.
func (tr *trial) contend(t *testing.T) (end func()) {
	var stop atomic.Bool
	var all sync.WaitGroup
	var calls, unknown, told atomic.Int64
	for k := range contended {
		all.Go(func() {
			for round := 0; !stop.Load(); round++ {
				h := &history{tr: tr, key: fmt.Sprintf("/%s/contended-%d-%d", bucket1, k, round), begun: time.Now()}
				h.play()
				calls.Add(int64(len(h.ops)))
				unknown.Add(int64(h.unknown))
				if result, _ := porcupine.CheckOperationsVerbose(oneKey, h.ops, time.Minute); result != porcupine.Ok && told.Add(1) == 1 {
					t.Errorf("%s: %s: nothing explains these answers", h.key, result)
					for _, op := range h.ops {
						t.Logf("%d %10d-%10d %+v: %+v", op.ClientId, op.Call/1000, op.Return/1000, op.Input, op.Output)
					}
				}
			}
		})
	}
	return func() {
		stop.Store(true)
		all.Wait()
		t.Logf("%d calls on contended keys, of which %d failed", calls.Load(), unknown.Load())
		if unknown.Load() == 0 {
			t.Error("no call failed: was there a fault?")
		}
	}
}

// history is what clients did to one key, and were told.
type history struct {
	tr    *trial
	key   string
	begun time.Time

	mu      sync.Mutex
	ops     []porcupine.Operation
	unknown int
}

// move is what a client does, outcome what it was told.
type move struct {
	what, content string
	position      int
	forbid        bool // to overwrite
	aborted       bool // by another client at the same time
}

type outcome struct {
	unknown bool
	code    string // of a refusal
	found   bool   // by a get
	content string
}

// object is the state of a key.
type object struct {
	exists, appendable bool
	content            string
}

var oneKey = porcupine.Model{
	Init: func() any { return object{} },
	Step: func(state, input, output any) (bool, any) {
		was, m, told := state.(object), input.(move), output.(outcome)
		if m.aborted && told.code == "NoSuchUpload" {
			return true, was
		}
		next, want := was.step(m)
		return told.unknown || told == want, next
	},
}

// step is what a move makes of an object, and what is told of it.
func (o object) step(m move) (object, outcome) {
	switch {
	case m.what == "get":
		return o, outcome{found: o.exists, content: o.content}
	case m.what == "delete":
		return object{}, outcome{}
	case m.what != "append" && m.forbid && o.exists:
		return o, outcome{code: "FileAlreadyExists"}
	case m.what != "append":
		return object{exists: true, content: m.content}, outcome{}
	case o.exists && !o.appendable:
		return o, outcome{code: "ObjectNotAppendable"}
	case m.position != len(o.content):
		return o, outcome{code: "PositionNotEqualToLength"}
	}
	return object{true, true, o.content + m.content}, outcome{}
}

func (h *history) play() {
	var all sync.WaitGroup
	for client := range rivals {
		all.Go(func() {
			for n := range moves {
				h.move(client, n)
			}
		})
	}
	all.Wait()
}

func (h *history) move(client, n int) {
	m := move{what: []string{"get", "get", "get", "put", "put", "delete", "append", "append", "complete"}[rand.IntN(9)], forbid: rand.IntN(2) == 0}
	m.content = fmt.Sprintf("<%d.%d>", client, n)
	if m.what == "append" {
		if a, err := h.send("HEAD", "", nil, ""); err == nil {
			fmt.Sscan(a.Header.Get("Content-Length"), &m.position)
		}
	}
	upload := ""
	if m.what == "complete" {
		if upload = h.upload(m.content); upload == "" {
			return
		}
		m.aborted = rand.IntN(2) == 0
	}
	from := time.Since(h.begun)
	told := h.do(m, upload)
	to := time.Since(h.begun).Nanoseconds()
	if told.unknown {
		to = math.MaxInt64 // it may have its effect at any time, or never
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if told.unknown {
		h.unknown++
	}
	if m.what != "get" || !told.unknown {
		h.ops = append(h.ops, porcupine.Operation{ClientId: client, Input: m, Call: from.Nanoseconds(), Output: told, Return: to})
	}
}

func (h *history) send(method, query string, header http.Header, content string) (witness.Answer, error) {
	return h.tr.client.Send(method, h.key, query, header, []byte(content))
}

// do makes a move.
func (h *history) do(m move, upload string) outcome {
	header := http.Header{}
	if m.forbid && m.what != "append" {
		header.Set("X-Oss-Forbid-Overwrite", "true")
	}
	switch m.what {
	case "get":
		return h.told(h.send("GET", "", nil, ""))
	case "delete":
		return h.told(h.send("DELETE", "", nil, ""))
	case "append":
		return h.told(h.send("POST", fmt.Sprintf("append&position=%d", m.position), nil, m.content))
	case "put":
		return h.told(h.send("PUT", "", header, m.content))
	}
	header.Set("X-Oss-Complete-All", "yes")
	aborted := make(chan outcome, 1)
	if m.aborted {
		go func() { aborted <- h.told(h.send("DELETE", "uploadId="+upload, nil, "")) }()
	} else {
		aborted <- outcome{unknown: true}
	}
	completed := h.told(h.send("POST", "uploadId="+upload, header, ""))
	other := <-aborted
	if !other.unknown && !completed.unknown && completed.code != "FileAlreadyExists" && (completed.code == "") == (other.code == "") {
		h.tr.client.Object("%s: an upload was completed (%q) and aborted (%q)", h.key, completed.code, other.code)
	}
	return completed
}

// upload begins an upload of one part; empty if that fails.
func (h *history) upload(content string) string {
	a, err := h.send("POST", "uploads", nil, "")
	var begun struct{ UploadId string }
	if err != nil || a.Status != http.StatusOK || xml.Unmarshal(a.Body, &begun) != nil {
		return ""
	}
	if a, err = h.send("PUT", "partNumber=1&uploadId="+begun.UploadId, nil, content); err != nil || a.Status != http.StatusOK {
		return ""
	}
	return begun.UploadId
}

// told is what an answer says.
func (h *history) told(a witness.Answer, err error) outcome {
	if err != nil {
		return outcome{unknown: true}
	}
	if a.Status < 300 {
		o := outcome{}
		if a.Header.Get("Content-Type") != "application/xml" && bytes.HasPrefix(a.Body, []byte("<")) {
			o.found, o.content = true, string(a.Body)
		}
		return o
	}
	switch code := a.Code(); code {
	case "NoSuchKey":
		return outcome{}
	case "FileAlreadyExists", "ObjectNotAppendable", "PositionNotEqualToLength", "NoSuchUpload":
		return outcome{code: code}
	}
	_ = h.tr.client.Refused(h.key, a) // which keeps it, unless it is 503
	return outcome{unknown: true}
}
