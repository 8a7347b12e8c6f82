package s3test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// For starts a store that ends with the test. The test is skipped where the store
// is not installed: to build it takes a minute, and modules from elsewhere.
func For(t testing.TB) *Server {
	t.Helper()
	s, err := Start(Installed(t), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// Installed is the store's program. The test is skipped where it is not installed.
func Installed(t testing.TB) string {
	t.Helper()
	out, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		t.Fatal(err)
	}
	binary := Binary(filepath.Dir(strings.TrimSpace(string(out))))
	if _, err := os.Stat(binary); err != nil {
		t.Skipf("needs an S3 store, which `make s3` installs: %v", err)
	}
	return binary
}
