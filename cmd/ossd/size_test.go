package main

import "testing"

func TestSizeText(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 B", 999: "999 B", 1000: "1.0 KB", 1234: "1.2 KB", 9960: "10 KB", 999_499: "999 KB", 999_500: "1.0 MB",
		5 << 30: "5.4 GB", 1<<63 - 1: "9.2 EB",
	} {
		if got := sizeText(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}

func TestParseRate(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "1": 1, "100MB/s": 100e6, "100 mb/s": 100e6, "2GB": 2e9, "64MiB": 64 << 20, "2KiB/s": 2048, "10B": 10, "0MB": 0,
	} {
		if got, err := parseRate("--rate", text); err != nil || got != want {
			t.Errorf("%q: %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "fast", "-1", "MB", "1XB", "1KMB", "1iB", "0.5", "1.5GB", "1e9", "9999999EB", "1MB/h"} {
		if got, err := parseRate("--rate", text); err == nil {
			t.Errorf("%q is %d", text, got)
		}
	}
}
