package main

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"time"

	"ossd/protocol/signature"
)

// ossd is the server that is measured.
type ossd struct {
	*process
	program string
	data    string
	cred    signature.Credentials // of the account
}

const account = "1234567890123456"

func startServer(program string) (*ossd, error) {
	data, err := os.MkdirTemp("", "ossd-bench")
	if err != nil {
		return nil, err
	}
	secret := make([]byte, 15)
	if _, err := rand.Read(secret); err != nil {
		return nil, err
	}
	s := &ossd{program: program, data: data, cred: signature.Credentials{AccessKeyID: "LTAIbenchAccessKey000001", Secret: hex.EncodeToString(secret)}}
	if err := s.start(); err != nil {
		os.RemoveAll(data)
		return nil, err
	}
	return s, nil
}

// start starts the server on its directory, once more if it was stopped.
func (s *ossd) start() error {
	cmd := exec.Command(s.program, "serve", "--data", s.data, "--listen", "127.0.0.1:0")
	cmd.Env = append(os.Environ(), "OSSD_ACCOUNT_ID="+account, "OSSD_ACCESS_KEY_ID="+s.cred.AccessKeyID, "OSSD_ACCESS_KEY_SECRET="+s.cred.Secret)
	p, err := start("ossd: ready", cmd)
	if err == nil {
		s.process = p
	}
	return err
}

// remove stops the server and removes its directory.
func (s *ossd) remove() {
	s.stop()
	os.RemoveAll(s.data)
}

// bucket makes one.
func (s *ossd) bucket(name string) error { return s.do("PUT", name, "", nil, nil) }

// signed is a request with its signature, in target or header.
type signed struct {
	target string // path and query
	header http.Header
}

func (s *ossd) sign(scheme signature.Scheme, cred signature.Credentials, method, bucket, key string, query signature.Query, header http.Header) signed {
	path := "/" + bucket + "/" + signature.EncodePath(key)
	r := &signature.Request{Method: method, Host: s.address, Path: path, Query: append(signature.Query{}, query...), Header: header.Clone()}
	if r.Header == nil {
		r.Header = http.Header{}
	}
	resource := signature.Resource{Bucket: bucket, Key: key}
	var err error
	if scheme == signature.V1Header || scheme == signature.V4Header {
		err = signature.SignHeader(scheme, r, resource, cred, "cn-hangzhou", time.Now())
	} else {
		err = signature.Presign(scheme, r, resource, cred, "cn-hangzhou", time.Now(), time.Hour)
	}
	if err != nil {
		panic(err) // only a mistake in this program makes signing fail
	}
	if len(r.Query) > 0 {
		path += "?" + r.Query.Encode()
	}
	return signed{path, r.Header}
}

// wire is a whole request as it goes over the wire.
func (s *ossd) wire(method string, r signed, body []byte) request {
	head := fmt.Appendf(nil, "%s %s HTTP/1.1\r\nHost: %s\r\n", method, r.target, s.address)
	for name, values := range r.header {
		head = fmt.Appendf(head, "%s: %s\r\n", name, values[0])
	}
	if method != "GET" {
		head = fmt.Appendf(head, "Content-Length: %d\r\n", len(body))
	}
	return request{append(head, "\r\n"...), body}
}

// request is one of the account, with a signed URL.
func (s *ossd) request(method, bucket, key string, query signature.Query, body []byte) request {
	return s.wire(method, s.sign(signature.V4URL, s.cred, method, bucket, key, query, nil), body)
}

// objects returns a request for each of the first n small keys.
func (s *ossd) objects(scheme signature.Scheme, cred signature.Credentials, method, bucket string, n int, body []byte) (requests []request) {
	for i := range n {
		requests = append(requests, s.wire(method, s.sign(scheme, cred, method, bucket, smallKey(i), nil, nil), body))
	}
	return requests
}

func smallKey(i int) string { return fmt.Sprintf("objects/%02x/%08d.bin", i%256, i) }

// do sends one request and wants success.
func (s *ossd) do(method, bucket, key string, query signature.Query, body []byte) error {
	_, err := s.fetch(method, bucket, key, query, body)
	return err
}

// fetch sends one request and returns the document that it is answered with.
func (s *ossd) fetch(method, bucket, key string, query signature.Query, body []byte) ([]byte, error) {
	r, err := http.NewRequest(method, "http://"+s.address+s.sign(signature.V4URL, s.cred, method, bucket, key, query, nil).target, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	document, err := answer(r)
	if err != nil {
		return nil, fmt.Errorf("%s %s/%s: %w", method, bucket, key, err)
	}
	return document, nil
}

// answer returns the body of an answer that says success.
func answer(r *http.Request) ([]byte, error) {
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	document, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode/100 != 2 {
		err = fmt.Errorf("%s: %.300s", resp.Status, document)
	}
	return document, err
}
