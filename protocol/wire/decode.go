package wire

import (
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// MaxXML bounds the XML documents that are read, in bytes: the largest that the
// service documents is the list of a batch delete.
const MaxXML = 2 << 20

// ErrMalformedXML is returned for a body that is no such document, or too large.
var ErrMalformedXML = errors.New("wire: malformed XML")

// Source is what a request offers to Decode.
type Source struct {
	Query  func(name string) (value string, ok bool)
	Header http.Header
	Body   io.Reader
}

// Decode fills the struct that into points to. It returns a *FieldError,
// ErrMalformedXML, or the error of reading the body.
func Decode(src Source, into any) error {
	v := reflect.ValueOf(into).Elem()
	for _, f := range planOf(v.Type()) {
		var err error
		switch f.place {
		case inQuery:
			if value, ok := src.Query(f.name); ok {
				err = setField(v.FieldByIndex(f.index), f.name, value)
			}
		case inHeader:
			if values := src.Header.Values(f.name); len(values) > 0 {
				err = setField(v.FieldByIndex(f.index), f.name, values[0])
			}
		case inHeaderPrefix:
			gather(v.FieldByIndex(f.index), f.name, src.Header)
		case inBody:
			err = decodeXML(src.Body, v.FieldByIndex(f.index).Addr().Interface())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func setField(f reflect.Value, name, value string) error {
	if f.Kind() == reflect.Pointer {
		if value == "" {
			return nil
		}
		f.Set(reflect.New(f.Type().Elem()))
		f = f.Elem()
	}
	if f.Kind() != reflect.String && value == "" {
		return nil
	}
	refused := &FieldError{Name: name, Value: value}
	switch f.Kind() {
	case reflect.String:
		f.SetString(value)
	case reflect.Int, reflect.Int64:
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil || f.OverflowInt(n) {
			return refused
		}
		f.SetInt(n)
	case reflect.Uint64:
		n, err := strconv.ParseUint(value, 10, 64)
		if err != nil {
			return refused
		}
		f.SetUint(n)
	case reflect.Bool:
		switch strings.ToLower(value) {
		case "true":
			f.SetBool(true)
		case "false":
			f.SetBool(false)
		default:
			return refused
		}
	default:
		panic("wire: cannot decode into a " + f.Kind().String())
	}
	return nil
}

// gather collects the headers with a prefix, by name, their values joined as the signature joins them.
func gather(f reflect.Value, prefix string, h http.Header) {
	var found []Header
	for name, values := range h {
		if lower := strings.ToLower(name); strings.HasPrefix(lower, prefix) {
			found = append(found, Header{Name: lower[len(prefix):], Value: strings.Join(values, ",")})
		}
	}
	slices.SortFunc(found, func(a, b Header) int { return strings.Compare(a.Name, b.Name) })
	for _, one := range found {
		f.Set(reflect.Append(f, reflect.ValueOf(one).Convert(f.Type().Elem())))
	}
}

func decodeXML(body io.Reader, into any) error {
	if body == nil {
		return nil
	}
	text, err := io.ReadAll(io.LimitReader(body, MaxXML+1))
	if err != nil {
		return err
	}
	if len(text) == 0 {
		return nil
	}
	if len(text) > MaxXML {
		return ErrMalformedXML
	}
	document, meant := standIn(string(text))
	d := xml.NewDecoder(strings.NewReader(document))
	if err := d.Decode(into); err != nil {
		return ErrMalformedXML
	}
	if meant != nil {
		replaceIn(reflect.ValueOf(into), meant)
	}
	// Nothing but white space and comments may follow the root.
	for {
		token, err := d.Token()
		if err == io.EOF {
			return nil
		}
		switch t := token.(type) {
		case xml.CharData:
			if strings.TrimSpace(string(t)) != "" {
				return ErrMalformedXML
			}
		case xml.Comment, xml.ProcInst:
		default:
			return ErrMalformedXML
		}
		if err != nil {
			return ErrMalformedXML
		}
	}
}
