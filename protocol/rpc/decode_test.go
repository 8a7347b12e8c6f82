package rpc

import (
	"errors"
	"net/url"
	"reflect"
	"testing"
)

type outer struct{ Marker string }

type decoded struct {
	outer
	KeyID    string `param:"UserAccessKeyId,required"`
	Force    bool
	Count    int
	NewName  *string
	NewCount *int
	Names    []string
	Tag      []Tag
}

func TestDecode(t *testing.T) {
	name, empty, seven := "n", "", 7
	d := newDecoder[decoded]()
	for _, c := range []struct {
		query string
		want  decoded
	}{
		{"UserAccessKeyId=a", decoded{KeyID: "a"}},
		{"UserAccessKeyId=a&Marker=m&Force=TRUE&Count=-3", decoded{KeyID: "a", outer: outer{"m"}, Force: true, Count: -3}},
		{"UserAccessKeyId=a&NewName=n&NewCount=7", decoded{KeyID: "a", NewName: &name, NewCount: &seven}},
		{"UserAccessKeyId=a&NewName=&NewCount=&Force=&Count=", decoded{KeyID: "a", NewName: &empty}},
		{"UserAccessKeyId=a&Force=false&Other=1", decoded{KeyID: "a"}},
		{"UserAccessKeyId=a&Names.2=y&Names.10=z&Names.1=x", decoded{KeyID: "a", Names: []string{"x", "y", "z"}}},
		{`UserAccessKeyId=a&Names=["x","y"]`, decoded{KeyID: "a", Names: []string{"x", "y"}}},
		{"UserAccessKeyId=a&Names=&Tag=", decoded{KeyID: "a"}},
		{"UserAccessKeyId=a&Tag.1.Key=k&Tag.1.Value=v&Tag.2.Key=l", decoded{KeyID: "a", Tag: []Tag{{"k", "v"}, {"l", ""}}}},
		{`UserAccessKeyId=a&Tag=[{"Key":"k","Value":"v"},{"Key":"l"}]`, decoded{KeyID: "a", Tag: []Tag{{"k", "v"}, {"l", ""}}}},
	} {
		params, err := url.ParseQuery(c.query)
		if err != nil {
			t.Fatal(err)
		}
		var got decoded
		if err := d.decode(params, &got); err != nil {
			t.Errorf("%s: %v", c.query, err)
		} else if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %+v, want %+v", c.query, got, c.want)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	d := newDecoder[decoded]()
	for query, code := range map[string]string{
		"":                               "MissingUserAccessKeyId",
		"UserAccessKeyId=":               "MissingUserAccessKeyId",
		"UserAccessKeyId=a&Force=1":      "InvalidParameter.Force",
		"UserAccessKeyId=a&Count=x":      "InvalidParameter.Count",
		"UserAccessKeyId=a&NewCount=1.5": "InvalidParameter.NewCount",
		"UserAccessKeyId=a&Count=9999999999999999999": "InvalidParameter.Count",
		"UserAccessKeyId=a&Names=x":                   "InvalidParameter.Names",
		`UserAccessKeyId=a&Names=[1]`:                 "InvalidParameter.Names",
		`UserAccessKeyId=a&Names=["x"]["y"]`:          "InvalidParameter.Names",
		`UserAccessKeyId=a&Names=["x"]&Names.1=x`:     "InvalidParameter.Names",
		"UserAccessKeyId=a&Names.0=x":                 "InvalidParameter.Names",
		"UserAccessKeyId=a&Names.01=x":                "InvalidParameter.Names",
		"UserAccessKeyId=a&Names.1.Key=x":             "InvalidParameter.Names",
		"UserAccessKeyId=a&Names.1.=x":                "InvalidParameter.Names",
		"UserAccessKeyId=a&Names.101=x":               "InvalidParameter.Names",
		"UserAccessKeyId=a&Tag.1=x":                   "InvalidParameter.Tag",
		"UserAccessKeyId=a&Tag.1.Colour=x":            "InvalidParameter.Tag",
		`UserAccessKeyId=a&Tag=[{"Colour":"x"}]`:      "InvalidParameter.Tag",
		`UserAccessKeyId=a&Tag={"Key":"x"}`:           "InvalidParameter.Tag",
	} {
		params, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		var refused *Error
		if err := d.decode(params, new(decoded)); !errors.As(err, &refused) || refused.Code != code {
			t.Errorf("%q: got %v, want %s", query, err, code)
		}
	}
}
