package objectstore_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/anishathalye/porcupine"

	"ossd/objectstore"
)

// seenVersion is what a listing shows of a version.
type seenVersion struct {
	id     string
	marker bool
	size   int64
}

// versionsOp is a call, versionsAnswer what came of it.
type versionsOp struct {
	key      string
	what     string
	id       string // of the version that is asked for
	state    objectstore.Versioning
	content  string
	position int64
}

type versionsAnswer struct {
	kind     objectstore.Kind
	id       string // of what was made
	modified int64  // likewise
	marker   bool   // what was found or removed is a delete marker
	content  string
	listed   []seenVersion
}

// versionsState is a bucket with one key: the newest version first.
type versionsState struct {
	versioning objectstore.Versioning
	modified   int64
	all        []stateVersion
}

type stateVersion struct {
	id                 string
	marker, appendable bool
	content            string
}

// versionsModel is a key with versions, in a bucket that switches between
// keeping them and not.
var versionsModel = porcupine.Model{
	Partition: byKeyAndBucket,
	Init:      func() any { return versionsState{versioning: objectstore.Enabled} },
	Step: func(state, input, output any) (bool, any) {
		was, op, answer := state.(versionsState), input.(versionsOp), output.(versionsAnswer)
		next, want := was.step(op, answer)
		if answer.modified != 0 {
			want.modified, next.modified = answer.modified, answer.modified
		}
		same := want.kind == answer.kind && want.id == answer.id && want.marker == answer.marker && want.content == answer.content
		return same && slices.Equal(want.listed, answer.listed) && next.modified >= was.modified, next
	},
	Equal: func(a, b any) bool {
		x, y := a.(versionsState), b.(versionsState)
		return x.versioning == y.versioning && x.modified == y.modified && slices.Equal(x.all, y.all)
	},
	DescribeOperation: func(input, output any) string { return fmt.Sprintf("%+v: %+v", input, output) },
}

// byKeyAndBucket parts a history by keys. What is said of the bucket belongs to each.
func byKeyAndBucket(all []porcupine.Operation) [][]porcupine.Operation {
	parts := map[string][]porcupine.Operation{}
	for client := range linearClients {
		parts[linearKey(client)] = nil
	}
	for _, op := range all {
		if key := op.Input.(versionsOp).key; key != "" {
			parts[key] = append(parts[key], op)
			continue
		}
		for key := range parts {
			parts[key] = append(parts[key], op)
		}
	}
	return slices.Collect(maps.Values(parts))
}

// step is what a call makes of the state, and its answer; the id of a new
// version is taken from the answer that was given.
func (s versionsState) step(op versionsOp, given versionsAnswer) (versionsState, versionsAnswer) {
	at := slices.IndexFunc(s.all, func(v stateVersion) bool { return v.id == op.id })
	var current stateVersion
	if len(s.all) > 0 {
		current = s.all[0]
	}
	exists := len(s.all) > 0 && !current.marker
	switch op.what {
	case "versioning":
		s.versioning = op.state
	case "list":
		var listed []seenVersion
		for _, v := range s.all {
			listed = append(listed, seenVersion{v.id, v.marker, int64(len(v.content))})
		}
		return s, versionsAnswer{listed: listed}
	case "get":
		if !exists {
			return s, versionsAnswer{kind: objectstore.NoSuchKey, marker: len(s.all) > 0}
		}
		return s, versionsAnswer{content: current.content}
	case "get version":
		if at < 0 {
			return s, versionsAnswer{kind: objectstore.NoSuchVersion}
		}
		return s, versionsAnswer{content: s.all[at].content, marker: s.all[at].marker}
	case "delete version":
		if at < 0 {
			return s, versionsAnswer{}
		}
		answer := versionsAnswer{marker: s.all[at].marker}
		s.all = slices.Delete(slices.Clone(s.all), at, at+1)
		return s, answer
	case "append":
		switch {
		case exists && !current.appendable:
			return s, versionsAnswer{kind: objectstore.NotAppendable}
		case op.position != int64(len(current.content)):
			return s, versionsAnswer{kind: objectstore.PositionMismatch}
		case exists:
			s.all = slices.Clone(s.all)
			s.all[0].content += op.content
			return s, versionsAnswer{id: current.id}
		}
		return s.write(op, given)
	default: // put, complete, delete
		return s.write(op, given)
	}
	return s, versionsAnswer{}
}

// write makes a new version, the id of which the bucket's versioning and the answer tell.
func (s versionsState) write(op versionsOp, given versionsAnswer) (versionsState, versionsAnswer) {
	v := stateVersion{id: objectstore.NullVersion, appendable: op.what == "append", marker: op.what == "delete", content: op.content}
	if s.versioning == objectstore.Enabled {
		if v.id = given.id; v.id == objectstore.NullVersion {
			v.id = "one of its own"
		}
	}
	return s.install(v), versionsAnswer{id: v.id}
}

func (s versionsState) install(v stateVersion) versionsState {
	all := []stateVersion{v}
	for _, old := range s.all {
		if old.id != v.id {
			all = append(all, old)
		}
	}
	s.all = all
	return s
}

