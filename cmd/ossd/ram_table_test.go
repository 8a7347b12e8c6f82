package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func TestPrintTable(t *testing.T) {
	for _, c := range []struct{ answer, want string }{
		{
			`{"RequestId":"R","IsTruncated":true,"Marker":"m","Users":{"User":[{"UserName":"alice","Email":"","Age":1},{"UserName":"b","Age":20,"Comments":"x\u001b[1m\ny"}]}}`,
			"UserName  Age  Comments\nalice     1    \nb         20   x\\u001b[1m\\u000ay\nThere is more: --marker m\n",
		},
		{`{"RequestId":"R","IsTruncated":false,"Users":{"User":[]}}`, "(none)\n"},
		{
			`{"RequestId":"R","Users":{"User":[]},"Groups":{"Group":[{"GroupName":"g"}]}}`,
			"Users:\n(none)\nGroups:\nGroupName\ng\n",
		},
		{
			`{"RequestId":"R","TagResources":[{"TagKey":"k","TagValue":"v"}],"NextToken":"n"}`,
			"TagKey  TagValue\nk       v\nThere is more: --next-token n\n",
		},
		{
			`{"RequestId":"R","Roles":{"Role":[{"RoleName":"r","Tags":{"Tag":[{"TagKey":"a","TagValue":"1"},{"TagKey":"b","TagValue":""}]}}]}}`,
			"RoleName  Tags\nr         a=1,b=\n",
		},
		{
			`{"RequestId":"R","Policy":{"PolicyName":"p","AttachmentCount":2,"PolicyDocument":"{\n \"Version\": \"1\" }"},"Default":{"Is":true}}`,
			"PolicyName       p\nAttachmentCount  2\nPolicyDocument   {\"Version\":\"1\"}\nIs               true\n",
		},
		{`{"RequestId":"R"}`, ""},
	} {
		var b strings.Builder
		if err := printTable(&b, json.RawMessage(c.answer)); err != nil {
			t.Errorf("%s: %v", c.answer, err)
		} else if b.String() != c.want {
			t.Errorf("%s\n got %q\nwant %q", c.answer, b.String(), c.want)
		}
	}
	for _, answer := range []string{"", "[1]", `"x"`, `{"a":`, `{"a":[`} {
		if err := printTable(&strings.Builder{}, json.RawMessage(answer)); err == nil {
			t.Errorf("%q is taken", answer)
		}
	}
}

// Every verb shows how it is used, and the example is one of that verb.
func TestRAMCommandsHaveExamples(t *testing.T) {
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
		if !cmd.HasSubCommands() && !strings.Contains(cmd.Example, "  "+cmd.CommandPath()) {
			t.Errorf("%s has the example %q", cmd.CommandPath(), cmd.Example)
		}
	}
	root := newRoot()
	ram, _, err := root.Find([]string{"ram"})
	if err != nil {
		t.Fatal(err)
	}
	walk(ram)
}
