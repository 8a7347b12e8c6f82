package access

import (
	"context"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"ossd/engine/meta"
	"ossd/engine/meta/postgres"
	"ossd/engine/meta/postgres/postgrestest"
)

func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m)) }

// openSchema connects to a schema as one more process does.
func openSchema(t *testing.T, schema string) meta.Store {
	t.Helper()
	rows, err := postgres.Open(t.Context(), postgres.Config{URL: postgrestest.Shared(t).URL(), Schema: schema, MaxConns: 8})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { rows.Close() })
	return rows
}

func postgresRows(t *testing.T) meta.Store { return openSchema(t, postgrestest.Shared(t).Schema(t)) }

// processes are two Directories over the same rows in PostgreSQL, with nothing else in common.
func processes(t *testing.T) (a *world, b *Directory) {
	t.Helper()
	schema := postgrestest.Shared(t).Schema(t)
	rows := openSchema(t, schema)
	a = newWorld(t, func(c *Config) { c.Rows = rows })
	t.Cleanup(func() { a.Close() })
	b, err := Open(t.Context(), Config{Rows: openSchema(t, schema), MasterKey: masterKey, Now: a.time})
	a.must(err)
	t.Cleanup(func() { b.Close() })
	return a, b
}

// Whatever is changed through one process counts for another within StaleBound, and from then on.
func TestAnotherProcessDecides(t *testing.T) {
	a, b := processes(t)
	for i, plot := range plots {
		s := stage(a, i)
		t.Run(plot.name, func(t *testing.T) {
			for round := range 3 {
				for i, step := range s.steps {
					a.must(step.change(t.Context()))
					s.wantTold(t, b, step.allowed)
					if t.Failed() {
						t.Fatalf("round %d, step %d", round, i)
					}
				}
			}
		})
	}
}

// wantTold asks another process again and again after a change has been answered, with a
// credential found anew.
func (s *scene) wantTold(t *testing.T, d *Directory, want bool) {
	t.Helper()
	changed := time.Now()
	for {
		asked := time.Now()
		allowed, err := s.ask(t.Context(), d, s.credential)
		switch {
		case err != nil:
			t.Error(err)
			return
		case allowed == want:
			if again, err := s.ask(t.Context(), d, s.credential); err != nil || again != want {
				t.Errorf("allowed is %v and then %v, %v", allowed, again, err)
			}
			return
		case asked.Sub(changed) > StaleBound:
			t.Errorf("allowed is %v, %v after the change was answered", allowed, asked.Sub(changed))
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// The bound holds, too, while the server ends the connections on which changes are told: then
// a process that knows nothing asks the rows.
func TestAnotherProcessIsNotTold(t *testing.T) {
	a, b := processes(t)
	key := stage(a, 4)
	if plots[4].name != "key" {
		t.Fatal("plots have changed")
	}
	deaf := deafen(t)
	for _, step := range append(key.steps, key.steps...) {
		a.must(step.change(t.Context()))
		key.wantTold(t, b, step.allowed)
	}
	if n := deaf(); n < 10 {
		t.Errorf("%d connections were ended: this test shows nothing", n)
	}
	a.must(key.steps[0].change(t.Context()))
	key.wantTold(t, b, key.steps[0].allowed)
}

// deafen ends connections that follow rows, as soon as they are there, until stop is called, which
// tells how many there were.
func deafen(t *testing.T) (stop func() int) {
	ctx, cancel := context.WithCancel(t.Context())
	conn, err := pgx.Connect(ctx, postgrestest.Shared(t).URL())
	if err != nil {
		t.Fatal(err)
	}
	var ended int
	var working sync.WaitGroup
	working.Go(func() {
		for ctx.Err() == nil {
			var n int
			err := conn.QueryRow(ctx, `select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name like '% follow'`).Scan(&n)
			if err != nil && ctx.Err() == nil {
				t.Error(err)
				return
			}
			ended += n
			time.Sleep(time.Millisecond)
		}
	})
	stop = sync.OnceValue(func() int {
		cancel()
		working.Wait()
		conn.Close(context.WithoutCancel(ctx))
		return ended
	})
	t.Cleanup(func() { stop() })
	return stop
}

// Processes that rotate at the same time all succeed, while sessions of each are good with the others.
func TestProcessesRotate(t *testing.T) {
	a, b := processes(t)
	_, alice := a.user(acc1, "alice", allowAssume, readDocument)
	role := a.role(acc1, "reader", trusting("acs:ram::"+acc1+":root"), readDocument)
	directories := []*Directory{a.Directory, b}
	var rotating sync.WaitGroup
	for _, d := range directories {
		rotating.Go(func() {
			for range 8 {
				if _, err := d.RotateKeys(t.Context()); err != nil {
					t.Errorf("rotation: %v", err)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { rotating.Wait(); close(done) }()
	sessions := 0
	for more := true; more; sessions++ {
		select {
		case <-done:
			more = false
		default:
		}
		c, err := directories[sessions%2].Credential(t.Context(), alice.ID, "")
		if err != nil {
			t.Fatalf("key: %v", err)
		}
		s, err := directories[sessions%2].AssumeRole(t.Context(), c, AssumeRole{RoleARN: role.ARN(), SessionName: "session"})
		if err != nil {
			t.Fatalf("AssumeRole: %v", err)
		}
		for i, d := range directories {
			if _, err := d.Credential(t.Context(), s.AccessKeyID, s.SecurityToken); err != nil {
				t.Fatalf("session %d of process %d with process %d: %v", sessions, sessions%2, i, err)
			}
		}
	}
	t.Logf("%d sessions", sessions)
}
