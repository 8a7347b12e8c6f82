// Package wire turns requests into structs and structs into responses, as their
// tags say. It knows how things are spelled in a query, a header or an XML
// document, and nothing of what they mean.
//
// Request structs:
//
//	query:"prefix"          string, int, int64, bool or a type of one of these kinds
//	header:"x-oss-acl"      likewise; several equal headers: the first
//	header:"x-oss-meta-*"   a slice of struct{Name, Value string}: every header with the prefix
//	body:"xml"              a struct, decoded from a bounded XML document; an empty body leaves it alone
//
// Response structs:
//
//	header:"ETag"           string, or an integer; an empty string or nil pointer is left out
//	header:"x-oss-meta-*"   as above, names without the prefix
//	header:""               a slice of struct{Name, Value string}: headers as they are
//	body:"xml"              a struct; a nil pointer to one is left out
//
// Embedded structs count as if their fields stood in the outer struct. A field
// of pointer type is nil when the request has no such value.
package wire

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// Header is one header that a prefix tag gathers.
type Header struct{ Name, Value string }

// FieldError says which part of a request cannot be understood.
type FieldError struct {
	Name  string // of the parameter or header
	Value string
}

func (e *FieldError) Error() string {
	return fmt.Sprintf("wire: %s has the invalid value %q", e.Name, e.Value)
}

type place int

const (
	inQuery place = iota
	inHeader
	inHeaderPrefix
	inHeaderList
	inBody
)

// field is one tagged field of a struct, found once per type.
type field struct {
	place place
	name  string
	index []int
}

var plans sync.Map // reflect.Type → []field

// planOf returns the tagged fields of struct type t. A tag that cannot work is
// a mistake in the program and panics when the type is first seen.
func planOf(t reflect.Type) []field {
	if p, ok := plans.Load(t); ok {
		return p.([]field)
	}
	var fields []field
	for _, f := range reflect.VisibleFields(t) {
		if f.Anonymous && f.Type.Kind() == reflect.Struct {
			continue // its fields are visible themselves
		}
		if name, ok := f.Tag.Lookup("query"); ok {
			fields = append(fields, field{inQuery, name, f.Index})
		}
		if name, ok := f.Tag.Lookup("header"); ok {
			fields = append(fields, headerField(f, name))
		}
		if name, ok := f.Tag.Lookup("body"); ok {
			if name != "xml" {
				panic(fmt.Sprintf("wire: %s.%s: body tag %q", t, f.Name, name))
			}
			fields = append(fields, field{inBody, name, f.Index})
		}
	}
	p, _ := plans.LoadOrStore(t, fields)
	return p.([]field)
}

func headerField(f reflect.StructField, name string) field {
	prefix, isPrefix := strings.CutSuffix(name, "*")
	if !isPrefix && name != "" {
		return field{inHeader, name, f.Index}
	}
	if f.Type.Kind() != reflect.Slice || !reflect.TypeFor[Header]().ConvertibleTo(f.Type.Elem()) {
		panic(fmt.Sprintf("wire: field %s must be a slice of struct{Name, Value string}", f.Name))
	}
	if name == "" {
		return field{inHeaderList, "", f.Index}
	}
	return field{inHeaderPrefix, strings.ToLower(prefix), f.Index}
}

// QueryNames lists the query parameters that a request struct reads.
func QueryNames(t reflect.Type) (names []string) {
	for _, f := range planOf(t) {
		if f.place == inQuery {
			names = append(names, f.name)
		}
	}
	return names
}

// HasBody tells whether a request struct reads a document from the body.
func HasBody(t reflect.Type) bool {
	return slices.ContainsFunc(planOf(t), func(f field) bool { return f.place == inBody })
}
