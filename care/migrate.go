package care

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"ossd/backup"
	"ossd/migrate"
)

// Migration is what a store is moved to, and how.
type Migration struct {
	To          migrate.Target `json:"to"`
	Verify      migrate.Verify `json:"verify"`
	SkipDamaged bool           `json:"skipDamaged"`
	CopyOnly    bool           `json:"copyOnly"` // the store does not move, though nobody uses it
	Rate        int64          `json:"rate"`     // bytes a second; 0: as fast as it goes
}

// Migrate implements Keeper.
func (l *Local) Migrate(ctx context.Context, m Migration, w Watch) (migrate.Result, error) {
	if l.Destination == nil {
		return migrate.Result{}, errors.New("this store is not in a data directory, and cannot be moved")
	}
	if !l.moving.TryLock() {
		return migrate.Result{}, errors.New("this store is being moved already, by another command; wait until that has ended")
	}
	defer l.moving.Unlock()
	lineage, err := backup.Lineage(l.Data)
	if err != nil {
		return migrate.Result{}, err
	}
	to, closeAll, err := l.Destination(ctx, m.To)
	if err != nil {
		return migrate.Result{}, err
	}
	r, err := l.migrate(ctx, m, w, lineage[0], to)
	return r, errors.Join(err, closeAll())
}

func (l *Local) migrate(ctx context.Context, m Migration, w Watch, id string, to migrate.Destination) (migrate.Result, error) {
	there := migrate.Moved{Metadata: migrate.Redacted(m.To.Metadata), Blobs: migrate.Redacted(m.To.Blobs)}
	moved, has, err := migrate.ReadMoved(l.Data)
	if err != nil {
		return migrate.Result{}, err
	}
	if has {
		if moved.Metadata != there.Metadata || moved.Blobs != there.Blobs {
			return migrate.Result{}, migrate.Stays(l.Data)
		}
		if err := migrate.UnderWay(ctx, to.Rows); err == nil {
			return migrate.Result{Ended: true, At: moved.At}, nil
		} else if !errors.Is(err, migrate.ErrUnderWay) {
			return migrate.Result{}, err
		} // cut off in its very last step
	}
	return migrate.Run(ctx, migrate.Config{
		From:  migrate.Source{ID: id, Rows: l.Objects.Rows, Blobs: l.Objects.Blobs, Hold: l.Objects.Hold},
		To:    to,
		Final: l.Alone && !m.CopyOnly,
		Switch: func() error {
			there.At = time.Now().UTC()
			if err := migrate.WriteMoved(l.Data, there); err != nil {
				return fmt.Errorf("all has arrived, but that cannot be noted in %s, so nothing was switched over: %w", filepath.Clean(l.Data), err)
			}
			return nil
		},
		Verify: m.Verify, SkipDamaged: m.SkipDamaged, Rate: m.Rate, Found: w.Found, Progress: w.Moving,
	})
}
