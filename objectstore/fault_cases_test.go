package objectstore_test

import (
	"time"

	"ossd/objectstore"
)

// faultCases are the operations that write, each on what it can meet.
var faultCases = []struct {
	name    string
	prepare func(l *lab)
	act     func(l *lab) error
	refused bool // also where nothing fails
	unseen  bool // changes nothing that can be seen
}{
	{name: "put", act: put1},
	{name: "put over", prepare: old, act: put1},
	{name: "put over in versions", prepare: all(enabled, old), act: put1},
	{name: "put over null version", prepare: all(enabled, old, suspended, old), act: put1},
	{name: "put over parts", prepare: all(parts, completed), act: put1},
	{name: "put refused", prepare: old, act: func(l *lab) error {
		_, err := l.s.PutObject(l.Context(), objectstore.Put{Bucket: l.b, Key: "k", Incoming: incoming("x"), ForbidOverwrite: true})
		return err
	}, refused: true},
	{name: "put of other digest", prepare: old, act: func(l *lab) error {
		in := incoming("x")
		in.MD5 = make([]byte, 16)
		_, err := l.s.PutObject(l.Context(), objectstore.Put{Bucket: l.b, Key: "k", Incoming: in})
		return err
	}, refused: true},
	{name: "put not confirmed", prepare: old, act: func(l *lab) error {
		in := incoming("x")
		in.Confirm = func() error { return errInjected }
		_, err := l.s.PutObject(l.Context(), objectstore.Put{Bucket: l.b, Key: "k", Incoming: in})
		return err
	}, refused: true},
	{name: "symlink over", prepare: old, act: func(l *lab) error {
		_, err := l.s.PutSymlink(l.Context(), objectstore.PutLink{Bucket: l.b, Key: "k", Target: "t"})
		return err
	}},
	{name: "initiate", act: func(l *lab) error {
		_, err := l.s.NewUpload(l.Context(), l.b, objectstore.Upload{Key: "k"}, false)
		return err
	}},
	{name: "part", prepare: parts, act: part(4, "new")},
	{name: "part over", prepare: parts, act: part(3, "new")},
	{name: "part of no upload", prepare: all(parts, completed), act: part(3, "new"), refused: true},
	{name: "sequential part over", prepare: sequential, act: part(2, "new")},
	{name: "part copied", prepare: all(old, parts), act: func(l *lab) error {
		found, err := l.s.Find(l.Context(), "demo", "k", "")
		if err != nil {
			return err
		}
		_, err = l.s.CopyPart(l.Context(), objectstore.PutPart{Bucket: l.b, Key: "k", Upload: l.upload.ID, Number: 1},
			objectstore.Piece{From: l.b, Source: found.Object, Offset: 1, Length: 2})
		return err
	}},
	{name: "complete", prepare: parts, act: complete},
	{name: "complete over in versions", prepare: all(parts, enabled, old), act: complete},
	{name: "complete twice", prepare: all(parts, completed), act: complete, refused: true},
	{name: "abort", prepare: parts, act: func(l *lab) error { return l.s.AbortUpload(l.Context(), l.b, "k", l.upload.ID) }},
	{name: "append first", act: append1(0)},
	{name: "append", prepare: appended, act: append1(3)},
	{name: "append nothing", prepare: appended, act: func(l *lab) error {
		_, err := l.s.AppendObject(l.Context(), objectstore.Append{Bucket: l.b, Key: "k", Position: 3, Incoming: incoming("")})
		return err
	}, unseen: true},
	{name: "append elsewhere", prepare: appended, act: append1(2), refused: true},
	{name: "append over marker", prepare: all(old, enabled, deleted), act: append1(0)},
	{name: "copy", prepare: old, act: copyTo("other")},
	{name: "copy of parts", prepare: all(parts, completed), act: copyTo("other")},
	{name: "copy onto itself", prepare: old, act: copyTo("k")},
	{name: "copy onto itself in versions", prepare: all(old, enabled), act: copyTo("k")},
	{name: "delete", prepare: old, act: delete1},
	{name: "delete parts", prepare: all(parts, completed), act: delete1},
	{name: "delete in versions", prepare: all(enabled, old), act: delete1},
	{name: "delete null version", prepare: all(enabled, old, suspended, old), act: delete1},
	{name: "delete marker", prepare: all(enabled, old, deleted), act: deleteVersion},
	{name: "delete batch", prepare: all(enabled, old, suspended, old), act: func(l *lab) error {
		_, err := l.s.DeleteObjects(l.Context(), l.b, []objectstore.Deletion{{Key: "k", Version: "null"}, {Key: "other"}, {Key: "k", Version: l.id}, {Key: "k"}})
		return err
	}},
	{name: "tags", prepare: old, act: func(l *lab) error {
		_, err := l.s.SetObjectTags(l.Context(), l.b, "k", "", blue)
		return err
	}},
	{name: "sweep", prepare: all(parts, completed, old, appended2, old, old, parts, aborted), act: func(l *lab) error {
		l.now = l.now.Add(2 * time.Hour)
		_, err := l.s.Sweep(l.Context())
		return err
	}, unseen: true},
}

