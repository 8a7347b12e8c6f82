package care_test

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ossd/backup"
	"ossd/care"
	"ossd/objectstore"
	"ossd/server"
)

// open makes a data directory and opens its store, as a command does while no server runs.
func open(t *testing.T, data string) *care.Local {
	t.Helper()
	if err := os.MkdirAll(data, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(data, "FORMAT")); errors.Is(err, fs.ErrNotExist) {
		if err := os.WriteFile(filepath.Join(data, "FORMAT"), []byte("ossd data 1\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	k, err := server.OpenStopped(t.Context(), data, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { k.Close() })
	return k
}

// serve offers k on the socket until the test ends or stop is called.
func serve(t *testing.T, k *care.Local) (stop func()) {
	t.Helper()
	l, err := care.Listen(k.Data)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- care.Serve(ctx, l, k, slog.New(slog.DiscardHandler)) }()
	stopped := false
	stop = func() {
		if !stopped {
			stopped = true
			cancel()
			if err := <-served; err != nil {
				t.Errorf("Serve: %v", err)
			}
		}
	}
	t.Cleanup(stop)
	return stop
}

func dial(t *testing.T, data string) care.Keeper {
	t.Helper()
	k, err := care.Dial(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { k.Close() })
	return k
}

func put(t *testing.T, s *objectstore.Store, bucket, key, content string) {
	t.Helper()
	b, err := s.CreateBucket(t.Context(), objectstore.Bucket{Name: bucket, Owner: "1"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.PutObject(t.Context(), objectstore.Put{Bucket: b, Key: key, Incoming: objectstore.Incoming{Body: strings.NewReader(content), Size: int64(len(content))}}); err != nil {
		t.Fatal(err)
	}
}

const large = 300 << 10 // bytes, so that it gets a file of its own

// blobFile is the file of the only large object.
func blobFile(t *testing.T, data string) string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(data, "blob", "??", "*"))
	if err != nil || len(names) != 1 {
		t.Fatalf("%q, %v", names, err)
	}
	return names[0]
}

// What is asked for through the socket is answered as by the process itself,
// also where the directory's path is too long for a socket.
func TestRemoteIsLocal(t *testing.T) {
	for name, below := range map[string]string{"short": "data", "long": strings.Repeat("a-long-name-of-a-directory/", 8) + "data"} {
		t.Run(name, func(t *testing.T) {
			local := open(t, filepath.Join(t.TempDir(), below))
			put(t, local.Objects, "demo", "small", "content")
			put(t, local.Objects, "demo", "large", strings.Repeat("x", large))
			serve(t, local)
			remote := dial(t, local.Data)
			if err := os.Truncate(blobFile(t, local.Data), large-1); err != nil {
				t.Fatal(err)
			}
			var answers [2]struct {
				found    []care.Finding
				checked  care.Checked
				scrubbed care.Scrubbed
			}
			for i, k := range []care.Keeper{local, remote} {
				a := &answers[i]
				told := false
				w := care.Watch{
					Found:    func(f care.Finding) { a.found = append(a.found, f) },
					Progress: func(done, total int64) { told = done == total },
				}
				var err error
				if a.checked, err = k.Check(t.Context(), time.Hour, w); err != nil || !told {
					t.Fatalf("%v; progress to the end: %t", err, told)
				}
				if a.scrubbed, err = k.Scrub(t.Context(), 0, w); err != nil {
					t.Fatal(err)
				}
				a.scrubbed.Began = time.Time{}
			}
			// The local scrub has noted the damage, of which the check through the socket tells, too.
			extra := slices.DeleteFunc(answers[1].found, func(f care.Finding) bool { return strings.Contains(f.Text, "found by scrubbing") })
			answers[1].checked.Findings--
			if len(answers[0].found) != 2 || !slices.Equal(answers[0].found, extra) || answers[0].checked != answers[1].checked || answers[0].scrubbed != answers[1].scrubbed {
				t.Errorf("local  %+v\nremote %+v", answers[0], answers[1])
			}
		})
	}
}

// The socket is its owner's alone, takes the place of one that was left, and goes when it is closed.
func TestSocket(t *testing.T) {
	data := t.TempDir()
	if err := os.Chmod(data, 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(data, "control.sock")
	left, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	left.(*net.UnixListener).SetUnlinkOnClose(false)
	left.Close()
	if _, err := care.Dial(t.Context(), data); err == nil {
		t.Error("a socket that nobody listens on was dialled")
	}
	l, err := care.Listen(data)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != fs.ModeSocket|0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if _, err := care.Dial(t.Context(), data); err != nil {
		t.Error(err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if entries, err := os.ReadDir(data); err != nil || len(entries) != 0 {
		t.Errorf("left: %v, %v", entries, err)
	}
}

// A store is frozen for one at a time, until it is thawed, or who wanted it has gone.
func TestFreeze(t *testing.T) {
	local := open(t, filepath.Join(t.TempDir(), "data"))
	put(t, local.Objects, "demo", "a", "content")
	serve(t, local)
	remote := dial(t, local.Data)
	for name, k := range map[string]care.Keeper{"local": local, "remote": remote} {
		f, err := k.Freeze(t.Context())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, other := range []care.Keeper{local, remote} {
			if _, err := other.Freeze(t.Context()); err == nil || !strings.Contains(err.Error(), "already") {
				t.Errorf("%s: frozen twice: %v", name, err)
			}
		}
		if _, err := os.Stat(filepath.Join(local.Data, "checkpoint", "OPTIONS-000003")); err != nil {
			t.Errorf("%s: the checkpoint: %v", name, err)
		}
		if err := f.Held(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for range 2 {
			if err := f.Thaw(); err != nil {
				t.Errorf("%s: thawed with %v", name, err)
			}
		}
		if _, err := os.Stat(filepath.Join(local.Data, "checkpoint")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: the checkpoint is left: %v", name, err)
		}
	}
	// A client that goes thaws the store, sooner or later.
	ctx, leave := context.WithCancel(t.Context())
	f, err := remote.Freeze(ctx)
	if err != nil {
		t.Fatal(err)
	}
	leave()
	if f.Thaw() == nil || f.Held(t.Context()) == nil {
		t.Error("who has left is told that all is well")
	}
	for {
		f, err := local.Freeze(t.Context())
		if err == nil {
			f.Thaw()
			break
		}
		time.Sleep(time.Millisecond)
	}
}

// When the server stops, whoever relies on it is told.
func TestServerStops(t *testing.T) {
	local := open(t, filepath.Join(t.TempDir(), "data"))
	put(t, local.Objects, "demo", "large", strings.Repeat("x", large))
	stop := serve(t, local)
	remote := dial(t, local.Data)
	f, err := remote.Freeze(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	scrubbing := make(chan error, 1)
	begun := make(chan struct{}, 1)
	go func() {
		_, err := dial(t, local.Data).Scrub(t.Context(), 1, care.Watch{Progress: func(int64, int64) {
			select {
			case begun <- struct{}{}:
			default:
			}
		}})
		scrubbing <- err
	}()
	<-begun
	stop()
	if err := <-scrubbing; err == nil {
		t.Error("a scrub that was cut off has no error")
	}
	f.Thaw()
	if err := f.Held(t.Context()); err == nil || !strings.Contains(err.Error(), "no longer kept") {
		t.Errorf("the store is still held: %v", err)
	}
	if _, err := local.Freeze(t.Context()); err != nil {
		t.Errorf("what the client had frozen is not thawed: %v", err)
	}
}

// While a server has the directory open a command must ask it; a directory that is none is refused.
func TestOpenStopped(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	if _, err := server.OpenStopped(t.Context(), data, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "no data directory") {
		t.Errorf("nothing at all: %v", err)
	}
	if _, err := os.Stat(data); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("looking for a directory has made it: %v", err)
	}
	open(t, data)
	if _, err := server.OpenStopped(t.Context(), data, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("opened twice: %v", err)
	}
}

func TestLastBackup(t *testing.T) {
	local := open(t, filepath.Join(t.TempDir(), "data"))
	serve(t, local)
	if _, err := care.LastBackup(local.Data); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("before the first: %v", err)
	}
	want := backup.Result{Time: time.Now().UTC().Round(0), Files: 7}
	if err := dial(t, local.Data).BackedUp(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	if got, err := care.LastBackup(local.Data); err != nil || got != want {
		t.Errorf("noted %+v, %v; want %+v", got, err, want)
	}
}
