// Package checks holds what is asked of a server through every Go SDK alike: objects
// written, read, described, listed and removed under odd keys, and signed URLs in the
// hands of a plain HTTP client. It knows no SDK but the one by which it gets a session;
// a program brings the others as a Client.
package checks

import (
	"fmt"
	"os"
	"strings"
)

// Credentials sign requests; those of a role session have a token.
type Credentials struct{ ID, Secret, Token string }

// Client is an SDK that acts on one bucket with one pair of credentials.
type Client interface {
	// MakeBucket and RemoveBucket make and remove the bucket itself.
	MakeBucket() error
	RemoveBucket() error

	Put(key, content string, about Description) error
	Get(key string) (content string, err error)
	Head(key string) (Description, error)
	// List returns the keys that begin with prefix, at most 100.
	List(prefix string) (keys []string, err error)
	Delete(key string) error

	// SignGet returns a URL that downloads key and has the answer's type replaced.
	SignGet(key, responseType, responseDisposition string) (link string, err error)
	// SignPut returns a URL that uploads key with exactly this description.
	SignPut(key string, about Description) (link string, err error)

	// Code returns the code of an error that the server answered with, else "".
	Code(err error) string
}

// Connect makes a Client for a bucket. signed are headers to sign beyond those that must
// be; signature version V1 cannot.
type Connect func(bucket string, credentials Credentials, signed ...string) (Client, error)

// Description is what is stored with an object beside its bytes.
type Description struct {
	Type string // Content-Type
	From string // x-oss-meta-from
}

// Report prints one line for each check and remembers whether one failed. A line is
// "ok NAME" or "FAIL NAME: REASON".
type Report struct{ failed bool }

// Check runs one check. name must not contain a colon.
func (r *Report) Check(name string, check func() error) {
	if err := check(); err != nil {
		r.failed = true
		fmt.Printf("FAIL %s: %s\n", name, strings.Join(strings.Fields(err.Error()), " "))
		return
	}
	fmt.Println("ok", name)
}

// Exit ends the program with status 1 if a check failed, else 0.
func (r *Report) Exit() {
	if r.failed {
		os.Exit(1)
	}
	os.Exit(0)
}

// Fatal ends the program because there is nothing to check anything with.
func Fatal(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(2)
}

// Equal returns an error unless what was got is what was wanted.
func Equal[T comparable](what string, got, want T) error {
	if got != want {
		return fmt.Errorf("%s: got %.200q, want %.200q", what, fmt.Sprint(got), fmt.Sprint(want))
	}
	return nil
}
