package formpolicy_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"ossd/protocol/formpolicy"
)

// form is a form as Check sees it.
type form map[string]string

func (f form) value(name string) (string, bool) {
	v, ok := f[name]
	return v, ok
}

// document wraps conditions into a document that does not expire soon.
func document(conditions string) []byte {
	return []byte(`{"expiration":"2099-01-01T00:00:00.000Z","conditions":[` + conditions + `]}`)
}

func mustParse(t *testing.T, conditions string) *formpolicy.Policy {
	t.Helper()
	p, err := formpolicy.ParseDocument(document(conditions))
	if err != nil {
		t.Fatalf("%s: %v", conditions, err)
	}
	return p
}

// wantRefusal compares a refusal; an empty field of want admits anything.
func wantRefusal(t *testing.T, err error, want formpolicy.Error) {
	t.Helper()
	var got *formpolicy.Error
	if !errors.As(err, &got) {
		t.Errorf("got %v, want %v", err, want)
		return
	}
	if got.Code != want.Code || got.EC != want.EC || !strings.Contains(got.Message, want.Message) {
		t.Errorf("got %s %q %s, want %s %q %s", got.Code, got.Message, got.EC, want.Code, want.Message, want.EC)
	}
}

// Forms that official SDKs made are admitted, and changed ones refused.
func TestVectors(t *testing.T) {
	text, err := os.ReadFile("testdata/oss-post-policy.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		Name, Bucket string
		Now          time.Time
		Fields       map[string]string `json:"form_fields"`
		Policy       string            `json:"policy_json"`
		Size         *int64            `json:"file_size"`
		Expect       json.RawMessage
	}
	if err := json.Unmarshal(text, &vectors); err != nil || len(vectors) == 0 {
		t.Fatalf("%d vectors, %v", len(vectors), err)
	}
	for _, v := range vectors {
		var reject struct {
			Code    string
			Message string `json:"message_contains"`
		}
		accepted := string(v.Expect) == `"accept"`
		if !accepted {
			if err := json.Unmarshal(v.Expect, &reject); err != nil {
				t.Fatal(err)
			}
		}
		if reject.Code == "InvalidArgument" {
			continue // a field of the signature is missing: not for this package to see
		}
		t.Run(v.Name, func(t *testing.T) {
			f := form{"bucket": v.Bucket}
			for name, value := range v.Fields {
				f[strings.ToLower(name)] = value
			}
			p, err := formpolicy.Parse(f["policy"])
			if err == nil {
				if err = p.CheckTime(v.Now); err == nil {
					err = p.Check(f.value)
				}
			}
			if v.Size != nil {
				if err != nil || *v.Size >= p.Size().Min && *v.Size <= p.Size().Max {
					t.Errorf("a file of %d bytes must be outside %+v, %v", *v.Size, p.Size(), err)
				}
				return
			}
			if accepted != (err == nil) {
				t.Fatalf("got %v", err)
			}
			if !accepted && (!strings.HasPrefix(err.Error(), reject.Code+":") || !strings.Contains(err.Error(), reject.Message)) {
				t.Errorf("got %v, want %s %q", err, reject.Code, reject.Message)
			}
		})
	}
}

