package access

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"ossd/access/policy"
)

// Denial is a refusal of permission, as it becomes a diagnostic message.
type Denial struct {
	Time      time.Time
	RequestID string
	Principal policy.Principal
	Decision  policy.Decision
}

// Diagnosis is what a diagnostic message tells whoever may read it.
type Diagnosis struct {
	Time          time.Time
	RequestID     string
	AccountID     string // of the caller
	PrincipalType string // these two as AccessDeniedDetail spells them
	DisplayName   string
	Truncated     bool // there was more than a message has room for

	policy.Diagnosis
}

// Errors of ReadDiagnosticMessage. Whether a message is another account's or
// nobody's cannot be told apart.
var (
	ErrMessageUnknown = errors.New("access: diagnostic message was not made here for this account, or was altered")
	ErrMessageExpired = errors.New("access: the key that sealed the diagnostic message was dropped")
)

// What a message repeats of a request or a policy is cut to these lengths, in
// bytes, so that what identifies the denial always fits.
const (
	maxDiagnosedText     = 64 // names that have no bound of their own
	maxDiagnosedName     = 160
	maxDiagnosedResource = 512
	maxDiagnosedDetail   = 256
)

// Field numbers of the payload. The fields from fieldMatch on are lists of texts,
// and are there as often as there is room.
const (
	fieldDeniedAt    protowire.Number = 1 // milliseconds since 1970
	fieldTruncated   protowire.Number = 2
	fieldRequest     protowire.Number = 3
	fieldKind        protowire.Number = 4
	fieldDisplayName protowire.Number = 5
	fieldReason      protowire.Number = 6
	fieldAction      protowire.Number = 7
	fieldResource    protowire.Number = 8
	fieldMatch       protowire.Number = 9
	fieldCondition   protowire.Number = 10
	fieldNear        protowire.Number = 11
)

// DiagnosticMessage is the text by which an administrator of the caller's account
// finds out what stands behind a denial: see ReadDiagnosticMessage. It is "" for
// callers who have no policies, account keys and nobody, and where the source of
// randomness fails: a refusal stays one without it.
func (d *Directory) DiagnosticMessage(n Denial) string {
	kind, name := n.Principal.DeniedAs()
	if kind == "" {
		return ""
	}
	found := Diagnosis{
		Time: n.Time, RequestID: n.RequestID, AccountID: n.Principal.AccountID, PrincipalType: kind, DisplayName: name,
		Diagnosis: n.Decision.Diagnose(n.Principal),
	}
	text, err := d.ring.Load().sealMessage(found.AccountID, found.encode())
	if err != nil {
		return ""
	}
	return text
}

// ReadDiagnosticMessage opens a message about a caller of an account. It says what
// was decided when the request was denied; policies may be others by now.
func (d *Directory) ReadDiagnosticMessage(ctx context.Context, account, text string) (Diagnosis, error) {
	var payload []byte
	err := d.withRing(ctx, func(r *ring) (err error) {
		payload, err = r.openMessage(account, text)
		return err
	})
	if errors.Is(err, ErrMessageUnknown) {
		return Diagnosis{}, ErrMessageUnknown
	}
	if err != nil {
		return Diagnosis{}, err
	}
	found := Diagnosis{AccountID: account}
	if !found.decode(payload) {
		return Diagnosis{}, ErrMessageUnknown
	}
	return found, nil
}

// encode returns a payload of messagePayload bytes. What is most telling comes
// first; the rest as long as there is room.
func (n *Diagnosis) encode() []byte {
	p := appendVarint(make([]byte, 0, messagePayload), fieldDeniedAt, uint64(n.Time.UnixMilli()))
	d := &n.Decision
	for _, f := range []struct {
		field protowire.Number
		text  string
	}{
		{fieldRequest, clipped(n.RequestID, maxDiagnosedText)}, {fieldKind, n.PrincipalType}, {fieldDisplayName, clipped(n.DisplayName, maxDiagnosedName)},
		{fieldReason, string(d.Reason)}, {fieldAction, clipped(d.Action, maxDiagnosedText)}, {fieldResource, clipped(d.Resource, maxDiagnosedResource)},
	} {
		p = appendBytes(p, f.field, []byte(f.text))
	}
	truncated := false
	add := func(field protowire.Number, texts ...string) {
		item := appendBytes(nil, field, packTexts(texts))
		if len(p)+len(item) > messagePayload-2 { // the sign that it was truncated takes two
			truncated = true
			return
		}
		p = append(p, item...)
	}
	for _, m := range n.Matches {
		add(fieldMatch, append(matchTexts(m.Match), m.Version, m.To)...)
	}
	for _, c := range n.Conditions {
		add(fieldCondition, clipped(c.Key, maxDiagnosedText), c.Value, strconv.FormatBool(c.Present))
	}
	for _, m := range n.Near {
		add(fieldNear, append(matchTexts(m.Match), m.Element, clipped(m.Detail, maxDiagnosedDetail))...)
	}
	if truncated {
		p = appendVarint(p, fieldTruncated, 1)
	}
	return append(p, make([]byte, messagePayload-len(p))...) // no tag begins with a zero
}

