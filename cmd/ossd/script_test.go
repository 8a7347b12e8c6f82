package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestScripts runs the program as a user would, from testdata/script. Beside
// testscript's own commands there are:
//
//	serve [FLAGS]         start ossd in the background on a free port; sets OSS_ENDPOINT, and a second call restarts it
//	halt                  end it by SIGTERM (stop is testscript's own: it ends the script)
//	http METHOD URL [BODY] [STATUS]   a plain HTTP client; @FILE names a file with the URL; the answer goes to http.out
//	fill TEMPLATE FILE                write the file, the names of ACCOUNT and OTHER replaced by their values
//	find NAME PATTERN FILE            set the variable to what the pattern's group matches in the file
//	flip PATTERN OFFSET               change a byte of the first file whose name matches the pattern
//	lose PATTERN                      remove all such files
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"serve": scriptServe, "halt": scriptHalt, "http": scriptHTTP, "find": scriptFind, "fill": scriptFill,
			"flip": scriptFlip, "lose": scriptLose,
		},
		Setup: func(e *testscript.Env) error {
			e.Vars = append(e.Vars, "OSSD_DATA="+e.WorkDir+"/data", "HOME="+e.WorkDir)
			return nil
		},
	})
}

// running is the server of each script's work directory; scripts run one command at a time.
var running sync.Map

func scriptServe(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("use `! exec ossd serve` to see it fail")
	}
	scriptHalt(ts, false, nil)
	for i, a := range args {
		if strings.HasSuffix(a, ".yaml") || strings.HasSuffix(a, ".key") {
			args[i] = ts.MkAbs(a)
		}
	}
	p, err := startProgram(append([]string{"serve", "--data", ts.Getenv("OSSD_DATA"), "--listen", "127.0.0.1:0"}, args...), nil)
	ts.Check(err)
	running.Store(ts.Getenv("WORK"), p.cmd)
	ts.Defer(func() { p.cmd.Process.Kill(); p.cmd.Wait() })
	ts.Setenv("OSS_ENDPOINT", "http://"+p.address)
	ts.Setenv("ENDPOINT_HOST", p.address)
	ts.Check(os.WriteFile(ts.MkAbs("serve.out"), []byte(p.banner), 0o644))
}

// scriptHalt ends the server as an operator would: it must drain and exit with status 0.
func scriptHalt(ts *testscript.TestScript, _ bool, _ []string) {
	if v, ok := running.LoadAndDelete(ts.Getenv("WORK")); ok {
		cmd := v.(*exec.Cmd)
		ts.Check(cmd.Process.Signal(syscall.SIGTERM))
		ts.Check(cmd.Wait())
	}
}

func scriptHTTP(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: http METHOD URL [BODY] [STATUS]")
	}
	body, status := "", "200"
	if len(args) > 2 {
		body = args[2]
	}
	if len(args) > 3 {
		status = args[3]
	}
	url := args[1]
	if file, ok := strings.CutPrefix(url, "@"); ok {
		url = strings.TrimSpace(ts.ReadFile(file))
	}
	r, err := http.NewRequest(args[0], url, strings.NewReader(body))
	ts.Check(err)
	client := http.Client{Timeout: 10 * time.Second}
	resp, err := client.Do(r)
	ts.Check(err)
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	ts.Check(err)
	if got := fmt.Sprint(resp.StatusCode); (got == status) == neg {
		ts.Fatalf("%s %s: %s\n%s", args[0], args[1], resp.Status, answer)
	}
	ts.Check(os.WriteFile(ts.MkAbs("http.out"), append(bytes.TrimSpace(answer), '\n'), 0o644))
}

func scriptFind(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: find NAME PATTERN FILE")
	}
	pattern, err := regexp.Compile(args[1])
	ts.Check(err)
	found := pattern.FindStringSubmatch(ts.ReadFile(args[2]))
	if len(found) != 2 {
		ts.Fatalf("no match of %s in %s", args[1], args[2])
	}
	ts.Setenv(args[0], found[1])
}

func scriptFill(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: fill TEMPLATE FILE")
	}
	text := strings.NewReplacer("ACCOUNT", ts.Getenv("ACCOUNT"), "OTHER", ts.Getenv("OTHER")).Replace(ts.ReadFile(args[0]))
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text), 0o600))
}

// scriptGlob returns the files that a pattern matches, in the order of their names.
func scriptGlob(ts *testscript.TestScript, pattern string) []string {
	names, err := filepath.Glob(ts.MkAbs(pattern))
	ts.Check(err)
	if len(names) == 0 {
		ts.Fatalf("%s matches no file", pattern)
	}
	return names
}

func scriptFlip(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: flip PATTERN OFFSET")
	}
	name := scriptGlob(ts, args[0])[0]
	at, err := strconv.Atoi(args[1])
	ts.Check(err)
	content, err := os.ReadFile(name)
	ts.Check(err)
	content[at] ^= 1
	ts.Check(os.WriteFile(name, content, 0o600))
}

func scriptLose(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: lose PATTERN")
	}
	for _, name := range scriptGlob(ts, args[0]) {
		ts.Check(os.Remove(name))
	}
}
