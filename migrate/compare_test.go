package migrate

import (
	"bytes"
	"flag"
	"maps"
	"math/rand/v2"
	"testing"

	blobmemory "ossd/engine/blob/memory"
	"ossd/engine/meta"
	metamemory "ossd/engine/meta/memory"
)

var seed = flag.Uint64("seed", rand.Uint64(), "of the random rows")

// Whatever rows there are on either side, of any bytes, in pages of any size: those of
// the destination become those of the source.
func TestRowsBecomeTheSame(t *testing.T) {
	t.Logf("-seed=%d", *seed)
	random := rand.New(rand.NewPCG(*seed, 2))
	for range 300 {
		from, to := metamemory.New(), emptyDestination()
		fill(t, from, random, nil)
		fill(t, to.Rows, random, markKey)
		want := rowsOf(t, from)
		c := Config{From: Source{ID: "s", Rows: from, Blobs: blobmemory.New()}, To: to, Final: true, pageRows: 1 + random.IntN(6)}
		if _, err := Run(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if got := rowsOf(t, to.Rows); !maps.Equal(got, want) {
			t.Fatalf("the rows are\n%q, want\n%q", got, want)
		}
	}
}

// fill writes random rows, but no references and no mark, whose key is left to the caller.
func fill(t *testing.T, rows meta.Store, random *rand.Rand, mark []byte) {
	t.Helper()
	err := rows.Update(t.Context(), everything, func(tx meta.Tx) error {
		for range random.IntN(30) {
			key := []byte{"\x00AMRS\xff"[random.IntN(6)], byte(random.IntN(3)) * 127, byte(random.IntN(3)) * 127}[:1+random.IntN(3)]
			if key[0] == 'R' || bytes.Equal(key, markKey) {
				continue
			}
			value := make([]byte, random.IntN(3))
			if random.IntN(40) == 0 {
				value = make([]byte, pageBytes-1+random.IntN(3))
			}
			if err := tx.Put(key, value); err != nil {
				return err
			}
		}
		if mark == nil {
			return nil
		}
		return tx.Put(mark, []byte(`{"from":"s"}`))
	})
	if err != nil {
		t.Fatal(err)
	}
}
