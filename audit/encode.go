package audit

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"
)

// appendRecord appends what encoding/json makes of a record, without escaping for
// HTML, and a line feed. It is written by hand since every request pays for it.
func appendRecord(b []byte, r *Record) []byte {
	b = append(b, `{"time":"`...)
	b = r.Time.AppendFormat(b, time.RFC3339Nano)
	b = append(b, `","requestId":`...)
	b = appendString(b, r.RequestID)
	b = append(b, `,"api":`...)
	b = appendString(b, r.API)
	b = appendText(b, "operation", r.Operation)
	b = appendText(b, "principal", r.Principal)
	b = appendText(b, "accessKeyId", r.AccessKeyID)
	b = appendText(b, "sourceIdentity", r.SourceIdentity)
	b = appendText(b, "subject", r.Subject)
	b = appendText(b, "scheme", r.Scheme)
	b = appendText(b, "bucket", r.Bucket)
	b = appendText(b, "key", r.Key)
	b = appendText(b, "version", r.Version)
	b = appendText(b, "source", r.Source)
	b = appendText(b, "resource", r.Resource)
	b = appendTexts(b, "keys", r.Keys)
	b = appendNumber(b, "keyCount", int64(r.KeyCount))
	b = appendText(b, "decision", r.Decision)
	b = appendText(b, "reason", r.Reason)
	b = appendTexts(b, "statements", r.Statements)
	b = append(b, `,"status":`...)
	b = strconv.AppendInt(b, int64(r.Status), 10)
	b = appendText(b, "code", r.Code)
	b = appendText(b, "ec", r.EC)
	b = appendText(b, "sourceIp", r.SourceIP)
	b = appendText(b, "userAgent", r.UserAgent)
	if r.TLS {
		b = append(b, `,"tls":true`...)
	}
	b = appendNumber(b, "bytesIn", r.BytesIn)
	b = appendNumber(b, "bytesOut", r.BytesOut)
	b = append(b, `,"durationNs":`...)
	b = strconv.AppendInt(b, int64(r.Duration), 10)
	b = appendText(b, "error", r.Err)
	return append(b, "}\n"...)
}

func appendName(b []byte, name string) []byte {
	b = append(b, `,"`...)
	b = append(b, name...)
	return append(b, `":`...)
}

func appendText(b []byte, name, value string) []byte {
	if value == "" {
		return b
	}
	return appendString(appendName(b, name), value)
}

func appendTexts(b []byte, name string, values []string) []byte {
	if len(values) == 0 {
		return b
	}
	b = append(appendName(b, name), '[')
	for i, v := range values {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, v)
	}
	return append(b, ']')
}

func appendNumber(b []byte, name string, value int64) []byte {
	if value == 0 {
		return b
	}
	return strconv.AppendInt(appendName(b, name), value, 10)
}

// appendString leaves the rare string that needs escaping to encoding/json.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			return append(b, escaped(s)...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

func escaped(s string) []byte {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string can be encoded, and a buffer takes it
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}
