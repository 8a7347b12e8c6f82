package wire

import (
	"bytes"
	"encoding"
	"encoding/xml"
	"errors"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// XML returns the document of v with its declaration, as encoding/xml spells it.
// Documents of plain elements, which are nearly all, are written here: a listing
// of a thousand objects costs a tenth of what it does there. The others, which
// have attributes for example, are left to encoding/xml.
func XML(v any) ([]byte, error) {
	d := document{}
	d.WriteString(xml.Header)
	err := d.value("", reflect.ValueOf(v))
	if errors.Is(err, errNotPlain) {
		d.Reset()
		d.WriteString(xml.Header)
		err = xml.NewEncoder(&d.Buffer).Encode(v)
	}
	return d.Bytes(), err
}

var errNotPlain = errors.New("wire: not a document of plain elements")

// document is one that is being written.
type document struct{ bytes.Buffer }

// value writes v as an element, or as several if it is a list. A struct may
// know its name better.
func (d *document) value(name string, v reflect.Value) error {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil
		}
		return d.value(name, v.Elem())
	case reflect.Slice:
		for i := range v.Len() {
			if err := d.value(name, v.Index(i)); err != nil {
				return err
			}
		}
		return nil
	case reflect.Struct:
		return d.element(name, v)
	}
	d.tag("<", name)
	if err := d.scalar(v); err != nil {
		return err
	}
	d.tag("</", name)
	return nil
}

func (d *document) element(name string, v reflect.Value) error {
	s, err := spellingOf(v.Type())
	if err != nil {
		return err
	}
	if s.name != "" {
		name = s.name
	} else if name == "" {
		name = v.Type().Name()
	}
	d.tag("<", name)
	for i := range s.fields {
		f := &s.fields[i]
		fv := v.Field(f.index[0])
		for _, index := range f.index[1:] {
			fv = fv.Field(index)
		}
		switch {
		case f.omitEmpty && isEmpty(fv):
		case f.bare:
			err = d.scalar(fv)
		default:
			err = d.value(f.name, fv)
		}
		if err != nil {
			return err
		}
	}
	d.tag("</", name)
	return nil
}

func (d *document) tag(begin, name string) {
	d.WriteString(begin)
	d.WriteString(name)
	d.WriteByte('>')
}

func (d *document) scalar(v reflect.Value) error {
	switch v.Kind() {
	case reflect.String:
		d.text(v.String())
	case reflect.Bool:
		d.Write(strconv.AppendBool(d.AvailableBuffer(), v.Bool()))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		d.Write(strconv.AppendInt(d.AvailableBuffer(), v.Int(), 10))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		d.Write(strconv.AppendUint(d.AvailableBuffer(), v.Uint(), 10))
	default:
		return errNotPlain
	}
	return nil
}

// text escapes what a document may not contain literally.
func (d *document) text(s string) {
	done := 0
	for i := range len(s) {
		var escaped string
		switch c := s[i]; {
		case c < ' ' || c > '~': // there is more to know about these
			d.WriteString(s[done:i])
			_ = xml.EscapeText(&d.Buffer, []byte(s[i:])) // a buffer takes everything
			return
		case c == '"':
			escaped = "&#34;"
		case c == '\'':
			escaped = "&#39;"
		case c == '&':
			escaped = "&amp;"
		case c == '<':
			escaped = "&lt;"
		case c == '>':
			escaped = "&gt;"
		default:
			continue
		}
		d.WriteString(s[done:i])
		d.WriteString(escaped)
		done = i + 1
	}
	d.WriteString(s[done:])
}

// isEmpty is what omitempty means.
func isEmpty(v reflect.Value) bool {
	if v.Kind() == reflect.Slice {
		return v.Len() == 0
	}
	return v.Kind() != reflect.Struct && v.IsZero()
}

// spelling is how structs of a type become elements, found once per type.
type spelling struct {
	name   string // of the element; empty: the field's that it stands in
	fields []spelled
	err    error // errNotPlain
}

type spelled struct {
	name      string
	index     []int
	omitEmpty bool
	bare      bool // text of the struct's own element
}

var spellings sync.Map // reflect.Type → *spelling

func spellingOf(t reflect.Type) (*spelling, error) {
	known, ok := spellings.Load(t)
	if !ok {
		s := &spelling{}
		s.err = s.add(t, nil)
		known, _ = spellings.LoadOrStore(t, s)
	}
	s := known.(*spelling)
	return s, s.err
}

// add gathers the fields of t, which is the type itself or embedded in it.
func (s *spelling) add(t reflect.Type, at []int) error {
	if spellsItself(t) {
		return errNotPlain
	}
	for i := range t.NumField() {
		f := t.Field(i)
		tag, options, _ := strings.Cut(f.Tag.Get("xml"), ",")
		index := append(slices.Clone(at), i)
		switch {
		case tag == "-" && options == "":
		case f.Name == "XMLName":
			if tag == "" || s.name != "" || options != "" {
				return errNotPlain
			}
			s.name = tag
		case f.Anonymous:
			if f.Type.Kind() != reflect.Struct || tag != "" || options != "" {
				return errNotPlain
			}
			if err := s.add(f.Type, index); err != nil {
				return err
			}
		case f.IsExported():
			if err := s.addField(f, tag, options, index); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *spelling) addField(f reflect.StructField, tag, options string, index []int) error {
	one := spelled{name: tag, index: index, omitEmpty: options == "omitempty", bare: options == "chardata"}
	if tag == "" {
		one.name = f.Name
	}
	known := options == "" || one.omitEmpty || one.bare
	twice := slices.ContainsFunc(s.fields, func(o spelled) bool { return o.name == one.name })
	if !known || twice || strings.ContainsAny(tag, "> :") || spellsItself(f.Type) || f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() == reflect.Uint8 {
		return errNotPlain
	}
	s.fields = append(s.fields, one)
	return nil
}

// spellsItself tells types that encoding/xml lets choose their own form.
func spellsItself(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return p.Implements(reflect.TypeFor[xml.Marshaler]()) || p.Implements(reflect.TypeFor[encoding.TextMarshaler]())
}
