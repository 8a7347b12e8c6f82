package access

import (
	"errors"
	"sync"
	"testing"
	"time"
)

func TestRevocationBefore(t *testing.T) {
	w, alice, reader := withRole(t)
	c := w.credential(alice.ID, "")
	first := w.assume(c, reader)
	w.sleep(time.Minute)
	between := w.time()
	second := w.assume(c, reader)
	w.sleep(time.Minute)
	third := w.assume(c, reader)
	over := func(when string, ended ...IssuedSession) {
		t.Helper()
		for i, s := range []IssuedSession{first, second, third} {
			_, err := w.Credential(t.Context(), s.AccessKeyID, s.SecurityToken)
			if i < len(ended) != errors.Is(err, ErrTokenInvalid) {
				t.Errorf("%s: session %d: %v", when, i, err)
			}
		}
	}
	revoke := func(before time.Time) error { return lastOf(w.RevokeSessions(t.Context(), acc1, "reader", before)) }
	refused(t, revoke(w.time().Add(time.Nanosecond)), InvalidFormat, "", "BeforeTime")
	over("nothing revoked")
	w.must(revoke(between.Add(-time.Millisecond)))
	over("before the second", first)
	w.must(revoke(between))
	over("in the instant of the second", first, second)
	w.must(revoke(between.Add(-time.Hour))) // what is ended stays so
	over("earlier again", first, second)
	w.must(revoke(time.Time{}))
	over("now", first, second, third)
	_, err := w.RevokeSessions(t.Context(), acc1, "missing", time.Time{})
	refused(t, err, NotExist, "Role", "")
}

// A revocation races with sessions that are being issued. When it has answered,
// every session that was answered before it began is over; every one that was
// asked for after that is good. What lies between may be either, but stays what
// it is.
func TestRevocationRace(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Now = time.Now })
	_, alice := w.user(acc1, "alice", allowAssume)
	reader := w.role(acc1, "reader", trusting("acs:ram::"+acc1+":root"), readDocument)
	c := w.credential(alice.ID, "")
	type span struct {
		began, ended time.Time
		s            IssuedSession
	}
	var mu sync.Mutex
	var all []span
	stop := make(chan struct{})
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				began := time.Now()
				s, err := w.AssumeRole(t.Context(), c, AssumeRole{RoleARN: reader.ARN(), SessionName: "session"})
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				all = append(all, span{began, time.Now(), s})
				mu.Unlock()
				time.Sleep(100 * time.Microsecond)
			}
		})
	}
	begun := func(since time.Time) (n int) {
		mu.Lock()
		defer mu.Unlock()
		for _, x := range all {
			if x.began.After(since) {
				n++
			}
		}
		return n
	}
	for begun(time.Time{}) < 20 && !t.Failed() {
		time.Sleep(time.Millisecond)
	}
	before := time.Now()
	w.must(lastOf(w.RevokeSessions(t.Context(), acc1, "reader", time.Time{})))
	after := time.Now()
	for begun(after.Add(time.Millisecond)) < 20 && !t.Failed() {
		time.Sleep(time.Millisecond)
	}
	close(stop)
	group.Wait()
	old, fresh := 0, 0
	for _, x := range all {
		_, err := w.Credential(t.Context(), x.s.AccessKeyID, x.s.SecurityToken)
		switch {
		case x.ended.Before(before):
			old++
			wantErr(t, err, ErrTokenInvalid)
		case x.began.After(after.Add(time.Millisecond)): // tokens know milliseconds
			fresh++
			w.must(err)
		}
	}
	if old == 0 || fresh == 0 {
		t.Errorf("%d sessions before, %d after: nothing was tried", old, fresh)
	}
}

// What an issuer of sessions has read when a revocation comes does not help it:
// the session is dated before the reading.
func TestRevocationWhileARoleIsRead(t *testing.T) {
	w, alice, reader := withRole(t)
	c := w.credential(alice.ID, "")
	asked := w.time()
	w.sleep(time.Millisecond)
	w.must(lastOf(w.RevokeSessions(t.Context(), acc1, "reader", time.Time{})))
	in := AssumeRole{RoleARN: reader.ARN(), SessionName: "session"}
	late, err := w.issue(reader, in.session(reader, asked, time.Hour, []link{{account: acc1, id: c.Principal.UserID}}))
	w.must(err)
	_, err = w.Credential(t.Context(), late.AccessKeyID, late.SecurityToken)
	wantErr(t, err, ErrTokenInvalid)
}
