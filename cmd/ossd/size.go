package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

const bytePrefixes = "KMGTPE"

// sizeText writes a number of bytes for people.
func sizeText(n int64) string {
	value, power := float64(n), 0
	for value >= 999.5 && power < len(bytePrefixes) {
		value /= 1000
		power++
	}
	switch {
	case power == 0:
		return fmt.Sprintf("%d B", n)
	case value < 9.95:
		return fmt.Sprintf("%.1f %cB", value, bytePrefixes[power-1])
	}
	return fmt.Sprintf("%.0f %cB", value, bytePrefixes[power-1])
}

// sizeUnits are those that people write, the longest names first.
var sizeUnits = []struct {
	name  string
	bytes int64
}{
	{"KIB", 1 << 10}, {"MIB", 1 << 20}, {"GIB", 1 << 30}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"B", 1}, {"", 1},
}

// parseBytes reads a number of bytes with its unit, at most so many.
func parseBytes(text string, most int64) (int64, bool) {
	text = strings.ToUpper(strings.TrimSpace(text))
	for _, u := range sizeUnits {
		digits, ok := strings.CutSuffix(text, u.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 64)
		return n * u.bytes, err == nil && n >= 0 && n <= most/u.bytes
	}
	return 0, false
}

// parseRate reads a number of bytes a second, as 100MB/s; 0 is no limit.
func parseRate(flag, text string) (int64, error) {
	n, ok := parseBytes(strings.TrimSuffix(text, "/s"), math.MaxInt64)
	if !ok {
		return 0, fmt.Errorf("%s %q: write it as 100MB/s, or 0 for no limit", flag, text)
	}
	return n, nil
}
