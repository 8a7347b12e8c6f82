package objectstore

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"ossd/engine/blob"
	"ossd/engine/meta"
)

// objectContent looks at the blobs of a version.
func (c *checker) objectContent(o *Object) error {
	c.seen.Bytes += o.Size
	of := Finding{}.about(c.bucket.Name, o)
	switch {
	case o.content.id != "":
		return c.extents(of, o)
	case o.content.ref != "":
		if err := c.wantReference(of, o.content.ref, objectKey(of.Bucket, of.Key)); err != nil {
			return err
		}
		return c.wantBlob(of, o.content.ref, o.Size)
	case o.Size != 0:
		of.Kind, of.Text = BadRow, fmt.Sprintf("the object has %d bytes, and its row names no blob", o.Size)
		c.found(of)
	}
	return nil
}

// extents looks at a content of several blobs: they must follow one another, and
// end where the object does.
func (c *checker) extents(of Finding, o *Object) error {
	wrong := func(format string, args ...any) {
		f := of
		f.Kind, f.Text = BadRow, fmt.Sprintf(format, args...)
		c.found(f)
	}
	end := int64(0)
	all := extentRange(o.content.id)
	err := c.each(all, func(row meta.Row) error {
		run, err := decodeExtents(row.Value)
		if err != nil || len(run) == 0 || len(row.Key) < len(all)+8 {
			wrong("row %.200q of its blobs is malformed", row.Key)
			return nil
		}
		begin := end
		for _, x := range run {
			end += x.size
			if err := c.wantReference(of, x.ref, objectKey(of.Bucket, of.Key)); err != nil {
				return err
			}
			if err := c.wantBlob(of, x.ref, x.size); err != nil {
				return err
			}
		}
		if at := int64(binary.BigEndian.Uint64(row.Key[len(all):])); at != end {
			wrong("its blobs from %d on end at %d, their row says %d", begin, end, at)
			end = at // or all that follow would be told, too
		}
		return nil
	})
	if err == nil && end != o.Size {
		wrong("the object has %d bytes, its blobs %d", o.Size, end)
	}
	return err
}

// wantReference reports a blob that no row says is in use, or that the row says
// was written for another key; a nil key is not looked at.
func (c *checker) wantReference(of Finding, ref blob.Ref, key []byte) error {
	value, err := c.rows.Get(referenceKey(ref))
	of.Kind, of.Blob = BadReference, string(ref)
	switch {
	case errors.Is(err, meta.ErrNotFound):
		of.Text = "no row says that the blob is in use: the sweeper would take it for an orphan"
	case err != nil:
		return err
	case key != nil && !bytes.Equal(value, key):
		of.Text = fmt.Sprintf("the blob was written for row %.200q", value)
	default:
		return nil
	}
	c.found(of)
	return nil
}

// wantBlob reports a blob that is not there or does not have the length that its row says.
func (c *checker) wantBlob(of Finding, ref blob.Ref, size int64) error {
	has, err := c.inspector.Size(c.ctx, ref)
	if err := c.ctx.Err(); err != nil {
		return err
	}
	of.Blob = string(ref)
	switch {
	case errors.Is(err, blob.ErrNotFound):
		of.Kind, of.Text = MissingBlob, fmt.Sprintf("its %d bytes are not there", size)
	case errors.Is(err, blob.ErrCorrupt):
		of.Kind, of.Text = DamagedBlob, err.Error()
	case err != nil:
		of.Kind, of.Text = UnreadableBlob, err.Error()
	case has != size:
		of.Kind, of.Text = WrongLength, fmt.Sprintf("there are %d bytes, %d were written", has, size)
	default:
		return nil
	}
	c.found(of)
	return nil
}

// checkBlobs looks for blobs that no row names.
func (c *checker) checkBlobs() error {
	err := c.inspector.Inspect(c.ctx, forever, func(ref blob.Ref, size int64) error {
		c.seen.Blobs++
		c.seen.BlobBytes += size
		// Not the snapshot: the row may have been written since.
		referred, err := c.referred(c.ctx, ref)
		if err == nil && !referred {
			c.seen.Young++
		}
		return err
	})
	if err != nil || c.seen.Young == 0 {
		return err
	}
	return c.inspector.Inspect(c.ctx, c.began.Add(-c.OrphanAge), func(ref blob.Ref, size int64) error {
		referred, err := c.referred(c.ctx, ref)
		if err == nil && !referred {
			c.seen.Young--
			c.seen.Orphans++
			c.found(Finding{
				Kind: OrphanBlob, Blob: string(ref),
				Text: fmt.Sprintf("no row names these %d bytes: they are left of a write that never ended, and a running server frees them", size),
			})
		}
		return err
	})
}

// forever is later than any blob was written.
var forever = time.Unix(1<<40, 0)
