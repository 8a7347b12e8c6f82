package server

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ossd/access"
	"ossd/objectstore"
	"ossd/protocol/signature"
)

// A data directory that was ever written must open for ever. testdata has one as
// each layout wrote it, data-N.tar.gz, and beside it what is in it: data-N.txt,
// and credentials that must go on working, data-N.json.
//
// When rows or files change their form, add the next N by
//
//	go test ./server -run TestDirectoriesLast -write-directory N
//
// and leave the old ones alone: one that no longer reads the same is the failure
// that this test is for.
var writeDirectory = flag.Int("write-directory", 0, "write testdata/data-N.tar.gz and what is in it")

// lastingNow is when the directories were written, so that sessions of then are still good.
var lastingNow = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func lastingConfig(data string) Config {
	return Config{
		Data: data, Domains: []string{"oss.example.com"}, Now: func() time.Time { return lastingNow },
		MasterKey: []byte("a master key for tests, 32 bytes"), AccountID: "1234567890123456",
		AccessKeyID: "LTAIlastingRootKey000001", AccessKeySecret: "lastingRootSecret0000000000001",
	}
}

const lastingDeclaration = `
accounts:
- id: "1234567890123456"
  name: first
  accessKeyId: LTAIlastingRootKey000001
  accessKeySecret: lastingRootSecret0000000000001
  policies:
  - name: read-plain
    document: {Version: "1", Statement: [{Effect: Allow, Action: "oss:GetObject", Resource: "acs:oss:*:*:plain/*"}]}
  users:
  - name: reader
    accessKeys: [{id: LTAIlastingUserKey000001, secret: lastingUserSecret0000000000001}]
    policies: [read-plain, AliyunSTSAssumeRoleAccess]
  - name: nobody
    accessKeys: [{id: LTAIlastingUserKey000002, secret: lastingUserSecret0000000000002}]
  groups:
  - {name: readers, users: [nobody], policies: []}
  roles:
  - {name: job, trustAccounts: ["1234567890123456"], policies: [read-plain]}
- id: "2234567890123456"
  name: second
  accessKeyId: LTAIlastingRootKey000002
  accessKeySecret: lastingRootSecret0000000000002
  buckets: [{name: others, acl: public-read}]
`

// lastingKeys are the keys of users, in the order in which data-N.txt tells of them; the session's comes from data-N.json.
var lastingKeys = []signature.Credentials{
	{AccessKeyID: "LTAIlastingRootKey000001", Secret: "lastingRootSecret0000000000001"},
	{AccessKeyID: "LTAIlastingUserKey000001", Secret: "lastingUserSecret0000000000001"},
	{AccessKeyID: "LTAIlastingUserKey000002", Secret: "lastingUserSecret0000000000002"},
	{AccessKeyID: "LTAIlastingRootKey000002", Secret: "lastingRootSecret0000000000002"},
}

func TestDirectoriesLast(t *testing.T) {
	if *writeDirectory > 0 {
		writeLasting(t, fmt.Sprintf("testdata/data-%d", *writeDirectory))
	}
	archives, err := filepath.Glob("testdata/data-*.tar.gz")
	if err != nil || len(archives) == 0 {
		t.Fatalf("archives: %q, %v", archives, err)
	}
	for _, archive := range archives {
		t.Run(filepath.Base(archive), func(t *testing.T) {
			name := strings.TrimSuffix(archive, ".tar.gz")
			data := filepath.Join(t.TempDir(), "data")
			unpack(t, archive, data)
			want, err := os.ReadFile(name + ".txt")
			if err != nil {
				t.Fatal(err)
			}
			s, err := Open(t.Context(), lastingConfig(data))
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if got := s.describe(t, readSession(t, name)); got != string(want) {
				t.Errorf("the directory has\n%s\nand had\n%s", got, want)
			}
			s.wantSound(t)
		})
	}
}

