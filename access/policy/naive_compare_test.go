package policy

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

var (
	pairs  = flag.Int("pairs", 0, "pairs of policies and requests that TestNaive compares; 0: as many as fit in three seconds")
	replay = flag.Uint64("seed", 0, "seed of the policies whose comparison in TestNaive is to be repeated")
)

// Decide and DecideTrust answer as the naive evaluator does, whatever the
// policies and the request. What is drawn depends on a seed alone, which a
// failure prints:
//
//	go test ./access/policy -run TestNaive -seed 123
//	go test ./access/policy -run TestNaive -pairs 1000000 -timeout 1h
func TestNaive(t *testing.T) {
	if *replay != 0 {
		compareDrawn(t, *replay, map[Reason]int{})
		return
	}
	seed, start, compared := rand.Uint64(), time.Now(), 0
	reasons := map[Reason]int{}
	for compared < *pairs || *pairs == 0 && time.Since(start) < 3*time.Second {
		compared += compareDrawn(t, seed, reasons)
		if t.Failed() {
			return
		}
		seed++
	}
	t.Logf("%d pairs in %v: %v", compared, time.Since(start).Round(time.Millisecond), reasons)
	for _, reason := range []Reason{
		ByOwner, ByIdentityAllow, ByBucketPolicyAllow, ByObjectACL, ByBucketACL,
		SessionImplicitDeny, SessionExplicitDeny, IdentityExplicitDeny, BucketPolicyDeny, BothExplicitDeny,
		NoAllowACL, NoAllowManagement, ByTrustPolicyAllow, TrustPolicyDeny, NoAllowByTrustPolicy,
	} {
		if reasons[reason] < compared/1000 {
			t.Errorf("only %d of %d decisions were %s: what is drawn does not meet", reasons[reason], compared, reason)
		}
	}
}

// requestsEach is how many requests are compared for one drawing of policies,
// since to draw and parse these takes longest.
const requestsEach = 12

// compareDrawn draws policies and requests from a seed, and returns how many.
func compareDrawn(t *testing.T, seed uint64, reasons map[Reason]int) int {
	d := newDice(seed)
	s := d.policies()
	compiled, naive := s.compile(t), s.naive()
	for i := range requestsEach {
		d.request(&s)
		if s.session != "" && i%4 == 3 { // most sessions have no policy of their own
			s.session, compiled.session, naive.session = "", nil, nil
		}
		got, want := Decide(compiled.request(&s)).verdict(), naive.decide(&s)
		if got != want {
			t.Fatalf("seed %d, request %d: got %v, want %v\n%s", seed, i, got, want, s.String())
		}
		reasons[want.reason]++
		got, want = DecideTrust(compiled.trust, s.who, compiled.context(&s)).verdict(), naive.decideTrust(&s)
		if got != want {
			t.Fatalf("seed %d, trust, request %d: got %v, want %v\n%s", seed, i, got, want, s.String())
		}
		reasons[want.reason]++
	}
	return requestsEach
}

// policies draws what is attached and stored.
func (d *dice) policies() (s situation) {
	for range d.IntN(3) {
		s.identity = append(s.identity, d.document(Identity, 4))
	}
	if d.once(3) {
		s.session = d.document(Session, 4)
	}
	if !d.once(3) {
		s.bucket = d.document(Bucket, 4)
	}
	s.trust = d.document(Trust, 3)
	return s
}

// request draws who asks for what.
func (d *dice) request(s *situation) {
	s.who = drawnPrincipals[d.IntN(len(drawnPrincipals))]
	s.action = d.around(d.action, func() string { return d.of(drawnActions) })
	s.resource = d.around(d.resource, func() string {
		return d.of([]string{d.drawResource(), d.drawResource(), "acs:oss:*:" + ours + ":*", "acs:ram:*:" + ours + ":user/a", "b/a", ""})
	})
	s.class = Data
	if d.once(3) {
		s.class = Management
	}
	s.owner = ours
	if parts := strings.Split(s.resource, ":"); len(parts) > 3 {
		s.owner = parts[3]
	}
	if d.once(10) {
		s.owner = d.of([]string{"", ours, theirs})
	}
	s.bucketACL, s.objectACL = ACL(d.of(drawnACLs)), ACL(d.of(drawnACLs))
	s.block = d.once(4)
	s.context = d.context()
}

