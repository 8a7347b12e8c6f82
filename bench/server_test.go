package main

import (
	"bytes"
	"os"
	"testing"

	"ossd/ossdtest"
	"ossd/protocol/signature"
)

// inTest is a server in this process.
func inTest(t *testing.T) *ossd {
	s := ossdtest.Start(t, ossdtest.Options{})
	if ossdtest.AccountID != account {
		t.Fatal("the accounts differ")
	}
	return &ossd{
		process: &process{pid: os.Getpid(), address: s.Addr},
		cred:    signature.Credentials{AccessKeyID: ossdtest.AccessKeyID, Secret: ossdtest.AccessKeySecret},
	}
}

// Every kind of request that is prepared must be what the server takes.
func TestRequests(t *testing.T) {
	s := inTest(t)
	if err := s.bucket("bench"); err != nil {
		t.Fatal(err)
	}
	content := []byte("what is stored")
	const objects = 5
	once := extent{connections: 2}
	for _, scheme := range []signature.Scheme{signature.V1URL, signature.V4URL, signature.V1Header, signature.V4Header} {
		if _, err := load(t.Context(), s.process, s.objects(scheme, s.cred, "PUT", "bench", objects, content), once); err != nil {
			t.Errorf("PUT, %s: %v", scheme, err)
		}
		if _, err := load(t.Context(), s.process, s.objects(scheme, s.cred, "GET", "bench", objects, nil), once); err != nil {
			t.Errorf("GET, %s: %v", scheme, err)
		}
	}
	k := kind{name: "GET", process: s.process, requests: s.objects(signature.V4URL, s.cred, "GET", "bench", 1, nil)}
	if err := k.serves(content); err != nil {
		t.Error(err)
	}
	if err := k.serves([]byte("other bytes")); err == nil {
		t.Error("other bytes passed for those that were stored")
	}
}

func TestSessions(t *testing.T) {
	s := inTest(t)
	if err := s.bucket("bench"); err != nil {
		t.Fatal(err)
	}
	if err := s.do("PUT", "bench", smallKey(0), nil, []byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := s.role(); err != nil {
		t.Fatal(err)
	}
	user, err := s.user("alice")
	if err != nil {
		t.Fatal(err)
	}
	var requests []request
	for range 10 {
		requests = append(requests, plainGet(s.process, s.assumeRole(user)))
	}
	if _, err := load(t.Context(), s.process, requests, extent{connections: 2}); err != nil {
		t.Error(err)
	}
	if _, err := load(t.Context(), s.process, requests[:1], extent{connections: 1}); err == nil {
		t.Error("the server took a nonce twice: requests need not differ")
	}
	session, err := s.session(user)
	if err != nil || session.SecurityToken == "" {
		t.Fatalf("%v, %v", session.AccessKeyID, err)
	}
	if _, err := load(t.Context(), s.process, s.objects(signature.V4URL, session, "GET", "bench", 1, nil), extent{connections: 1}); err != nil {
		t.Errorf("GET of a session: %v", err)
	}
	if _, err := load(t.Context(), s.process, s.objects(signature.V4URL, session, "PUT", "bench", 1, nil), extent{connections: 1}); err == nil {
		t.Error("the session may write: it is not the role's")
	}
}

func TestDeletions(t *testing.T) {
	s := inTest(t)
	if err := s.bucket(growthBucket); err != nil {
		t.Fatal(err)
	}
	const objects = deletedAtOnce + 5
	if _, err := load(t.Context(), s.process, s.objects(signature.V4URL, s.cred, "PUT", growthBucket, objects, []byte("x")), extent{connections: 8}); err != nil {
		t.Fatal(err)
	}
	deletions := s.deletions(objects)
	if len(deletions) != 2 {
		t.Fatalf("%d requests, want 2", len(deletions))
	}
	if _, err := load(t.Context(), s.process, deletions, extent{connections: 2}); err != nil {
		t.Fatal(err)
	}
	page, err := s.fetch("GET", growthBucket, "", nil, nil)
	if err != nil || bytes.Contains(page, []byte("<Key>")) {
		t.Errorf("%v; what is left: %.500s", err, page)
	}
}
