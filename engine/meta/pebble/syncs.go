package pebble

import (
	dto "github.com/prometheus/client_model/go"
)

// Syncs returns how often the log has been synced since Open. Pebble counts a
// sync after it has woken who waited for it, so the last one may be missing.
func (s *Store) Syncs() int64 {
	var m dto.Metric
	if err := s.syncs.Write(&m); err != nil {
		panic(err) // a histogram fails for want of a descriptor only, and this one has it
	}
	return int64(m.GetHistogram().GetSampleCount())
}
