package server

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"ossd/access"
	"ossd/internal/durable"
	"ossd/migrate"
)

// Files of the data directory:
//
//	FORMAT        version of the layout
//	LOCK          held while a server runs, or a command looks after the store
//	control.sock  where the server is asked to look after it
//	lineage       who the store is, see package backup
//	backup.json   the last backup
//	moved.json    where the store has moved, which makes it one that is not served
//	master.key    seals the secrets in meta; keep a copy elsewhere
//	credentials   the first account's key, in the form of environment variables
//	meta/ blob/ segments/   the engines
//	checkpoint/   the rows, while they are backed up
//	tls/          the local certificate authority
//	audit/        the audit log
//
// A node whose rows and contents lie elsewhere has no engines there, and another FORMAT.
const (
	dataFormat = "ossd data 1\n"
	nodeFormat = "ossd node 1\n"
)

func (s *Server) path(elements ...string) string {
	return filepath.Join(append([]string{s.Data}, elements...)...)
}

// openData locks the directory and checks that it is one of ours.
func (s *Server) openData(context.Context) error {
	if s.Data == "" {
		if s.Rows == nil || s.Blobs == nil {
			return errors.New("a data directory is needed")
		}
		return s.openMasterKey()
	}
	if err := durable.MkdirAll(s.Data, 0o700); err != nil {
		return fmt.Errorf("making the data directory: %w", err)
	}
	lock, err := durable.LockFile(s.path("LOCK"))
	if err != nil {
		return err
	}
	s.onClose(lock.Unlock)
	if err := errors.Join(s.checkOwnFormat(), migrate.Stays(s.Data)); err != nil {
		return err
	}
	return s.openMasterKey()
}

// checkOwnFormat marks a new directory, and refuses one that is of the other kind: a
// server that forgot where its store is must not begin another one.
func (s *Server) checkOwnFormat() error {
	want := dataFormat
	if s.isElsewhere() {
		want = nodeFormat
	}
	err := checkFormat(s.Data, want)
	if errors.Is(err, errNoData) {
		return s.newData(want)
	}
	return err
}

// errNoData is wrapped where a directory is not one of ours.
var errNoData = errors.New("no data directory of ossd")

// checkFormat refuses a directory that this program has not written, or not for this.
func checkFormat(data, want string) error {
	format, err := os.ReadFile(filepath.Join(data, "FORMAT"))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s is %w: it has no FORMAT", data, errNoData)
	case err != nil:
		return err
	case string(format) == want:
		return nil
	case string(format) == nodeFormat:
		return fmt.Errorf("%s belongs to a node whose store is elsewhere: name it with --metadata and --blobs", data)
	case string(format) == dataFormat:
		return fmt.Errorf("%s holds a store of its own: choose another --data for a node, or move that store with ossd migrate", data)
	default:
		return fmt.Errorf("%s was written by another version of ossd (%q); use that version, or another directory", data, strings.TrimSpace(string(format)))
	}
}

// newData marks a directory as ours. What a restore that did not end has left
// must not look like a store.
func (s *Server) newData(format string) error {
	for _, name := range []string{"meta", "blob", "segments"} {
		if _, err := os.Lstat(s.path(name)); !errors.Is(err, fs.ErrNotExist) {
			return errors.Join(fmt.Errorf("%s holds %s but no FORMAT: it seems to be left of a restore that did not end; restore into another directory, or empty this one", s.Data, name), err)
		}
	}
	return durable.WriteFile(s.path("FORMAT"), []byte(format), 0o644)
}

// openMasterKey takes the key that was given, or the one in the directory,
// which is made on first start.
func (s *Server) openMasterKey() error {
	if len(s.MasterKey) > 0 {
		return nil
	}
	if s.Data == "" {
		return errors.New("a master key is needed")
	}
	file := s.path("master.key")
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) && s.isElsewhere() {
		return fmt.Errorf("every node needs the same master key: give it by --master-key-file, OSSD_MASTER_KEY or in %s; the first one makes it with: openssl rand -hex 32", file)
	}
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(s.path("meta")); err == nil {
			return fmt.Errorf("%s is missing: the secrets in this directory cannot be opened without it; put it back, or give the key by --master-key-file", file)
		}
		key := make([]byte, 32)
		if _, err := rand.Read(key); err != nil {
			return err
		}
		text = []byte(hex.EncodeToString(key) + "\n")
		if err := durable.WriteFile(file, text, 0o600); err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	s.MasterKey, err = ParseMasterKey(string(text))
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

// ParseMasterKey reads 32 bytes in hex.
func ParseMasterKey(text string) ([]byte, error) {
	key, err := hex.DecodeString(strings.TrimSpace(text))
	if err != nil || len(key) != 32 {
		return nil, errors.New("a master key is 64 hex digits (32 bytes); make one with: openssl rand -hex 32")
	}
	return key, nil
}

// openAccess opens the directory of identities and makes the first account.
func (s *Server) openAccess(ctx context.Context) (err error) {
	s.directory, err = access.Open(ctx, access.Config{Rows: s.Rows, MasterKey: s.MasterKey, Now: s.Now, Random: rand.Reader, LocalIssuers: s.OIDCIssuers})
	if err != nil {
		return err
	}
	s.onClose(s.directory.Close)
	if err := s.ensureAccount(ctx); err != nil {
		return fmt.Errorf("the first account: %w", err)
	}
	if err := s.applyDeclaration(ctx); err != nil {
		return err
	}
	return s.keepCredentials()
}
