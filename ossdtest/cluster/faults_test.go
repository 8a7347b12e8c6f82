//go:build cluster && linux

package cluster

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"ossd/internal/lan"
)

// fault is something that happens to a cluster, and ends.
type fault struct {
	name string
	// happen makes it happen, lets it last and ends it.
	happen func(t *testing.T, tr *trial) error
	cuts   bool // connections of clients may be cut
	dull   bool // it is too mild for any request to fail
}

func (tr *trial) between(a, b *lan.Port, c lan.Condition, lasts time.Duration) error {
	tr.net.Both(a, b, c)
	time.Sleep(lasts)
	tr.net.Both(a, b, lan.Condition{})
	return nil
}

// nodesTo sets how the nodes reach a port, for a time.
func (tr *trial) nodesTo(p *lan.Port, there, back lan.Condition, lasts time.Duration) error {
	set := func(there, back lan.Condition) {
		for _, n := range tr.at {
			tr.net.Set(n, p, there)
			tr.net.Set(p, n, back)
		}
	}
	set(there, back)
	time.Sleep(lasts)
	set(lan.Condition{}, lan.Condition{})
	return nil
}

var (
	lost = lan.Condition{Lost: true}
	fine = lan.Condition{}
)

var faults = []fault{
	{name: "postgres-killed", happen: func(t *testing.T, tr *trial) error {
		err := tr.cl.Postgres.Kill()
		time.Sleep(3 * time.Second)
		return errors.Join(err, tr.cl.Postgres.Restart(t.Context()))
	}},
	{name: "postgres-shut-down", happen: func(t *testing.T, tr *trial) error {
		err := tr.cl.Postgres.Shutdown()
		time.Sleep(3 * time.Second)
		return errors.Join(err, tr.cl.Postgres.Restart(t.Context()))
	}},
	{name: "postgres-restarted-at-once", happen: func(t *testing.T, tr *trial) error {
		return errors.Join(tr.cl.Postgres.Shutdown(), tr.cl.Postgres.Restart(t.Context()))
	}},
	{name: "postgres-link-down-for-a-moment", dull: true, happen: func(t *testing.T, tr *trial) error { return linkDown(tr.rows, 3*time.Second) }},
	{name: "postgres-link-down", happen: func(t *testing.T, tr *trial) error { return linkDown(tr.rows, 15*time.Second) }},
	{name: "postgres-delayed", dull: true, happen: func(t *testing.T, tr *trial) error {
		return tr.nodesTo(tr.rows, lan.Condition{Delay: 100 * time.Millisecond}, lan.Condition{Delay: 100 * time.Millisecond}, 10*time.Second)
	}},
	{name: "postgres-answers-lost", happen: func(t *testing.T, tr *trial) error { // half-open: what is sent has its effect
		return tr.nodesTo(tr.rows, fine, lost, 15*time.Second)
	}},
	{name: "postgres-requests-lost", happen: func(t *testing.T, tr *trial) error {
		return tr.nodesTo(tr.rows, lost, fine, 15*time.Second)
	}},
	{name: "postgres-vanished", happen: func(t *testing.T, tr *trial) error { // for longer than any time limit
		return tr.nodesTo(tr.rows, lost, lost, 40*time.Second)
	}},
	{name: "store-killed", happen: func(t *testing.T, tr *trial) error {
		err := tr.cl.Store.Kill()
		time.Sleep(4 * time.Second)
		return errors.Join(err, tr.cl.Store.Restart())
	}},
	{name: "store-vanished", happen: func(t *testing.T, tr *trial) error {
		return tr.nodesTo(tr.contents, lost, lost, 40*time.Second)
	}},
	{name: "store-answers-lost", dull: true, happen: func(t *testing.T, tr *trial) error {
		return tr.nodesTo(tr.contents, fine, lost, 15*time.Second)
	}},
	{name: "store-slow", dull: true, happen: func(t *testing.T, tr *trial) error {
		slow := lan.Condition{Rate: 200_000}
		return tr.nodesTo(tr.contents, slow, slow, 15*time.Second)
	}},
	{name: "store-refuses", cuts: true, happen: meddled(6*time.Second, refuses(1), refuses(3), refuses(4))},
	{name: "store-cuts", cuts: true, happen: meddled(10*time.Second, cuts)},
	{name: "node-killed", cuts: true, happen: func(t *testing.T, tr *trial) error {
		var errs []error
		for _, n := range tr.cl.Nodes {
			errs = append(errs, n.Kill())
			time.Sleep(500 * time.Millisecond)
			errs = append(errs, n.Start())
			time.Sleep(500 * time.Millisecond)
		}
		return errors.Join(errs...)
	}},
	{name: "node-without-postgres", happen: func(t *testing.T, tr *trial) error {
		return tr.between(tr.at[1], tr.rows, lost, 15*time.Second)
	}},
	{name: "node-without-store", happen: func(t *testing.T, tr *trial) error {
		return tr.between(tr.at[2], tr.contents, lost, 40*time.Second)
	}},
	{name: "links-flap", dull: true, happen: flap},
	{name: "one-key", happen: contention},
}

