package idtoken

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	lru "github.com/hashicorp/golang-lru/v2"
)

// Bounds on what is kept of issuers and asked of them.
const (
	maxSources = 1024 // issuers whose keys are kept

	// keysAge is how long keys are believed: what an issuer has withdrawn is
	// good for no longer than that.
	keysAge = 10 * time.Minute
	// refreshAge is how old keys must be before a key id that is not among them
	// makes us ask again: whoever makes tokens up does not choose how often.
	refreshAge = 30 * time.Second
	// failureAge is how long a failure is remembered.
	failureAge = 30 * time.Second

	fetchTimeout     = 10 * time.Second // both requests together
	maxFetches       = 64               // at once
	maxTenantFetches = 8                // so that nobody's silent issuers keep out everybody else's
	maxWaiting       = 64               // requests that wait for one issuer
)

// Verifier verifies tokens. Its methods may be called from many goroutines.
type Verifier struct {
	Config
	local   map[string]bool
	sources *lru.Cache[sourceKey, *source]

	mu      sync.Mutex
	fetches map[string]int // under way, by tenant
	total   int
}

// New returns a Verifier, or an error if an issuer may not be local.
func New(c Config) (*Verifier, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	v := &Verifier{Config: c, local: map[string]bool{}, fetches: map[string]int{}}
	for _, issuer := range c.Local {
		if err := CheckLocal(issuer); err != nil {
			return nil, err
		}
		v.local[issuer] = true
	}
	var err error
	v.sources, err = lru.New[sourceKey, *source](maxSources)
	return v, err
}

func (v *Verifier) now() time.Time { return v.Now() }

// sourceKey is what keys depend on. Tenants do not share, so that none can
// spoil what another has, for instance by fingerprints of its own.
type sourceKey struct{ tenant, issuer, fingerprints string }

// source is one issuer and its keys.
type source struct {
	v            *Verifier
	tenant       string
	issuer       string
	fingerprints []string

	mu      sync.Mutex
	keys    []jose.JSONWebKey
	fetched time.Time     // when keys were asked for; zero: never with success
	failed  time.Time     // zero: the last fetch went well
	err     *Error        // why it failed
	running chan struct{} // closed when the fetch under way ends; nil: there is none
	waiting int
}

func (v *Verifier) source(want Expected) *source {
	pins := slices.Clone(want.Fingerprints)
	for i := range pins {
		pins[i] = strings.ToLower(pins[i])
	}
	slices.Sort(pins)
	key := sourceKey{want.Tenant, want.Issuer, strings.Join(pins, ",")}
	s := &source{v: v, tenant: want.Tenant, issuer: want.Issuer, fingerprints: pins}
	if old, ok, _ := v.sources.PeekOrAdd(key, s); ok {
		v.sources.Get(key) // was used now
		return old
	}
	return s
}

// current returns the issuer's keys. With refresh, those that are at hand did not
// do, and are returned again only if it is too early to ask for others.
func (s *source) current(ctx context.Context, refresh bool) ([]jose.JSONWebKey, error) {
	s.mu.Lock()
	now := s.v.now()
	fresh := within(now, s.fetched, keysAge)
	switch {
	case fresh && (!refresh || within(now, s.fetched, refreshAge) || within(now, s.failed, failureAge)):
		defer s.mu.Unlock()
		return s.keys, nil
	case within(now, s.failed, failureAge):
		defer s.mu.Unlock()
		return nil, s.err
	case s.waiting >= maxWaiting, s.running == nil && !s.v.acquire(s.tenant):
		defer s.mu.Unlock()
		return nil, &Error{Reason: Busy}
	}
	if s.running == nil {
		s.running = make(chan struct{})
		go s.fetch(now)
	}
	running := s.running
	s.waiting++
	s.mu.Unlock()
	var gone error
	select {
	case <-running:
	case <-ctx.Done():
		gone = ctx.Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting--
	switch {
	case gone != nil:
		return nil, &Error{Reason: Unavailable, Err: gone}
	case !s.failed.IsZero():
		return nil, s.err
	}
	return s.keys, nil
}

// within tells whether t was at most age ago. A clock that was set back makes
// nothing last longer.
func within(now, t time.Time, age time.Duration) bool {
	d := now.Sub(t)
	return !t.IsZero() && d >= 0 && d < age
}

// fetch asks the issuer. It does not depend on the request that started it: one
// that gives up must not fail the others.
func (s *source) fetch(began time.Time) {
	ctx, cancel := context.WithTimeout(context.Background(), fetchTimeout)
	defer cancel()
	keys, err := s.v.discover(ctx, s.issuer, s.fingerprints)
	s.v.release(s.tenant)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.keys, s.fetched, s.failed, s.err = keys, began, time.Time{}, nil
	} else {
		// The end counts, not the beginning: an issuer that is slow to fail would
		// otherwise be asked again at once.
		s.failed, s.err = s.v.now(), err
	}
	close(s.running)
	s.running = nil
}

// acquire takes a place among the fetches under way.
func (v *Verifier) acquire(tenant string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.total >= maxFetches || v.fetches[tenant] >= maxTenantFetches {
		return false
	}
	v.total++
	v.fetches[tenant]++
	return true
}

func (v *Verifier) release(tenant string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.total--
	if v.fetches[tenant]--; v.fetches[tenant] == 0 {
		delete(v.fetches, tenant)
	}
}