// wantSound checks and scrubs.
func (s *Server) wantSound(t *testing.T) {
	t.Helper()
	found := func(f objectstore.Finding) { t.Errorf("%+v", f) }
	checked, err := s.store.Check(t.Context(), objectstore.Checking{Found: found})
	if err != nil || checked.Blobs == 0 {
		t.Fatalf("checked %+v, %v", checked, err)
	}
	if _, err := s.store.Scrub(t.Context(), objectstore.Scrubbing{Found: found}); err != nil {
		t.Fatal(err)
	}
}

func readSession(t *testing.T, name string) (c signature.Credentials) {
	t.Helper()
	text, err := os.ReadFile(name + ".json")
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// describe lists all that the directory holds, and what its keys may do.
func (s *Server) describe(t *testing.T, session signature.Credentials) string {
	t.Helper()
	var out strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&out, format+"\n", args...) }
	for _, name := range []string{"kept", "others", "plain"} {
		b, err := s.store.Bucket(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		line("bucket %s owner %s acl %s class %s versioning %q tags %q block %t", b.Name, b.Owner, b.ACL, b.StorageClass, b.Versioning, b.Tags, b.BlockPublicAccess)
		if text, _, err := s.store.Policy(t.Context(), b); err == nil {
			line("  policy %s", text)
		} else if !errors.Is(err, &objectstore.Error{Kind: objectstore.NoSuchPolicy}) {
			t.Fatal(err)
		}
		versions, err := s.store.Versions(t.Context(), objectstore.ListVersions{Bucket: name, Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range versions.Versions {
			s.describeVersion(t, line, name, v)
		}
		uploads, err := s.store.Uploads(t.Context(), objectstore.ListUploads{Bucket: name, Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range uploads.Uploads {
			parts, err := s.store.Parts(t.Context(), name, u.Key, u.ID, 0, 1000)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range parts.Parts {
				line("  upload %q %s part %d: %d bytes %s %d", u.Key, u.ID, p.Number, p.Size, p.ETag, p.CRC64)
			}
		}
	}
	for _, cred := range append(lastingKeys, session) {
		line("key %s: GET of plain/log %d, of kept/key %d, of others/shared %d", cred.AccessKeyID,
			s.get(t, cred, "plain", "log"), s.get(t, cred, "kept", "key"), s.get(t, cred, "others", "shared"))
	}
	s.describeIdentities(t, line)
	return out.String()
}

func (s *Server) describeVersion(t *testing.T, line func(string, ...any), bucket string, v objectstore.ListedVersion) {
	t.Helper()
	if v.DeleteMarker {
		line("  %q version %s: delete marker, latest %t", v.Key, v.Version(), v.Latest)
		return
	}
	found, err := s.store.Find(t.Context(), bucket, v.Key, v.Version())
	if err != nil || found.Object == nil {
		t.Fatalf("%s: %v", v.Key, err)
	}
	o := found.Object
	content, err := s.store.Open(t.Context(), bucket, o, 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	digest := sha256.New()
	if _, err := io.Copy(digest, content); err != nil {
		t.Fatal(err)
	}
	line("  %q version %s: latest %t %s %d bytes etag %s crc %d class %s acl %s headers %q metadata %q tags %q target %q sha256 %x", o.Key, o.Version(), v.Latest,
		o.Type, o.Size, o.ETag, o.CRC64, o.StorageClass, o.ACL, o.Headers, o.Metadata, o.Tags, o.Target, digest.Sum(nil))
}

func (s *Server) describeIdentities(t *testing.T, line func(string, ...any)) {
	t.Helper()
	accounts, err := s.directory.Accounts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	page := access.Page{Limit: 100}
	for _, a := range accounts {
		line("account %s %s", a.ID, a.Name)
		users, _, err := s.directory.Users(t.Context(), a.ID, page)
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range users {
			line("  user %s", u.Name)
		}
		roles, _, err := s.directory.Roles(t.Context(), a.ID, page)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range roles {
			line("  role %s", r.Name)
		}
		groups, _, err := s.directory.Groups(t.Context(), a.ID, page)
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range groups {
			line("  group %s", g.Name)
		}
	}
}

// send signs a request and returns its answer.
func (s *Server) send(t *testing.T, cred signature.Credentials, method, bucket, key string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, "http://oss.example.com/"+bucket+"/"+key, nil)
	signed, err := signature.NewRequest(method, r.Host, r.URL.Path, r.Header)
	if err == nil {
		err = signature.SignHeader(signature.V1Header, signed, signature.Resource{Bucket: bucket, Key: key}, cred, "", lastingNow)
	}
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	return w
}

func (s *Server) get(t *testing.T, cred signature.Credentials, bucket, key string) int {
	return s.send(t, cred, http.MethodGet, bucket, key).Code
}

// writeLasting writes a directory with one of everything. It is opened twice, so
// that there are rows in tables and rows in the log.
func writeLasting(t *testing.T, name string) {
	t.Helper()
	data := filepath.Join(t.TempDir(), "data")
	declared, err := access.ParseDeclaration([]byte(lastingDeclaration))
	if err != nil {
		t.Fatal(err)
	}
	c := lastingConfig(data)
	c.Declaration = &declared
	var described string
	for _, fill := range []func(*testing.T, *Server){fillPlain, fillKept} {
		s, err := Open(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		fill(t, s)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		c.Declaration = nil
	}
	pack(t, data, name+".tar.gz")
	copied := filepath.Join(t.TempDir(), "copied")
	unpack(t, name+".tar.gz", copied)
	s, err := Open(t.Context(), lastingConfig(copied))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	session := assume(t, s)
	text, err := json.Marshal(session)
	if err == nil {
		described = s.describe(t, session)
		err = errors.Join(os.WriteFile(name+".json", append(text, '\n'), 0o600), os.WriteFile(name+".txt", []byte(described), 0o600))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// assume makes a session of the role.
func assume(t *testing.T, s *Server) signature.Credentials {
	t.Helper()
	caller, err := s.directory.Credential(t.Context(), lastingKeys[1].AccessKeyID, "")
	if err != nil {
		t.Fatal(err)
	}
	session, err := s.directory.AssumeRole(t.Context(), caller, access.AssumeRole{RoleARN: "acs:ram::1234567890123456:role/job", SessionName: "lasting", Duration: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	return signature.Credentials{AccessKeyID: session.AccessKeyID, Secret: session.AccessKeySecret, SecurityToken: session.SecurityToken}
}

// fillPlain puts objects of every kind into a bucket without versions.
func fillPlain(t *testing.T, s *Server) {
	b, err := s.store.CreateBucket(t.Context(), objectstore.Bucket{Name: "plain", Owner: "1234567890123456", StorageClass: objectstore.IA})
	must(t, err)
	put := func(key, content string, p objectstore.Properties) {
		t.Helper()
		_, err := s.store.PutObject(t.Context(), objectstore.Put{Bucket: b, Key: key, Properties: p, Incoming: incoming(content)})
		must(t, err)
	}
	put("hello", "hello, world\n", objectstore.Properties{
		Headers:  []objectstore.Header{{Name: "Content-Type", Value: "text/plain"}, {Name: "Cache-Control", Value: "no-cache"}},
		Metadata: []objectstore.Header{{Name: "author", Value: "somebody"}},
		Tags:     []objectstore.Header{{Name: "kind", Value: "greeting"}}, ACL: objectstore.PublicRead,
	})
	put("empty", "", objectstore.Properties{})
	put("large", strings.Repeat("0123456789abcdef", 20_000), objectstore.Properties{StorageClass: objectstore.Archive})
	put("gone", "deleted", objectstore.Properties{})
	_, err = s.store.DeleteObject(t.Context(), b, objectstore.Deletion{Key: "gone"})
	must(t, err)
	put("蓝/\x00", "an awkward key", objectstore.Properties{})
	_, err = s.store.PutSymlink(t.Context(), objectstore.PutLink{Bucket: b, Key: "link", Target: "hello"})
	must(t, err)
	for i, text := range []string{"one\n", "two\n", "three\n"} {
		_, err := s.store.AppendObject(t.Context(), objectstore.Append{Bucket: b, Key: "log", Position: int64(4 * i), Incoming: incoming(text)})
		must(t, err)
	}
	for _, complete := range []bool{true, false} {
		u, err := s.store.NewUpload(t.Context(), b, objectstore.Upload{Key: fmt.Sprint("upload-", complete)}, false)
		must(t, err)
		for i, content := range []string{strings.Repeat("part one", objectstore.MinPartSize/8), "part two"} {
			_, err := s.store.PutPart(t.Context(), objectstore.PutPart{Bucket: b, Key: u.Key, Upload: u.ID, Number: i + 1, Incoming: incoming(content)})
			must(t, err)
		}
		if complete {
			_, err := s.store.CompleteUpload(t.Context(), objectstore.Complete{Bucket: b, Key: u.Key, Upload: u.ID, All: true})
			must(t, err)
		}
	}
	must(t, s.store.SetPolicy(t.Context(), b, `{"Version":"1","Statement":[{"Effect":"Allow","Principal":["*"],"Action":["oss:GetObject"],"Resource":["acs:oss:*:*:plain/public/*"]}]}`))
	must(t, s.store.SetBucketTags(t.Context(), b, func([]objectstore.Header) []objectstore.Header {
		return []objectstore.Header{{Name: "team", Value: "one & two"}}
	}))
}

// fillKept does so with versions, and shares an object of the other account.
func fillKept(t *testing.T, s *Server) {
	b, err := s.store.CreateBucket(t.Context(), objectstore.Bucket{Name: "kept", Owner: "1234567890123456"})
	must(t, err)
	put := func(b objectstore.Bucket, key, content string) {
		t.Helper()
		_, err := s.store.PutObject(t.Context(), objectstore.Put{Bucket: b, Key: key, Incoming: incoming(content)})
		must(t, err)
	}
	put(b, "key", "null version")
	must(t, s.store.SetVersioning(t.Context(), b, objectstore.Enabled))
	put(b, "key", "second version")
	put(b, "key", "third version")
	put(b, "deleted", "still there")
	_, err = s.store.DeleteObject(t.Context(), b, objectstore.Deletion{Key: "deleted"})
	must(t, err)
	must(t, s.store.SetPublicAccessBlock(t.Context(), b, true))
	others, err := s.store.Bucket(t.Context(), "others")
	must(t, err)
	put(others, "shared", "for the world")
}

func incoming(content string) objectstore.Incoming {
	return objectstore.Incoming{Body: strings.NewReader(content), Size: int64(len(content))}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// pack makes an archive of a directory, without what belongs to a process.
func pack(t *testing.T, dir, archive string) {
	t.Helper()
	var packed bytes.Buffer
	zip, _ := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	out := tar.NewWriter(zip)
	must(t, filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(dir, name)
		switch {
		case err != nil:
			return err
		case rel == "audit" || rel == "tls":
			return fs.SkipDir
		case !d.Type().IsRegular() || d.Name() == "LOCK":
			return nil
		}
		content, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		header := &tar.Header{Name: filepath.ToSlash(rel), Size: int64(len(content)), Mode: 0o600, ModTime: lastingNow}
		if err := out.WriteHeader(header); err != nil {
			return err
		}
		_, err = out.Write(content)
		return err
	}))
	must(t, errors.Join(out.Close(), zip.Close()))
	must(t, os.WriteFile(archive, packed.Bytes(), 0o600))
}

func unpack(t *testing.T, archive, dir string) {
	t.Helper()
	f, err := os.Open(archive)
	must(t, err)
	defer f.Close()
	zip, err := gzip.NewReader(f)
	must(t, err)
	for in := tar.NewReader(zip); ; {
		header, err := in.Next()
		if err == io.EOF {
			return
		}
		must(t, err)
		name := filepath.Join(dir, filepath.FromSlash(header.Name))
		must(t, os.MkdirAll(filepath.Dir(name), 0o700))
		content, err := io.ReadAll(in)
		must(t, err)
		must(t, os.WriteFile(name, content, 0o600))
	}
}
