package access

import (
	"encoding/binary"
	"fmt"
	"io"
	"strings"
)

// A diagnostic message is, in standard base64:
//
//	01 02 01           header: the text begins with "AQIB", as the vendor's sealed ones do
//	key id             2 bytes, which key of the ring seals it
//	nonce              12 bytes
//	sealed payload     AES-256-GCM; header, key id, nonce and account are authenticated
//
// All are of one length, so that whoever is denied learns nothing from it: not how
// many statements came near, nor whether the object is there that conditions ask
// for the tags of. It is short enough for the header that answers a HEAD, whose
// document is base64 once more, to stay below the 4 KiB that proxies take.
//
// Nonces are random and a message takes no more than a denied request, so that a
// key should be rotated before it has sealed 2^32 of them, which is some weeks of
// a thousand denials a second.
const (
	messageHeader   = "\x01\x02\x01"
	messageNonceAt  = len(messageHeader) + 2
	messageSealedAt = messageNonceAt + nonceSize
	messagePayload  = 1020
	messageSize     = (messageSealedAt + messagePayload + tagSize) / 3 * 4 // of the text; there is no rest
)

func (r *ring) sealMessage(account string, payload []byte) (string, error) {
	raw := make([]byte, messageSealedAt, messageSealedAt+len(payload)+tagSize)
	copy(raw, messageHeader)
	binary.BigEndian.PutUint16(raw[len(messageHeader):], r.current)
	if _, err := io.ReadFull(r.random, raw[messageNonceAt:]); err != nil {
		return "", err
	}
	raw = r.keys[r.current].messages.Seal(raw, raw[messageNonceAt:], payload, messageAAD(raw, account))
	return tokenEncoding.EncodeToString(raw), nil
}

func (r *ring) openMessage(account, text string) ([]byte, error) {
	if len(text) != messageSize || strings.ContainsAny(text, "\r\n") { // line breaks are skipped by the decoder
		return nil, ErrMessageUnknown
	}
	raw, err := tokenEncoding.DecodeString(text)
	if err != nil || string(raw[:len(messageHeader)]) != messageHeader {
		return nil, ErrMessageUnknown
	}
	id := binary.BigEndian.Uint16(raw[len(messageHeader):])
	m := r.keys[id]
	switch {
	case m == nil && id > 0 && id < r.current: // ids go up
		return nil, ErrMessageExpired
	case m == nil:
		return nil, fmt.Errorf("%w: %w", ErrMessageUnknown, errRingKey)
	}
	sealed := raw[messageSealedAt:]
	payload, err := m.messages.Open(sealed[:0], raw[messageNonceAt:messageSealedAt], sealed, messageAAD(raw, account))
	if err != nil {
		return nil, ErrMessageUnknown
	}
	return payload, nil
}

func messageAAD(raw []byte, account string) []byte {
	return append(raw[:messageSealedAt:messageSealedAt], account...)
}
