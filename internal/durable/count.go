package durable

import "sync/atomic"

var fdatasyncs atomic.Int64

// Fdatasyncs returns how often this process has called Fdatasync. How many
// writes share a sync is what decides how fast small ones are.
func Fdatasyncs() int64 { return fdatasyncs.Load() }
