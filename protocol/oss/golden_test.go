package oss_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"ossd/protocol/oss"
	"ossd/protocol/signature"
)

// The golden file lists every operation, so that a change of the API shows.
func TestOperations(t *testing.T) {
	var b strings.Builder
	for _, o := range oss.Operations {
		method := o.Method
		if o.Form {
			method = "FORM"
		}
		fmt.Fprintf(&b, "%-18s %-6s %-8s %-22s %s\n", o.Name, method, o.On, o.Action, strings.TrimSpace(strings.Join(o.Query, " ")+" "+o.By))
	}
	const file = "testdata/operations.golden"
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("operations are\n%s\nwant\n%s(run with -update if that is meant)", b.String(), want)
	}
}

// Parameters that choose the operation are covered by every signature. V1 leaves
// some parameters out; who changed such a one would change what is done.
func TestRoutingParametersAreSigned(t *testing.T) {
	unsigned := map[string]bool{"list-type": true} // both versions of listing are one action and show the same
	for _, o := range oss.Operations {
		for _, q := range o.Query {
			name, _, _ := strings.Cut(q, "=")
			if !signature.V1Signs(name) && !unsigned[name] {
				t.Errorf("%s is chosen by %q, which V1 does not sign", o.Name, name)
			}
		}
		if o.By != "" && !strings.HasPrefix(o.By, "x-oss-") { // headers that every scheme signs
			t.Errorf("%s is chosen by the header %q, which is not signed", o.Name, o.By)
		}
	}
}
