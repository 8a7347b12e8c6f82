package file

import (
	"testing"
	"time"

	"ossd/engine/blob"
	"ossd/engine/blob/blobtest"
	"ossd/internal/disk"
)

func openOn(on disk.FS, now func() time.Time) (blob.Store, error) {
	return Open(Config{Dir: "data/blob", Disk: on, Now: now})
}

func TestCrash(t *testing.T) { blobtest.RunCrash(t, openOn) }

func openReal(dir string) (blob.Store, error) { return Open(Config{Dir: dir}) }

func TestMain(m *testing.M) { blobtest.Main(m, openReal) }

func TestKilled(t *testing.T) { blobtest.RunKilled(t, openReal) }

func TestFileFaults(t *testing.T) { blobtest.RunFileFaults(t, openOn) }

func TestRot(t *testing.T) { blobtest.RunRot(t, openOn, 4000) }

func TestDamage(t *testing.T) { blobtest.RunDamage(t, openOn) }

func TestFull(t *testing.T) { blobtest.RunFull(t, openOn) }

func TestReadOnly(t *testing.T) { blobtest.RunReadOnly(t, openOn) }
