package access

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"ossd/access/policy"
)

// A session is what a security token carries: who acts as which role, until
// when, restricted to what, and by whose leave.
type session struct {
	accessKeyID string // STS.…
	account     string // the role's
	roleID      string
	name        string
	issued      time.Time // whole milliseconds
	expires     time.Time // whole seconds; the first instant at which the session is over
	policy      string    // session policy, "" for none
	chain       []link    // whoever assumed the role, the user or identity provider first; at least one
	source      string    // source identity, "" for none; passed on to every session that begins in this one

	// Not part of the token:
	secret   string
	document *policy.Document // policy, parsed
}

// A link is a user, identity provider or role through whom a session came to be. The session ends
// with any of them, and with a revocation of the role session in between.
type link struct {
	account string
	id      string
	issued  time.Time // roles: when the session that assumed the next role was issued
}

// maxChain bounds the token. A role that assumes itself again and again adds no
// link, so only so many different roles make a chain this long.
const maxChain = 16

// Field numbers of the payload. They are written in this order.
const (
	fieldOldAccessKey   protowire.Number = 1 // instead of fieldAccessKey where the secret is derived as it was before
	fieldAccount        protowire.Number = 2
	fieldRole           protowire.Number = 3
	fieldName           protowire.Number = 4
	fieldIssued         protowire.Number = 5 // milliseconds since 1970
	fieldSeconds        protowire.Number = 6 // from the second of issue to the expiry
	fieldPolicy         protowire.Number = 7
	fieldDeflatedPolicy protowire.Number = 8 // instead of fieldPolicy where that is shorter
	fieldLink           protowire.Number = 9 // three varints: account (0: the role's), id, issued (0 unless a role)
	fieldSource         protowire.Number = 10
	fieldAccessKey      protowire.Number = 11 // the bytes behind the text of the access key id
)

var errPayload = errors.New("access: payload of a token cannot be read")

// encode returns the payload. Ids travel as numbers, which halves them.
func (s *session) encode() ([]byte, error) {
	key, err := decodeSessionKeyID(s.accessKeyID)
	if err != nil {
		return nil, err
	}
	p := appendVarint(make([]byte, 0, 256), fieldAccount, number(s.account))
	p = appendVarint(p, fieldRole, number(s.roleID))
	p = appendBytes(p, fieldName, []byte(s.name))
	p = appendVarint(p, fieldIssued, uint64(s.issued.UnixMilli()))
	p = appendVarint(p, fieldSeconds, uint64(s.expires.Sub(s.issued.Truncate(time.Second))/time.Second))
	if s.policy != "" {
		if small := deflatePolicy(s.policy); len(small) < len(s.policy) {
			p = appendBytes(p, fieldDeflatedPolicy, small)
		} else {
			p = appendBytes(p, fieldPolicy, []byte(s.policy))
		}
	}
	for _, l := range s.chain {
		p = appendBytes(p, fieldLink, s.encodeLink(l))
	}
	if s.source != "" {
		p = appendBytes(p, fieldSource, []byte(s.source))
	}
	return appendBytes(p, fieldAccessKey, key), nil
}

func (s *session) encodeLink(l link) []byte {
	var account, issued uint64
	if l.account != s.account {
		account = number(l.account)
	}
	if !l.issued.IsZero() {
		issued = uint64(l.issued.UnixMilli())
	}
	b := protowire.AppendVarint(make([]byte, 0, 24), account)
	b = protowire.AppendVarint(b, number(l.id))
	return protowire.AppendVarint(b, issued)
}

// A sessionDecoder reads payloads, one after the other.
type sessionDecoder struct {
	s     *session
	key   [sessionKeyBytes]byte // of the access key id
	old   bool                  // its secret is derived as it was before
	texts strings.Builder       // all texts of a session lie in one piece of memory
}

