package rpc

import (
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Tag is an element of a list of tags.
type Tag struct{ Key, Value string }

// maxItems bounds a list. Actions have narrower bounds of their own.
const maxItems = 100

// setList stores a list. SDKs write one in either of two ways: as parameters of
// their own (Names.1, Names.2; Tag.1.Key, Tag.1.Value) or as one JSON array. Both
// at once are refused, and so is every name or field that the list does not have.
func (p Parameter) setList(field reflect.Value, params url.Values) error {
	list, err := p.flat(params)
	if err != nil {
		return err
	}
	if text := params.Get(p.Name); text != "" {
		if list.Len() > 0 {
			return InvalidParameter(p.Name)
		}
		list = reflect.New(p.kind)
		if unmarshalStrict(text, list.Interface()) != nil || list.Elem().Len() > maxItems {
			return InvalidParameter(p.Name)
		}
		list = list.Elem()
	}
	if list.Len() == 0 {
		if p.Required {
			return Missing(p.Name)
		}
		return nil
	}
	field.Set(list)
	return nil
}

// flat reads Names.N and Tag.N.Key. N counts from 1; what it skips is left out.
func (p Parameter) flat(params url.Values) (reflect.Value, error) {
	list := reflect.MakeSlice(p.kind, 0, 0)
	items := map[int]reflect.Value{}
	for name := range params {
		rest, ok := strings.CutPrefix(name, p.Name+".")
		if !ok {
			continue
		}
		number, part, _ := strings.Cut(rest, ".")
		n, err := strconv.Atoi(number)
		if err != nil || n < 1 || n > maxItems || strconv.Itoa(n) != number {
			return list, InvalidParameter(p.Name)
		}
		item, ok := items[n]
		if !ok {
			item = reflect.New(p.kind.Elem()).Elem()
			items[n] = item
		}
		target := item
		if item.Kind() == reflect.Struct {
			target = item.FieldByName(part)
		} else if rest != number {
			target = reflect.Value{}
		}
		if !target.IsValid() {
			return list, InvalidParameter(p.Name)
		}
		target.SetString(params.Get(name))
	}
	numbers := make([]int, 0, len(items))
	for n := range items {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	for _, n := range numbers {
		list = reflect.Append(list, items[n])
	}
	return list, nil
}

// unmarshalStrict takes exactly one JSON value without unknown fields.
func unmarshalStrict(text string, into any) error {
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one value")
	}
	return nil
}