func linkDown(p *lan.Port, lasts time.Duration) error {
	err := p.Link(false)
	time.Sleep(lasts)
	return errors.Join(err, p.Link(true))
}

// flap cuts links between a node and an engine, one after the other, for moments of different lengths.
func flap(_ *testing.T, tr *trial) error {
	for n := range 24 {
		engine := []*lan.Port{tr.rows, tr.contents}[n%2]
		tr.net.Both(tr.at[n%3], engine, lost)
		time.Sleep(time.Duration(100+n*97%900) * time.Millisecond)
		tr.net.Both(tr.at[n%3], engine, fine)
		time.Sleep(200 * time.Millisecond)
	}
	return nil
}

// Whatever happens to PostgreSQL, the S3 store, the nodes and the links between them: what was acknowledged
// is there, nothing else is, and refusals say that trying again helps.
func TestFaults(t *testing.T) {
	tr := newTrial(t)
	for _, f := range faults {
		if !t.Run(f.name, func(t *testing.T) { tr.during(t, f) }) {
			break // what comes next would tell of the same
		}
	}
}

// during checks everything that is wanted of a cluster to which something happens.
func (tr *trial) during(t *testing.T, f fault) {
	tr.client.Take()
	written := tr.recorded(t)
	var healed time.Time
	tr.load(func() {
		time.Sleep(time.Second)
		if err := f.happen(t, tr); err != nil {
			t.Error(err)
		}
		healed = time.Now()
		for calm := 5 * time.Second; time.Since(healed) < calm || time.Since(tr.client.Failed()) < calm; time.Sleep(50 * time.Millisecond) {
			if time.Since(healed) > longestRecovery+calm {
				break // which is told below
			}
		}
	})
	tally := tr.client.Take()
	recovery := max(0, tally.Failed.Sub(healed))
	t.Logf("%s; recovered after %v; longest request %v: %s", told(tally.Answers), recovery.Round(time.Millisecond), tally.Longest.Round(time.Millisecond), tally.Slowest)
	t.Logf("no transaction is open %v after the load", tr.settled(t).Round(time.Millisecond))
	for _, w := range tr.writers {
		for _, err := range []error{w.List(), w.Settle(), w.List()} {
			if err != nil {
				t.Error(err)
			}
		}
	}
	after := tr.client.Take()
	for _, wrong := range append(tally.Wrong, after.Wrong...) {
		t.Error(wrong)
	}
	if recovery > longestRecovery {
		t.Errorf("requests failed until %v after the fault had ended", recovery)
	}
	if tally.Longest > longestRequest {
		t.Errorf("a request took %v: %s", tally.Longest, tally.Slowest)
	}
	if n := tally.Answers["cut"]; n > 0 && !f.cuts {
		t.Errorf("%d requests were cut instead of answered", n)
	}
	if failed := tally.Failed.IsZero(); failed != f.dull {
		t.Errorf("no request failed: %v, want %v: was there a fault?", failed, f.dull)
	}
	if got, want := tr.recorded(t)-written, tally.Answers["503"]+tally.Answers["503 ServiceUnavailable"]; got != want && !f.cuts {
		t.Errorf("the audit logs have %d records of refusals, want one of each of the %d", got, want)
	}
	tr.tidy(t)
	tr.check(t, tr.cl.Nodes[0])
}

// told shows a tally of answers.
func told(answers map[string]int) string {
	var all []string
	for _, what := range slices.Sorted(maps.Keys(answers)) {
		all = append(all, fmt.Sprintf("%s: %d", what, answers[what]))
	}
	return strings.Join(all, ", ")
}
