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
	cred    signature.Credentials
}

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
func (s *ossd) start() (err error) {
	cmd := exec.Command(s.program, "serve", "--data", s.data, "--listen", "127.0.0.1:0")
	cmd.Env = append(os.Environ(), "OSSD_ACCOUNT_ID=1234567890123456", "OSSD_ACCESS_KEY_ID="+s.cred.AccessKeyID, "OSSD_ACCESS_KEY_SECRET="+s.cred.Secret)
	s.process, err = start("ossd: ready", cmd)
	return err
}

// remove stops the server and removes its directory.
func (s *ossd) remove() {
	s.stop()
	os.RemoveAll(s.data)
}

// target signs a URL and returns what follows its authority.
func (s *ossd) target(scheme signature.Scheme, method, bucket, key string, query signature.Query) string {
	path := "/" + bucket + "/" + signature.EncodePath(key)
	r := &signature.Request{Method: method, Host: s.address, Path: path, Query: append(signature.Query{}, query...), Header: http.Header{}}
	if err := signature.Presign(scheme, r, signature.Resource{Bucket: bucket, Key: key}, s.cred, "cn-hangzhou", time.Now(), time.Hour); err != nil {
		panic(err) // only a mistake in this program makes signing fail
	}
	return path + "?" + r.Query.Encode()
}

// request is a whole request as it goes over the wire.
func (s *ossd) request(scheme signature.Scheme, method, bucket, key string, query signature.Query, body []byte) request {
	head := []byte(method + " " + s.target(scheme, method, bucket, key, query) + " HTTP/1.1\r\nHost: " + s.address + "\r\n")
	if method != "GET" {
		head = fmt.Appendf(head, "Content-Length: %d\r\n", len(body))
	}
	return request{append(head, "\r\n"...), body}
}

// do sends one request and wants success.
func (s *ossd) do(method, bucket, key string, query signature.Query, body []byte) error {
	_, err := s.fetch(method, bucket, key, query, body)
	return err
}

// fetch sends one request and returns the document that it is answered with.
func (s *ossd) fetch(method, bucket, key string, query signature.Query, body []byte) ([]byte, error) {
	r, err := http.NewRequest(method, "http://"+s.address+s.target(signature.V4URL, method, bucket, key, query), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	document, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode/100 != 2 {
		err = fmt.Errorf("%s %s/%s: %s: %.300s", method, bucket, key, resp.Status, document)
	}
	return document, err
}
