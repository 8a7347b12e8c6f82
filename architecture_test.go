package ossd

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// policy says who may import whom: every package on the left of a "<" may be
// imported by those on its right. What is not written is forbidden. A name
// covers the packages below it unless those are named themselves. The text is
// the same as in ARCHITECTURE.md.
const policy = `
internal                            < everything
access/policy                       < access, audit, protocol/oss, protocol/rpc, protocol/sts, protocol/ram, protocol/ims, protocol/admin, server
engine/meta                         < engine/meta/*, objectstore, access, migrate, care, server
engine/blob                         < engine/blob/*, objectstore, migrate, server
protocol/wire, protocol/signature   < protocol/oss, protocol/rpc
protocol/signature                  < cmd/ossd, server, bench, ossdtest/witness, protocol/signature/diagnose
protocol/signature/diagnose         < protocol/oss, protocol/admin, cmd/ossd, server
protocol/formpolicy                 < protocol/oss, cmd/ossd
access, audit                       < protocol/oss, protocol/rpc, protocol/sts, protocol/ram, protocol/ims, protocol/admin, server
audit                               < cmd/ossd
objectstore                         < protocol/oss, migrate, care, server
backup, migrate                     < care, server, cmd/ossd
care                                < server, cmd/ossd
protocol/rpc                        < protocol/sts, protocol/ram, protocol/ims, protocol/admin, server
protocol/oss, protocol/sts, protocol/ram, protocol/ims, protocol/admin, engine/meta/pebble, engine/meta/postgres, engine/meta/lease, engine/blob/file, engine/blob/segment, engine/blob/s3 < server
engine/blob/s3/s3test               < engine/blob/s3/s3test/install, ossdtest/cluster, ossdtest/cluster/run, bench
engine/meta/postgres/postgrestest   < ossdtest/cluster
ossdtest/cluster                    < ossdtest/cluster/run, ossdtest/cluster/asone, bench
access, server                      < cmd/ossd, ossdtest
engine/meta/memory, engine/blob/memory < ossdtest
engine/meta/memory                  < server
engine/meta/pebble, engine/blob, engine/blob/file, engine/blob/segment, objectstore < bench/fill
`

// Tests may import everything: they compare layers with one another.

func TestImportDirection(t *testing.T) {
	rules := parsePolicy(t)
	seen := 0
	walkImports(t, func(importer, imported string) {
		seen++
		if !allowed(rules, importer, imported) {
			t.Errorf("%s imports %s, which no line of the policy allows", importer, imported)
		}
	})
	if seen == 0 {
		t.Fatal("no import of one package by another was found: this test looks in the wrong place")
	}
}

// The policy must be able to say no.
func TestImportPolicyForbids(t *testing.T) {
	rules := parsePolicy(t)
	for _, c := range [][2]string{
		{"objectstore", "access"}, {"access", "objectstore"}, {"protocol/oss", "engine/meta"}, {"engine/meta/memory", "objectstore"},
		{"access/policy", "access"}, {"protocol/signature", "access"}, {"protocol/ram", "objectstore"}, {"cmd/ossd", "objectstore"}, {"objectstore", "engine/meta/postgres"},
	} {
		if allowed(rules, c[0], c[1]) {
			t.Errorf("the policy lets %s import %s", c[0], c[1])
		}
	}
}

func TestArchitecturePageShowsPolicy(t *testing.T) {
	page, err := os.ReadFile("ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), strings.TrimSpace(policy)) {
		t.Error("ARCHITECTURE.md does not show the import policy of architecture_test.go word for word")
	}
}

// Every package says what it is for.
func TestPackagesHaveComments(t *testing.T) {
	documented := map[string]bool{}
	walkFiles(t, func(dir, file string) {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		documented[dir] = documented[dir] || f.Doc != nil
	})
	for dir, ok := range documented {
		if !ok {
			t.Errorf("package %s has no package comment", dir)
		}
	}
}

type rule struct{ imported, importers []string }

func parsePolicy(t *testing.T) (rules []rule) {
	for line := range strings.Lines(strings.TrimSpace(policy)) {
		left, right, ok := strings.Cut(line, "<")
		if !ok {
			t.Fatalf("policy line %q has no <", line)
		}
		rules = append(rules, rule{names(left), names(right)})
	}
	return rules
}

func names(list string) (out []string) {
	for n := range strings.SplitSeq(list, ",") {
		out = append(out, strings.TrimSpace(n))
	}
	return out
}

func allowed(rules []rule, importer, imported string) bool {
	for _, r := range rules {
		if slices.ContainsFunc(r.imported, func(n string) bool { return covers(rules, n, imported) }) &&
			slices.ContainsFunc(r.importers, func(n string) bool { return n == "everything" || covers(rules, n, importer) }) {
			return true
		}
	}
	// A package's own parts may use one another.
	return strings.HasPrefix(imported, importer+"/internal") || strings.Contains(imported, "/internal/") &&
		strings.HasPrefix(importer, imported[:strings.Index(imported, "/internal/")])
}

// covers tells whether a name of the policy speaks of a package: the longest
// name that fits it counts.
func covers(rules []rule, name, pkg string) bool {
	if base, ok := strings.CutSuffix(name, "/*"); ok {
		return strings.HasPrefix(pkg, base+"/")
	}
	if name == pkg {
		return true
	}
	if !strings.HasPrefix(pkg, name+"/") {
		return false
	}
	for _, r := range rules {
		for _, other := range slices.Concat(r.imported, r.importers) {
			if len(other) > len(name) && (other == pkg || strings.HasPrefix(pkg, other+"/")) {
				return false
			}
		}
	}
	return true
}

func walkFiles(t *testing.T, visit func(dir, file string)) {
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if n := d.Name(); path != "." && (n == "testdata" || n == "build" || n == "bin" || strings.HasPrefix(n, ".") || n == "ossd-data") {
				return filepath.SkipDir
			}
			return nil
		}
		if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			visit(filepath.ToSlash(filepath.Dir(path)), path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func walkImports(t *testing.T, visit func(importer, imported string)) {
	walkFiles(t, func(dir, file string) {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		if isTestPackage(dir) {
			return
		}
		for _, spec := range f.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(fmt.Errorf("%s: %w", file, err))
			}
			if imported, ok := strings.CutPrefix(path, "ossd/"); ok {
				visit(dir, imported)
			}
		}
	})
}

// isTestPackage tells suites and fakes, which serve tests only.
func isTestPackage(dir string) bool {
	base := filepath.Base(dir)
	return strings.HasSuffix(base, "test") && base != "ossdtest" || strings.HasPrefix(dir, "conformance")
}
