package access

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"ossd/access/policy"
	"ossd/engine/meta"
	"ossd/engine/meta/pebble"
)

// Clients that change keys, policies, groups and attachments while others are
// decided: nothing is allowed that no serial order of the changes would allow.
// What has returned counts for every decision that begins later, what has not
// begun for none that has ended.
func TestDecisionsAreSerial(t *testing.T) {
	const clients = 16
	for _, c := range []struct {
		name   string
		rows   func(t *testing.T) meta.Store
		rounds int
	}{
		{"memory", func(*testing.T) meta.Store { return newRows() }, 25},
		{"pebble", pebbleRows, 6},
		{"postgres", postgresRows, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			rows := c.rows(t)
			w := newWorld(t, func(config *Config) { config.Rows = rows })
			t.Cleanup(func() { w.Close() })
			scenes := make([]*scene, clients)
			for i := range scenes {
				scenes[i] = stage(w, i)
			}
			var changing, asking sync.WaitGroup
			var done atomic.Bool
			for _, s := range scenes {
				changing.Go(func() { s.play(t, c.rounds) })
			}
			for range 4 {
				asking.Go(func() {
					for !done.Load() && !t.Failed() {
						scenes[rand.IntN(clients)].watch(t)
					}
				})
			}
			changing.Wait()
			done.Store(true)
			asking.Wait()
			asked := int64(0)
			for _, s := range scenes {
				asked += s.asked.Load()
			}
			t.Logf("%d decisions", asked)
		})
	}
}

func pebbleRows(t *testing.T) meta.Store {
	rows, err := pebble.Open(pebble.Config{Dir: t.TempDir(), CacheBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { rows.Close() })
	return rows
}

// scene is a user or session of its own, and changes to what it may do that are
// made in turn, again and again.
type scene struct {
	w          *world
	name       string
	steps      []step
	credential func(context.Context, *Directory) (*Credential, error)
	held       *Credential // found before any of the steps

	// moment is even between two changes and odd during one; half of it says
	// how many were made.
	moment atomic.Int64
	asked  atomic.Int64
}

// step is a change, and whether the scene's user is allowed to read when it was made.
type step struct {
	change  func(context.Context) error
	allowed bool
}

func (s *scene) play(t *testing.T, rounds int) {
	for range rounds {
		for i, step := range s.steps {
			s.moment.Add(1)
			err := step.change(t.Context())
			s.moment.Add(1)
			if err != nil {
				t.Errorf("%s, step %d: %v", s.name, i, err)
			}
			s.watch(t)
			if t.Failed() {
				return
			}
		}
	}
}

// watch asks, and judges the answer if the moment tells what it must be.
func (s *scene) watch(t *testing.T) {
	for _, find := range []func(context.Context, *Directory) (*Credential, error){
		s.credential, func(context.Context, *Directory) (*Credential, error) { return s.held, nil },
	} {
		before := s.moment.Load()
		allowed, err := s.ask(t.Context(), s.w.Directory, find)
		after := s.moment.Load()
		if err != nil {
			t.Errorf("%s: %v", s.name, err)
		}
		if could, must := s.possible(before, after); allowed && !could || !allowed && must {
			t.Errorf("%s: allowed is %v, asked between the moments %d and %d", s.name, allowed, before, after)
		}
		s.asked.Add(1)
	}
}

func (s *scene) ask(ctx context.Context, d *Directory, find func(context.Context, *Directory) (*Credential, error)) (bool, error) {
	c, err := find(ctx, d)
	if err == nil {
		var decided policy.Decision
		if decided, err = d.Authorize(ctx, c, getObject("b/k")); err == nil {
			return decided.Allowed, nil
		}
	}
	if errors.Is(err, ErrKeyInactive) {
		err = nil
	}
	return false, err
}

// possible tells whether the user was allowed in any of the states between two
// moments, and whether in all of them.
func (s *scene) possible(before, after int64) (could, must bool) {
	must = true
	for made := before / 2; made <= (after+1)/2; made++ {
		allowed := s.allowedAfter(made)
		could, must = could || allowed, must && allowed
	}
	return could, must
}

// allowedAfter tells for the state after so many changes. The steps begin with
// the state that they end with.
func (s *scene) allowedAfter(made int64) bool {
	n := int64(len(s.steps))
	return s.steps[(made+n-1)%n].allowed
}