// decode reads a payload. A field that it does not know is an error: a newer
// program may have written a restriction there.
func (d *sessionDecoder) decode(p []byte) (*session, error) {
	memory := new(struct {
		session
		chain [1]link // most chains are of one link
	})
	s := &memory.session
	s.chain = memory.chain[:0]
	d.s = s
	d.texts.Reset() // what was kept stays good: the builder begins anew elsewhere
	d.texts.Grow(len(p) + sessionTexts)
	var last protowire.Number
	for len(p) > 0 {
		field, wire, n := protowire.ConsumeTag(p)
		if n < 0 || field < last || field == last && field != fieldLink {
			return nil, errPayload
		}
		p, last = p[n:], field
		switch wire {
		case protowire.VarintType:
			v, n := protowire.ConsumeVarint(p)
			if n < 0 || !d.setNumber(field, v) {
				return nil, errPayload
			}
			p = p[n:]
		case protowire.BytesType:
			b, n := protowire.ConsumeBytes(p)
			if n < 0 || !d.setBytes(field, b) {
				return nil, errPayload
			}
			p = p[n:]
		default:
			return nil, errPayload
		}
	}
	if s.accessKeyID == "" || s.account == "" || s.roleID == "" || s.name == "" || s.expires.IsZero() || len(s.chain) == 0 {
		return nil, errPayload
	}
	return s, nil
}

// sessionTexts is about how much longer than a payload the texts of most sessions
// are. With more links than that, there are two pieces.
const sessionTexts = 128

// keep makes a text of b that lasts.
func (d *sessionDecoder) keep(b []byte) string {
	at := d.texts.Len()
	d.texts.Write(b)
	return d.texts.String()[at:]
}

func (d *sessionDecoder) setNumber(field protowire.Number, v uint64) (ok bool) {
	s := d.s
	switch field {
	case fieldAccount:
		s.account, ok = d.padded(v, accountDigits)
	case fieldRole:
		s.roleID, ok = d.padded(v, entityDigits)
	case fieldIssued:
		s.issued, ok = milliseconds(v)
	case fieldSeconds:
		if s.issued.IsZero() || v == 0 || v > uint64(maxSessionDuration/time.Second) {
			return false
		}
		s.expires, ok = s.issued.Truncate(time.Second).Add(time.Duration(v)*time.Second), true
	}
	return ok
}

func (d *sessionDecoder) setBytes(field protowire.Number, b []byte) (ok bool) {
	s := d.s
	switch field {
	case fieldAccessKey, fieldOldAccessKey:
		if len(b) == sessionKeyBytes && s.accessKeyID == "" {
			d.old = field == fieldOldAccessKey
			var text [maxSessionKeyID]byte
			d.key = [sessionKeyBytes]byte(b)
			s.accessKeyID, ok = d.keep(appendSessionKeyID(text[:0], b)), true
		}
	case fieldName:
		s.name, ok = d.keep(b), true
	case fieldPolicy:
		s.policy, ok = d.keep(b), len(b) > 0
	case fieldDeflatedPolicy:
		before := s.policy
		text, err := inflatePolicy(b)
		s.policy, ok = text, err == nil && text != "" && before == ""
	case fieldLink:
		var l link
		l, ok = d.link(b)
		s.chain = append(s.chain, l)
	case fieldSource:
		s.source, ok = d.keep(b), len(b) > 0
	}
	return ok
}

func (d *sessionDecoder) link(b []byte) (l link, ok bool) {
	var v [3]uint64
	for i := range v {
		n := 0
		if v[i], n = protowire.ConsumeVarint(b); n < 0 {
			return l, false
		}
		b = b[n:]
	}
	if l.account = d.s.account; v[0] != 0 {
		if l.account, ok = d.padded(v[0], accountDigits); !ok {
			return l, false
		}
	}
	if l.id, ok = d.padded(v[1], entityDigits); !ok {
		return l, false
	}
	if v[2] != 0 {
		l.issued, ok = milliseconds(v[2])
	}
	return l, ok && len(b) == 0
}

func appendBytes(p []byte, field protowire.Number, b []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(p, field, protowire.BytesType), b)
}

func appendVarint(p []byte, field protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(p, field, protowire.VarintType), v)
}

func number(id string) uint64 {
	v, _ := strconv.ParseUint(id, 10, 64) // ids are digits, checked where they enter
	return v
}

// padded writes v with n digits; ok is false if it has more.
func (d *sessionDecoder) padded(v uint64, n int) (text string, ok bool) {
	var b [entityDigits]byte
	for i := n - 1; i >= 0; i-- {
		b[i] = '0' + byte(v%10)
		v /= 10
	}
	return d.keep(b[:n]), v == 0
}

func milliseconds(v uint64) (time.Time, bool) {
	return time.UnixMilli(int64(v)).UTC(), v < 1<<47
}
