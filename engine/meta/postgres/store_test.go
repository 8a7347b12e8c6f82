package postgres

import (
	"os"
	"testing"

	"ossd/engine/meta"
	"ossd/engine/meta/memory"
	"ossd/engine/meta/metatest"
	"ossd/engine/meta/postgres/postgrestest"
)

func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m)) }

// openSchema opens a store in a schema of the shared server.
func openSchema(t testing.TB, schema string) *Store {
	t.Helper()
	s, err := Open(t.Context(), Config{URL: postgrestest.Shared(t).URL(), Schema: schema, MaxConns: 20})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func openNew(t testing.TB) meta.Store {
	return openSchema(t, postgrestest.Shared(t).Schema(t))
}

func TestSuite(t *testing.T) { metatest.Run(t, openNew) }

func TestSameAsMemory(t *testing.T) {
	metatest.RunSame(t, openNew, func(testing.TB) meta.Store { return memory.New() })
}

func TestShared(t *testing.T) {
	metatest.RunShared(t, func(t testing.TB) (a, b meta.Store) {
		schema := postgrestest.Shared(t).Schema(t)
		return openSchema(t, schema), openSchema(t, schema)
	})
}
