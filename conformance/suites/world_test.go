//go:build conformance && linux

package suites

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"ossd/conformance/kit"
)

const (
	region = "cn-hangzhou"
	// Without a protocol, SDKs choose; TLS for each of thousands of requests shows nothing.
	endpoint = "http://oss-cn-hangzhou.aliyuncs.com"
	// oss2 goes to another region for some features.
	secondDomain = "oss-cn-shanghai.aliyuncs.com"

	bootstrapFile = "testdata/bootstrap.yaml"

	// testTime bounds a single test. Most take seconds.
	testTime = 3 * time.Minute
	// grace is for the server and whoever reports, after a test's time is over.
	grace = 30 * time.Second

	// forbiddenStatus is how realnames says that the machine forbids namespaces.
	forbiddenStatus = 77
)

// world is what processes of suites are made from.
type world struct {
	suites    string // the folder made by install
	server    string
	bootstrap string
	people    people
}

func TestMain(m *testing.M) { os.Exit(kit.Main(m)) }

func newWorld(t *testing.T) world {
	t.Helper()
	bootstrap, err := filepath.Abs(bootstrapFile)
	if err != nil {
		t.Fatal(err)
	}
	w := world{
		suites:    kit.FromEnvironment(t, "OSSD_TEST_SUITES", "../../build/suites"),
		server:    kit.Server(t),
		bootstrap: bootstrap,
		people:    readPeople(t),
	}
	w.needNamespaces(t)
	return w
}

// needNamespaces skips the test where the machine forbids what every process needs.
func (w world) needNamespaces(t *testing.T) {
	t.Helper()
	output, err := w.command(t.Context(), filepath.Join(t.TempDir(), "data"), "true").CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == forbiddenStatus {
		t.Skip(strings.TrimSpace(string(output)))
	}
	if err != nil {
		t.Fatalf("a server under the public names: %v\n%s", err, output)
	}
}

// command prepares a process with a server of its own, whose directory is data.
func (w world) command(ctx context.Context, data string, command ...string) *exec.Cmd {
	args := []string{"-server", w.server, "-data", data, "-ready", "2m"}
	for _, flag := range []string{"--bootstrap", w.bootstrap, "--domain", secondDomain, "--verbose"} {
		args = append(args, "-server-flag="+flag)
	}
	args = append(args, "--")
	cmd := exec.CommandContext(ctx, filepath.Join(w.suites, "realnames"), append(args, command...)...)
	cmd.Env = w.environment()
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) } // it stops the server, too
	cmd.WaitDelay = grace
	return cmd
}

// run runs a process of tests in a folder, within a limit. stdout has what the tests
// wrote there; the rest, with what the server wrote and its audit log, is in the log
// that is kept by the job's name.
func (w world) run(t *testing.T, limit time.Duration, dir string, env []string, command ...string) (stdout string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit+grace)
	defer cancel()
	data := filepath.Join(t.TempDir(), "data")
	cmd := w.command(ctx, data, command...)
	cmd.Dir = dir
	cmd.Env = append(cmd.Env, env...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	w.log(t, append([][]byte{out.Bytes(), errs.Bytes()}, serverLogs(data)...)...)
	return out.String(), err
}

// serverLogs are the audit log of a server, or of each node. There are none if it did not start.
func serverLogs(data string) (texts [][]byte) {
	for _, pattern := range []string{"audit/audit.jsonl", "node-*/audit/audit.jsonl"} {
		files, _ := filepath.Glob(filepath.Join(data, pattern)) // fails for malformed patterns only
		for _, f := range files {
			if text, err := os.ReadFile(f); err == nil {
				texts = append(texts, text)
			}
		}
	}
	return texts
}

// log keeps what a job, its server and the server's audit wrote.
func (w world) log(t *testing.T, texts ...[]byte) {
	t.Helper()
	file := w.logFile(t)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, bytes.Join(texts, []byte("\n")), 0o644); err != nil {
		t.Fatal(err)
	}
}

// logFile is where a job's log is kept.
func (w world) logFile(t *testing.T) string {
	return filepath.Join(w.suites, "log", filepath.FromSlash(t.Name())+".log")
}

// copyOf copies a folder of a suite to where one process alone reads and writes. The
// suites leave files behind, and remove by pattern those that others left.
func (w world) copyOf(t *testing.T, name string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(w.suites, name))); err != nil {
		t.Fatal(err)
	}
	return dir
}

// people are those that the bootstrap file declares.
type people struct {
	accountID  string
	user       kit.Key // may do everything, and assume the role
	roleARN    string
	pathBucket string
	payerID    string
	payer      kit.Key // another account's
}

func readPeople(t *testing.T) people {
	t.Helper()
	accounts := kit.Accounts(t, bootstrapFile)
	owner, payer := accounts[0], accounts[1]
	return people{
		accountID:  owner.ID,
		user:       owner.Users[0].AccessKeys[0],
		roleARN:    owner.Role(0),
		pathBucket: owner.Buckets[0].Name,
		payerID:    payer.ID,
		payer:      payer.Key(),
	}
}

var foreign = regexp.MustCompile(`^(OSS|STS|ALIBABA_CLOUD|ALIBABACLOUD)_`)

// environment is what the suites read, each by names of its own, without what the
// machine's user may have set for the real service.
func (w world) environment() []string {
	p := w.people
	env := slices.DeleteFunc(kit.WithoutSettings(os.Environ()), func(entry string) bool { return foreign.MatchString(entry) })
	return append(env,
		"OSS_TEST_ENDPOINT="+endpoint,
		"OSS_TEST_REGION="+region,
		"OSS_TEST_ACCESS_KEY_ID="+p.user.ID,
		"OSS_TEST_ACCESS_KEY_SECRET="+p.user.Secret,
		"OSS_TEST_RAM_ROLE_ARN="+p.roleARN,
		"OSS_TEST_STS_ID="+p.user.ID,
		"OSS_TEST_STS_KEY="+p.user.Secret,
		"OSS_TEST_STS_ARN="+p.roleARN,
		"OSS_TEST_RAM_UID="+p.accountID,
		"OSS_TEST_ACCOUNT_ID="+p.accountID,
		"OSS_TEST_UID="+p.accountID,
		"OSS_TEST_PAYER_UID="+p.payerID,
		"OSS_TEST_PAYER_ACCESS_KEY_ID="+p.payer.ID,
		"OSS_TEST_PAYER_ACCESS_KEY_SECRET="+p.payer.Secret,
		"OSS_ACCESS_KEY_ID="+p.user.ID,
		"OSS_CREDENTIAL_UID="+p.payerID,
		"OSS_CREDENTIAL_KEY_ID="+p.payer.ID,
		"OSS_CREDENTIAL_KEY_SECRET="+p.payer.Secret,
		"OSS_TEST_PATHSTYLE_BUCKET="+p.pathBucket,
		"OSS_TEST_AP_ENABLE=true", // else the tests of access points pass without having tried anything
	)
}

// tail is the end of what a process wrote, for people to read.
func tail(output string) string {
	const most = 8 << 10
	if len(output) > most {
		return "…" + output[len(output)-most:]
	}
	return output
}
