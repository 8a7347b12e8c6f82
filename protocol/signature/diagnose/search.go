package diagnose

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// mistake is something that a client does wrong when it signs.
type mistake struct {
	id       string
	sentence string
	aspect   aspect
	rare     bool // is not tried together with another
	make     func(*sheet)
}

// aspect is the part of the form that a mistake touches. Two mistakes about one
// aspect do not go together.
type aspect int

const (
	ofMethod aspect = iota
	ofContent
	ofHeaders
	ofHost
	ofQuery
	ofResource
	ofTime
	ofScope
	ofToken
	ofSecret
	ofText
)

// maxWork bounds what one diagnosis signs, in bytes. A usual request is tried a few
// thousand times within it, which takes some milliseconds; a very long one less often.
const maxWork = 16 << 20

// search looks for the mistakes that explain a signature.
type search struct {
	in       Input
	right    *sheet
	secret   string
	readings []reading
	work     int // bytes signed
}

// reading is one way to understand the signature that was sent.
type reading struct {
	mac   string
	cause *Cause // what is wrong with the signature's own spelling; nil for the right one
}

func newSearch(in Input, right *sheet, secret, signature string) *search {
	return &search{in: in, right: right, secret: secret, readings: readingsOf(right, signature)}
}

// run returns the causes found: none, one, or two that were made together.
func (s *search) run(bases []*sheet) []Cause {
	if len(s.readings) == 0 {
		return []Cause{{ID: "signature-malformed", Sentence: "What stands for the signature is none: it is the encoding of no MAC of this scheme, perhaps cut off."}}
	}
	for i, base := range bases {
		bases[i] = base.clone()
		bases[i].secret = s.secret
		if causes, ok := s.try(bases[i]); ok {
			return causes
		}
	}
	for _, base := range bases {
		if causes, ok := s.singles(base); ok {
			return causes
		}
	}
	for _, base := range bases {
		if causes, ok := s.pairs(base); ok {
			return causes
		}
	}
	return nil
}

func (s *search) singles(base *sheet) ([]Cause, bool) {
	for _, m := range mistakes(s.in, base) {
		if causes, ok := s.try(base, m); ok {
			return causes, true
		}
	}
	return nil, false
}

func (s *search) pairs(base *sheet) ([]Cause, bool) {
	var common []mistake
	for _, m := range mistakes(s.in, base) {
		if !m.rare {
			common = append(common, m)
		}
	}
	for i, m := range common {
		for _, n := range common[i+1:] {
			if m.aspect == n.aspect {
				continue
			}
			if causes, ok := s.try(base, m, n); ok {
				return causes, true
			}
		}
	}
	return nil, false
}

// try makes mistakes and compares the signature. ok means that it is the one sent.
func (s *search) try(base *sheet, made ...mistake) (causes []Cause, ok bool) {
	if s.work > maxWork {
		return nil, false
	}
	wrong := base.clone()
	for _, m := range made {
		m.make(wrong)
	}
	mac, size := wrong.mac()
	s.work += size
	for _, r := range s.readings {
		if !hmac.Equal(mac, []byte(r.mac)) {
			continue
		}
		if r.cause != nil {
			causes = append(causes, *r.cause)
		}
		for _, m := range made {
			alone := s.right.clone()
			m.make(alone)
			c := Cause{ID: m.id, Sentence: m.sentence}
			c.Expected, c.Signed = differ(s.right, alone)
			causes = append(causes, c)
		}
		return causes, true
	}
	return nil, false
}

// readingsOf decodes a signature, rightly and in the wrong ways that occur.
func readingsOf(right *sheet, signature string) (readings []reading) {
	add := func(mac []byte, err error, id, sentence string) {
		if err != nil || len(mac) != sha1.Size && len(mac) != sha256.Size {
			return
		}
		r := reading{mac: string(mac)}
		if id != "" {
			r.cause = &Cause{ID: id, Sentence: sentence}
		}
		readings = append(readings, r)
	}
	std := base64.StdEncoding.Strict()
	if right.family == v4 {
		mac, err := hex.DecodeString(signature)
		if lower := strings.ToLower(signature); lower != signature {
			add(mac, err, "signature-upper-case", "The signature is written in upper-case hex digits; V4 takes lower-case ones only.")
		} else {
			add(mac, err, "", "")
		}
		mac, err = std.DecodeString(signature)
		add(mac, err, "signature-base64", "The signature is base64, as in V1 and V2; V4 writes it in hex.")
		return readings
	}
	mac, err := std.DecodeString(signature)
	add(mac, err, "", "")
	if strings.Contains(signature, " ") {
		mac, err = std.DecodeString(strings.ReplaceAll(signature, " ", "+"))
		add(mac, err, "signature-not-encoded", "The signature is not percent-encoded: its \"+\" arrived as a space; write it as %2B.")
	}
	if strings.Contains(signature, "%") {
		plain := strings.NewReplacer("%2B", "+", "%2b", "+", "%2F", "/", "%2f", "/", "%3D", "=", "%3d", "=").Replace(signature)
		mac, err = std.DecodeString(plain)
		add(mac, err, "signature-encoded-twice", "The signature is percent-encoded twice.")
	}
	if strings.ContainsAny(signature, "-_") || !strings.HasSuffix(signature, "=") {
		plain := strings.TrimRight(strings.NewReplacer("-", "+", "_", "/").Replace(signature), "=")
		mac, err = base64.RawStdEncoding.DecodeString(plain)
		add(mac, err, "signature-base64url", "The signature is in the base64 alphabet of URLs, or lacks its padding; plain base64 is wanted, percent-encoded.")
	}
	mac, err = hex.DecodeString(signature)
	add(mac, err, "signature-hex", "The signature is in hex, as in V4; this scheme writes it in base64.")
	return readings
}
