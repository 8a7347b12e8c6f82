package access

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"ossd/engine/meta"
)

// ErrMasterKey is returned by Open when the store was made with another master key.
var ErrMasterKey = errors.New("access: the master key does not open this store's key ring: it is not the key that the store was made with")

// A ring seals secrets in rows and tokens. It does not change; a rotation makes
// another one, with one key more, which keeps what is out there readable:
// everything sealed carries the id of its key. See RotateKeys.
type ring struct {
	random  io.Reader
	current uint16
	keys    map[uint16]*ringMember
}

// ringMember is one key of the ring, split by purpose, so that what is sealed
// for one can never be passed off as the other.
type ringMember struct {
	rows     cipher.AEAD  // secrets in rows
	tokens   cipher.AEAD  // security tokens
	messages cipher.AEAD  // diagnostic messages
	secrets  cipher.Block // derives the secrets of temporary keys

	oldSecrets []byte // did so before, by HMAC
}

const (
	ringKeySize = 32
	nonceSize   = 12
	tagSize     = 16
)

// newRingRow makes a ring of one fresh key, sealed under the master key.
func newRingRow(master cipher.AEAD, random io.Reader, now time.Time) (ringRow, error) {
	const id = 1
	fresh := make([]byte, nonceSize+ringKeySize)
	if _, err := io.ReadFull(random, fresh); err != nil {
		return ringRow{}, err
	}
	return ringRow{Version: rowVersion, Current: id, Keys: []ringEntry{sealRingKey(master, id, fresh, now)}}, nil
}

// sealRingKey makes an entry of fresh random bytes: a nonce and the key.
func sealRingKey(master cipher.AEAD, id uint16, fresh []byte, now time.Time) ringEntry {
	nonce, key := fresh[:nonceSize:nonceSize], fresh[nonceSize:]
	return ringEntry{ID: id, Sealed: master.Seal(nonce, nonce, key, ringKeyAAD(id)), CreateDate: now}
}

// openRing opens every key of row with the master key.
func openRing(row ringRow, master cipher.AEAD, random io.Reader) (*ring, error) {
	r := &ring{random: random, current: row.Current, keys: map[uint16]*ringMember{}}
	for _, entry := range row.Keys {
		if len(entry.Sealed) < nonceSize {
			return nil, fmt.Errorf("access: key %d of the ring is damaged", entry.ID)
		}
		key, err := master.Open(nil, entry.Sealed[:nonceSize], entry.Sealed[nonceSize:], ringKeyAAD(entry.ID))
		if err != nil {
			return nil, ErrMasterKey
		}
		if r.keys[entry.ID], err = newRingMember(key); err != nil {
			return nil, err
		}
	}
	if r.keys[r.current] == nil {
		return nil, fmt.Errorf("access: the key ring has no key %d, which it calls current", r.current)
	}
	return r, nil
}

// ensureRing returns the stored ring, or stores the given one and returns it.
func ensureRing(tx meta.Tx, fresh ringRow) (ringRow, error) {
	var stored ringRow
	ok, err := readRow(tx, ringKey, &stored)
	if err != nil || ok {
		return stored, err
	}
	return fresh, writeRow(tx, ringKey, fresh)
}

func newRingMember(key []byte) (*ringMember, error) {
	derive := func(purpose string) ([]byte, error) {
		return hkdf.Key(sha256.New, key, nil, "ossd access 1: "+purpose, ringKeySize)
	}
	rows, err := derive("rows")
	if err != nil {
		return nil, err
	}
	tokens, err := derive("security tokens")
	if err != nil {
		return nil, err
	}
	messages, err := derive("diagnostic messages")
	if err != nil {
		return nil, err
	}
	secrets, err := derive("secrets of temporary keys by AES")
	if err != nil {
		return nil, err
	}
	m := &ringMember{}
	if m.oldSecrets, err = derive("secrets of temporary keys"); err != nil {
		return nil, err
	}
	if m.secrets, err = aes.NewCipher(secrets); err != nil {
		return nil, err
	}
	if m.rows, err = newAEAD(rows); err != nil {
		return nil, err
	}
	if m.messages, err = newAEAD(messages); err != nil {
		return nil, err
	}
	m.tokens, err = newAEAD(tokens)
	return m, err
}

func newAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

func ringKeyAAD(id uint16) []byte {
	return binary.BigEndian.AppendUint16([]byte("ossd access 1: ring key "), id)
}

// sealSecret seals an access key secret for the row of its key:
// key id (2 bytes), nonce (12), ciphertext and tag. The access key id is
// authenticated, so that a sealed secret copied to another row does not open.
func (r *ring) sealSecret(accessKeyID, secret string) ([]byte, error) {
	sealed := binary.BigEndian.AppendUint16(make([]byte, 0, 2+nonceSize+len(secret)+tagSize), r.current)
	sealed = sealed[:2+nonceSize]
	if _, err := io.ReadFull(r.random, sealed[2:]); err != nil {
		return nil, err
	}
	aad := append(sealed[:2:2], accessKeyID...)
	return r.keys[r.current].rows.Seal(sealed, sealed[2:], []byte(secret), aad), nil
}

// sealedByCurrent tells whether the current key has sealed a secret.
func (r *ring) sealedByCurrent(sealed []byte) bool {
	return len(sealed) >= 2 && binary.BigEndian.Uint16(sealed) == r.current
}

func (r *ring) openSecret(accessKeyID string, sealed []byte) (string, error) {
	if len(sealed) >= 2+nonceSize+tagSize {
		m := r.keys[binary.BigEndian.Uint16(sealed)]
		if m == nil {
			return "", fmt.Errorf("access: the secret of access key %s: %w", accessKeyID, errRingKey)
		}
		aad := append(sealed[:2:2], accessKeyID...)
		if secret, err := m.rows.Open(nil, sealed[2:2+nonceSize], sealed[2+nonceSize:], aad); err == nil {
			return string(secret), nil
		}
	}
	return "", fmt.Errorf("access: the sealed secret of access key %s does not open: its row was altered", accessKeyID)
}

// sessionSecretSize is how long the secrets of real temporary keys are.
const sessionSecretSize = 44

// sessionSecret derives the secret of a temporary access key, so that it need
// not be stored: whoever holds the ring can compute it again.
func (m *ringMember) sessionSecret(accessKeyID string) (string, error) {
	key, err := decodeSessionKeyID(accessKeyID)
	if err != nil {
		return "", err
	}
	return string(m.appendSessionSecret(nil, [sessionKeyBytes]byte(key))), nil
}

// appendSessionSecret appends the secret of a key. The cipher serves as a function that nobody
// else can compute: an id's 15 random bytes and a counter fill its block, so that no two blocks
// are alike. A HMAC would cost half of what opening a token takes.
func (m *ringMember) appendSessionSecret(secret []byte, key [sessionKeyBytes]byte) []byte {
	end := len(secret) + sessionSecretSize
	var in, out [aes.BlockSize]byte
	copy(in[:], key[:])
	for ; len(secret) < end; in[sessionKeyBytes]++ {
		m.secrets.Encrypt(out[:], in[:])
		secret = appendUniform(secret, end, alphanumeric, out[:])
	}
	return secret
}

// oldSessionSecret is how secrets were derived before. Tokens that were issued with
// such a secret say so: see fieldOldAccessKey.
func (m *ringMember) oldSessionSecret(accessKeyID string) string {
	secret := make([]byte, 0, sessionSecretSize)
	for block := byte(0); len(secret) < sessionSecretSize; block++ {
		mac := hmac.New(sha256.New, m.oldSecrets)
		mac.Write(append([]byte{block}, accessKeyID...))
		secret = appendUniform(secret, sessionSecretSize, alphanumeric, mac.Sum(nil))
	}
	return string(secret)
}
