package access

import (
	"encoding/base64"
	"encoding/hex"
	"reflect"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

func sampleSession() *session {
	issued := time.Date(2030, 1, 2, 3, 4, 5, 678e6, time.UTC)
	return &session{
		accessKeyID: encodeSessionKeyID([]byte("fifteen bytes..")),
		account:     acc1,
		roleID:      "300000000000000001",
		name:        "session",
		issued:      issued,
		expires:     issued.Truncate(time.Second).Add(time.Hour),
		policy:      readDocument,
		chain: []link{
			{account: acc2, id: "200000000000000001"},
			{account: acc1, id: "300000000000000002", issued: issued.Add(-time.Minute)},
		},
		source: "alice@example.com",
	}
}

func TestPayloadRoundTrip(t *testing.T) {
	random := strings.Repeat("0123456789abcdefghij", 20)
	for name, change := range map[string]func(*session){
		"sample":                func(*session) {},
		"no policy":             func(s *session) { s.policy = "" },
		"no source identity":    func(s *session) { s.source = "" },
		"policy of one letter":  func(s *session) { s.policy = "x" },
		"policy not compacting": func(s *session) { s.policy = random },
		"account of zeros":      func(s *session) { s.account = "0000000000000007" },
		"longest duration":      func(s *session) { s.expires = s.issued.Truncate(time.Second).Add(12 * time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			want := sampleSession()
			change(want)
			payload, err := want.encode()
			if err != nil {
				t.Fatal(err)
			}
			got, err := new(sessionDecoder).decode(payload)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

// The dictionary is part of the format: a token of yesterday must open today.
func TestDeflatedPolicyOfYesterday(t *testing.T) {
	const yesterday = "a2d4662d6cfe89ad05040000ffff"
	small, err := hex.DecodeString(yesterday)
	if err != nil {
		t.Fatal(err)
	}
	text, err := inflatePolicy(small)
	if err != nil || text != readDocument {
		t.Errorf("inflates to %q, %v; today's is %x", text, err, deflatePolicy(readDocument))
	}
}

func TestPayloadIsStrict(t *testing.T) {
	good, err := sampleSession().encode()
	if err != nil {
		t.Fatal(err)
	}
	withoutSource := sampleSession()
	withoutSource.source = ""
	unsourced, err := withoutSource.encode()
	if err != nil {
		t.Fatal(err)
	}
	withoutPolicy := sampleSession()
	withoutPolicy.policy, withoutPolicy.source = "", ""
	plain, err := withoutPolicy.encode()
	if err != nil {
		t.Fatal(err)
	}
	for name, payload := range map[string][]byte{
		"unknown field at the end": appendVarint(append([]byte(nil), good...), 11, 1),
		"unknown field in front":   append(appendVarint(nil, 15, 1), good...),
		"field twice":              append(appendVarint(nil, fieldAccount, 1), good...),
		"both kinds of key":        append(appendBytes(nil, fieldOldAccessKey, make([]byte, sessionKeyBytes)), good...),
		"a fixed32 field":          protowire.AppendFixed32(protowire.AppendTag(append([]byte(nil), good...), 11, protowire.Fixed32Type), 1),
		"trailing byte":            append(append([]byte(nil), good...), 0),
		"empty":                    {},
		"no account":               append(append([]byte(nil), good[:17]...), good[17+9:]...),
		"both kinds of policy":     append(appendBytes(appendBytes(nil, fieldPolicy, []byte("x")), fieldDeflatedPolicy, deflatePolicy("x")), plain...),
		"empty source identity":    appendBytes(append([]byte(nil), unsourced...), fieldSource, nil),
		"two source identities":    appendBytes(append([]byte(nil), good...), fieldSource, []byte("bob")),
		"empty policy":             appendBytes(append([]byte(nil), plain...), fieldPolicy, nil),
	} {
		if s, err := new(sessionDecoder).decode(payload); err == nil {
			t.Errorf("%s: read as %+v", name, s)
		}
	}
	short := sampleSession()
	short.chain, short.source = short.chain[:1], ""
	if good, err = short.encode(); err != nil {
		t.Fatal(err)
	}
	for n := range good {
		if _, err := new(sessionDecoder).decode(good[:n]); err == nil {
			t.Errorf("cut to %d of %d bytes and it is read", n, len(good))
		}
	}
}

func FuzzPayload(f *testing.F) {
	good, err := sampleSession().encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Fuzz(func(t *testing.T, payload []byte) {
		s, err := new(sessionDecoder).decode(payload)
		if err != nil {
			return
		}
		again, err := s.encode()
		if err != nil {
			t.Fatalf("%+v was read but cannot be written: %v", s, err)
		}
		if back, err := new(sessionDecoder).decode(again); err != nil || !reflect.DeepEqual(back, s) {
			t.Fatalf("%+v became %+v, %v", s, back, err)
		}
	})
}

func TestEveryBitOfATokenCounts(t *testing.T) {
	w, alice, reader := withRole(t)
	s := w.assume(w.credential(alice.ID, ""), reader, func(in *AssumeRole) { in.Policy = readDocument })
	w.credential(s.AccessKeyID, s.SecurityToken)
	raw, err := base64.StdEncoding.DecodeString(s.SecurityToken)
	w.must(err)

	text := []byte(s.SecurityToken)
	for i := range len(text) * 8 {
		text[i/8] ^= 1 << (i % 8)
		if _, err := w.Credential(t.Context(), s.AccessKeyID, string(text)); err != ErrTokenInvalid {
			t.Fatalf("bit %d of the text: %v", i, err)
		}
		text[i/8] ^= 1 << (i % 8)
	}
	for i := range len(raw) * 8 {
		raw[i/8] ^= 1 << (i % 8)
		if _, err := w.Credential(t.Context(), s.AccessKeyID, base64.StdEncoding.EncodeToString(raw)); err != ErrTokenInvalid {
			t.Fatalf("bit %d of the bytes: %v", i, err)
		}
		raw[i/8] ^= 1 << (i % 8)
	}
	for n := range text {
		_, err := w.Credential(t.Context(), s.AccessKeyID, string(text[:n]))
		if n == 0 && err != ErrTokenMissing || n > 0 && err != ErrTokenInvalid {
			t.Fatalf("cut to %d characters: %v", n, err)
		}
	}
}

func TestATokenHasOneSpelling(t *testing.T) {
	w, alice, reader := withRole(t)
	for i := range 3 { // so that each length of padding is met
		s := w.assume(w.credential(alice.ID, ""), reader, func(in *AssumeRole) { in.SessionName = "session" + strings.Repeat("x", i) })
		token := s.SecurityToken
		for name, other := range map[string]string{
			"line break at the end":  token + "\n",
			"line break inside":      token[:8] + "\r\n" + token[8:],
			"space":                  " " + token,
			"padding added":          token + "=",
			"quadruple added":        token + "AAAA",
			"two tokens":             token + token,
			"without padding":        strings.TrimRight(token, "="),
			"other alphabet":         strings.NewReplacer("+", "-", "/", "_").Replace(token),
			"longer than any can be": token + strings.Repeat("A", maxTokenSize),
		} {
			if other == token {
				continue
			}
			if _, err := w.Credential(t.Context(), s.AccessKeyID, other); err != ErrTokenInvalid {
				t.Errorf("%s: %v", name, err)
			}
		}
		// The last character before padding has bits that say nothing; only zeros will do.
		if pad := strings.Count(token, "="); pad > 0 {
			at := len(token) - pad - 1
			const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
			v := strings.IndexByte(alphabet, token[at])
			loose := token[:at] + string(alphabet[v^1]) + token[at+1:]
			if _, err := w.Credential(t.Context(), s.AccessKeyID, loose); err != ErrTokenInvalid {
				t.Errorf("bits after the end: %v", err)
			}
		}
	}
}

func TestTokensAndKeys(t *testing.T) {
	w, alice, reader := withRole(t)
	c := w.credential(alice.ID, "")
	a, b := w.assume(c, reader), w.assume(c, reader)
	for _, x := range []struct {
		id, token string
		want      error
	}{
		{a.AccessKeyID, "", ErrTokenMissing},
		{"STS.whatever", "", ErrTokenMissing},
		{"STS.whatever", "CAIS", ErrTokenInvalid},
		{"STS.whatever", a.SecurityToken, ErrTokenMismatch},
		{a.AccessKeyID, b.SecurityToken, ErrTokenMismatch},
		{alice.ID, a.SecurityToken, ErrTokenUnexpected},
		{alice.ID, "anything", ErrTokenUnexpected},
		{"LTAInobody", a.SecurityToken, ErrKeyNotFound},
		{"LTAInobody", "", ErrKeyNotFound},
		{"", "", ErrKeyNotFound},
		{strings.ToLower(alice.ID), "", ErrKeyNotFound},
		{strings.Repeat("x", 1000), "", ErrKeyNotFound},
	} {
		_, err := w.Credential(t.Context(), x.id, x.token)
		wantErr(t, err, x.want)
		for _, secret := range []string{alice.Secret, a.AccessKeySecret, a.SecurityToken, b.SecurityToken} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("error shows a secret: %v", err)
			}
		}
	}
}

func TestTokenOfAnotherStore(t *testing.T) {
	w, alice, reader := withRole(t)
	other, _, _ := withRole(t)
	s := w.assume(w.credential(alice.ID, ""), reader)
	_, err := other.Credential(t.Context(), s.AccessKeyID, s.SecurityToken)
	wantErr(t, err, ErrTokenInvalid)
}

// A ring that has got a second key opens what the first one sealed.
func TestRingOfTwoKeys(t *testing.T) {
	w, alice, reader := withRole(t)
	old := w.assume(w.credential(alice.ID, ""), reader)
	member, err := newRingMember([]byte("another key that has 32 bytes..."))
	w.must(err)
	w.ring.Load().keys[2], w.ring.Load().current = member, 2
	w.sessions.purge()
	fresh := w.assume(w.credential(alice.ID, ""), reader)
	for _, s := range []IssuedSession{old, fresh} {
		if c := w.credential(s.AccessKeyID, s.SecurityToken); c.Secret != s.AccessKeySecret {
			t.Error("the secret is another")
		}
	}
	delete(w.ring.Load().keys, 1)
	w.sessions.purge()
	_, err = w.Credential(t.Context(), old.AccessKeyID, old.SecurityToken)
	wantErr(t, err, ErrTokenInvalid)
}

func TestTokenSize(t *testing.T) {
	w, alice, reader := withRole(t)
	c := w.credential(alice.ID, "")
	plain := len(w.assume(c, reader).SecurityToken)
	limited := len(w.assume(c, reader, func(in *AssumeRole) { in.Policy = readDocument }).SecurityToken)
	if plain > 160 || limited > plain+80 {
		t.Errorf("a token has %d characters, %d with a session policy of %d", plain, limited, len(readDocument))
	}
	worst := w.assume(c, reader, func(in *AssumeRole) {
		var b strings.Builder
		for r := rune(0x20000); b.Len() < 4*(maxSessionPolicy-200); r++ {
			b.WriteRune(0x20000 + r*r%40009) // deflates badly
		}
		in.Policy = strings.Replace(readDocument, "[\"*\"]", `"acs:oss:*:*:`+b.String()+`"`, 1)
	})
	if n := len(worst.SecurityToken); n > maxTokenSize {
		t.Errorf("a token has %d characters, more than is ever opened", n)
	}
	w.credential(worst.AccessKeyID, worst.SecurityToken)
}
