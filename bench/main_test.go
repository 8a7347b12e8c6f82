package main

import (
	"strings"
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	whole, err := parse(nil)
	if err != nil {
		t.Fatal(err)
	}
	short, err := parse([]string{"-quick", "-rounds", "7"})
	if err != nil {
		t.Fatal(err)
	}
	if short.duration >= whole.duration || short.keys >= whole.keys || short.growth >= whole.growth || short.growthTime != time.Minute {
		t.Errorf("-quick sets %+v", short)
	}
	if short.rounds != 7 {
		t.Errorf("-quick overrides -rounds: %d", short.rounds)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"-only small,huge", "huge"}, {"-rounds 0", "too small"}, {"-keys 100", "too small"}, {"-duration 0s", "too small"}, {"-growth 9", "too small"},
	} {
		if _, err := parse(strings.Fields(c.args)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an error with %q", c.args, err, c.want)
		}
	}
}
