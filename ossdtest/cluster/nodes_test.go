package cluster_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"ossd/access"
	"ossd/engine/blob/s3/s3test"
	"ossd/engine/meta/postgres/postgrestest"
	"ossd/ossdtest/cluster"
	"ossd/protocol/signature"
)

// nodes is a running cluster, and the first account's key.
type nodes struct {
	*cluster.Cluster
	root signature.Credentials
}

// at is a client of one of the nodes.
func (n *nodes) at(i int, cred signature.Credentials) client { return client{n.Nodes[i].URL, cred} }

// start builds ossd and starts three nodes of it at once on nothing.
func start(t *testing.T) *nodes {
	t.Helper()
	dir := t.TempDir()
	program := filepath.Join(dir, "ossd")
	if output, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "ossd/cmd/ossd").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, output)
	}
	server := postgrestest.Own(t, postgrestest.Config{NoSync: true, Settings: map[string]string{"max_connections": "200"}})
	cl, err := cluster.Start(t.Context(), cluster.Config{
		OSSD: program, S3: s3test.Installed(t), Dir: filepath.Join(dir, "cluster"), Database: server.URL(), Declared: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cl.Stop(); err != nil {
			t.Error(err)
		}
	})
	return &nodes{cl, madeKey(t, cl)}
}

// madeKey is the key of the account that the nodes made. One of them has it.
func madeKey(t *testing.T, cl *cluster.Cluster) (key signature.Credentials) {
	t.Helper()
	found := 0
	for _, n := range cl.Nodes {
		text, err := os.ReadFile(filepath.Join(n.Dir, "credentials"))
		if err != nil {
			continue // of those that came second
		}
		found++
		for line := range strings.Lines(string(text)) {
			switch name, value, _ := strings.Cut(strings.TrimSpace(line), "="); name {
			case "ALIBABA_CLOUD_ACCESS_KEY_ID":
				key.AccessKeyID = value
			case "ALIBABA_CLOUD_ACCESS_KEY_SECRET":
				key.Secret = value
			}
		}
	}
	if found != 1 {
		t.Fatalf("%d nodes have made an account, want 1", found)
	}
	return key
}

// Real nodes, one PostgreSQL, one S3 store: what one node answered is true on the others.
func TestNodes(t *testing.T) {
	n := start(t)
	for _, test := range []struct {
		name string
		run  func(*testing.T, *nodes)
	}{
		{"one account is made", testOneAccount},
		{"a disabled key", testDisabledKey},
		{"a nonce is used once", testNonce},
		{"a session begins, is used and ends", testSession},
		{"keys are rotated", testRotation},
		{"a multipart upload", testMultipart},
		{"a node dies", testKill},
		{"another master key", testMasterKey},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, n) })
	}
}

func testOneAccount(t *testing.T, n *nodes) {
	for i := range n.Nodes {
		var listed struct {
			Accounts []struct{ AccountId string }
		}
		n.at(i, n.root).must(t, &listed, ossdAPI, "ListAccounts")
		if len(listed.Accounts) != 1 {
			t.Errorf("node %d knows %d accounts, want 1", i, len(listed.Accounts))
		}
	}
}

// user makes a user who may assume roles, through node 0, and returns a key.
func (n *nodes) user(t *testing.T, name string) signature.Credentials {
	t.Helper()
	root := n.at(0, n.root)
	root.must(t, nil, ramAPI, "CreateUser", "UserName", name)
	root.must(t, nil, ramAPI, "AttachPolicyToUser", "PolicyType", "System", "PolicyName", "AliyunSTSAssumeRoleAccess", "UserName", name)
	var made struct {
		AccessKey struct{ AccessKeyId, AccessKeySecret string }
	}
	root.must(t, &made, ramAPI, "CreateAccessKey", "UserName", name)
	return signature.Credentials{AccessKeyID: made.AccessKey.AccessKeyId, Secret: made.AccessKey.AccessKeySecret}
}

// role makes a role that the account trusts, and returns its ARN.
func (n *nodes) role(t *testing.T, name string) string {
	t.Helper()
	var who struct{ AccountId string }
	n.at(0, n.root).must(t, &who, stsAPI, "GetCallerIdentity")
	n.at(0, n.root).must(t, nil, ramAPI, "CreateRole", "RoleName", name, "AssumeRolePolicyDocument",
		`{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"RAM":["acs:ram::`+who.AccountId+`:root"]}}]}`)
	return "acs:ram::" + who.AccountId + ":role/" + name
}

// wantSoon asks nodes again and again: within the bound all answer so, and then stay with it.
func (n *nodes) wantSoon(t *testing.T, cred signature.Credentials, code string, at ...int) {
	t.Helper()
	changed := time.Now()
	for _, i := range at {
		for {
			asked := time.Now()
			got := n.at(i, cred).who(t)
			if got == code {
				break
			}
			if asked.Sub(changed) > access.StaleBound {
				t.Fatalf("node %d answers %q %v after the change, want %q", i, got, asked.Sub(changed), code)
			}
		}
		if got := n.at(i, cred).who(t); got != code {
			t.Errorf("node %d goes back to %q", i, got)
		}
	}
}

