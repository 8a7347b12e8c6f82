package access

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
)

// A security token is, in standard base64:
//
//	08 02 12           header: the text begins with "CAIS", as clients know it
//	key id             2 bytes, which key of the ring seals it
//	nonce              12 bytes
//	sealed payload     AES-256-GCM; header, key id and nonce are authenticated
//
// There is one text for one token: a text that decodes to the same bytes but
// is spelled differently is refused. Nonces are random, so that one key should
// seal no more than 2^32 tokens.
const (
	tokenHeader   = "\x08\x02\x12"
	tokenNonceAt  = len(tokenHeader) + 2
	tokenSealedAt = tokenNonceAt + nonceSize

	// maxTokenSize bounds the work on a token's text. The longest that is ever
	// issued, with a session policy of 2048 four-byte characters that does not
	// deflate, is a little over 11 KiB.
	maxTokenSize = 12 << 10
)

// sessionKeyPrefix begins the id of every temporary access key and no other.
const sessionKeyPrefix = "STS."

// The rest of the id: 15 bytes make 24 characters without a rest.
const sessionKeyBytes = 15

var sessionKeyEncoding = base32.NewEncoding("123456789ABCDEFGHJKLMNPQRSTUVWXY").WithPadding(base32.NoPadding)

var tokenEncoding = base64.StdEncoding.Strict()

const maxSessionKeyID = len(sessionKeyPrefix) + sessionKeyBytes*8/5

func encodeSessionKeyID(b []byte) string {
	return string(appendSessionKeyID(nil, b))
}

func appendSessionKeyID(text, b []byte) []byte {
	return sessionKeyEncoding.AppendEncode(append(text, sessionKeyPrefix...), b)
}

func decodeSessionKeyID(id string) ([]byte, error) {
	b, err := sessionKeyEncoding.DecodeString(strings.TrimPrefix(id, sessionKeyPrefix))
	if err != nil || len(b) != sessionKeyBytes {
		return nil, errors.New("access: not the id of a temporary access key")
	}
	return b, nil
}

// newSessionKeyID returns the id of a temporary access key that never was.
func newSessionKeyID(random io.Reader) (string, error) {
	var b [sessionKeyBytes]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", err
	}
	return encodeSessionKeyID(b[:]), nil
}

// sealToken returns the security token of s and sets s.secret.
func (r *ring) sealToken(s *session) (string, error) {
	payload, err := s.encode()
	if err != nil {
		return "", err
	}
	raw := make([]byte, 0, tokenSealedAt+len(payload)+tagSize)
	raw = binary.BigEndian.AppendUint16(append(raw, tokenHeader...), r.current)
	raw = raw[:tokenSealedAt]
	if _, err := io.ReadFull(r.random, raw[tokenNonceAt:]); err != nil {
		return "", err
	}
	m := r.keys[r.current]
	if s.secret, err = m.sessionSecret(s.accessKeyID); err != nil {
		return "", err
	}
	raw = m.tokens.Seal(raw, raw[tokenNonceAt:], payload, raw)
	return tokenEncoding.EncodeToString(raw), nil
}

// openToken returns the session that token was sealed from, or ErrTokenInvalid, which
// wraps errRingKey where the ring lacks the key.
// It judges neither expiry nor revocation.
func (r *ring) openToken(token string) (*session, error) {
	// The decoder skips line breaks, which would give one token many texts.
	if len(token) > maxTokenSize || strings.ContainsAny(token, "\r\n") {
		return nil, ErrTokenInvalid
	}
	o := openers.Get().(*opener)
	defer openers.Put(o)
	o.text = append(o.text[:0], token...)
	var err error
	o.raw, err = tokenEncoding.AppendDecode(o.raw[:0], o.text)
	raw := o.raw
	if err != nil || len(raw) < tokenSealedAt+tagSize || string(raw[:len(tokenHeader)]) != tokenHeader {
		return nil, ErrTokenInvalid
	}
	m := r.keys[binary.BigEndian.Uint16(raw[len(tokenHeader):])]
	if m == nil {
		return nil, fmt.Errorf("%w: %w", ErrTokenInvalid, errRingKey)
	}
	sealed := raw[tokenSealedAt:]
	payload, err := m.tokens.Open(sealed[:0], raw[tokenNonceAt:tokenSealedAt], sealed, raw[:tokenSealedAt])
	if err != nil {
		return nil, ErrTokenInvalid
	}
	s, err := o.decoder.decode(payload)
	if err != nil {
		return nil, ErrTokenInvalid
	}
	if o.decoder.old {
		s.secret = m.oldSessionSecret(s.accessKeyID)
	} else {
		s.secret = o.decoder.keep(m.appendSessionSecret(o.text[:0], o.decoder.key))
	}
	return s, nil
}

// An opener is the memory that opening a token needs for a moment.
type opener struct {
	text, raw []byte // no longer than the longest token
	decoder   sessionDecoder
}

var openers = sync.Pool{New: func() any { return &opener{} }}
