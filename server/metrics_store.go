package server

import (
	"context"
	"math"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sys/unix"

	"ossd/objectstore"
)

// storeMetrics say how the store is.
type storeMetrics struct {
	swept                                  *prometheus.CounterVec
	scrubbedBytes, scrubTotal, lastScrub   prometheus.Gauge
	storedObjects, storedBytes, storedWhen prometheus.Gauge
}

func newStoreMetrics(registry *prometheus.Registry) storeMetrics {
	gauge := func(name, help string) prometheus.Gauge {
		g := prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help})
		registry.MustRegister(g)
		return g
	}
	m := storeMetrics{
		swept: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ossd_swept_total", Help: "What the sweeper freed: blobs of deleted objects (garbage), blobs without a row (orphans), abandoned uploads.",
		}, []string{"kind"}),
		scrubbedBytes: gauge("ossd_scrub_bytes", "Bytes that the background's pass of scrubbing has read."),
		scrubTotal:    gauge("ossd_scrub_total_bytes", "Bytes that it has to read in all."),
		lastScrub:     gauge("ossd_scrub_last_end_timestamp_seconds", "When this process last ended a pass of scrubbing; 0: not yet."),
		storedObjects: gauge("ossd_stored_objects", "Objects, versions and parts, when they were last counted."),
		storedBytes:   gauge("ossd_stored_bytes", "Their bytes."),
		storedWhen:    gauge("ossd_stored_counted_timestamp_seconds", "When they were last counted; 0: not yet."),
	}
	registry.MustRegister(m.swept)
	for _, kind := range []string{"garbage", "orphans", "uploads"} {
		m.swept.WithLabelValues(kind)
	}
	return m
}

func (m *storeMetrics) sweptSome(s objectstore.Swept) {
	m.swept.WithLabelValues("garbage").Add(float64(s.Garbage))
	m.swept.WithLabelValues("orphans").Add(float64(s.Orphans))
	m.swept.WithLabelValues("uploads").Add(float64(s.Uploads))
}

func (m *storeMetrics) scrubbing(done, total int64) {
	m.scrubbedBytes.Set(float64(done))
	m.scrubTotal.Set(float64(total))
}

func (m *storeMetrics) scrubbed() { m.lastScrub.SetToCurrentTime() }

func (m *storeMetrics) counted(s objectstore.Stored) {
	m.storedObjects.Set(float64(s.Objects))
	m.storedBytes.Set(float64(s.Bytes))
	m.storedWhen.SetToCurrentTime()
}

// askTimeout bounds what is looked up when the metrics are read.
const askTimeout = 5 * time.Second

// mostDamages bounds how many are counted.
const mostDamages = 10_000

// watchData adds what is looked up when the metrics are read. What cannot be is NaN.
func (m *metrics) watchData(data string, store *objectstore.Store) {
	ask := func(name, help string, f func() (float64, error)) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 {
			v, err := f()
			if err != nil {
				return math.NaN()
			}
			return v
		}))
	}
	ask("ossd_data_free_bytes", "Free bytes of the data directory's file system.", func() (float64, error) {
		var st unix.Statfs_t
		err := unix.Statfs(data, &st)
		return float64(st.Bavail) * float64(st.Bsize), err
	})
	ask("ossd_damaged_objects", "Objects, versions and parts that scrubbing found damaged and that are still there.", func() (float64, error) {
		ctx, cancel := context.WithTimeout(context.Background(), askTimeout)
		defer cancel()
		damages, err := store.Damages(ctx, mostDamages)
		return float64(len(damages)), err
	})
	ask("ossd_backup_last_success_timestamp_seconds", "When the last backup that succeeded began; 0: never.", func() (float64, error) {
		at, err := lastBackup(data)
		if err != nil || at.IsZero() {
			return 0, err
		}
		return float64(at.Unix()), nil
	})
}