func testDisabledKey(t *testing.T, n *nodes) {
	key := n.user(t, "disabled")
	n.wantSoon(t, key, "", 0, 1, 2)
	for _, step := range []struct{ status, code string }{{"Inactive", "InvalidAccessKeyId.Inactive"}, {"Active", ""}, {"Inactive", "InvalidAccessKeyId.Inactive"}} {
		n.at(0, n.root).must(t, nil, ramAPI, "UpdateAccessKey", "UserName", "disabled", "UserAccessKeyId", key.AccessKeyID, "Status", step.status)
		n.wantSoon(t, key, step.code, 0, 1, 2)
	}
}

func testNonce(t *testing.T, n *nodes) {
	signed := n.at(0, n.root).signRPC(stsAPI, "GetCallerIdentity")
	codes := make(chan string, 3*len(n.Nodes))
	var asking sync.WaitGroup
	for i := range cap(codes) {
		asking.Go(func() {
			got, err := n.at(i%len(n.Nodes), n.root).send(t.Context(), signed)
			if err != nil {
				t.Error(err)
			}
			codes <- got.code
		})
	}
	asking.Wait()
	close(codes)
	count := map[string]int{}
	for code := range codes {
		count[code]++
	}
	if count[""] != 1 || count["SignatureNonceUsed"] != cap(codes)-1 {
		t.Errorf("a request that was sent %d times, to all nodes, was answered %v", cap(codes), count)
	}
}

func testSession(t *testing.T, n *nodes) {
	user, role := n.user(t, "caller"), n.role(t, "ended")
	n.wantSoon(t, user, "", 0)
	session := n.at(0, user).assume(t, role)
	if got := n.at(1, session).who(t); got != "" {
		t.Errorf("node 1 refuses a session of node 0: %s", got)
	}
	n.at(2, n.root).must(t, nil, ramAPI, "DeleteRole", "RoleName", "ended")
	n.wantSoon(t, session, "InvalidSecurityToken.Malformed", 0, 1, 2)
}

func testRotation(t *testing.T, n *nodes) {
	user, role := n.user(t, "rotating"), n.role(t, "kept")
	n.wantSoon(t, user, "", 0, 1, 2)
	early := n.at(1, user).assume(t, role)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 12 {
			if code := n.at(0, n.root).code(t, ossdAPI, "RotateKeys"); code != "" {
				t.Errorf("RotateKeys: %s", code)
			}
		}
	}()
	sessions := 0
	for more := true; more; sessions++ {
		select {
		case <-done:
			more = false // after one more
		default:
		}
		session := n.at(sessions%3, user).assume(t, role)
		for i := range n.Nodes {
			for _, cred := range []signature.Credentials{session, early, user} {
				if got := n.at(i, cred).who(t); got != "" {
					t.Fatalf("session %d: node %d refuses %s: %s", sessions, i, cred.AccessKeyID, got)
				}
			}
		}
	}
	t.Logf("%d sessions", sessions)
}

func testMultipart(t *testing.T, n *nodes) {
	n.at(0, n.root).mustObject(t, "PUT", "parts", "", "", nil)
	id := between(string(n.at(0, n.root).mustObject(t, "POST", "parts", "k", "uploads", nil)), "<UploadId>", "</UploadId>")
	var want []byte
	var list strings.Builder
	for i := range n.Nodes {
		part := bytes.Repeat([]byte{byte('a' + i)}, 100<<10)
		want = append(want, part...)
		n.at(i, n.root).mustObject(t, "PUT", "parts", "k", fmt.Sprintf("partNumber=%d&uploadId=%s", i+1, id), part)
	}
	listed := string(n.at(1, n.root).mustObject(t, "GET", "parts", "k", "uploadId="+id, nil))
	for i, etag := range strings.Split(listed, "<ETag>")[1:] {
		fmt.Fprintf(&list, "<Part><PartNumber>%d</PartNumber><ETag>%s</ETag></Part>", i+1, etag[:strings.Index(etag, "</ETag>")])
	}
	n.at(2, n.root).mustObject(t, "POST", "parts", "k", "uploadId="+id, []byte("<CompleteMultipartUpload>"+list.String()+"</CompleteMultipartUpload>"))
	for i := range n.Nodes {
		if got := n.at(i, n.root).mustObject(t, "GET", "parts", "k", "", nil); !bytes.Equal(got, want) {
			t.Errorf("node %d has %d bytes, want %d", i, len(got), len(want))
		}
	}
}

func between(text, from, to string) string {
	_, text, _ = strings.Cut(text, from)
	text, _, _ = strings.Cut(text, to)
	return text
}

// A node with another key says so, and starts again with the right one.
func testMasterKey(t *testing.T, n *nodes) {
	node := n.Nodes[2]
	if err := node.Stop(); err != nil {
		t.Fatal(err)
	}
	other := strings.Repeat("0123456789abcdef", 4)
	undo := node.Set("OSSD_MASTER_KEY=" + other)
	err := node.Start()
	if err == nil || !strings.Contains(err.Error(), access.ErrMasterKey.Error()) || strings.Contains(err.Error(), other) {
		t.Errorf("with another master key: %v", err)
	}
	undo()
	if err := node.Start(); err != nil {
		t.Fatal(err)
	}
	if got := n.at(2, n.root).who(t); got != "" {
		t.Errorf("with the right one: %s", got)
	}
}
