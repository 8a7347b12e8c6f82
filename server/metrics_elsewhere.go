package server

import (
	"github.com/prometheus/client_golang/prometheus"

	"ossd/engine/blob"
	"ossd/engine/meta"
	"ossd/engine/meta/postgres"
)

// watchElsewhere shows how the engines fare that lie elsewhere.
func (m *metrics) watchElsewhere(rows meta.Store, blobs blob.Store) {
	if c, ok := blobs.(prometheus.Collector); ok {
		m.registry.MustRegister(c)
	}
	s, ok := rows.(interface{ Stats() postgres.Stats })
	if !ok {
		return
	}
	gauge := func(name, help string, f func(postgres.Stats) float64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 { return f(s.Stats()) }))
	}
	counter := func(name, help string, f func(postgres.Stats) float64) {
		m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, func() float64 { return f(s.Stats()) }))
	}
	gauge("ossd_postgres_connections_max", "Connections that this node may have.", func(s postgres.Stats) float64 { return float64(s.MaxConns) })
	gauge("ossd_postgres_connections_in_use", "Connections in use.", func(s postgres.Stats) float64 { return float64(s.InUse) })
	gauge("ossd_postgres_connections_idle", "Connections that wait for work.", func(s postgres.Stats) float64 { return float64(s.Idle) })
	gauge("ossd_postgres_waiting", "Calls that wait for a connection.", func(s postgres.Stats) float64 { return float64(s.Waiting) })
	counter("ossd_postgres_wait_seconds_total", "Time that calls have waited for connections.", func(s postgres.Stats) float64 { return s.WaitedFor.Seconds() })
	counter("ossd_postgres_round_trips_total", "Round trips to PostgreSQL.", func(s postgres.Stats) float64 { return float64(s.RoundTrips) })
	counter("ossd_postgres_retries_total", "What was tried again.", func(s postgres.Stats) float64 { return float64(s.Retries) })
	counter("ossd_postgres_unknown_total", "Commits whose answer was lost.", func(s postgres.Stats) float64 { return float64(s.Unknown) })
}