// Every condition operator, on a form that fulfils it and on ones that do not.
func TestConditions(t *testing.T) {
	f := form{"bucket": "photos", "key": "user/eric/a.txt", "content-type": "image/png", "x-oss-meta-a": "", "price": "$5"}
	for condition, failed := range map[string]string{ // how the refusal shows the condition; "" if it holds
		`{"bucket":"photos"}`: "",
		`{"bucket":"other"}`:  `["eq", "$bucket", "other"]`,
		`{"Bucket":"photos"}`: "",
		`{"absent":""}`:       `["eq", "$absent", ""]`,

		`["eq","$key","user/eric/a.txt"]`:  "",
		`["EQ","$KEY","user/eric/a.txt"]`:  "",
		`["eq","key","user/eric/a.txt"]`:   "",
		`["eq","$key","user/eric/A.txt"]`:  `["eq", "$key", "user/eric/A.txt"]`,
		`["eq","$key","user/eric/a.txt "]`: `["eq", "$key", "user/eric/a.txt "]`,
		`["eq","$x-oss-meta-a",""]`:        "",
		`["eq","$$key","user/eric/a.txt"]`: `["eq", "$$key", "user/eric/a.txt"]`,

		`["starts-with","$key","user/"]`:            "",
		`["starts-with","$key",""]`:                 "",
		`["starts-with","$key","user\/eric\/"]`:     "",
		`["starts-with","$key","eric"]`:             `["starts-with", "$key", "eric"]`,
		`["starts-with","$key","user/eric/a.txt1"]`: `["starts-with", "$key", "user/eric/a.txt1"]`,
		`["starts-with","$absent",""]`:              `["starts-with", "$absent", ""]`,

		`["in","$content-type",["image/jpg","image/png"]]`: "",
		`["in","$content-type",["image/jpg","<&>"]]`:       `["in", "$content-type", ["image/jpg", "<&>"]]`,
		`["in","$content-type",[]]`:                        `["in", "$content-type", []]`,
		`["in","$absent",[""]]`:                            `["in", "$absent", [""]]`,

		`["not-in","$content-type",["text/html"]]`:             "",
		`["not-in","$content-type",[]]`:                        "",
		`["not-in","$content-type",["text/html","image/png"]]`: `["not-in", "$content-type", ["text/html", "image/png"]]`,
		`["not-in","$absent",["x"]]`:                           `["not-in", "$absent", ["x"]]`,

		// \$ stands for $, and a backslash that is escaped itself does not escape.
		`["eq","\$price","\$5"]`:    "",
		`["eq","$price","\\$5"]`:    `["eq", "$price", "\\$5"]`,
		`["eq","$price","\u00245"]`: "",

		`["content-length-range",0,10]`: "", // of the file, which Check does not see
	} {
		err := mustParse(t, condition).Check(f.value)
		if failed == "" && err != nil {
			t.Errorf("%s: %v", condition, err)
		}
		if failed != "" {
			wantRefusal(t, err, formpolicy.Error{"AccessDenied", "Invalid according to Policy: Policy Condition failed: " + failed, "0006-00000227"})
		}
	}
}

// All conditions must hold, and the first that does not is named.
func TestAllConditions(t *testing.T) {
	p := mustParse(t, `{"bucket":"photos"}, ["starts-with","$key","a"], ["starts-with","$key","b"]`)
	err := p.Check(form{"bucket": "photos", "key": "abc"}.value)
	wantRefusal(t, err, formpolicy.Error{"AccessDenied", `["starts-with", "$key", "b"]`, "0006-00000227"})
}

func TestSize(t *testing.T) {
	for conditions, want := range map[string]formpolicy.Range{
		`{"key":"a"}`:                      {0, math.MaxInt64},
		`["content-length-range",1,1024]`:  {1, 1024},
		`["content-length-range", 0 , 0 ]`: {0, 0},
		`["content-length-range",0,100],["Content-Length-Range",50,200]`: {50, 100},
		`["content-length-range",0,10],["content-length-range",20,30]`:   {20, 10}, // no file fits
	} {
		if got := mustParse(t, conditions).Size(); got != want {
			t.Errorf("%s: %+v, want %+v", conditions, got, want)
		}
	}
}

// What conditions forbid for the key stays forbidden when it comes about later.
func TestCheckExclusions(t *testing.T) {
	p := mustParse(t, `["not-in","$key",["index.html"]], ["eq","$key","${filename}"], ["not-in","$other",["a.txt"]]`)
	if err := p.Check(form{"key": "${filename}", "other": ""}.value); err != nil {
		t.Fatal(err)
	}
	if err := p.CheckExclusions("key", "a.txt"); err != nil {
		t.Errorf("a.txt: %v", err)
	}
	wantRefusal(t, p.CheckExclusions("key", "index.html"), formpolicy.Error{"AccessDenied", `["not-in", "$key", ["index.html"]]`, "0006-00000227"})
}

