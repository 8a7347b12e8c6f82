package server

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"ossd/engine/meta"
	"ossd/engine/meta/memory"
	"ossd/migrate"
)

// place is where contents lie; claims may be overtaken by another's.
type place struct {
	owner, overtaker string
}

func (p *place) Owner(context.Context) (string, error) { return p.owner, nil }

func (p *place) Claim(_ context.Context, id string) error {
	p.owner = id
	if p.overtaker != "" {
		p.owner = p.overtaker
	}
	return nil
}

func TestRowsAndContentsBelongTogether(t *testing.T) {
	rows, contents := memory.New(), &place{}
	for range 3 { // the first node, and others
		if err := matchOwner(t.Context(), rows, contents); err != nil {
			t.Fatal(err)
		}
	}
	wantRefused := func(rows meta.Store, contents *place, want string) {
		t.Helper()
		before := contents.owner
		if err := matchOwner(t.Context(), rows, contents); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want a word of %q", err, want)
		}
		if contents.overtaker == "" && contents.owner != before {
			t.Error("it claimed what it was refused")
		}
	}
	wantRefused(memory.New(), contents, "another store")                   // other rows, the same place
	wantRefused(rows, &place{}, "never been")                              // the same rows, another place
	wantRefused(rows, &place{owner: "other"}, "another store")             // and one that is somebody's
	wantRefused(memory.New(), &place{overtaker: "other"}, "another store") // two stores claim a place at once
}

// A node does not start on rows into which a store is being moved.
func TestNodeBesideMigration(t *testing.T) {
	rows, contents := memory.New(), &place{}
	if err := rows.Update(t.Context(), []meta.Lock{meta.Exclusive("")}, func(tx meta.Tx) error {
		return tx.Put([]byte("M"), []byte(`{"from":"x","begun":"2026-01-02T03:04:05Z"}`))
	}); err != nil {
		t.Fatal(err)
	}
	if err := matchOwner(t.Context(), rows, contents); !errors.Is(err, migrate.ErrUnderWay) {
		t.Errorf("got %v", err)
	}
	if contents.owner != "" {
		t.Error("it claimed the contents")
	}
}

// What is deleted stays for as long as was said, and else for longer where several share it.
func TestHowLongDeletedContentsAreKept(t *testing.T) {
	for _, c := range []struct {
		elsewhere  bool
		said, want time.Duration
	}{{false, 0, 0}, {false, time.Hour, time.Hour}, {true, 0, sharedGrace}, {true, 48 * time.Hour, 48 * time.Hour}, {true, time.Minute, time.Minute}} {
		s := &Server{Config: Config{KeepDeleted: c.said}}
		if c.elsewhere {
			s.MetadataURL, s.BlobsURL = "postgres://db", "s3://contents"
		}
		got := s.storeConfig()
		if got.Grace != c.want || (got.OrphanAge > 0) != c.elsewhere || (got.SearchInterval > 0) != c.elsewhere {
			t.Errorf("elsewhere %t, said %s: %+v", c.elsewhere, c.said, got)
		}
	}
}
