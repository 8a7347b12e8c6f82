package audit

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"testing/quick"
	"time"
)

// The lines are those of encoding/json, whatever the fields hold.
func TestRecordsAreJSON(t *testing.T) {
	same := func(r Record) bool {
		var want bytes.Buffer
		enc := json.NewEncoder(&want)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(r); err != nil {
			t.Fatal(err)
		}
		got := appendRecord(nil, &r)
		if !bytes.Equal(got, want.Bytes()) {
			t.Errorf("wrote %s, want %s", got, want.Bytes())
		}
		return !t.Failed()
	}
	same(Record{})
	fields := reflect.TypeFor[Record]()
	for i := range fields.NumField() { // each field alone, so that none is forgotten
		for _, text := range []string{"plain", "<&>", "\"\\\n\x01\x7f", "\u2028é\xff", strings.Repeat("x", 5000)} {
			var r Record
			switch v := reflect.ValueOf(&r).Elem().Field(i); v.Interface().(type) {
			case string:
				v.SetString(text)
			case []string:
				v.Set(reflect.ValueOf([]string{text, "", text}))
			case bool:
				v.SetBool(true)
			case int, int64, time.Duration:
				v.SetInt(-1 << 40)
			case time.Time:
				v.Set(reflect.ValueOf(time.Unix(1, 5).In(time.FixedZone("", 3600))))
			default:
				t.Fatalf("a field of type %s", v.Type())
			}
			same(r)
		}
	}
	random := func(name string, keys []string, n int64, tls bool) bool {
		return same(Record{Time: time.Unix(rand.Int64N(1<<33), n%1e9).UTC(), Key: name, Keys: keys, BytesOut: n, TLS: tls, Err: name})
	}
	if err := quick.Check(random, nil); err != nil {
		t.Error(err)
	}
}

func BenchmarkRecord(b *testing.B) {
	r := Record{
		Time: time.Now(), RequestID: "5C3D9175B6FC201293AD0001", API: "oss", Operation: "GetObject", Principal: "acs:ram::1234567890123456:root",
		AccessKeyID: "LTAIbenchAccessKey000001", Scheme: "v4-url", Bucket: "bench-small", Key: "objects/00/00000000.bin", Decision: "allow",
		Reason: "AccountRoot", Status: 200, SourceIP: "127.0.0.1", UserAgent: "Go-http-client/1.1", BytesOut: 4096, Duration: 30 * time.Microsecond,
	}
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = appendRecord(buf[:0], &r)
	}
}