func TestExpiration(t *testing.T) {
	at := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
	for text, expires := range map[string]time.Time{
		"2026-11-24T08:00:00Z":        at,
		"2026-11-24T08:00:00.000Z":    at,
		"2026-11-24T08:00:00.832Z":    at.Add(832 * time.Millisecond),
		"2026-11-24T08:00:00.832123Z": at.Add(832123 * time.Microsecond),
	} {
		p, err := formpolicy.ParseDocument([]byte(`{"conditions":[{"a":"b"}],"expiration":"` + text + `"}`))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if err := p.CheckTime(expires); err != nil || !p.Expiration.Equal(expires) {
			t.Errorf("%s, at its last instant: %v; expires %v", text, err, p.Expiration)
		}
		wantRefusal(t, p.CheckTime(expires.Add(1)), formpolicy.Error{"AccessDenied", "Invalid according to Policy: Policy expired.", "0006-00000213"})
	}
}

func TestMalformed(t *testing.T) {
	const simple = "Invalid Policy: Invalid Simple-Condition: Simple-Conditions must have exactly one property specified."
	for text, want := range map[string]formpolicy.Error{
		``:                {"", "Invalid Policy: Invalid JSON: ", "0006-00000204"},
		`not json at all`: {"", "Invalid Policy: Invalid JSON: ", "0006-00000204"},
		`[]`:              {"", "Invalid Policy: Invalid JSON: ", "0006-00000204"},
		`null`:            {"", "Invalid Policy: Invalid JSON: ", "0006-00000204"},
		`{"expiration":"2099-01-01T00:00:00Z","conditions":[{"a":"b"}]} x`: {"", "Invalid JSON", "0006-00000204"},
		`{"expiration":"2099-01-01T00:00:00Z","conditions":[{"a":"b"}`:     {"", "Invalid JSON", "0006-00000204"},
		`{"expiration":"\x"}`: {"", "Invalid JSON", "0006-00000204"},
		`{"expiration":"2099-01-01T00:00:00Z","expiration":"2026-01-01T00:00:00Z","conditions":[{"a":"b"}]}`: {"", "twice", "0006-00000204"},
		`{"expiration":"2099-01-01T00:00:00Z","conditions":[{"a":"b"}],"conditions":[{"b":"c"}]}`:            {"", "twice", "0006-00000204"},
		`{"\xff":1}`: {"", "Invalid JSON", "0006-00000204"},

		`{}`: {"", "Invalid Policy: ", "0006-00000209"},
		`{"Expiration":"2099-01-01T00:00:00Z","Conditions":[{"a":"b"}]}`:  {"", "Invalid Policy: ", "0006-00000209"},
		`{"conditions":[{"a":"b"}]}`:                                      {"", "Invalid Policy: ", "0006-00000208"},
		`{"expiration":"2099-01-01T00:00:00.000Z"}`:                       {"", "Invalid Policy: ", "0006-00000207"},
		`{"expiration":123,"conditions":[{"a":"b"}]}`:                     {"", "", "0006-00000210"},
		`{"expiration":null,"conditions":[{"a":"b"}]}`:                    {"", "", "0006-00000210"},
		`{"expiration":"","conditions":[{"a":"b"}]}`:                      {"", "", "0006-00000211"},
		`{"expiration":"2023-02-19 13:19:00","conditions":[{"a":"b"}]}`:   {"", "", "0006-00000212"},
		`{"expiration":"2099-01-01T00:00:00+08:00","conditions":[["a"]]}`: {"", "", "0006-00000212"},
		`{"expiration":"2099-13-01T00:00:00Z","conditions":[["a"]]}`:      {"", "", "0006-00000212"},
		`{"expiration":"2099-01-01T00:00:00Z","conditions":123}`:          {"", "", "0006-00000214"},
		`{"expiration":"2099-01-01T00:00:00Z","conditions":{"a":"b"}}`:    {"", "", "0006-00000214"},
		`{"expiration":"2099-01-01T00:00:00Z","conditions":null}`:         {"", "", "0006-00000214"},

		`C `:                            {"", simple, ""}, // no condition at all
		`C {}`:                          {"", simple, ""},
		`C {"bucket":"a","key":"x"}`:    {"", simple, ""},
		`C {"bucket":"a","bucket":"b"}`: {"", simple, ""},
		`C {"key":1}`:                   {"", "", "0006-00000224"},
		`C {"key":["a"]}`:               {"", "", "0006-00000224"},
		`C 123`:                         {"", "", "0006-00000222"},
		`C "eq"`:                        {"", "", "0006-00000222"},
		`C null`:                        {"", "", "0006-00000222"},
		`C {"a":"b"}, 1`:                {"", "", "0006-00000222"},
		`C []`:                          {"", "", "0006-00000216"},
		`C ["$key"]`:                    {"", "", "0006-00000216"},
		`C ["ends-with","$key","a"]`:    {"", "", "0006-00000216"},
		`C [1,"$key","a"]`:              {"", "", "0006-00000216"},
		`C ["eq","$key"]`:               {"", "", "0006-00000218"},
		`C ["starts-with","$key","user/user1","test"]`: {"", "", "0006-00000218"},
		`C ["eq",1,"a"]`:                          {"", "", "0006-00000224"},
		`C ["eq","$key",1]`:                       {"", "", "0006-00000224"},
		`C ["eq","$key",["a"]]`:                   {"", "", "0006-00000224"},
		`C ["starts-with","$key",null]`:           {"", "", "0006-00000224"},
		`C ["in","$key","a"]`:                     {"", "", "0006-00000224"},
		`C ["not-in","cache-control","no-cache"]`: {"", "", "0006-00000224"},
		`C ["not-in","$key",["a",1]]`:             {"", "", "0006-00000224"},

		`C ["content-length-range",20,10]`:                 {"", "", "0006-00000219"},
		`C ["content-length-range",10,"test"]`:             {"", "", "0006-00000221"},
		`C ["content-length-range",10,-1]`:                 {"", "", "0006-00000221"},
		`C ["content-length-range",0,1e3]`:                 {"", "", "0006-00000221"},
		`C ["content-length-range",0,9223372036854775808]`: {"", "", "0006-00000221"},
		`C ["content-length-range",[1],"test"]`:            {"", "", "0006-00000223"},
		`C ["content-length-range",-1,10]`:                 {"", "", "0006-00000223"},
		`C ["content-length-range",1.5,10]`:                {"", "", "0006-00000223"},
		`C ["content-length-range","1",10]`:                {"", "", "0006-00000223"},
		`C ["content-length-range",10]`:                    {"", "", "0006-00000218"},
		`C ["content-length-range",1,2,3]`:                 {"", "", "0006-00000218"},
	} {
		document := []byte(text)
		if conditions, ok := strings.CutPrefix(text, "C "); ok {
			document = []byte(`{"expiration":"2099-01-01T00:00:00.000Z","conditions":[` + conditions + `]}`)
		}
		p, err := formpolicy.Parse(base64.StdEncoding.EncodeToString(document))
		if err == nil {
			t.Errorf("%s was read as %+v", text, p)
			continue
		}
		want.Code = "InvalidPolicyDocument"
		wantRefusal(t, err, want)
	}
}

func TestWrapping(t *testing.T) {
	whole := base64.StdEncoding.EncodeToString(document(`{"a":"b"}`))
	if _, err := formpolicy.Parse(whole); err != nil {
		t.Error(err)
	}
	latin1 := base64.StdEncoding.EncodeToString([]byte("{\"expiration\":\"\xe9\"}"))
	for field, ec := range map[string]string{
		whole[1:]:                           "0006-00000202",
		strings.Replace(whole, "e", "%", 1): "0006-00000202",
		string(document(`{"a":"b"}`)):       "0006-00000202",
		latin1:                              "0006-00000203",
		"":                                  "0006-00000204",
	} {
		_, err := formpolicy.Parse(field)
		wantRefusal(t, err, formpolicy.Error{"InvalidPolicyDocument", "Invalid Policy: Invalid JSON: ", ec})
	}
}
