package sts_test

import (
	"path/filepath"
	"testing"

	"ossd/protocol/ram"
	"ossd/protocol/rpc/rpctest"
	"ossd/protocol/sts"
)

func TestTranscripts(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			rpctest.Transcript(t, path, append(sts.Actions(nil), ram.Actions()...)...)
		})
	}
}

func TestActions(t *testing.T) {
	rpctest.Golden(t, "testdata/actions.golden", rpctest.List(sts.Actions(nil)))
}
