package main

import "testing"

func TestFileSystemOf(t *testing.T) {
	const mounts = `/dev/vda / ext4 rw 0 0
proc /proc proc rw 0 0
/dev/vdb /tmp xfs rw 0 0
tmpfs /tmp tmpfs rw 0 0
/dev/vdc /tmp/deep btrfs rw 0 0
/dev/vdd /tm vfat rw 0 0
`
	for path, want := range map[string]string{"/var/tmp": "ext4", "/tmp": "tmpfs", "/tmp/x": "tmpfs", "/tmp/deep/y": "btrfs", "/": "ext4"} {
		if got := fileSystemOf(mounts, path); got != want {
			t.Errorf("%s lies on %q, want %q", path, got, want)
		}
	}
}

func TestField(t *testing.T) {
	const text = "VmHWM:\t  200 kB\nVmRSS:\t  100 kB\nVmRSSx: 1\n"
	if got, ok := field(text, "VmRSS", ":"); !ok || got != "100 kB" {
		t.Errorf("%q, %v", got, ok)
	}
	if got, ok := field(text, "Vm", ":"); ok {
		t.Errorf("a prefix of a name was found: %q", got)
	}
}
