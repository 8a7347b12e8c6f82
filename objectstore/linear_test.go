package objectstore_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"ossd/engine/meta"
	metamemory "ossd/engine/meta/memory"
	"ossd/objectstore"
)

const linearClients = 16

// history gathers what clients did, when it began and when it ended. The store is that to
// which the client at hand speaks now.
type history struct {
	*recorder
	s *objectstore.Store
	b objectstore.Bucket
}

type recorder struct {
	t     *testing.T
	begin time.Time
	token atomic.Int64

	mu  sync.Mutex
	ops []porcupine.Operation
}

// linearKey is the key that a client works on. There are a few, since the search
// for an order may take twice as long for each call more that lasts at a time.
func linearKey(client int) string { return []string{"k", "k\x00", "k\x00\x00"}[client%3] }

// record makes a call and remembers its answer.
func (h *recorder) record(client int, input any, call func() any) {
	from := time.Since(h.begin).Nanoseconds()
	output := call()
	to := time.Since(h.begin).Nanoseconds()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ops = append(h.ops, porcupine.Operation{ClientId: client, Input: input, Call: from, Output: output, Return: to})
}

// content is like no other.
func (h *recorder) content() string { return fmt.Sprintf("<%d>", h.token.Add(1)) }

// kind is that of a refusal, 0 for none; no other error is expected.
func (h *recorder) kind(err error) objectstore.Kind {
	var rule *objectstore.Error
	if err != nil && !errors.As(err, &rule) {
		h.t.Error(err)
	}
	if rule != nil {
		return rule.Kind
	}
	return 0
}

// linear lets clients loose on a bucket, for some rounds of some steps, and asks
// whether there is an order of what they did that explains all they were told.
func linear(t *testing.T, on []engines, rounds, steps int, model porcupine.Model,
	prepare func(h *history), step func(h *history, client int, random *rand.Rand)) {
	seed := rand.Uint64()
	// A clock that shows no time twice tells in what order writes were made, which
	// spares the search most of its ways.
	var now atomic.Int64
	now.Store(1e18)
	var stores []*objectstore.Store
	for _, e := range on {
		stores = append(stores, objectstore.New(objectstore.Config{Rows: e.rows, Blobs: e.blobs, Now: func() time.Time { return time.Unix(0, now.Add(1)) }}))
	}
	for round := range rounds {
		h := &history{recorder: &recorder{t: t, begin: time.Now()}, s: stores[0], b: bucket(t, stores[0], fmt.Sprintf("round-%d", round))}
		if prepare != nil {
			prepare(h)
		}
		var wg sync.WaitGroup
		for client := range linearClients {
			random := rand.New(rand.NewPCG(seed, uint64(round*linearClients+client)))
			wg.Go(func() {
				for range steps {
					own := &history{h.recorder, stores[random.IntN(len(stores))], h.b}
					step(own, client, random)
				}
			})
		}
		wg.Wait()
		if got, info := porcupine.CheckOperationsVerbose(model, h.ops, time.Minute); got != porcupine.Ok {
			for _, op := range h.ops {
				t.Logf("%3d %9d-%9d %s", op.ClientId, op.Call, op.Return, model.DescribeOperation(op.Input, op.Output))
			}
			t.Fatalf("round %d: %s: longest explanation: %v", round, got, info.PartialLinearizations())
		}
	}
}

// linearEngines runs a test on several engines. The rounds are fewer where they take longer.
func linearEngines(t *testing.T, run func(t *testing.T, on []engines, rounds int)) {
	for _, c := range []struct {
		name    string
		engines func(*testing.T) []engines
		rounds  int
	}{
		{"memory", alone(func(*testing.T) meta.Store { return metamemory.New() }, memoryBlobs), 30},
		{"pebble", alone(pebbleRows, memoryBlobs), 30},
		{"shared", shared, 6 * *sharedFactor},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			run(t, c.engines(t), c.rounds)
		})
	}
}

// keyOp is a call, keyAnswer what came of it.
type keyOp struct {
	key      string
	what     string
	content  string
	position int64
	forbid   bool
}

type keyAnswer struct {
	kind           objectstore.Kind
	found          bool
	content, color string
	position       int64
	modified       int64 // of what was written
}

// keyState is the object of a key without versions.
type keyState struct {
	exists, appendable bool
	content, color     string
	modified           int64 // when it was last written, but for what was rewritten
}

// keyModel is a key without versions.
var keyModel = porcupine.Model{
	Partition: byKey,
	Init:      func() any { return keyState{} },
	Step: func(state, input, output any) (bool, any) {
		was, answer := state.(keyState), output.(keyAnswer)
		next, want := was.step(input.(keyOp))
		if answer.modified != 0 {
			want.modified, next.modified = answer.modified, answer.modified
		}
		return want == answer && next.modified >= was.modified, next
	},
	DescribeOperation: func(input, output any) string { return fmt.Sprintf("%+v: %+v", input, output) },
}

// byKey parts a history by the keys it speaks of.
func byKey(all []porcupine.Operation) [][]porcupine.Operation {
	parts := map[string][]porcupine.Operation{}
	for _, op := range all {
		key := op.Input.(keyOp).key
		parts[key] = append(parts[key], op)
	}
	return slices.Collect(maps.Values(parts))
}

