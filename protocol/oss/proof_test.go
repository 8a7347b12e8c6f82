package oss

import (
	"encoding/json"
	"os"
	"testing"
)

// The status of each refusal of a signature is that of the captured negative cases.
func TestProofStatus(t *testing.T) {
	text, err := os.ReadFile("../signature/testdata/oss-negative.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		Name   string
		Expect json.RawMessage
	}
	if err := json.Unmarshal(text, &vectors); err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, v := range vectors {
		var want struct {
			Code   string
			Status int `json:"http_status"`
		}
		if json.Unmarshal(v.Expect, &want) != nil {
			continue // "accept"
		}
		compared++
		if got := proofStatus(want.Code); got != want.Status {
			t.Errorf("%s: %s has the status %d, want %d", v.Name, want.Code, got, want.Status)
		}
	}
	if compared < 50 {
		t.Errorf("only %d refusals were compared", compared)
	}
}
