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

// parseRate reads a number of bytes a second, as 100MB/s, 64MiB or 0 for no limit.
func parseRate(flag, text string) (int64, error) {
	amount := strings.TrimSuffix(strings.TrimSpace(text), "/s")
	unit := strings.TrimLeft(amount, "0123456789.")
	value, err := strconv.ParseFloat(strings.TrimSuffix(amount, unit), 64)
	factor, ok := byteUnit(strings.ToUpper(strings.TrimSpace(unit)))
	value *= factor
	if err != nil || !ok || value != 0 && (value < 1 || value >= 1<<62) {
		return 0, fmt.Errorf("%s %q: write it as 100MB/s, or 0 for no limit", flag, text)
	}
	return int64(value), nil
}

// byteUnit is how many bytes a unit has: B, KB and so on in steps of 1000, KIB of 1024.
func byteUnit(unit string) (factor float64, ok bool) {
	base := 1000.0
	if prefix, binary := strings.CutSuffix(unit, "IB"); binary {
		unit, base = prefix, 1024
	} else {
		unit = strings.TrimSuffix(unit, "B")
	}
	if unit == "" {
		return 1, base == 1000
	}
	power := strings.Index(bytePrefixes, unit)
	return math.Pow(base, float64(power+1)), power >= 0 && len(unit) == 1
}