// What concurrent clients see of the versions of a key has an order.
func TestLinearVersions(t *testing.T) {
	linearEngines(t, func(t *testing.T, on []engines, rounds int) {
		linear(t, on, rounds, 6, versionsModel, func(h *history) {
			setVersioning(h.t, h.s, h.b, objectstore.Enabled)
		}, (*history).versionsStep)
	})
}

func (h *history) versionsStep(client int, random *rand.Rand) {
	ctx := h.t.Context()
	op := versionsOp{key: linearKey(client), what: []string{
		"get", "list", "list", "put", "put", "delete", "append", "append", "complete", "get version", "delete version", "delete version", "versioning",
	}[random.IntN(13)]}
	var call func() versionsAnswer
	switch op.what {
	case "versioning":
		op.key = ""
		op.state = []objectstore.Versioning{objectstore.Enabled, objectstore.Suspended}[random.IntN(2)]
		call = func() versionsAnswer { return versionsAnswer{kind: h.kind(h.s.SetVersioning(ctx, h.b, op.state))} }
	case "list":
		call = func() versionsAnswer { return versionsAnswer{listed: h.list(op.key)} }
	case "get":
		call = func() versionsAnswer { return h.find(op.key, "") }
	case "get version", "delete version":
		op.id = objectstore.NullVersion
		if all := h.list(op.key); len(all) > 0 && random.IntN(4) > 0 {
			op.id = all[random.IntN(len(all))].id
		}
		if call = func() versionsAnswer { return h.find(op.key, op.id) }; op.what == "delete version" {
			call = func() versionsAnswer { return h.deleteVersion(op.key, op.id) }
		}
	case "put":
		op.content = h.content()
		call = func() versionsAnswer {
			return h.versioned(h.s.PutObject(ctx, objectstore.Put{Bucket: h.b, Key: op.key, Incoming: incoming(op.content)}))
		}
	case "delete":
		call = func() versionsAnswer {
			done, err := h.s.DeleteObject(ctx, h.b, objectstore.Deletion{Key: op.key})
			answer := versionsAnswer{kind: h.kind(err), id: done.Marker}
			if done.Marker != objectstore.NullVersion { // the id tells the time, too
				_, err := fmt.Sscanf(done.Marker, "CAEQ%016x", &answer.modified)
				h.kind(err)
			}
			return answer
		}
	case "append":
		op.content = h.content()
		if random.IntN(4) > 0 {
			op.position = int64(len(h.find(op.key, "").content))
		}
		call = func() versionsAnswer {
			return h.versioned(h.s.AppendObject(ctx, objectstore.Append{Bucket: h.b, Key: op.key, Position: op.position, Incoming: incoming(op.content)}))
		}
	case "complete":
		op.content = h.content()
		u := initiate(h.t, h.s, h.b, objectstore.Upload{Key: op.key})
		putPart(h.t, h.s, h.b, u, 1, op.content)
		call = func() versionsAnswer {
			return h.versioned(h.s.CompleteUpload(ctx, objectstore.Complete{Bucket: h.b, Key: op.key, Upload: u.ID, All: true}))
		}
	}
	h.record(client, op, func() any { return call() })
}

func (h *history) versioned(o objectstore.Object, err error) versionsAnswer {
	answer := versionsAnswer{kind: h.kind(err)}
	if err == nil {
		answer.id, answer.modified = o.Version(), o.LastModified.UnixNano()
	}
	return answer
}

func (h *history) find(key, id string) versionsAnswer {
	found, err := h.s.Find(h.t.Context(), h.b.Name, key, id)
	switch {
	case err != nil:
		return versionsAnswer{kind: h.kind(err)}
	case found.Object != nil:
		return versionsAnswer{content: h.read(found.Object)}
	case id == "":
		return versionsAnswer{kind: objectstore.NoSuchKey, marker: found.Marker != nil}
	case found.Marker != nil:
		return versionsAnswer{marker: true}
	}
	return versionsAnswer{kind: objectstore.NoSuchVersion}
}

func (h *history) read(o *objectstore.Object) string {
	content, err := readAll(h.t.Context(), h.s, h.b.Name, o)
	if err != nil {
		h.t.Error(err)
	}
	return content
}

func (h *history) deleteVersion(key, id string) versionsAnswer {
	done, err := h.s.DeleteObject(h.t.Context(), h.b, objectstore.Deletion{Key: key, Version: id})
	return versionsAnswer{kind: h.kind(err), marker: done.Marker != ""}
}

func (h *history) list(key string) (all []seenVersion) {
	page, err := h.s.Versions(h.t.Context(), objectstore.ListVersions{Bucket: h.b.Name, Prefix: key, Delimiter: "\x00", Limit: 1000})
	if err != nil {
		h.t.Error(err)
	}
	for i, v := range page.Versions {
		if v.Latest != (i == 0) {
			h.t.Errorf("version %d of the listing is the latest: %t", i, v.Latest)
		}
		all = append(all, seenVersion{v.Version(), v.DeleteMarker, v.Size})
	}
	return all
}
