//go:build conformance && linux

package suites

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestGoV2 runs the integration tests of the Go SDK v2, package oss. One process runs
// one test: a field that the SDK misses in an answer is a nil pointer to many of them,
// and would end the others, too.
func TestGoV2(t *testing.T) {
	suite{name: "go-v2", versions: []string{"v4", "v1"}, jobs: goV2Jobs}.test(t)
}

func goV2Jobs(t *testing.T, w world) (jobs []job) {
	for _, name := range integrationTests(t, filepath.Join(w.suites, "go-v2", "oss")) {
		run := func(t *testing.T, w world, version string, _ []string) map[string]result {
			env := []string{"OSS_TEST_SIGNATURE_VERSION=" + version}
			stdout, err := w.run(t, testTime, t.TempDir(), env,
				filepath.Join(w.suites, "go-v2.test"), "-test.v", "-test.run=^"+name+"$", "-test.timeout="+testTime.String())
			r := result{Failed, tail(stdout)}
			switch {
			case err != nil:
				r.said += "\n" + err.Error()
			case strings.Contains(stdout, "--- PASS: "+name+" "):
				r = result{outcome: Passed}
			case strings.Contains(stdout, "--- SKIP: "+name+" "):
				r.outcome = Skipped
			}
			return map[string]result{name: r}
		}
		jobs = append(jobs, job{name: name, tests: []string{name}, run: run, short: true})
	}
	return jobs
}

// integrationTests lists the tests that need a server: those of the files that the
// build tag integration adds.
func integrationTests(t *testing.T, dir string) (names []string) {
	files, err := filepath.Glob(filepath.Join(dir, "client_integration_*_test.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %v, %v", dir, files, err)
	}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, declaration := range parsed.Decls {
			if f, ok := declaration.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Test") {
				names = append(names, f.Name.Name)
			}
		}
	}
	slices.Sort(names)
	return names
}
