package objectstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"ossd/engine/blob"
	"ossd/engine/meta"
)

// Damage is a finding of Scrub that is remembered.
type Damage struct {
	Finding
	Found time.Time
}

// maxDamages bounds how many are remembered; the others are found again by the next pass.
const maxDamages = 10_000

func damageKey(content string) []byte { return append([]byte{damageRows}, content...) }

func encodeDamage(d *Damage, id string) []byte {
	row := appendString(nil, 1, string(d.Kind))
	row = appendString(row, 2, d.Bucket)
	row = appendString(row, 3, d.Key)
	row = appendString(row, 4, d.Version)
	row = appendString(row, 5, d.Upload)
	row = appendUint(row, 6, uint64(d.Part))
	row = appendString(row, 7, d.Blob)
	row = appendString(row, 8, id)
	row = appendString(row, 9, d.Text)
	return appendTime(row, 10, d.Found)
}

func decodeDamage(row []byte) (d Damage, p piece, err error) {
	err = readFields(row, func(n protowire.Number, u uint64, v string) error {
		switch n {
		case 1:
			d.Kind = FindingKind(v)
		case 2:
			d.Bucket = v
		case 3:
			d.Key = v
		case 4:
			d.Version = v
		case 5:
			d.Upload = v
		case 6:
			d.Part = int(u)
		case 7:
			d.Blob = v
		case 8:
			p.content.id = v
		case 9:
			d.Text = v
		case 10:
			d.Found = readTime(u)
		}
		return nil
	})
	if err != nil {
		return d, p, fmt.Errorf("objectstore: row of a damage: %w", err)
	}
	p.bucket, p.upload, p.part, p.content.ref = d.Bucket, d.Upload, d.Part, blob.Ref(d.Blob)
	if p.object.Key = d.Key; d.Version != NullVersion {
		p.object.VersionID = d.Version
	}
	return d, p, nil
}

// rememberDamage writes down what a pass has found.
func (k *scrubber) rememberDamage(ctx context.Context, p piece, f Finding) error {
	if !k.damaged[p.name()] && len(k.damaged) >= maxDamages {
		return nil
	}
	k.damaged[p.name()] = true
	d := Damage{Finding: f, Found: k.Now().UTC()}
	key := damageKey(p.name())
	return k.Rows.Update(ctx, []meta.Lock{meta.Exclusive(string(key))}, func(tx meta.Tx) error {
		return tx.Put(key, encodeDamage(&d, p.content.id))
	})
}

func (s *Store) forgetDamage(ctx context.Context, content string) error {
	return s.deleteRows(ctx, damageKey(content))
}

// damagedContents names the contents that are remembered as damaged.
func (s *Store) damagedContents(ctx context.Context) (all map[string]bool, err error) {
	all = map[string]bool{}
	err = s.eachDamage(ctx, func(content string, _ Damage, _ bool) error { all[content] = true; return nil })
	return all, err
}

// eachDamage calls fn for what is remembered; applies tells whether the object
// still has the content that was found damaged.
func (s *Store) eachDamage(ctx context.Context, fn func(content string, d Damage, applies bool) error) error {
	return s.Rows.View(ctx, func(rows meta.Snapshot) error {
		for row, err := range rows.Scan([]byte{damageRows}, meta.PrefixEnd([]byte{damageRows})) {
			if err != nil {
				return err
			}
			d, p, err := decodeDamage(row.Value)
			if err != nil {
				return err
			}
			applies, err := p.applies(rows)
			if err != nil {
				return err
			}
			if d.Blob != "" {
				d.File = blob.Inspect(s.Blobs).Where(blob.Ref(d.Blob))
			}
			if err := fn(string(row.Key[1:]), d, applies); err != nil {
				return err
			}
		}
		return nil
	})
}

var errEnough = errors.New("objectstore: enough")

// Damages lists what Scrub has found damaged and nobody has mended, replaced or
// deleted since, at most limit of them.
func (s *Store) Damages(ctx context.Context, limit int) (all []Damage, err error) {
	err = s.eachDamage(ctx, func(_ string, d Damage, applies bool) error {
		if applies {
			if all = append(all, d); len(all) == limit {
				return errEnough
			}
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return all, err
}

// forgetHealed drops what no longer applies. Those that a pass found whole are gone already.
func (s *Store) forgetHealed(ctx context.Context) error {
	var gone []string
	err := s.eachDamage(ctx, func(content string, _ Damage, applies bool) error {
		if !applies {
			gone = append(gone, content)
		}
		return nil
	})
	for _, content := range gone {
		if err == nil {
			err = s.forgetDamage(ctx, content)
		}
	}
	return err
}

// checkScrubbed repeats what scrubbing has found.
func (c *checker) checkScrubbed() error {
	return c.eachDamage(c.ctx, func(_ string, d Damage, applies bool) error {
		if !applies {
			return nil
		}
		f := d.Finding
		f.Text = fmt.Sprintf("%s (found by scrubbing, %s)", f.Text, d.Found.Format(time.DateTime))
		c.found(f)
		return nil
	})
}
