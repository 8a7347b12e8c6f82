package metatest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"ossd/engine/meta"
)

const (
	sameRounds     = 5
	sameOperations = 150
)

// RunSame lets two stores do the same random operations and compares all that
// they answer. A failure names its seed; SameSeed repeats it.
func RunSame(t *testing.T, openA, openB func(t testing.TB) meta.Store) {
	for range sameRounds {
		SameSeed(t, rand.Uint64(), openA, openB)
	}
}

// SameSeed is one round of RunSame.
func SameSeed(t *testing.T, seed uint64, openA, openB func(t testing.TB) meta.Store) {
	t.Helper()
	a, b := openA(t), openB(t)
	defer a.Close()
	defer b.Close()
	for n := range sameOperations {
		// Both get the same dice, thrown anew for each operation.
		gotA := operate(t, a, rand.New(rand.NewPCG(seed, uint64(n))))
		gotB := operate(t, b, rand.New(rand.NewPCG(seed, uint64(n))))
		if !reflect.DeepEqual(gotA, gotB) {
			t.Fatalf("seed %d, operation %d:\n%T: %+q\n%T: %+q", seed, n, a, gotA, b, gotB)
		}
	}
}

var errGiveUp = errors.New("gave up")

// operate does one random operation and returns what could be observed.
func operate(t *testing.T, s meta.Store, rng *rand.Rand) (seen []any) {
	switch rng.IntN(3) {
	case 0:
		err := s.View(t.Context(), func(snap meta.Snapshot) error {
			seen = append(seen, look(snap, rng)...)
			return nil
		})
		return append(seen, err)
	default:
		state := rng.Uint64()
		err := s.Update(t.Context(), everything, func(tx meta.Tx) error {
			// An engine may run this twice: the dice and the record begin anew.
			seen = nil
			rng := rand.New(rand.NewPCG(state, 0))
			for range rng.IntN(8) {
				seen = append(seen, change(tx, rng)...)
			}
			if rng.IntN(8) == 0 {
				return errGiveUp
			}
			return nil
		})
		return append(seen, err)
	}
}

func look(snap meta.Snapshot, rng *rand.Rand) []any {
	switch rng.IntN(3) {
	case 0:
		value, err := snap.Get(randomKey(rng))
		return []any{string(value), errors.Is(err, meta.ErrNotFound), err == nil}
	case 1:
		page, err := snap.List(randomQuery(rng))
		return []any{page, err}
	}
	lo, hi := randomKey(rng), randomKey(rng)
	if rng.IntN(3) == 0 {
		hi = nil
	}
	got, err := rows(snap, lo, hi)
	return []any{got, err}
}

func change(tx meta.Tx, rng *rand.Rand) []any {
	switch key := randomKey(rng); rng.IntN(6) {
	case 0:
		return look(tx, rng)
	case 1:
		return []any{tx.Delete(key)}
	case 2:
		return []any{tx.Insert(fmt.Appendf(key, "\x7f%x", rng.Uint64()), key)}
	default:
		return []any{tx.Put(key, fmt.Append(nil, rng.IntN(1000)))}
	}
}

func randomQuery(rng *rand.Rand) meta.ListQuery {
	q := meta.ListQuery{Limit: 1 + rng.IntN(6), KeysOnly: rng.IntN(2) == 0}
	if rng.IntN(2) == 0 {
		q.Range = randomKey(rng)
	}
	if rng.IntN(2) == 0 {
		q.Prefix = randomKey(rng)
	}
	if rng.IntN(2) == 0 {
		q.Delimiter = []byte([]string{"/", "//", "a/", "\xff", "\x00", "/\x00"}[rng.IntN(6)])
	}
	switch rng.IntN(4) {
	case 0:
		q.After = randomKey(rng)
	case 1:
		q.After = append(randomKey(rng), q.Delimiter...)
	}
	return q
}

// randomKey draws from few, short and awkward keys, so that they meet.
func randomKey(rng *rand.Rand) []byte {
	const alphabet = "\x00/ab\xff"
	key := []byte{}
	for range rng.IntN(5) {
		key = append(key, alphabet[rng.IntN(len(alphabet))])
	}
	return key
}
