package objectstore

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"math"

	"ossd/engine/meta"
)

// piece is a content that is to be read, and what it belongs to.
type piece struct {
	row     []byte // its key
	bucket  string
	object  Object // of a part: its key alone
	upload  string // of a part
	part    int    // likewise; 0 for an object
	size    int64
	crc     uint64
	content content
}

func (p *piece) about() Finding {
	f := Finding{Blob: string(p.content.ref)}
	if p.part > 0 {
		return f.aboutPart(p.bucket, p.object.Key, p.upload, p.part)
	}
	return f.about(p.bucket, &p.object)
}

// name distinguishes its content from every other.
func (p *piece) name() string { return firstOf(p.content.id, string(p.content.ref)) }

// scrubbedPage is some rows' worth of pieces.
type scrubbedPage struct {
	pieces []piece
	last   []byte // the last row that was looked at
	more   bool
}

// Bounds of a page: snapshots must not stay open while contents are read.
const (
	pagePieces = 256
	pageRows   = 4096
)

// scrubPage returns the pieces behind a row.
func (s *Store) scrubPage(ctx context.Context, after []byte) (page scrubbedPage, err error) {
	from, end := []byte("B"), meta.PrefixEnd([]byte("B"))
	if after != nil {
		from = append(bytes.Clone(after), 0)
	}
	err = s.Rows.View(ctx, func(rows meta.Snapshot) error {
		seen := 0
		for row, err := range rows.Scan(from, end) {
			if err != nil {
				return err
			}
			if seen == pageRows || len(page.pieces) == pagePieces {
				page.more = true
				return nil
			}
			seen++
			page.last = bytes.Clone(row.Key)
			p, ok, err := readPieceRow(rows, page.last, row.Value)
			if err != nil {
				return err
			}
			if ok {
				page.pieces = append(page.pieces, p)
			}
		}
		return nil
	})
	return page, err
}

// readPieceRow returns the content that a row names, and false if it names none.
// What cannot be read as a row is left to Check.
func readPieceRow(rows meta.Snapshot, key, value []byte) (p piece, ok bool, err error) {
	name, below, _ := bytes.Cut(key[1:], []byte{0})
	if len(below) == 0 {
		return p, false, nil
	}
	p = piece{row: key, bucket: string(name)}
	switch rest := below[1:]; below[0] {
	case 'o':
		return p.ofObject(string(rest), value)
	case 'v':
		if key, _, err := splitEscaped(rest, decimalLength); err == nil {
			return p.ofObject(key, value)
		}
	case 'p':
		return p.ofPart(rows, rest, value)
	}
	return p, false, nil
}

func (p piece) ofObject(key string, value []byte) (piece, bool, error) {
	o, err := decodeObject(key, value)
	if err != nil || o.content == (content{}) {
		return p, false, nil
	}
	p.object, p.size, p.crc, p.content = Object{Key: key, VersionID: o.VersionID}, o.Size, o.CRC64, o.content
	return p, true, nil
}

func (p piece) ofPart(rows meta.Snapshot, rest, value []byte) (piece, bool, error) {
	if len(rest) < 3 {
		return p, false, nil
	}
	p.upload, p.part = string(rest[:len(rest)-2]), int(binary.BigEndian.Uint16(rest[len(rest)-2:]))
	part, err := decodePart(p.part, value)
	if err != nil {
		return p, false, nil
	}
	written, err := rows.Get(referenceKey(part.ref))
	if err != nil && !errors.Is(err, meta.ErrNotFound) {
		return p, false, err
	}
	p.object.Key = string(bytes.TrimPrefix(written, objectRange(p.bucket)))
	p.size, p.crc, p.content.ref = part.Size, part.CRC64, part.ref
	return p, true, nil
}

// stillThere tells whether the version or part still has the content that it had.
func (s *Store) stillThere(ctx context.Context, p piece) (still bool, err error) {
	err = s.Rows.View(ctx, func(rows meta.Snapshot) error {
		still, err = p.applies(rows)
		return err
	})
	return still, err
}

func (p *piece) applies(rows meta.Snapshot) (bool, error) {
	if p.part > 0 {
		id, _ := parseUploadID(p.upload)
		row, err := rows.Get(partKey(p.bucket, id, p.part))
		if errors.Is(err, meta.ErrNotFound) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		part, err := decodePart(p.part, row)
		return err == nil && part.ref == p.content.ref, err
	}
	o, _, err := readVersion(rows, p.bucket, p.object.Key, p.object.Version())
	if err != nil {
		return false, ignoreKind(err, NoSuchVersion)
	}
	return o.content == p.content, nil
}

// storedBytes adds up what there is to read.
func (s *Store) storedBytes(ctx context.Context) (total int64, err error) {
	stored, err := s.Stored(ctx)
	return stored.Bytes, err
}

// Stored is how much a store holds.
type Stored struct {
	Objects int64 // versions included, and parts of uploads
	Bytes   int64
}

// Stored counts, row by row as Stat does: a million takes about a second.
func (s *Store) Stored(ctx context.Context) (all Stored, err error) {
	err = s.Rows.View(ctx, func(rows meta.Snapshot) error {
		seen := 0
		for row, err := range rows.Scan([]byte("B"), meta.PrefixEnd([]byte("B"))) {
			if err != nil {
				return err
			}
			if seen++; seen%1000 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			if kind := kindBelow(row.Key); kind == 'o' || kind == 'v' || kind == 'p' {
				size, marker := sizeOf(row.Value)
				if !marker {
					all.Objects++
					all.Bytes += min(size, math.MaxInt64-all.Bytes)
				}
			}
		}
		return nil
	})
	return all, err
}
