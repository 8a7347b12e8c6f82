package objectstore_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"ossd/objectstore"
)

// Random operations agree with a map.
func TestModel(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	s := open(t, nil)
	b := bucket(t, s, "demo")
	model := map[string]modelObject{}
	parts := []string{"a", "b", "/", "//", "..", "蓝", "\x00", "\x7f", "z"}
	name := func() string {
		for {
			var key strings.Builder
			for range 1 + random.IntN(4) {
				key.WriteString(parts[random.IntN(len(parts))])
			}
			if objectstore.CheckKey("demo", key.String()) == nil {
				return key.String()
			}
		}
	}
	for step := range 7000 {
		switch random.IntN(7) {
		case 0:
			key, content := name(), strings.Repeat("x", random.IntN(50))+fmt.Sprint(step)
			put(t, s, b, key, content)
			model[key] = modelObject{content: content, acl: objectstore.DefaultACL}
		case 1:
			key := name()
			if _, err := s.DeleteObject(t.Context(), b, objectstore.Deletion{Key: key}); err != nil {
				t.Fatal(err)
			}
			delete(model, key)
		case 2:
			key := name()
			content, o, ok, err := get(t.Context(), s, "demo", key)
			got := modelObject{content: content, acl: o.ACL}
			if len(o.Metadata) > 0 {
				got.color = o.Metadata[0].Value
			}
			if want, exists := model[key]; err != nil || ok != exists || got != want {
				t.Fatalf("step %d: %q is %+v, %t, %v; want %+v, %t", step, key, got, ok, err, want, exists)
			}
		case 3:
			q := objectstore.ListObjects{Bucket: "demo", Limit: 1 + random.IntN(5)}
			if random.IntN(2) == 0 {
				q.Delimiter = parts[random.IntN(len(parts))]
			}
			if random.IntN(2) == 0 {
				q.Prefix = parts[random.IntN(len(parts))]
			}
			if got, want := listAll(t, s, q), listModel(model, q); !slices.Equal(got, want) {
				t.Fatalf("step %d: %+v lists %q, want %q", step, q, got, want)
			}
		case 4:
			from, to, keep := name(), name(), random.IntN(2) == 0
			want, exists := model[from]
			if !exists {
				continue
			}
			c := copyOf(t, s, b, from, objectstore.Put{Bucket: b, Key: to, Properties: objectstore.Properties{Metadata: red}})
			c.KeepMetadata = keep
			if _, err := s.CopyObject(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			if !keep || from == to {
				want.color = "red"
			}
			want.acl = objectstore.DefaultACL
			model[to] = want
		case 5:
			key, acl := name(), []objectstore.ACL{objectstore.Private, objectstore.PublicRead}[random.IntN(2)]
			o, exists := model[key]
			_, err := s.SetObjectACL(t.Context(), b, key, "", acl)
			if exists != (err == nil) {
				t.Fatalf("step %d: ACL of %q: %v, exists: %t", step, key, err, exists)
			}
			if o.acl = acl; exists {
				model[key] = o
			}
		case 6:
			keys := []string{name(), name(), name()}
			if _, err := s.DeleteObjects(t.Context(), b, []objectstore.Deletion{{Key: keys[0]}, {Key: keys[1]}, {Key: keys[2]}}); err != nil {
				t.Fatal(err)
			}
			for _, key := range keys {
				delete(model, key)
			}
		}
	}
}

// modelObject is what the model knows of an object.
type modelObject struct {
	content, color string
	acl            objectstore.ACL
}

// listAll follows the pages.
func listAll(t *testing.T, s *objectstore.Store, q objectstore.ListObjects) (names []string) {
	t.Helper()
	for {
		page, err := s.Objects(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(page.Objects) + len(page.CommonPrefixes); n > q.Limit || page.More && n != q.Limit {
			t.Fatalf("%+v: a page of %d entries, more: %t", q, n, page.More)
		}
		var entries []string
		for _, o := range page.Objects {
			entries = append(entries, o.Key)
		}
		entries = append(entries, page.CommonPrefixes...)
		slices.Sort(entries)
		if names = append(names, entries...); !page.More {
			return names
		}
		q.After = page.Last
	}
}

func listModel(model map[string]modelObject, q objectstore.ListObjects) []string {
	seen := map[string]bool{}
	for key := range model {
		rest, ok := strings.CutPrefix(key, q.Prefix)
		if !ok {
			continue
		}
		if q.Delimiter != "" {
			if i := strings.Index(rest, q.Delimiter); i >= 0 {
				key = q.Prefix + rest[:i+len(q.Delimiter)]
			}
		}
		seen[key] = true
	}
	return slices.Sorted(maps.Keys(seen))
}
