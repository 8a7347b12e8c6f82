package migrate

import (
	"context"
	"errors"
	"fmt"

	"ossd/engine/meta"
	"ossd/objectstore"
)

// references are the rows that copyBlobs takes care of; all others lie on either side.
var (
	references    = []byte(objectstore.ReferencePrefix)
	referencesEnd = meta.PrefixEnd(references)
)

// A batch is what one Update writes.
const (
	batchRows  = 500
	batchBytes = 1 << 20
)

// copyRows makes all rows but references those of the source.
func (m *mover) copyRows(ctx context.Context) error {
	m.seen.begin(m, Rows, m.result.Rows-m.seen.references)
	for _, r := range [][2][]byte{{nil, references}, {referencesEnd, nil}} {
		err := m.compare(ctx, r[0], r[1], func(changes []change, rows int) error {
			if err := m.writeAll(ctx, changes); err != nil {
				return err
			}
			m.seen.add(m, rows, 0)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// writeAll writes changes to the destination, in batches.
func (m *mover) writeAll(ctx context.Context, changes []change) error {
	for len(changes) > 0 {
		n, size := 0, 0
		for n < len(changes) && n < batchRows && (n == 0 || size < batchBytes) {
			size += len(changes[n].Key) + len(changes[n].Value)
			n++
		}
		if err := m.write(ctx, changes[:n]); err != nil {
			return err
		}
		changes = changes[n:]
	}
	return nil
}

func (m *mover) write(ctx context.Context, batch []change) error {
	err := m.To.Rows.Update(ctx, everything, func(tx meta.Tx) error {
		for _, c := range batch {
			err := error(nil)
			if c.remove {
				err = tx.Delete(c.Key)
			} else {
				err = tx.Put(c.Key, c.Value)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return destinationError(err)
	}
	for _, c := range batch {
		if c.remove {
			m.pass.removed.Add(1)
		} else {
			m.pass.written.Add(1)
		}
	}
	return nil
}

// errDiffers tells that the source was written to, or the destination, meanwhile.
var errDiffers = errors.New("rows of source and destination differ after the final pass: somebody else writes to one of them; nothing was switched over")

// wantEqual compares all rows once more. It is what a final run ends with.
func (m *mover) wantEqual(ctx context.Context) error {
	m.seen.begin(m, Comparing, m.result.Rows)
	rows := int64(0)
	err := m.compare(ctx, nil, nil, func(changes []change, n int) error {
		if len(changes) > 0 {
			return fmt.Errorf("%w (the first is %.100q)", errDiffers, changes[0].Key)
		}
		rows += int64(n)
		m.seen.add(m, n, 0)
		return nil
	})
	m.result.Rows = rows
	return err
}
