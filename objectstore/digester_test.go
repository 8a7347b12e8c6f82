package objectstore

import (
	"bytes"
	"crypto/md5"
	"fmt"
	"hash"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// gate is a hash that takes each chunk only when it is told to.
type gate struct {
	hash.Hash
	open   chan struct{}
	writes [][]byte
}

func (g *gate) Write(p []byte) (int, error) {
	<-g.open
	g.writes = append(g.writes, bytes.Clone(p))
	return g.Hash.Write(p)
}

// numbered fills buffers of d with their number, the last of them only in part.
func numbered(d *digester, buffers int, each func()) {
	for i := range buffers {
		buf := d.buffer()
		for j := range buf {
			buf[j] = byte(i)
		}
		if i == buffers-1 {
			buf = buf[:100]
		}
		d.add(buf)
		each()
	}
}

// A reader that is faster than MD5 stops before it touches what is still to be
// hashed, whichever turn of the ring it is in.
func TestReaderWaitsForMD5(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const buffers = 3*ringSize + 1
		g := &gate{Hash: md5.New(), open: make(chan struct{})}
		d := &digester{sums: sums{md5: g, also: md5.New()}}
		var added atomic.Int32
		summed := make(chan []byte)
		go func() {
			defer d.release()
			numbered(d, buffers, func() { added.Add(1) })
			summed <- d.sum()
		}()
		for hashed := range buffers {
			synctest.Wait()
			if added, want := int(added.Load()), min(hashed+ringSize-1, buffers); added != want {
				t.Fatalf("%d chunks were added when %d were hashed, want %d", added, hashed, want)
			}
			g.open <- struct{}{}
		}
		sum, want := <-summed, md5.New()
		for i, p := range g.writes {
			length := bufferSize
			if i == buffers-1 {
				length = 100
			}
			if !bytes.Equal(p, bytes.Repeat([]byte{byte(i)}, length)) {
				t.Errorf("chunk %d: hashed %d bytes of %d…", i, len(p), p[0])
			}
			want.Write(p)
		}
		if !bytes.Equal(sum, want.Sum(nil)) || !bytes.Equal(d.also.Sum(nil), want.Sum(nil)) {
			t.Errorf("sums %x and %x, want %x", sum, d.also.Sum(nil), want.Sum(nil))
		}
	})
}

// After a body that broke, its buffers are given to others only when MD5 has
// done with them; and nothing stays behind, or the bubble would complain.
func TestReleaseWaitsForMD5(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{Hash: md5.New(), open: make(chan struct{})}
		d := &digester{sums: sums{md5: g}}
		var released atomic.Bool
		go func() {
			buf := d.buffer()
			d.add(buf)
			d.release()
			released.Store(true)
		}()
		synctest.Wait()
		if released.Load() {
			t.Error("released before the chunk was hashed")
		}
		g.open <- struct{}{}
		synctest.Wait()
		if !released.Load() || len(g.writes) != 1 {
			t.Errorf("released: %v, after %d chunks", released.Load(), len(g.writes))
		}
	})
}

// A small body of announced size costs no second buffer and no goroutine, nor
// is anything read behind it.
func TestSmallBodyPassesAtOnce(t *testing.T) {
	body := strings.NewReader("abc, and more")
	w := &writer{Incoming: Incoming{Body: body, Size: 3}}
	d := &digester{sums: sums{md5: md5.New()}}
	defer d.release()
	buf := d.buffer()
	n, err := w.fill(buf, 0)
	if n != 3 || err != io.EOF || body.Len() != len(", and more") {
		t.Fatalf("read %d bytes, %v, and left %d", n, err, body.Len())
	}
	d.add(buf[:n])
	if d.chunks != nil {
		t.Error("hashed in the background")
	}
	if got := fmt.Sprintf("%x", d.sum()); got != "900150983cd24fb0d6963f7d28e17f72" { // RFC 1321, A.5
		t.Errorf("sum %s", got)
	}
}

// What checking and copying cost beside MD5 alone; nothing is stored.
func BenchmarkStream(b *testing.B) {
	for _, size := range []int64{4 << 10, 256 << 10, 64 << 20} {
		content := make([]byte, size)
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				w := &writer{Incoming: Incoming{Body: bytes.NewReader(content), Size: size}}
				if _, err := w.stream(io.Discard, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("%d/md5-alone", size), func(b *testing.B) {
			b.SetBytes(size)
			for b.Loop() {
				md5.Sum(content)
			}
		})
	}
}
