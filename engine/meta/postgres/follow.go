package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Follow implements meta.Follower. It keeps a connection of its own, outside the
// pool, on which the commits that write the key are told (LISTEN), and which reads the row. A key is
// followed from the first Follow until Close; processes that do not follow it tell nobody.
func (s *Store) Follow(ctx context.Context, key []byte, interval time.Duration, seen func(value []byte, at time.Time)) {
	if !s.gate.Enter() {
		return
	}
	defer s.gate.Leave()
	s.followed.Store(string(key), nil)
	f := &follower{store: s, key: append([]byte{}, key...), interval: interval, seen: seen}
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(s.closing, cancel)
	s.following.Go(func() {
		defer cancel()
		defer stop()
		f.run(ctx)
	})
}

// channel is what the commits that write a key are told on. All of it is hashed, since a channel's name has 63 bytes.
func (s *Store) channel(key string) string {
	return fmt.Sprintf("ossd_%016x", uint64(s.hash("channel", key)))
}

type follower struct {
	store    *Store
	key      []byte
	interval time.Duration
	seen     func(value []byte, at time.Time)

	told bool // of a commit, since the row was last read
}

// run connects again and again, with pauses that grow to an interval.
func (f *follower) run(ctx context.Context) {
	pause := time.Duration(0)
	for ctx.Err() == nil {
		before := pause
		if err := f.listen(ctx, func() { pause = 0 }); err != nil && ctx.Err() == nil {
			f.store.config.Logger.Warn("meta/postgres: following a row is interrupted", "error", explain(ctx, "follow", err))
		}
		pause = min(max(2*before, 10*time.Millisecond), f.interval, 5*time.Second)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
	}
}

// listen follows the row on one connection, until that fails.
func (f *follower) listen(ctx context.Context, works func()) error {
	config := f.store.pool.Config().ConnConfig.Copy()
	config.OnNotification = func(*pgconn.PgConn, *pgconn.Notification) { f.told = true }
	config.RuntimeParams["application_name"] += " follow"
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = conn.Close(closing) // what was listened to is lost anyway
	}()
	if err := f.limited(ctx, func(ctx context.Context) error {
		_, err := conn.Exec(ctx, "listen "+pgx.Identifier{f.store.channel(string(f.key))}.Sanitize())
		return err
	}); err != nil {
		return err
	}
	// Reading comes after listening, so that no commit falls between them.
	for {
		if err := f.read(ctx, conn); err != nil {
			return err
		}
		works()
		if err := f.wait(ctx, conn); err != nil {
			return err
		}
	}
}

// limited bounds one round trip.
func (f *follower) limited(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, f.store.config.Timeout)
	defer cancel()
	return do(ctx)
}

func (f *follower) read(ctx context.Context, conn *pgx.Conn) error {
	var value []byte
	f.told = false
	at := time.Now()
	err := f.limited(ctx, func(ctx context.Context) error {
		err := conn.QueryRow(ctx, f.store.sql.get, f.key).Scan(&value)
		if err == pgx.ErrNoRows {
			return nil
		}
		return err
	})
	if err == nil {
		f.seen(value, at)
	}
	return err
}

// wait returns when there is news, or after the interval.
func (f *follower) wait(ctx context.Context, conn *pgx.Conn) error {
	limited, cancel := context.WithTimeout(ctx, f.interval)
	defer cancel()
	for !f.told {
		if err := conn.PgConn().WaitForNotification(limited); err != nil {
			if limited.Err() != nil && ctx.Err() == nil && !conn.IsClosed() {
				return nil
			}
			return err
		}
	}
	return nil
}