// decode reads what encode wrote. Fields that it does not know are what a newer
// program has to tell; they restrict nothing, so they are passed over.
func (n *Diagnosis) decode(p []byte) bool {
	for len(p) > 0 && p[0] != 0 {
		field, kind, size := protowire.ConsumeTag(p)
		if size < 0 {
			return false
		}
		p = p[size:]
		switch kind {
		case protowire.VarintType:
			v, size := protowire.ConsumeVarint(p)
			if size < 0 {
				return false
			}
			p = p[size:]
			n.setNumber(field, v)
		case protowire.BytesType:
			b, size := protowire.ConsumeBytes(p)
			if size < 0 || !n.setBytes(field, b) {
				return false
			}
			p = p[size:]
		default:
			return false
		}
	}
	return !n.Time.IsZero()
}

func (n *Diagnosis) setNumber(field protowire.Number, v uint64) {
	switch field {
	case fieldDeniedAt:
		n.Time, _ = milliseconds(v)
	case fieldTruncated:
		n.Truncated = true
	}
}

func (n *Diagnosis) setBytes(field protowire.Number, b []byte) bool {
	switch field {
	case fieldRequest:
		n.RequestID = string(b)
	case fieldKind:
		n.PrincipalType = string(b)
	case fieldDisplayName:
		n.DisplayName = string(b)
	case fieldReason:
		n.Decision.Reason = policy.Reason(b)
	case fieldAction:
		n.Decision.Action = string(b)
	case fieldResource:
		n.Decision.Resource = string(b)
	case fieldMatch, fieldCondition, fieldNear:
		return n.addItem(field, b)
	}
	return true
}

func (n *Diagnosis) addItem(field protowire.Number, b []byte) bool {
	texts, ok := unpackTexts(b)
	switch {
	case !ok:
		return false
	case field == fieldCondition && len(texts) == 3:
		n.Conditions = append(n.Conditions, policy.ConditionValue{Key: texts[0], Value: texts[1], Present: texts[2] == "true"})
		return true
	case field == fieldCondition || len(texts) != 7:
		return false
	}
	m, ok := matchOf(texts)
	if field == fieldNear {
		n.Near = append(n.Near, policy.NearMiss{Match: m, Element: texts[5], Detail: texts[6]})
		return ok
	}
	n.Matches = append(n.Matches, policy.Matched{Match: m, Version: texts[5], To: texts[6]})
	n.Decision.Matches = append(n.Decision.Matches, m)
	return ok
}

func matchTexts(m policy.Match) []string {
	return []string{m.Policy, m.Type, strconv.Itoa(m.Statement), clipped(m.Sid, maxDiagnosedText), string(m.Effect)}
}

func matchOf(texts []string) (policy.Match, bool) {
	statement, err := strconv.Atoi(texts[2])
	return policy.Match{Policy: texts[0], Type: texts[1], Statement: statement, Sid: texts[3], Effect: policy.Effect(texts[4])}, err == nil
}

func packTexts(texts []string) (b []byte) {
	for _, text := range texts {
		b = protowire.AppendString(b, text)
	}
	return b
}

func unpackTexts(b []byte) (texts []string, ok bool) {
	for len(b) > 0 {
		text, size := protowire.ConsumeString(b)
		if size < 0 {
			return nil, false
		}
		texts, b = append(texts, text), b[size:]
	}
	return texts, true
}

// clipped cuts a text to so many bytes, and shows that it did.
func clipped(text string, most int) string {
	const mark = "…"
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most-len(mark)], "") + mark
}
