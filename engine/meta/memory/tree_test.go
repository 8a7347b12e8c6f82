package memory

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// Old roots must stay as they were, whatever is made from them.
func TestTreeIsImmutable(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var roots []*node
	var models []map[string]string
	var root *node
	model := map[string]string{}
	for i := range 2000 {
		key := fmt.Sprint(rng.IntN(300))
		if rng.IntN(3) == 0 {
			root = root.remove([]byte(key))
			delete(model, key)
		} else {
			root = root.put([]byte(key), fmt.Append(nil, i))
			model[key] = fmt.Sprint(i)
		}
		if i%100 == 0 {
			copied := map[string]string{}
			for k, v := range model {
				copied[k] = v
			}
			roots, models = append(roots, root), append(models, copied)
		}
	}
	for i, root := range roots {
		n := 0
		last := ""
		c := cursor{root: root}
		for ok := c.SeekGE(nil); ok; ok = c.Next() {
			key := string(c.Key())
			if n > 0 && key <= last {
				t.Fatalf("root %d: %q follows %q", i, key, last)
			}
			if models[i][key] != string(c.at.value) {
				t.Errorf("root %d: %q holds %q, want %q", i, key, c.at.value, models[i][key])
			}
			last = key
			n++
		}
		if n != len(models[i]) {
			t.Errorf("root %d has %d rows, want %d", i, n, len(models[i]))
		}
	}
}

// Ascending keys, the worst case of a plain tree, must not make it deep.
func TestTreeIsBalanced(t *testing.T) {
	var root *node
	for i := range 1 << 14 {
		root = root.put(fmt.Appendf(nil, "%08d", i), nil)
	}
	if d := depth(root); d > 60 {
		t.Errorf("depth %d for %d rows", d, 1<<14)
	}
}

func depth(n *node) int {
	if n == nil {
		return 0
	}
	return 1 + max(depth(n.left), depth(n.right))
}
