package disk

import "sync/atomic"

var datasyncs atomic.Int64

// Datasyncs returns how often this process has called OS.Datasync. How many
// writes share a sync is what decides how fast small ones are.
func Datasyncs() int64 { return datasyncs.Load() }
