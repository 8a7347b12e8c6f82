package backup

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"

	"ossd/internal/disk"
	"ossd/internal/throttle"
)

// page is the unit in which a file has holes, in bytes.
const page = 4096

var zeros [page]byte

// sparse is a new file in which pages of zeros become holes.
type sparse struct {
	*os.File
	at int64
}

// create fails where there is something already, be it a link that leads nowhere.
func create(name string) (*sparse, error) {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	return &sparse{File: f}, nil
}

// Write takes whole pages, but for the last time.
func (s *sparse) Write(p []byte) (int, error) {
	whole := len(p)
	for len(p) > 0 {
		n := 0
		for n < len(p) && !isHole(p[n:]) { // a run of pages with something in them
			n += min(page, len(p)-n)
		}
		if n > 0 {
			if _, err := s.WriteAt(p[:n], s.at); err != nil {
				return 0, err
			}
		} else {
			n = page
		}
		s.at += int64(n)
		p = p[n:]
	}
	return whole, nil
}

func isHole(p []byte) bool { return len(p) >= page && bytes.Equal(p[:page], zeros[:]) }

// finish gives the file its length and makes it durable.
func (s *sparse) finish() error {
	if err := s.Truncate(s.at); err != nil {
		return err
	}
	return disk.OS.Datasync(s.File)
}

// pour copies a file and makes the copy durable. A nil out takes nothing: the
// bytes are only read. advance hears of every piece.
func pour(ctx context.Context, out *sparse, in io.Reader, flow *throttle.Throttle, advance func(int)) (size int64, sum string, err error) {
	digest := sha256.New()
	buf := make([]byte, 256<<10)
	for {
		n, err := io.ReadFull(in, buf)
		digest.Write(buf[:n])
		size += int64(n)
		if out != nil {
			if _, err := out.Write(buf[:n]); err != nil {
				return size, "", err
			}
		}
		advance(n)
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			break
		}
		if err != nil {
			return size, "", err
		}
		if err := flow.Wait(ctx, n); err != nil {
			return size, "", err
		}
	}
	if out != nil {
		if err := out.finish(); err != nil {
			return size, "", err
		}
	}
	return size, hex.EncodeToString(digest.Sum(nil)), ctx.Err()
}
