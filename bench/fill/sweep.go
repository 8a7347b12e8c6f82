package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"ossd/engine/blob/file"
	"ossd/engine/blob/segment"
	"ossd/engine/meta/pebble"
	"ossd/objectstore"
)

// past is more than any grace after which deleted bytes are freed.
const past = 48 * time.Hour

// sweep frees what was deleted, with a clock that says its grace is over. It
// opens the engines that a server has in the directory.
func (o *options) sweep(ctx context.Context) (err error) {
	rows, err := pebble.Open(pebble.Config{Dir: filepath.Join(o.data, "meta"), FS: unsynced()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	large, err := file.Open(file.Config{Dir: filepath.Join(o.data, "blob")})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, large.Close()) }()
	blobs, err := segment.Open(segment.Config{Dir: filepath.Join(o.data, "segments"), Large: large})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, blobs.Close()) }()
	store := objectstore.New(objectstore.Config{Rows: rows, Blobs: blobs, Now: func() time.Time { return time.Now().Add(past) }})
	swept, err := store.Sweep(ctx)
	fmt.Println("garbage", swept.Garbage, "orphans", swept.Orphans, "uploads", swept.Uploads)
	return err
}
