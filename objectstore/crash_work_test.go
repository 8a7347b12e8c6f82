package objectstore_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"ossd/internal/disk/crashdisk"
	"ossd/objectstore"
)

// crashWorker changes keys of its own.
type crashWorker struct {
	*crashWorld
	id     int
	random *rand.Rand
	serial int
}

func (w *crashWorker) run() {
	steps := 100
	if *crashdisk.Long {
		steps = 400
	}
	for range steps {
		if w.Failed() {
			return
		}
		b := w.buckets[w.random.IntN(2)]
		name := crashName{b.Name, fmt.Sprintf("%d/key%d", w.id, w.random.IntN(4))}
		switch n := w.random.IntN(20); {
		case n < 6:
			w.put(b, name)
		case n < 9:
			w.delete(b, name)
		case n < 11:
			w.deleteVersion(b, name)
		case n < 13:
			w.copy(b, name)
		case n < 14:
			w.tag(b, name)
		case n < 16:
			w.append(w.buckets[0], crashName{w.buckets[0].Name, fmt.Sprintf("%d/grows", w.id)})
		default:
			w.upload(b, name)
		}
	}
}

// key is what is known of one of the worker's keys.
func (w *crashWorker) key(name crashName) *crashKey {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.keys[name] == nil {
		w.keys[name] = &crashKey{}
	}
	return w.keys[name]
}

