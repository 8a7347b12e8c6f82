// Command fill puts many small objects into a bucket of a data directory that
// no server has open, for measurements of listings. Every row is written by the
// rules of objectstore, as a server would write it; only two things are left
// out, which would take hours: nothing is synced, and no content is kept. So
// what it filled can be listed and counted, but not read.
//
// With -sweep it frees instead what was deleted in the directory, without
// waiting for the grace that a server keeps.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	"ossd/engine/meta/pebble"
	"ossd/objectstore"
)

type options struct {
	data, bucket                string
	objects, prefixes, versions int
	onlySweep                   bool
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("fill: ")
	var o options
	flag.StringVar(&o.data, "data", "", "data directory of a server that has been stopped")
	flag.StringVar(&o.bucket, "bucket", "", "bucket, which must exist")
	flag.IntVar(&o.objects, "objects", 1_000_000, "keys")
	flag.IntVar(&o.prefixes, "prefixes", 1000, "common prefixes that the keys lie under")
	flag.IntVar(&o.versions, "versions", 1, "how often each key is put")
	flag.BoolVar(&o.onlySweep, "sweep", false, "put nothing, but free what was deleted")
	flag.Parse()
	run := o.run
	if o.onlySweep {
		run = o.sweep
	}
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func (o *options) run(ctx context.Context) error {
	rows, err := pebble.Open(pebble.Config{Dir: filepath.Join(o.data, "meta"), FS: unsynced()})
	if err != nil {
		return err
	}
	store := objectstore.New(objectstore.Config{Rows: rows, Blobs: hollow{}})
	bucket, err := store.Bucket(ctx, o.bucket)
	if err == nil {
		for v := 0; v < o.versions && err == nil; v++ {
			err = o.fill(ctx, store, bucket)
		}
	}
	if closed := rows.Close(); err == nil {
		err = closed
	}
	return err
}

// writers put at the same time.
const writers = 4

func (o *options) fill(ctx context.Context, store *objectstore.Store, bucket objectstore.Bucket) error {
	var next atomic.Int64
	var wg sync.WaitGroup
	failed := make(chan error, writers)
	for range writers {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(o.objects); i = next.Add(1) - 1 {
				if err := put(ctx, store, bucket, o.key(int(i))); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	wg.Wait()
	close(failed)
	return <-failed // nil if nobody failed
}

// key spreads the keys over the prefixes.
func (o *options) key(i int) string {
	return fmt.Sprintf("prefix-%06d/object-%09d.jpg", i%o.prefixes, i)
}

func put(ctx context.Context, store *objectstore.Store, bucket objectstore.Bucket, key string) error {
	_, err := store.PutObject(ctx, objectstore.Put{
		Bucket: bucket, Key: key,
		Incoming:   objectstore.Incoming{Body: strings.NewReader(key), Size: int64(len(key))},
		Properties: objectstore.Properties{Headers: []objectstore.Header{{Name: "Content-Type", Value: "image/jpeg"}}},
	})
	return err
}
