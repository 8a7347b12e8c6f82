package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"ossd/engine/blob"
)

// hollow is a blob.Store that keeps nothing.
type hollow struct{}

func (hollow) Create(context.Context, int64) (blob.Writer, error) { return writer{}, nil }

func (hollow) Open(context.Context, blob.Ref, int64, int64) (blob.Reader, error) {
	return nil, blob.ErrNotFound
}

func (hollow) Delete(context.Context, blob.Ref) error { return nil }

func (hollow) Walk(context.Context, time.Time, func(blob.Ref, int64) error) error { return nil }

func (hollow) Close() error { return nil }

// writer takes bytes and drops them.
type writer struct{}

func (writer) Write(p []byte) (int, error) { return len(p), nil }

// Commit returns a reference like those of a real store.
func (writer) Commit(context.Context) (blob.Ref, error) {
	var id [16]byte
	_, err := rand.Read(id[:])
	return blob.Ref(hex.EncodeToString(id[:])), err
}

func (writer) Abort() error { return nil }

// unsynced is the machine's file system without syncs: what is filled is
// thrown away after the measurement.
func unsynced() vfs.FS { return fastFS{vfs.Default} }

type fastFS struct{ vfs.FS }

func (f fastFS) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	return fast(f.FS.Create(name, category))
}

func (f fastFS) ReuseForWrite(oldName, newName string, category vfs.DiskWriteCategory) (vfs.File, error) {
	return fast(f.FS.ReuseForWrite(oldName, newName, category))
}

func (f fastFS) OpenReadWrite(name string, category vfs.DiskWriteCategory, opts ...vfs.OpenOption) (vfs.File, error) {
	return fast(f.FS.OpenReadWrite(name, category, opts...))
}

func (f fastFS) OpenDir(name string) (vfs.File, error) { return fast(f.FS.OpenDir(name)) }

type fastFile struct{ vfs.File }

func fast(f vfs.File, err error) (vfs.File, error) {
	if err != nil {
		return nil, err
	}
	return fastFile{f}, nil
}

func (fastFile) Sync() error { return nil }

func (fastFile) SyncData() error { return nil }

func (fastFile) SyncTo(int64) (fullSync bool, err error) { return true, nil }
