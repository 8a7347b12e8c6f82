package policy

import (
	"errors"
	"time"
)

var errNotDate = errors.New("must be an ISO 8601 date such as 2026-08-12T17:00:00+08:00")

// dateLayouts are the forms of ISO 8601 seen in policies. The first one also
// takes fractions of a second; those without an offset mean UTC.
var dateLayouts = [...]string{
	time.RFC3339,
	"2006-01-02T15:04:05Z0700",
	"2006-01-02T15:04Z07:00",
	"2006-01-02T15:04:05",
	"2006-01-02T15:04",
	time.DateOnly,
}

func parseDate(text string) (time.Time, error) {
	for _, layout := range dateLayouts {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, errNotDate
}

type dateRelation struct {
	holds  relation
	values []time.Time
}

func compileDate(holds relation) func(string, []string) (test, int, error) {
	return func(_ string, values []string) (test, int, error) {
		dates, bad, err := compileEach(values, parseDate)
		return dateRelation{holds, dates}, bad, err
	}
}

func (t dateRelation) meets(value string) outcome {
	got, err := parseDate(value)
	if err != nil {
		return unreadable
	}
	for _, want := range t.values {
		if t.holds(got.Compare(want)) {
			return yes
		}
	}
	return no
}
