package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"

	"ossd/engine/meta"
)

// ErrKeyTooLong is what Put and Insert return for a key that no index entry has room for.
var ErrKeyTooLong = fmt.Errorf("meta/postgres: key is longer than %d bytes", maxKeyBytes)

var errEnded = errors.New("meta/postgres: snapshot used after its function returned")

// SQLSTATE codes and classes, PostgreSQL documentation, appendix A.
const (
	uniqueViolation = "23505"
	readOnly        = "25006"
	queryCanceled   = "57014"
)

var (
	// Later, or at another server, the same may succeed.
	unavailableClasses = []string{"08", "40", "53", "57", "58"}
	unavailableCodes   = []string{readOnly, "25P03" /* idle for too long in a transaction */, "55P03" /* lock timeout */}
	// Now it may.
	againClasses = []string{"08", "40"}
	againCodes   = []string{readOnly, "53300" /* too many connections */, "57P01", "57P02", "57P03" /* shutdown, crash, starting */}
)

// unavailable tells whether an error is of the kind that meta.ErrUnavailable stands for.
func unavailable(err error) bool {
	if e, ok := fromServer(err); ok {
		return slices.Contains(unavailableClasses, e.Code[:2]) || slices.Contains(unavailableCodes, e.Code)
	}
	return !refused(err) // the connection failed, or a deadline of ours ended it
}

// again tells whether to try at once once more. What took too long would again.
func again(err error) bool {
	if e, ok := fromServer(err); ok {
		return slices.Contains(againClasses, e.Code[:2]) || slices.Contains(againCodes, e.Code)
	}
	return !timedOut(err) && !refused(err)
}

// refusal is an error of ours, which trying again does not change.
type refusal struct{ error }

func refused(err error) bool {
	var r refusal
	return errors.As(err, &r)
}

func timedOut(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) || pgconn.Timeout(err)
}

// fromServer returns the answer of the server that an error is.
func fromServer(err error) (*pgconn.PgError, bool) {
	var e *pgconn.PgError
	ok := errors.As(err, &e) && len(e.Code) == 5
	return e, ok
}

// explain makes an error of pgx one of meta. It keeps the text only of what is not from the
// server: a deadline of ours must not be taken for the caller's.
func explain(ctx context.Context, doing string, err error) error {
	switch _, answered := fromServer(err); {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, meta.ErrUnavailable):
		return err
	case unavailable(err):
		return fmt.Errorf("meta/postgres: %s: %w: %v", doing, meta.ErrUnavailable, err)
	case answered:
		return fmt.Errorf("meta/postgres: %s: %w", doing, err)
	default:
		return fmt.Errorf("meta/postgres: %s: %v", doing, err)
	}
}
