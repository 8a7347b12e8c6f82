package care

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"ossd/backup"
	"ossd/migrate"
)

// remote is the Keeper of the server that has a store open.
type remote struct{ http *http.Client }

var _ Keeper = (*remote)(nil)

// Dial returns the Keeper of the server that has the data directory open. It fails
// when none answers.
func Dial(ctx context.Context, data string) (Keeper, error) {
	dial := func(ctx context.Context, _, _ string) (c net.Conn, err error) {
		err = withShortPath(data, func(path string) (err error) {
			c, err = new(net.Dialer).DialContext(ctx, "unix", path)
			return err
		})
		return c, err
	}
	c, err := dial(ctx, "", "")
	if err != nil {
		return nil, err
	}
	c.Close()
	return &remote{&http.Client{Transport: &http.Transport{DialContext: dial}}}, nil
}

// Check implements Keeper.
func (r *remote) Check(ctx context.Context, orphanAge time.Duration, w Watch) (c Checked, err error) {
	return c, r.do(ctx, "check", url.Values{"orphan-age": {orphanAge.String()}}, nil, w, &c)
}

// Scrub implements Keeper.
func (r *remote) Scrub(ctx context.Context, bytesPerSecond int64, w Watch) (s Scrubbed, err error) {
	return s, r.do(ctx, "scrub", url.Values{"rate": {strconv.FormatInt(bytesPerSecond, 10)}}, nil, w, &s)
}

// BackedUp implements Keeper.
func (r *remote) BackedUp(ctx context.Context, made backup.Result) error {
	body, err := json.Marshal(made)
	if err != nil {
		return err
	}
	var nothing any
	return r.do(ctx, "backed-up", nil, bytes.NewReader(body), Watch{}, &nothing)
}

// Migrate implements Keeper. What it is told may hold secrets: the socket is its user's own.
func (r *remote) Migrate(ctx context.Context, m Migration, w Watch) (done migrate.Result, err error) {
	body, err := json.Marshal(m)
	if err != nil {
		return done, err
	}
	return done, r.do(ctx, "migrate", nil, bytes.NewReader(body), w, &done)
}

// Close implements Keeper.
func (r *remote) Close() error { r.http.CloseIdleConnections(); return nil }

// do asks for a job and reads its events to the end.
func (r *remote) do(ctx context.Context, job string, q url.Values, body io.Reader, w Watch, result any) error {
	events, err := r.ask(ctx, job, q, body)
	if err != nil {
		return err
	}
	defer events.Close()
	for {
		e, err := events.next()
		switch {
		case err != nil:
			return errors.Join(ctx.Err(), err)
		case e.Error != "":
			return errors.New(e.Error)
		case e.Finding != nil && w.Found != nil:
			w.Found(*e.Finding)
		case e.Moving != nil && w.Moving != nil:
			w.Moving(*e.Moving)
		case e.Progress != nil && w.Progress != nil:
			w.Progress(e.Progress.Done, e.Progress.Total)
		case e.Result != nil:
			return json.Unmarshal(e.Result, result)
		}
	}
}

// events reads an answer.
type events struct {
	io.Closer
	lines *bufio.Scanner
}

func (r *remote) ask(ctx context.Context, job string, q url.Values, body io.Reader) (*events, error) {
	address := url.URL{Scheme: "http", Host: "server", Path: "/" + job, RawQuery: q.Encode()}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address.String(), body)
	if err != nil {
		return nil, err
	}
	resp, err := r.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("asking the server: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		resp.Body.Close()
		return nil, fmt.Errorf("the server answers %s: it is another version of ossd", resp.Status)
	}
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	return &events{resp.Body, lines}, nil
}

func (e *events) next() (v event, err error) {
	if !e.lines.Scan() {
		return v, errors.Join(errStopped, e.lines.Err())
	}
	return v, json.Unmarshal(e.lines.Bytes(), &v)
}

var errStopped = errors.New("the server has stopped before it was done")

// Freeze implements Keeper. The store stays frozen as long as the request lasts,
// whose end is the end of its body or of the connection.
func (r *remote) Freeze(ctx context.Context) (Frozen, error) {
	body, request := io.Pipe()
	events, err := r.ask(ctx, "freeze", nil, body)
	if err != nil {
		return nil, err
	}
	e, err := events.next()
	if err == nil && e.Error != "" {
		err = errors.New(e.Error)
	}
	if err != nil {
		return nil, errors.Join(err, request.Close(), events.Close())
	}
	f := &remoteFrozen{request: request, ended: make(chan struct{})}
	go func() {
		defer close(f.ended)
		defer events.Close()
		e, err := events.next() // the last one
		if f.err = err; e.Error != "" {
			f.err = errors.New(e.Error)
		}
	}()
	return f, nil
}

type remoteFrozen struct {
	request *io.PipeWriter
	ended   chan struct{} // closed when the answer has ended
	err     error         // why, if it should not have; valid then
}

func (f *remoteFrozen) Held(ctx context.Context) error {
	select {
	case <-f.ended:
		return fmt.Errorf("the store is no longer kept as it was: %w", errors.Join(errStopped, f.err))
	default:
		return ctx.Err()
	}
}

func (f *remoteFrozen) Thaw() error {
	f.request.Close()
	<-f.ended
	return f.err
}
