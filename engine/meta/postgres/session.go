package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// session is one transaction on one connection. Both begin with its first round trip.
type session struct {
	store *Store
	begin string // the statement that does
	retry *retry

	conn   *pgxpool.Conn // nil before the first round trip
	failed error         // of pgx: the transaction is lost, and nothing more is asked
}

// statement is one of those that a round trip sends. Its rows, if it has any, are read
// by read, which must cope with being called anew.
type statement struct {
	sql  string
	args []any
	read func(pgx.Rows) error
}

// ask does one round trip. As long as nothing has been answered, it may be made again
// on another connection.
func (s *session) ask(ctx context.Context, statements ...statement) error {
	if s.failed != nil {
		return s.failed
	}
	if s.conn != nil {
		_, err := s.send(ctx, s.store.config.Timeout, statements)
		return err
	}
	for {
		err := s.connect(ctx)
		if err == nil {
			_, err = s.send(ctx, s.store.config.Timeout, append([]statement{{sql: s.begin}}, statements...))
		}
		if err == nil || !again(err) || !s.retry.another(ctx) {
			s.failed = err
			return err
		}
		s.end()
		s.conn, s.failed = nil, nil
	}
}

// connect takes a connection of the pool.
func (s *session) connect(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.store.config.Timeout)
	defer cancel()
	s.store.waiting.Add(1)
	defer s.store.waiting.Add(-1)
	conn, err := s.store.pool.Acquire(ctx)
	s.conn = conn
	return err
}

// send does one round trip, and returns how many statements were answered well.
func (s *session) send(ctx context.Context, timeout time.Duration, statements []statement) (done int, err error) {
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	s.store.roundTrips.Add(1)
	var batch pgx.Batch
	for _, st := range statements {
		batch.Queue(st.sql, st.args...)
	}
	results := s.conn.SendBatch(limited, &batch)
	for _, st := range statements {
		if err = answer(results, st); err != nil {
			break
		}
		done++
	}
	if closeErr := results.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		s.failed = err
		if e, ok := fromServer(err); ok && e.Code == readOnly {
			s.close() // the next connection may find a primary
		}
		if timedOut(err) && ctx.Err() == nil {
			// The server's own deadlines come first, so the network is at fault, and the other connections are no better.
			s.store.pool.Reset()
		}
	}
	return done, err
}

func answer(results pgx.BatchResults, st statement) error {
	if st.read == nil {
		_, err := results.Exec()
		return err
	}
	rows, err := results.Query()
	if err != nil {
		return err
	}
	err = st.read(rows)
	rows.Close()
	return errors.Join(rows.Err(), err)
}

// errUnknown is why commit failed, if the server may have committed.
var errUnknown = errors.New("whether it was committed is not known")

// commit sends writes and COMMIT in one round trip. A deadline for each chunk of
// writes keeps large ones possible. If an error is not errUnknown, nothing was written.
func (s *session) commit(ctx context.Context, writes []statement) error {
	if s.conn == nil {
		if err := s.connectRetrying(ctx); err != nil {
			return err
		}
		writes = append([]statement{{sql: s.begin}}, writes...)
	}
	pg := s.conn.Conn().PgConn()
	delete(pg.CustomData(), warning)
	last := len(writes)
	timeout := s.store.config.Timeout * time.Duration(1+last/4)
	done, err := s.send(context.WithoutCancel(ctx), timeout, append(writes, statement{sql: "commit"}))
	if done > last {
		s.failed = nil // whatever came after that
		if text, ok := pg.CustomData()[warning]; ok {
			s.store.unknown.Add(1)
			return fmt.Errorf("%w: the server warned: %v", errUnknown, text)
		}
		return nil
	}
	if e, ok := fromServer(err); pgconn.SafeToRetry(err) || ok && (done < last || e.SeverityUnlocalized == "ERROR") {
		return err
	}
	s.store.unknown.Add(1)
	return fmt.Errorf("%w: %w", errUnknown, err)
}

func (s *session) connectRetrying(ctx context.Context) error {
	for {
		err := s.connect(ctx)
		if err == nil || !again(err) || !s.retry.another(ctx) {
			return err
		}
	}
}

// end gives the connection back, outside of any transaction.
func (s *session) end() {
	if s.conn == nil {
		return
	}
	if pg := s.conn.Conn().PgConn(); !pg.IsClosed() && pg.TxStatus() != 'I' {
		s.failed = nil
		if _, err := s.send(context.Background(), s.store.config.Timeout, []statement{{sql: "rollback"}}); err != nil {
			s.close()
		}
	}
	s.conn.Release() // which throws a closed one away
	s.conn = nil
}

// close ends the connection, and with it the transaction and its locks.
func (s *session) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = s.conn.Conn().Close(ctx) // nothing of it is needed any more
}
