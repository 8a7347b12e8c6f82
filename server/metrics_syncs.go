package server

import (
	"github.com/prometheus/client_golang/prometheus"

	"ossd/engine/meta"
	"ossd/internal/durable"
)

// countSyncs shows how often the disk was waited for, as far as an engine counts
// it. Writes a sync is the figure that tells what a busier or slower disk will do.
func (m *metrics) countSyncs(rows meta.Store) {
	of := func(what string, count func() int64) {
		m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "ossd_syncs_total", Help: "Syncs that writes waited for: of contents (fdatasync) and of rows (their log).",
			ConstLabels: prometheus.Labels{"of": what},
		}, func() float64 { return float64(count()) }))
	}
	of("contents", durable.Fdatasyncs)
	if s, ok := rows.(interface{ Syncs() int64 }); ok {
		of("rows", s.Syncs)
	}
}
