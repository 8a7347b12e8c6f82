package care

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"ossd/backup"
	"ossd/migrate"
)

// The socket speaks HTTP: POST /check, /scrub, /freeze, /backed-up and /migrate. An answer is
// lines of JSON, one an event; the last one has a result or an error. A job ends
// when its client goes.
type event struct {
	Progress *progress         `json:"progress,omitempty"`
	Moving   *migrate.Progress `json:"moving,omitempty"`
	Finding  *Finding          `json:"finding,omitempty"`
	Frozen   bool              `json:"frozen,omitempty"` // the checkpoint is there
	Result   json.RawMessage   `json:"result,omitempty"`
	Error    string            `json:"error,omitempty"`
}

type progress struct {
	Done  int64 `json:"done"`
	Total int64 `json:"total"`
}

const (
	// progressEvery is how often a client hears how far things are.
	progressEvery = 200 * time.Millisecond
	// patience is how long a client may take for an event: while it does not, the store waits for it.
	patience = time.Minute
	// maxRequest bounds what a client may send, in bytes.
	maxRequest = 64 << 10
)

// Serve answers on a socket until ctx ends. Jobs that are under way are cut off then.
func Serve(ctx context.Context, l net.Listener, k Keeper, log *slog.Logger) error {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /check", job(log, func(r *http.Request, a *answer) (any, error) {
		age, err := time.ParseDuration(r.FormValue("orphan-age"))
		if err != nil {
			return nil, err
		}
		return k.Check(r.Context(), age, a.watch())
	}))
	mux.HandleFunc("POST /scrub", job(log, func(r *http.Request, a *answer) (any, error) {
		rate, err := strconv.ParseInt(r.FormValue("rate"), 10, 64)
		if err != nil {
			return nil, err
		}
		return k.Scrub(r.Context(), rate, a.watch())
	}))
	mux.HandleFunc("POST /freeze", job(log, func(r *http.Request, a *answer) (any, error) {
		f, err := k.Freeze(r.Context())
		if err != nil {
			return nil, err
		}
		return nil, errors.Join(a.keep(r, f), f.Thaw())
	}))
	mux.HandleFunc("POST /backed-up", job(log, func(r *http.Request, a *answer) (any, error) {
		var made backup.Result
		if err := json.NewDecoder(r.Body).Decode(&made); err != nil {
			return nil, err
		}
		return nil, k.BackedUp(r.Context(), made)
	}))
	mux.HandleFunc("POST /migrate", job(log, func(r *http.Request, a *answer) (any, error) {
		var m Migration
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil || !m.Verify.Valid() {
			return nil, errors.New("the request cannot be read: the command is of another version of ossd")
		}
		return k.Migrate(r.Context(), m, a.watch())
	}))
	srv := &http.Server{
		Handler: mux, ReadHeaderTimeout: patience, IdleTimeout: patience, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(l) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	// The jobs see that ctx has ended; wait until they have.
	err := srv.Shutdown(context.WithoutCancel(ctx))
	if served := <-ended; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// job makes a handler of what a client may ask for.
func job(log *slog.Logger, do func(*http.Request, *answer) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxRequest)
		w.Header().Set("Content-Type", "application/x-ndjson")
		a := &answer{w: w, control: http.NewResponseController(w)}
		_ = a.control.EnableFullDuplex() // a freeze is answered before its request ends; HTTP/1 can do that
		log.Info("care begins", "job", r.URL.Path)
		result, err := do(r, a)
		log.Info("care ends", "job", r.URL.Path, "error", err)
		last := event{}
		if err == nil {
			last.Result, err = json.Marshal(result)
		}
		if err != nil {
			last = event{Error: err.Error()}
		}
		a.send(last)
	}
}

// answer sends events.
type answer struct {
	w       http.ResponseWriter
	control *http.ResponseController

	mu   sync.Mutex
	last time.Time // a progress was sent
}

func (a *answer) watch() Watch {
	return Watch{
		Found: func(f Finding) { a.send(event{Finding: &f}) },
		Progress: func(done, total int64) {
			if a.due(done == total) {
				a.send(event{Progress: &progress{done, total}})
			}
		},
		Moving: func(p migrate.Progress) {
			if a.due(p.Done == 0) { // a stage begins
				a.send(event{Moving: &p})
			}
		},
	}
}

// due tells whether it is time for an event of progress, which it is always for some.
func (a *answer) due(always bool) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	due := always || time.Since(a.last) >= progressEvery
	if due {
		a.last = time.Now()
	}
	return due
}

// keep tells that the store is frozen and returns when it need no longer be: the
// client has ended its request, has gone, or the server stops.
func (a *answer) keep(r *http.Request, f Frozen) error {
	defer context.AfterFunc(r.Context(), func() { _ = a.control.SetReadDeadline(time.Now()) })()
	a.send(event{Frozen: true})
	_, err := io.Copy(io.Discard, r.Body)
	return err
}

// send sends one event at once. A client that has gone is noticed by the request's context.
func (a *answer) send(e event) {
	line, err := json.Marshal(e)
	if err != nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	_ = a.control.SetWriteDeadline(time.Now().Add(patience))
	if _, err := a.w.Write(append(line, '\n')); err == nil {
		_ = a.control.Flush()
	}
}