// compiledDocuments are the same documents as naiveDocuments.
type compiledDocuments struct {
	identity               []Attached
	session, bucket, trust *Document
}

func (s *situation) compile(t testing.TB) (c compiledDocuments) {
	for i, text := range s.identity {
		c.identity = append(c.identity, Attached{Name: fmt.Sprint("p", i), Type: "Custom", Document: mustParse(t, Identity, text)})
	}
	if s.session != "" {
		c.session = mustParse(t, Session, s.session)
	}
	if s.bucket != "" {
		c.bucket = mustParse(t, Bucket, s.bucket)
	}
	if s.trust != "" {
		c.trust = mustParse(t, Trust, s.trust)
	}
	return c
}

func (c *compiledDocuments) request(s *situation) Request {
	return Request{
		Principal: s.who, Action: s.action, Resource: s.resource, Class: s.class, Owner: s.owner,
		Identity: c.identity, Session: c.session, BucketPolicy: c.bucket,
		BucketACL: s.bucketACL, ObjectACL: s.objectACL, BlockPublicAccess: s.block, Context: c.context(s),
	}
}

func (c *compiledDocuments) context(s *situation) Context { return newValues(s.context) }

// String tells all of a situation, to be thought through.
func (s *situation) String() string {
	return fmt.Sprintf("%+v\n%s on %s, class %v, owner %q, ACLs %q %q, block %v\ncontext %v\nidentity %s\nsession  %s\nbucket   %s\ntrust    %s",
		s.who, s.action, s.resource, s.class, s.owner, s.bucketACL, s.objectACL, s.block, s.context,
		strings.Join(s.identity, "\n         "), s.session, s.bucket, s.trust)
}

// FuzzDecide compares the two on documents that are found, not drawn: on any
// that Parse takes, in each place where its kind can stand.
func FuzzDecide(f *testing.F) {
	for seed := range uint64(20) {
		d := newDice(seed)
		for kind := range Kind(4) {
			f.Add(uint8(kind), d.document(kind, 2), uint8(d.IntN(len(drawnPrincipals))), d.action, d.resource, "10.0.0.1", uint8(d.IntN(8)))
		}
	}
	f.Fuzz(func(t *testing.T, kind uint8, text string, who uint8, action, resource, value string, state uint8) {
		if len(text) > 4096 || len(action)+len(resource)+len(value) > 1024 || strings.Contains(value+text, "%") {
			return // the naive evaluator takes long, and knows no zones of addresses
		}
		if _, err := Parse(Kind(kind%4), text); err != nil {
			return
		}
		s := situation{
			who: drawnPrincipals[int(who)%len(drawnPrincipals)], action: action, resource: resource, owner: ours,
			class: Class(state & 1), block: state&2 != 0, context: map[string]string{}, trust: trustOf(`"acs:ram::` + ours + `:root"`),
		}
		if state&4 != 0 {
			s.bucketACL = PublicReadWrite
		}
		for _, keys := range drawnKeys {
			for _, key := range keys {
				s.context[key] = value
			}
		}
		switch Kind(kind % 4) {
		case Identity:
			s.identity = []string{text, text}
		case Session:
			s.session, s.identity = text, []string{text}
		case Bucket:
			s.bucket = text
		case Trust:
			s.trust = text
		}
		compiled, naive := s.compile(t), s.naive()
		if got, want := Decide(compiled.request(&s)).verdict(), naive.decide(&s); got != want {
			t.Fatalf("got %v, want %v\n%s", got, want, s.String())
		}
		if got, want := DecideTrust(compiled.trust, s.who, compiled.context(&s)).verdict(), naive.decideTrust(&s); got != want {
			t.Fatalf("trust: got %v, want %v\n%s", got, want, s.String())
		}
	})
}
