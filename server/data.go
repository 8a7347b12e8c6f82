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
)

// Files of the data directory:
//
//	FORMAT        version of the layout
//	LOCK          held while a server runs
//	master.key    seals the secrets in meta; keep a copy elsewhere
//	credentials   the first account's key, in the form of environment variables
//	meta/ blob/   the engines
//	tls/          the local certificate authority
//	audit/        the audit log
const dataFormat = "ossd data 1\n"

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
	switch format, err := os.ReadFile(s.path("FORMAT")); {
	case errors.Is(err, fs.ErrNotExist):
		if err := durable.WriteFile(s.path("FORMAT"), []byte(dataFormat), 0o644); err != nil {
			return err
		}
	case err != nil:
		return err
	case string(format) != dataFormat:
		return fmt.Errorf("%s was written by another version of ossd (%q); use that version, or another directory", s.Data, strings.TrimSpace(string(format)))
	}
	return s.openMasterKey()
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