// write makes a change that gives a key another state; do returns the id of the
// version that came about.
func (w *crashWorker) write(name crashName, next crashState, do func() (string, error)) {
	k := w.key(name)
	w.mu.Lock()
	k.next = &next
	w.mu.Unlock()
	id, err := do()
	if err != nil {
		w.Errorf("%v: %v", name, err)
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if k.now, k.next = next, nil; len(next) > 0 && next[0].id == "" {
		k.now = slices.Clone(next)
		k.now[0].id = id
	}
}

// add is a key's state with a new version.
func (w *crashWorker) add(b objectstore.Bucket, name crashName, v crashVersion) crashState {
	if b.Versioning == objectstore.Unversioned {
		if v.marker {
			return nil
		}
		return crashState{v}
	}
	return append(crashState{v}, w.key(name).now...)
}

// content is unlike any other, and goes to segments and files.
func (w *crashWorker) content() string {
	w.serial++
	size := []int{0, 10, 600, 5000, 70_000, 300_000}[w.random.IntN(6)]
	text := fmt.Sprintf("%d-%d ", w.id, w.serial)
	return strings.Repeat(text, size/len(text)+1)[:size]
}

func (w *crashWorker) put(b objectstore.Bucket, name crashName) {
	text := w.content()
	w.write(name, w.add(b, name, crashVersion{content: text}), func() (string, error) {
		o, err := w.s.PutObject(w.Context(), objectstore.Put{Bucket: b, Key: name.key, Incoming: incoming(text)})
		return o.VersionID, err
	})
}

func (w *crashWorker) delete(b objectstore.Bucket, name crashName) {
	w.write(name, w.add(b, name, crashVersion{marker: true}), func() (string, error) {
		done, err := w.s.DeleteObject(w.Context(), b, objectstore.Deletion{Key: name.key})
		return done.Marker, err
	})
}

// deleteVersion removes a version for good.
func (w *crashWorker) deleteVersion(b objectstore.Bucket, name crashName) {
	now := w.key(name).now
	if len(now) == 0 || b.Versioning == objectstore.Unversioned {
		return
	}
	i := w.random.IntN(len(now))
	w.write(name, slices.Delete(slices.Clone(now), i, i+1), func() (string, error) {
		_, err := w.s.DeleteObject(w.Context(), b, objectstore.Deletion{Key: name.key, Version: now[i].id})
		return "", err
	})
}

// copy makes an object of one in the other bucket, or of itself.
func (w *crashWorker) copy(b objectstore.Bucket, name crashName) {
	from := crashName{w.buckets[w.random.IntN(2)].Name, name.key}
	source := w.key(from).now
	if len(source) == 0 || source[0].marker {
		return
	}
	found, err := w.s.Find(w.Context(), from.bucket, from.key, "")
	if err != nil || found.Object == nil {
		w.Errorf("%v: found %v, %v", from, found.Object, err)
		return
	}
	w.write(name, w.add(b, name, crashVersion{content: source[0].content}), func() (string, error) {
		o, err := w.s.CopyObject(w.Context(), objectstore.Copy{From: found.Bucket, Source: found.Object, Put: objectstore.Put{Bucket: b, Key: name.key}})
		return o.VersionID, err
	})
}

func (w *crashWorker) tag(b objectstore.Bucket, name crashName) {
	now := w.key(name).now
	if len(now) == 0 || now[0].marker {
		return
	}
	w.serial++
	next := slices.Clone(now)
	next[0].tags = fmt.Sprintf("n=%d;", w.serial)
	w.write(name, next, func() (string, error) {
		_, err := w.s.SetObjectTags(w.Context(), b, name.key, "", []objectstore.Header{{Name: "n", Value: fmt.Sprint(w.serial)}})
		return next[0].id, err
	})
}

func (w *crashWorker) append(b objectstore.Bucket, name crashName) {
	now, text := w.key(name).now, w.content()
	old := ""
	if len(now) > 0 {
		old = now[0].content
	}
	if len(old) > 500_000 {
		w.delete(b, name)
		return
	}
	w.write(name, crashState{{content: old + text}}, func() (string, error) {
		_, err := w.s.AppendObject(w.Context(), objectstore.Append{Bucket: b, Key: name.key, Position: int64(len(old)), Incoming: incoming(text)})
		return "", err
	})
}

// upload goes on with the key's multipart upload: it begins one, puts a part,
// completes it or aborts it.
func (w *crashWorker) upload(b objectstore.Bucket, name crashName) {
	k := w.key(name)
	switch u := k.upload; {
	case u == nil:
		begun, err := w.s.NewUpload(w.Context(), b, objectstore.Upload{Key: name.key}, false)
		if err != nil {
			w.Errorf("initiate: %v", err)
			return
		}
		w.mu.Lock()
		k.upload = &crashUpload{Upload: begun, parts: map[int]string{}}
		w.mu.Unlock()
	case len(u.parts) < 1+w.random.IntN(4):
		w.putPart(b, u)
	default:
		w.endUpload(b, name, u, w.random.IntN(4) == 0)
	}
}

func (w *crashWorker) putPart(b objectstore.Bucket, u *crashUpload) {
	number := 1 + w.random.IntN(4)
	w.serial++
	text := strings.Repeat(fmt.Sprintf("%d-%d ", w.id, w.serial), objectstore.MinPartSize)[:objectstore.MinPartSize+w.random.IntN(500)]
	w.mu.Lock()
	u.adding = number
	w.mu.Unlock()
	_, err := w.s.PutPart(w.Context(), objectstore.PutPart{Bucket: b, Key: u.Key, Upload: u.ID, Number: number, Incoming: incoming(text)})
	w.mu.Lock()
	defer w.mu.Unlock()
	if u.adding = 0; err != nil {
		w.Errorf("part: %v", err)
		return
	}
	u.parts[number] = text
}

func (w *crashWorker) endUpload(b objectstore.Bucket, name crashName, u *crashUpload, abort bool) {
	w.mu.Lock()
	u.ending = true
	w.mu.Unlock()
	if abort {
		if err := w.s.AbortUpload(w.Context(), b, u.Key, u.ID); err != nil {
			w.Errorf("abort: %v", err)
		}
	} else {
		w.write(name, w.add(b, name, crashVersion{content: u.content()}), func() (string, error) {
			o, err := w.s.CompleteUpload(w.Context(), objectstore.Complete{Bucket: b, Key: u.Key, Upload: u.ID, All: true})
			return o.VersionID, err
		})
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.keys[name].upload = nil
}