func all(steps ...func(*lab)) func(*lab) {
	return func(l *lab) {
		for _, step := range steps {
			step(l)
		}
	}
}

func old(l *lab) { l.id = put(l.T, l.s, l.b, "k", "old content").VersionID }

func enabled(l *lab)   { setVersioning(l.T, l.s, l.b, objectstore.Enabled) }
func suspended(l *lab) { setVersioning(l.T, l.s, l.b, objectstore.Suspended) }

func deleted(l *lab) {
	done, err := l.s.DeleteObject(l.Context(), l.b, objectstore.Deletion{Key: "k"})
	if err != nil {
		l.Fatal(err)
	}
	l.id = done.Marker
}

func parts(l *lab) {
	l.upload = initiate(l.T, l.s, l.b, objectstore.Upload{Key: "k"})
	l.parts = nil
	for number := 1; number <= 3; number++ {
		p := putPart(l.T, l.s, l.b, l.upload, number, much[number:][:objectstore.MinPartSize])
		if number != 2 {
			l.parts = append(l.parts, objectstore.NamedPart{Number: number, ETag: p.ETag})
		}
	}
}

func sequential(l *lab) {
	l.upload = initiate(l.T, l.s, l.b, objectstore.Upload{Key: "k", Sequential: true})
	putPart(l.T, l.s, l.b, l.upload, 1, "one")
	putPart(l.T, l.s, l.b, l.upload, 2, "two")
}

func completed(l *lab) {
	if err := complete(l); err != nil {
		l.Fatal(err)
	}
}

func aborted(l *lab) {
	if err := l.s.AbortUpload(l.Context(), l.b, "k", l.upload.ID); err != nil {
		l.Fatal(err)
	}
}

func appended(l *lab) { appendTo(l.T, l.s, l.b, "k", 0, "old") }

func appended2(l *lab) {
	remove(l.T, l.s, l.b, objectstore.Deletion{Key: "k"})
	appendTo(l.T, l.s, l.b, "k", 0, "old")
	appendTo(l.T, l.s, l.b, "k", 3, "new")
}

func put1(l *lab) error {
	_, err := l.s.PutObject(l.Context(), objectstore.Put{Bucket: l.b, Key: "k", Incoming: incoming("new content")})
	return err
}

func part(number int, content string) func(l *lab) error {
	return func(l *lab) error {
		_, err := l.s.PutPart(l.Context(), objectstore.PutPart{Bucket: l.b, Key: "k", Upload: l.upload.ID, Number: number, Incoming: incoming(content)})
		return err
	}
}

func complete(l *lab) error {
	_, err := l.s.CompleteUpload(l.Context(), objectstore.Complete{Bucket: l.b, Key: "k", Upload: l.upload.ID, Parts: l.parts})
	return err
}

func append1(position int64) func(l *lab) error {
	return func(l *lab) error {
		_, err := l.s.AppendObject(l.Context(), objectstore.Append{Bucket: l.b, Key: "k", Position: position, Incoming: incoming("new")})
		return err
	}
}

func copyTo(key string) func(l *lab) error {
	return func(l *lab) error {
		found, err := l.s.Find(l.Context(), "demo", "k", "")
		if err != nil {
			return err
		}
		_, err = l.s.CopyObject(l.Context(), objectstore.Copy{
			From: found.Bucket, Source: found.Object,
			Put: objectstore.Put{Bucket: found.Bucket, Key: key, Properties: objectstore.Properties{Metadata: red}},
		})
		return err
	}
}

func delete1(l *lab) error {
	_, err := l.s.DeleteObject(l.Context(), l.b, objectstore.Deletion{Key: "k"})
	return err
}

func deleteVersion(l *lab) error {
	_, err := l.s.DeleteObject(l.Context(), l.b, objectstore.Deletion{Key: "k", Version: l.id})
	return err
}
