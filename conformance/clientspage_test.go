//go:build conformance

package conformance

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestClientsPage holds docs/clients.md against the pins: the versions that it names
// are those that the other tests run.
func TestClientsPage(t *testing.T) {
	page := read(t, "../docs/clients.md")
	for file, pin := range map[string]string{
		"python/requirements.txt": `(?m)^(oss2|aliyun-\S+)==(\S+)$`,
		"golang/go.mod":           `(?m)^\tgithub\.com/aliyun/(\S+) v([0-9.]+)`,
		"js/package.json":         `"(ali-oss|@alicloud/(?:pop-core|ram\d+|sts\d+))": "(\S+)"`,
		"java/pom.xml":            `<artifactId>(aliyun-\S+)</artifactId>\s*<version>(\S+)</version>`,
	} {
		found := regexp.MustCompile(pin).FindAllStringSubmatch(read(t, file), -1)
		if len(found) < 3 {
			t.Errorf("%s: pins %q, want at least three", file, found)
		}
		for _, pinned := range found {
			if name, version := pinned[1], pinned[2]; !strings.Contains(page, " "+version+" ") && !strings.Contains(page, " "+version+",") {
				t.Errorf("docs/clients.md does not name %s, the version of %s in %s", version, name, file)
			}
		}
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
