package checks

import (
	"errors"
	"fmt"
	"slices"
)

// Run runs all checks through an SDK, with a permanent key and with a session, on a
// bucket of their own.
func Run(r *Report, s Settings, connect Connect) {
	session, err := s.AssumeRole()
	if err != nil {
		Fatal(fmt.Errorf("no session: %w", err))
	}
	bucket := NewBucketName()
	clients := make([]Client, 2)
	for i, credentials := range []Credentials{s.Owner, session} {
		if clients[i], err = connect(bucket, credentials); err != nil {
			Fatal(err)
		}
	}
	r.Check("permanent bucket made", clients[0].MakeBucket)
	Keys(r, s, "permanent", clients[0])
	Keys(r, s, "session", clients[1])
	r.Check("permanent additional headers", func() error {
		c, err := connect(bucket, s.Owner, "host", "user-agent")
		if err != nil {
			return err
		}
		return object(c, "additional headers")
	})
	r.Check("permanent bucket removed", clients[0].RemoveBucket)
}

// Keys runs the checks of objects, with every odd key, on a bucket that exists. who
// begins their names.
func Keys(r *Report, s Settings, who string, c Client) {
	keys, err := readKeys(s.Keys)
	if err != nil {
		Fatal(err)
	}
	for _, k := range keys {
		r.Check(who+" "+k.Name+" object", func() error { return object(c, k.Key) })
		r.Check(who+" "+k.Name+" signed GET", func() error { return signedGet(c, k.Key) })
		r.Check(who+" "+k.Name+" signed PUT", func() error { return signedPut(c, k.Key) })
	}
}

// object walks through the life of one object.
func object(c Client, key string) error {
	about := Description{Type: "text/x-odd; charset=utf-8", From: "an SDK"}
	if err := c.Put(key, "content of "+key, about); err != nil {
		return fmt.Errorf("put: %w", err)
	}
	described, err := c.Head(key)
	if err := errors.Join(err, Equal("description", described, about)); err != nil {
		return fmt.Errorf("head: %w", err)
	}
	content, err := c.Get(key)
	if err := errors.Join(err, Equal("content", content, "content of "+key)); err != nil {
		return fmt.Errorf("get: %w", err)
	}
	listed, err := c.List(key)
	if err != nil {
		return fmt.Errorf("list: %w", err)
	}
	if !slices.Equal(listed, []string{key}) {
		return fmt.Errorf("list: got %q, want the key %q alone", listed, key)
	}
	return remove(c, key)
}

func remove(c Client, key string) error {
	if err := c.Delete(key); err != nil {
		return fmt.Errorf("delete: %w", err)
	}
	_, err := c.Get(key)
	if code := c.Code(err); code != "NoSuchKey" {
		return fmt.Errorf("get after delete: %v with code %q, want NoSuchKey", err, code)
	}
	return nil
}
