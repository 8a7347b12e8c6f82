package segment

import "testing"

// A header that is written anew lies in one sector, which is whole whenever the power fails.
func TestGapsGrowBehindWholeHeaders(t *testing.T) {
	for _, c := range []struct {
		offset, end, next int64
		want              bool
	}{
		{0, 4096, 4096, true},
		{472, 4096, 4096, true},  // ends with its sector
		{480, 4096, 4096, false}, // 8 bytes are in the next
		{504, 4096, 4096, false},
		{512, 4096, 4096, true},
		{10*512 + 480, 8192, 8192, false},
		{0, 4096, 4104, false}, // something lives between
	} {
		if got := (gap{offset: c.offset, end: c.end, records: 1}).grows(c.next); got != c.want {
			t.Errorf("a gap from %d to %d takes in %d: %t", c.offset, c.end, c.next, got)
		}
	}
}