// step is what a call makes of the state, and its answer.
func (k keyState) step(op keyOp) (keyState, keyAnswer) {
	switch op.what {
	case "get":
		return k, keyAnswer{found: k.exists, content: k.content, color: k.color}
	case "delete":
		return keyState{modified: k.modified}, keyAnswer{}
	case "append":
		return k.append(op)
	case "rewrite": // a copy onto itself
		if k.exists {
			k.color = op.content
		}
		return k, keyAnswer{found: k.exists}
	}
	if op.forbid && k.exists { // put, complete, copy
		return k, keyAnswer{kind: objectstore.FileAlreadyExists}
	}
	return keyState{exists: true, content: op.content, modified: k.modified}, keyAnswer{}
}

func (k keyState) append(op keyOp) (keyState, keyAnswer) {
	switch {
	case k.exists && !k.appendable:
		return k, keyAnswer{kind: objectstore.NotAppendable}
	case op.position != int64(len(k.content)):
		return k, keyAnswer{kind: objectstore.PositionMismatch, position: int64(len(k.content))}
	}
	k.exists, k.appendable, k.content = true, true, k.content+op.content
	return k, keyAnswer{position: int64(len(k.content))}
}

// What concurrent clients see of a key without versions has an order.
func TestLinearKey(t *testing.T) {
	linearEngines(t, func(t *testing.T, on []engines, rounds int) {
		linear(t, on, rounds, 8, keyModel, func(h *history) {
			put(h.t, h.s, h.b, "source", "<source>")
		}, (*history).keyStep)
	})
}

func (h *history) keyStep(client int, random *rand.Rand) {
	ctx := h.t.Context()
	op := keyOp{key: linearKey(client), what: []string{"get", "get", "get", "put", "delete", "append", "append", "append", "append", "rewrite", "complete", "copy"}[random.IntN(12)]}
	switch op.what {
	case "put", "complete", "append", "rewrite":
		op.content = h.content()
	}
	op.forbid = random.IntN(4) == 0 && (op.what == "put" || op.what == "complete" || op.what == "copy")
	var call func() keyAnswer
	switch op.what {
	case "get":
		call = func() keyAnswer { return h.get(op.key) }
	case "put":
		call = func() keyAnswer {
			o, err := h.s.PutObject(ctx, objectstore.Put{Bucket: h.b, Key: op.key, Incoming: incoming(op.content), ForbidOverwrite: op.forbid})
			return h.wrote(o, err)
		}
	case "delete":
		call = func() keyAnswer {
			_, err := h.s.DeleteObject(ctx, h.b, objectstore.Deletion{Key: op.key})
			return keyAnswer{kind: h.kind(err)}
		}
	case "append":
		if random.IntN(4) > 0 {
			op.position = int64(len(h.get(op.key).content))
		}
		call = func() keyAnswer { return h.append(op) }
	case "rewrite":
		call = func() keyAnswer { return h.rewrite(op.key, op.content) }
	case "complete":
		u := initiate(h.t, h.s, h.b, objectstore.Upload{Key: op.key})
		putPart(h.t, h.s, h.b, u, 3, op.content)
		call = func() keyAnswer {
			o, err := h.s.CompleteUpload(ctx, objectstore.Complete{Bucket: h.b, Key: op.key, Upload: u.ID, All: true, ForbidOverwrite: op.forbid})
			return h.wrote(o, err)
		}
	case "copy":
		op.content = "<source>"
		call = func() keyAnswer {
			c := copyOf(h.t, h.s, h.b, "source", objectstore.Put{Bucket: h.b, Key: op.key, ForbidOverwrite: op.forbid})
			o, err := h.s.CopyObject(ctx, c)
			return h.wrote(o, err)
		}
	}
	h.record(client, op, func() any { return call() })
}

// wrote is the answer to a write, which says when it was made.
func (h *history) wrote(o objectstore.Object, err error) keyAnswer {
	answer := keyAnswer{kind: h.kind(err)}
	if err == nil {
		answer.modified = o.LastModified.UnixNano()
	}
	return answer
}

func (h *history) get(key string) keyAnswer {
	content, o, ok, err := get(h.t.Context(), h.s, h.b.Name, key)
	answer := keyAnswer{kind: h.kind(err), found: ok, content: content}
	if len(o.Metadata) > 0 {
		answer.color = o.Metadata[0].Value
	}
	return answer
}

func (h *history) append(op keyOp) keyAnswer {
	o, err := h.s.AppendObject(h.t.Context(), objectstore.Append{Bucket: h.b, Key: op.key, Position: op.position, Incoming: incoming(op.content)})
	answer := h.wrote(o, err)
	answer.position = o.Size
	var rule *objectstore.Error
	if errors.As(err, &rule) {
		answer.position = rule.Position
	}
	return answer
}

func (h *history) rewrite(key, color string) keyAnswer {
	found, err := h.s.Find(h.t.Context(), h.b.Name, key, "")
	if err != nil || found.Object == nil {
		return keyAnswer{kind: h.kind(err)}
	}
	_, err = h.s.CopyObject(h.t.Context(), objectstore.Copy{
		From: h.b, Source: found.Object,
		Put: objectstore.Put{Bucket: h.b, Key: key, Properties: objectstore.Properties{Metadata: []objectstore.Header{{Name: "color", Value: color}}}},
	})
	return keyAnswer{kind: h.kind(err), found: true}
}
