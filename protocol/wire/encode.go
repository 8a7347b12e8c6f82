package wire

import (
	"net/http"
	"reflect"
	"strconv"
)

// Encode sets the headers that out, a struct or a pointer to one, is tagged
// with, and returns its XML document, or nil if it has none. Header names are
// sent as they are spelled in the tags.
func Encode(out any, h http.Header) ([]byte, error) {
	v := reflect.ValueOf(out)
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	var body []byte
	for _, f := range planOf(v.Type()) {
		fv := v.FieldByIndex(f.index)
		switch f.place {
		case inHeader:
			if text := headerText(fv); text != "" {
				h[f.name] = []string{text}
			}
		case inHeaderPrefix, inHeaderList:
			for i := range fv.Len() {
				one := fv.Index(i)
				h[f.name+one.Field(0).String()] = []string{one.Field(1).String()}
			}
		case inBody:
			if fv.Kind() == reflect.Pointer && fv.IsNil() {
				continue
			}
			var err error
			if body, err = XML(fv.Interface()); err != nil {
				return nil, err
			}
		}
	}
	return body, nil
}

func headerText(f reflect.Value) string {
	if f.Kind() == reflect.Pointer {
		if f.IsNil() {
			return ""
		}
		f = f.Elem()
	}
	switch f.Kind() {
	case reflect.String:
		return f.String()
	case reflect.Int, reflect.Int64:
		return strconv.FormatInt(f.Int(), 10)
	case reflect.Uint64:
		return strconv.FormatUint(f.Uint(), 10)
	}
	panic("wire: cannot encode a " + f.Kind().String() + " as a header")
}
