package access

import (
	"ossd/engine/meta"
	"ossd/engine/meta/memory"
)

// newRows returns the strict engine: it refuses what no declared lock covers and
// runs every update twice.
func newRows() meta.Store { return memory.Open(memory.Config{RunTwice: true}) }
