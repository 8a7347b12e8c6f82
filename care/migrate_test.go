package care_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"ossd/care"
	blobmemory "ossd/engine/blob/memory"
	"ossd/engine/meta"
	metamemory "ossd/engine/meta/memory"
	"ossd/migrate"
)

// elsewhere is a destination in memory that stays when it is closed.
type elsewhere struct {
	migrate.Destination
	asked  migrate.Target
	closed int
}

func newElsewhere() *elsewhere {
	return &elsewhere{Destination: migrate.Destination{Rows: metamemory.New(), Blobs: blobmemory.New()}}
}

func (e *elsewhere) open(_ context.Context, t migrate.Target) (migrate.Destination, func() error, error) {
	e.asked = t
	return e.Destination, func() error { e.closed++; return nil }, nil
}

var target = migrate.Target{
	Metadata: "postgres://u:pg-secret@db/x", Blobs: "s3://bucket/x",
	Environment: map[string]string{"OSSD_S3_SECRET_ACCESS_KEY": "s3-secret"},
}

// A store moves with the help of its server, and without it in the end.
func TestMigrate(t *testing.T) {
	k, to := open(t, filepath.Join(t.TempDir(), "data")), newElsewhere()
	put(t, k.Objects, "demo", "small", "content")
	put(t, k.Objects, "other", "large", strings.Repeat("x", large))
	k.Destination, k.Alone = to.open, false

	var log bytes.Buffer
	l, err := care.Listen(k.Data)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := care.Serve(ctx, l, k, slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))); err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	var stages []migrate.Stage
	watch := care.Watch{
		Found:  func(f care.Finding) { t.Errorf("found %+v", f) },
		Moving: func(p migrate.Progress) { stages = append(stages, p.Stage) },
	}
	remote := dial(t, k.Data)
	r, err := remote.Migrate(t.Context(), care.Migration{To: target, Verify: migrate.VerifyFull}, watch)
	if err != nil || r.Ended || r.Sum.Blobs != 2 || r.Sum.Bytes != large+int64(len("content")) {
		t.Fatalf("%+v, %v", r, err)
	}
	if len(stages) < 3 || stages[0] != migrate.Contents || stages[len(stages)-1] != migrate.Verifying {
		t.Errorf("was told of %q", stages)
	}
	if to.asked.Metadata != target.Metadata || to.asked.Getenv("OSSD_S3_SECRET_ACCESS_KEY") != "s3-secret" || to.closed != 1 {
		t.Errorf("the destination was opened with %#v, closed %d times", to.asked, to.closed)
	}
	if _, err := remote.Migrate(t.Context(), care.Migration{To: target, Verify: "somehow"}, watch); err == nil {
		t.Error("a way to verify that there is not was accepted")
	}
	stop()
	serving.Wait()
	if strings.Contains(log.String(), "secret") || !strings.Contains(log.String(), "/migrate") {
		t.Errorf("the log says\n%s", log.String())
	}

	k.Alone = true
	if r, err := k.Migrate(t.Context(), care.Migration{To: target, CopyOnly: true}, watch); err != nil || r.Ended {
		t.Fatalf("only copying: %+v, %v", r, err)
	}
	if err := migrate.Stays(k.Data); err != nil {
		t.Errorf("before it has moved: %v", err)
	}
	if r, err := k.Migrate(t.Context(), care.Migration{To: target}, watch); err != nil || !r.Ended || r.Sum.Blobs != 0 {
		t.Fatalf("finally: %+v, %v", r, err)
	}
	err = migrate.Stays(k.Data)
	if !errors.Is(err, migrate.ErrMoved) || strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), "postgres://u@db/x") {
		t.Errorf("afterwards: %v", err)
	}
	if err := migrate.UnderWay(t.Context(), to.Rows); err != nil {
		t.Errorf("the destination: %v", err)
	}
}

// Where a store has moved, asking again is no harm, and elsewhere it does not move.
func TestMigrateAgain(t *testing.T) {
	k, to := open(t, filepath.Join(t.TempDir(), "data")), newElsewhere()
	put(t, k.Objects, "demo", "key", "content")
	k.Destination = to.open
	m := care.Migration{To: target}
	first, err := k.Migrate(t.Context(), m, care.Watch{})
	if err != nil || !first.Ended || first.Passes != 1 {
		t.Fatalf("%+v, %v", first, err)
	}
	// The new servers write.
	write := func(key, value string) {
		t.Helper()
		err := to.Rows.Update(t.Context(), []meta.Lock{meta.Exclusive("")}, func(tx meta.Tx) error { return tx.Put([]byte(key), []byte(value)) })
		if err != nil {
			t.Fatal(err)
		}
	}
	has := func(key string) (has bool) {
		_ = to.Rows.View(t.Context(), func(rows meta.Snapshot) error {
			_, err := rows.Get([]byte(key))
			has = err == nil
			return nil
		})
		return has
	}
	write("Bnew\x00", "bucket")
	if r, err := k.Migrate(t.Context(), m, care.Watch{}); err != nil || !r.Ended || r.Passes != 0 || r.At.Sub(first.At).Abs().Seconds() > 1 || !has("Bnew\x00") {
		t.Errorf("again: %+v, %v", r, err)
	}
	m.To.Blobs = "s3://another"
	if _, err := k.Migrate(t.Context(), m, care.Watch{}); !errors.Is(err, migrate.ErrMoved) {
		t.Errorf("to somewhere else: %v", err)
	}
	m.To = target
	k.Destination = nil
	if _, err := k.Migrate(t.Context(), m, care.Watch{}); err == nil {
		t.Error("a store that cannot move moves")
	}
}

// A run that ends between the directory's note and the removal of the mark is ended by the next.
func TestMigrateLastStep(t *testing.T) {
	k, to := open(t, filepath.Join(t.TempDir(), "data")), newElsewhere()
	put(t, k.Objects, "demo", "key", "content")
	k.Destination = to.open
	m := care.Migration{To: target, CopyOnly: true}
	if _, err := k.Migrate(t.Context(), m, care.Watch{}); err != nil {
		t.Fatal(err)
	}
	if err := migrate.WriteMoved(k.Data, migrate.Moved{Metadata: "postgres://u@db/x", Blobs: "s3://bucket/x"}); err != nil {
		t.Fatal(err)
	}
	m.CopyOnly = false
	if r, err := k.Migrate(t.Context(), m, care.Watch{}); err != nil || !r.Ended || r.Passes != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	if err := migrate.UnderWay(t.Context(), to.Rows); err != nil {
		t.Errorf("the destination: %v", err)
	}
}

// There is one migration at a time.
func TestOneMigration(t *testing.T) {
	k := open(t, filepath.Join(t.TempDir(), "data"))
	begun, done := make(chan struct{}), make(chan struct{})
	k.Destination = func(context.Context, migrate.Target) (migrate.Destination, func() error, error) {
		close(begun)
		<-done
		return migrate.Destination{}, nil, errors.New("unreachable")
	}
	var first sync.WaitGroup
	first.Go(func() {
		if _, err := k.Migrate(t.Context(), care.Migration{To: target}, care.Watch{}); err == nil {
			t.Error("moved to nowhere")
		}
	})
	<-begun
	if _, err := k.Migrate(t.Context(), care.Migration{To: target}, care.Watch{}); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("a second one: %v", err)
	}
	close(done)
	first.Wait()
}
