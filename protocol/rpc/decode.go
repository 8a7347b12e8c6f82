package rpc

import (
	"fmt"
	"net/url"
	"reflect"
	"strconv"
	"strings"
)

// Parameter is a field of a request struct. The fields are strings, bools and
// ints, pointers to string or int where absent and empty differ, or lists: a
// []string or a []Tag. The tag
//
//	param:"UserAccessKeyId,required"
//
// gives the name on the wire if it is not that of the field, and whether the
// action is refused without it. Fields of embedded structs count as the
// struct's own.
type Parameter struct {
	Name     string
	Required bool

	index []int
	kind  reflect.Type
}

// tag reads a struct tag of requests (option "required") and answers ("omitempty").
func tag(f reflect.StructField) (name, option string) {
	name, option, _ = strings.Cut(f.Tag.Get("param"), ",")
	if name == "" {
		name = f.Name
	}
	return name, option
}

// decoder fills a request struct of one type.
type decoder[Req any] struct{ fields []Parameter }

func newDecoder[Req any]() decoder[Req] {
	var d decoder[Req]
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Req]()) {
		if f.Anonymous {
			continue
		}
		switch f.Type.String() {
		case "string", "bool", "int", "*string", "*int", "[]string", "[]rpc.Tag":
		default:
			panic(fmt.Sprintf("rpc: parameter %s cannot be a %s", f.Name, f.Type))
		}
		name, option := tag(f)
		d.fields = append(d.fields, Parameter{name, option == "required", f.Index, f.Type})
	}
	return d
}

func (d decoder[Req]) parameters() []Parameter { return d.fields }

func (d decoder[Req]) decode(params url.Values, in *Req) error {
	v := reflect.ValueOf(in).Elem()
	for _, p := range d.fields {
		if p.kind.Kind() == reflect.Slice {
			if err := p.setList(v.FieldByIndex(p.index), params); err != nil {
				return err
			}
			continue
		}
		text := params.Get(p.Name)
		if text == "" && p.Required {
			return Missing(p.Name)
		}
		if !params.Has(p.Name) {
			continue
		}
		if err := p.set(v.FieldByIndex(p.index), text); err != nil {
			return err
		}
	}
	return nil
}

// set stores one value. An empty number or bool is an absent one: SDKs send
// empty values for what their user never set.
func (p Parameter) set(field reflect.Value, text string) error {
	target := field
	if p.kind.Kind() == reflect.Pointer {
		if text == "" && p.kind.Elem().Kind() != reflect.String {
			return nil
		}
		field.Set(reflect.New(p.kind.Elem()))
		target = field.Elem()
	}
	switch target.Kind() {
	case reflect.String:
		target.SetString(text)
	case reflect.Int:
		if text == "" {
			return nil
		}
		n, err := strconv.Atoi(text)
		if err != nil {
			return InvalidParameter(p.Name)
		}
		target.SetInt(int64(n))
	case reflect.Bool:
		if text == "" {
			return nil
		}
		if !strings.EqualFold(text, "true") && !strings.EqualFold(text, "false") {
			return InvalidParameter(p.Name)
		}
		target.SetBool(strings.EqualFold(text, "true"))
	}
	return nil
}

// name fills every string, and one of every list of strings, with the parameter's
// own name in braces.
func (d decoder[Req]) name(in *Req) {
	v := reflect.ValueOf(in).Elem()
	for _, p := range d.fields {
		switch field := v.FieldByIndex(p.index); p.kind.String() {
		case "string":
			field.SetString("{" + p.Name + "}")
		case "[]string":
			field.Set(reflect.ValueOf([]string{"{" + p.Name + "}"}))
		}
	}
}
