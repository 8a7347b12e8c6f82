package pebble

import (
	"fmt"
	"log/slog"
	"runtime"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
)

const (
	// formatVersion is the newest file format that this program may write.
	// Pebble upgrades a directory when it is opened and cannot go back, so
	// raising it means that older programs refuse the directory: do it in a
	// release of its own, and say so there.
	formatVersion = pebble.FormatValueSeparation

	// defaultCacheBytes holds the index and filter blocks of some ten million
	// rows. Memory is taken block by block as they are read.
	defaultCacheBytes = 256 << 20

	// memtableBytes is what is written between two flushes. The first memtable
	// has 256 KiB, each doubles the one before, so that an idle store is small.
	memtableBytes = 32 << 20

	// bloomBits per key let a Get of a missing row skip 99 of 100 tables.
	bloomBits = 10
)

// options returns Pebble's options. The caller sets FS and Lock.
func options(cacheBytes int64, log logger) *pebble.Options {
	o := &pebble.Options{
		CacheSize:                   cacheBytes,
		FormatMajorVersion:          formatVersion,
		MemTableSize:                memtableBytes,
		MemTableStopWritesThreshold: 4,
		L0CompactionThreshold:       2,
		L0StopWritesThreshold:       1000,
		Logger:                      log,
		EventListener:               log.events(),
		CompactionConcurrencyRange: func() (int, int) {
			return 1, max(1, min(4, runtime.GOMAXPROCS(0)/2))
		},
	}
	for i := range o.Levels {
		o.Levels[i].FilterPolicy = bloom.FilterPolicy(bloomBits)
		// Small index blocks would make Pebble read two of them for each Get.
		o.Levels[i].IndexBlockSize = 256 << 10
	}
	return o
}

// logger brings Pebble's messages to slog: errors, and what an operator should
// act upon. Its running commentary is dropped.
type logger struct{ *slog.Logger }

// failure is what Fatalf panics with.
type failure string

func (l logger) Infof(string, ...any) {}

func (l logger) Errorf(format string, args ...any) {
	l.Error("pebble: " + fmt.Sprintf(format, args...))
}

// Fatalf must not return: Pebble would go on as if nothing had happened.
func (l logger) Fatalf(format string, args ...any) {
	msg := fmt.Sprintf(format, args...)
	l.Error("pebble: " + msg)
	panic(failure(msg))
}

func (l logger) events() *pebble.EventListener {
	return &pebble.EventListener{
		BackgroundError: func(err error) { l.Error("pebble: background work failed", "error", err) },
		// The read that met the damage fails; the others can go on.
		DataCorruption:  func(info pebble.DataCorruptionInfo) { l.Error("pebble: data corruption", "info", info.String()) },
		DiskSlow:        func(info pebble.DiskSlowInfo) { l.Warn("pebble: disk is slow", "info", info.String()) },
		WriteStallBegin: func(info pebble.WriteStallBeginInfo) { l.Warn("pebble: writes are stalled", "info", info.String()) },
		WriteStallEnd:   func() { l.Warn("pebble: writes go on") },
	}
}
