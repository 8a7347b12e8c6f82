package server

import (
	"net/http"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"ossd/audit"
)

// metrics counts what the audit records say. Labels are bounded: operations
// come from the tables of the APIs, codes from the tables of errors.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	bytes    *prometheus.CounterVec
	storeMetrics
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ossd_requests_total", Help: "Requests answered, by API, operation, status and error code.",
		}, []string{"api", "operation", "status", "code"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "ossd_request_seconds", Help: "Time from a request's head to the end of its answer.",
			Buckets: prometheus.ExponentialBuckets(0.0001, 4, 10),
		}, []string{"api", "operation"}),
		bytes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ossd_body_bytes_total", Help: "Bytes of bodies received (in) and sent (out).",
		}, []string{"api", "direction"}),
	}
	m.storeMetrics = newStoreMetrics(m.registry)
	m.registry.MustRegister(m.requests, m.seconds, m.bytes,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *metrics) Record(r audit.Record) {
	m.requests.WithLabelValues(r.API, r.Operation, strconv.Itoa(r.Status), r.Code).Inc()
	m.seconds.WithLabelValues(r.API, r.Operation).Observe(r.Duration.Seconds())
	m.bytes.WithLabelValues(r.API, "in").Add(float64(r.BytesIn))
	m.bytes.WithLabelValues(r.API, "out").Add(float64(r.BytesOut))
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
