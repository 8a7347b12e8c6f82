package rpc

import (
	"testing"
	"time"
)

type answer struct {
	paging
	Things  thingList
	Absent  *thing
	Present *thing
	Never   time.Time
	Empty   string
	Gone    string `param:",omitempty"`
}

type paging struct {
	IsTruncated bool
	Marker      string `param:",omitempty"`
}

type thingList struct{ Thing []thing }

type thing struct {
	ThingID string `param:"ThingId"`
	Size    int
	At      time.Time
	Tags    []string
}

func TestEncode(t *testing.T) {
	full := &answer{
		paging: paging{true, "m"},
		Things: thingList{[]thing{
			{`<&"` + "\n", 3, noon, []string{"a", "b"}},
			{"二", 0, noon.In(time.FixedZone("", 8*3600)).Add(999 * time.Millisecond), nil},
		}},
		Present: &thing{},
	}
	for _, c := range []struct {
		name      string
		body      any
		json, xml string
	}{
		{
			"full", envelope{"ID", full},
			`{"RequestId":"ID","IsTruncated":true,"Marker":"m","Things":{"Thing":[` +
				`{"ThingId":"<&\"\n","Size":3,"At":"2026-11-24T12:00:00Z","Tags":["a","b"]},` +
				`{"ThingId":"二","Size":0,"At":"2026-11-24T12:00:00Z","Tags":[]}]},` +
				`"Present":{"ThingId":"","Size":0,"Tags":[]},"Empty":""}`,
			`<R><RequestId>ID</RequestId><IsTruncated>true</IsTruncated><Marker>m</Marker><Things>` +
				`<Thing><ThingId>&lt;&amp;&#34;&#xA;</ThingId><Size>3</Size><At>2026-11-24T12:00:00Z</At><Tags>a</Tags><Tags>b</Tags></Thing>` +
				`<Thing><ThingId>二</ThingId><Size>0</Size><At>2026-11-24T12:00:00Z</At></Thing></Things>` +
				`<Present><ThingId></ThingId><Size>0</Size></Present><Empty></Empty></R>`,
		},
		{
			"empty lists are not null", envelope{"ID", &answer{}},
			`{"RequestId":"ID","IsTruncated":false,"Things":{"Thing":[]},"Empty":""}`,
			`<R><RequestId>ID</RequestId><IsTruncated>false</IsTruncated><Things></Things><Empty></Empty></R>`,
		},
		{"nothing to tell", envelope{"ID", nil}, `{"RequestId":"ID"}`, `<R><RequestId>ID</RequestId></R>`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := string(formatJSON.encode("R", c.body)); got != c.json {
				t.Errorf("JSON\n got %s\nwant %s", got, c.json)
			}
			want := `<?xml version="1.0" encoding="UTF-8"?>` + "\n" + c.xml
			if got := string(formatXML.encode("R", c.body)); got != want {
				t.Errorf("XML\n got %s\nwant %s", got, want)
			}
		})
	}
}
