// Package witness writes objects through the public API and knows afterwards what must
// be stored. It knows neither what serves it nor what befalls that: kills, cuts, delays.
package witness

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"ossd/protocol/signature"
)

// Client sends signed requests to several servers in turn. Its methods may be called
// by many goroutines at once.
type Client struct {
	HTTP    *http.Client
	Servers []string // HOST:PORT
	Key     signature.Credentials

	turn atomic.Uint64

	mu    sync.Mutex
	tally Tally
}

// Tally is what became of a client's requests.
type Tally struct {
	Answers map[string]int // by status and code, "503 ServiceUnavailable"; "cut" where no answer began, "torn" where one broke off
	Longest time.Duration  // that a request took
	Slowest string         // which it was
	Failed  time.Time      // when a request failed last
	Wrong   []string       // what no fault excuses; a few of them
}

const maxWrong = 20

// Unavailable is the one refusal that faults may cause. The request may have had its effect.
var Unavailable = errors.New("503 ServiceUnavailable")

// errWrong is any other.
var errWrong = errors.New("this answer is wrong")

// Take returns the tally and begins another.
func (c *Client) Take() Tally {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.tally
	c.tally = Tally{}
	if t.Answers == nil {
		t.Answers = map[string]int{}
	}
	return t
}

// Failed is when a request failed last, in this tally.
func (c *Client) Failed() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tally.Failed
}

func (c *Client) count(what, request string, took time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tally.Answers == nil {
		c.tally.Answers = map[string]int{}
	}
	c.tally.Answers[what]++
	if what == "cut" || what == "torn" || strings.HasPrefix(what, "5") {
		c.tally.Failed = time.Now()
	}
	if took > c.tally.Longest {
		c.tally.Longest, c.tally.Slowest = took, request+": "+what
	}
}

// Object reports a wrong answer, which Take returns, and makes an error of it.
func (c *Client) Object(format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.tally.Wrong) < maxWrong {
		c.tally.Wrong = append(c.tally.Wrong, text)
	}
	return fmt.Errorf("%w: %s", errWrong, text)
}

// Want sends a request that must be answered with a status. The error is Unavailable, or
// of the connection, or tells an answer that is wrong.
func (c *Client) Want(want int, method, path, query string, header http.Header, content []byte) error {
	_, err := c.wanted([]int{want}, method, path, query, header, content)
	return err
}

// Answer is a whole one.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

func (c *Client) wanted(want []int, method, path, query string, header http.Header, content []byte) (Answer, error) {
	return c.wantedAs(c.Key, want, method, path, query, header, content)
}

func (c *Client) wantedAs(key signature.Credentials, want []int, method, path, query string, header http.Header, content []byte) (Answer, error) {
	a, err := c.send(key, method, path, query, header, content)
	if err != nil {
		return a, err
	}
	if slices.Contains(want, a.Status) {
		return a, nil
	}
	return a, c.Refused(method+" "+path+"?"+query, a)
}

// Refused is the error that an answer without success amounts to.
func (c *Client) Refused(request string, a Answer) error {
	if a.Status == http.StatusServiceUnavailable && a.Code() == "ServiceUnavailable" {
		return Unavailable
	}
	return c.Object("%s: status %d, %.300q", request, a.Status, a.Body)
}

// Send sends a request of the key's owner and returns whatever is answered.
func (c *Client) Send(method, path, query string, header http.Header, content []byte) (Answer, error) {
	return c.send(c.Key, method, path, query, header, content)
}

func (c *Client) send(key signature.Credentials, method, path, query string, header http.Header, content []byte) (Answer, error) {
	target := path
	if query != "" {
		target += "?" + query
	}
	host := c.server()
	r, err := http.NewRequest(method, "http://"+host+target, bytes.NewReader(content))
	if err != nil {
		return Answer{}, err
	}
	for name, values := range header {
		r.Header[name] = values
	}
	s, err := signature.NewRequest(method, host, target, r.Header)
	if err != nil {
		return Answer{}, err
	}
	bucket, object, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if err := signature.SignHeader(signature.V1Header, s, signature.Resource{Bucket: bucket, Key: object}, key, "", time.Now()); err != nil {
		return Answer{}, err
	}
	return c.do(r)
}

func (c *Client) server() string { return c.Servers[c.turn.Add(1)%uint64(len(c.Servers))] }

func (c *Client) do(r *http.Request) (a Answer, err error) {
	begun, name := time.Now(), r.Method+" "+r.URL.Host+r.URL.Path
	resp, err := c.HTTP.Do(r)
	if err != nil {
		c.count("cut", name, time.Since(begun))
		return a, err
	}
	defer resp.Body.Close()
	a.Status, a.Header = resp.StatusCode, resp.Header
	if a.Body, err = io.ReadAll(resp.Body); err != nil {
		c.count("torn", name, time.Since(begun))
		return a, err
	}
	c.count(strings.TrimSpace(fmt.Sprint(a.Status, " ", a.Code())), name, time.Since(begun))
	return a, nil
}

// codes are in XML, or in JSON.
var codes = regexp.MustCompile(`<Code>(\w+)</Code>|"Code":"([\w.]+)"`)

// Code is that of a refusal.
func (a Answer) Code() string {
	if a.Status < 300 {
		return ""
	}
	if m := codes.FindSubmatch(a.Body); m != nil {
		return string(m[1]) + string(m[2])
	}
	return ""
}
