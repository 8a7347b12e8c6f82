package rpc

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"iter"
	"reflect"
	"strconv"
	"time"
)

// An answer is a struct whose exported fields are strings, bools, ints, times,
// structs, pointers to structs, and slices of structs or strings. One struct
// serves both formats, and the rules are few so that no answer can break them:
// a field's name is its param tag's or its own; embedded structs are flattened;
// a nil pointer, a zero time and an empty field tagged "omitempty" are left
// out; a nil slice is [] in JSON, never null, because Terraform looks for it.
//
// A list is a struct with one slice, as in Users struct{ User []user }.

// dateLayout is how RAM and STS write an instant; credentials-go parses
// Expiration with exactly this layout.
const dateLayout = "2006-01-02T15:04:05Z"

// envelope puts the request ID in front of the fields of an answer.
type envelope struct {
	RequestID string `param:"RequestId"`
	Answer    any    `param:",inline"` // pointer to a struct, or nil
}

// fields yields the fields of an answer that are present, in their order.
func fields(v reflect.Value) iter.Seq2[string, reflect.Value] {
	return func(yield func(string, reflect.Value) bool) {
		for f, value := range v.Fields() {
			name, option := tag(f)
			if option == "inline" {
				if value = value.Elem(); value.IsValid() {
					value = value.Elem()
				}
			}
			if !value.IsValid() {
				continue
			}
			if f.Anonymous || option == "inline" {
				for name, inner := range fields(value) {
					if !yield(name, inner) {
						return
					}
				}
				continue
			}
			if option == "omitempty" && value.IsZero() || isAbsent(value) {
				continue
			}
			if !yield(name, value) {
				return
			}
		}
	}
}

func isAbsent(v reflect.Value) bool {
	if v.Kind() == reflect.Pointer {
		return v.IsNil()
	}
	t, ok := v.Interface().(time.Time)
	return ok && t.IsZero()
}

// scalar is the text of a value without parts, ok false for one with parts.
func scalar(v reflect.Value) (text string, ok bool) {
	if t, isTime := v.Interface().(time.Time); isTime {
		return t.UTC().Format(dateLayout), true
	}
	switch v.Kind() {
	case reflect.String:
		return v.String(), true
	case reflect.Bool:
		return strconv.FormatBool(v.Bool()), true
	case reflect.Int:
		return strconv.FormatInt(v.Int(), 10), true
	}
	return "", false
}

func appendJSON(b *bytes.Buffer, v reflect.Value) {
	if text, ok := scalar(v); ok {
		if v.Kind() == reflect.Bool || v.Kind() == reflect.Int {
			b.WriteString(text)
		} else {
			appendQuoted(b, text)
		}
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		appendJSON(b, v.Elem())
	case reflect.Slice:
		b.WriteByte('[')
		for i := range v.Len() {
			if i > 0 {
				b.WriteByte(',')
			}
			appendJSON(b, v.Index(i))
		}
		b.WriteByte(']')
	case reflect.Struct:
		b.WriteByte('{')
		first := true
		for name, field := range fields(v) {
			if !first {
				b.WriteByte(',')
			}
			first = false
			appendQuoted(b, name)
			b.WriteByte(':')
			appendJSON(b, field)
		}
		b.WriteByte('}')
	default:
		panic(fmt.Sprintf("rpc: an answer cannot hold a %s", v.Type()))
	}
}

func appendQuoted(b *bytes.Buffer, s string) {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false) // policy documents stay readable
	e.Encode(s)            // strings always encode, and a Buffer takes every write
	b.Truncate(b.Len() - 1)
}

func appendXML(b *bytes.Buffer, name string, v reflect.Value) {
	if v.Kind() == reflect.Slice {
		for i := range v.Len() {
			appendXML(b, name, v.Index(i))
		}
		return
	}
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	b.WriteString("<" + name + ">")
	if text, ok := scalar(v); ok {
		xml.EscapeText(b, []byte(text)) // a Buffer takes every write
	} else if v.Kind() == reflect.Struct {
		for child, field := range fields(v) {
			appendXML(b, child, field)
		}
	} else {
		panic(fmt.Sprintf("rpc: an answer cannot hold a %s", v.Type()))
	}
	b.WriteString("</" + name + ">")
}
