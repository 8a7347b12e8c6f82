package s3

import (
	"net/http"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
)

// The kinds of requests that are counted apart.
const (
	getObject      = "GetObject"
	putObject      = "PutObject"
	deleteObject   = "DeleteObject"
	headObject     = "HeadObject"
	createUpload   = "CreateMultipartUpload"
	uploadPart     = "UploadPart"
	copyPart       = "UploadPartCopy"
	completeUpload = "CompleteMultipartUpload"
	abortUpload    = "AbortMultipartUpload"
	list           = "List"
)

// kindOf names what a request of ours asks for.
func kindOf(req *http.Request) string {
	query := req.URL.Query()
	upload := query.Has("uploadId")
	switch {
	case req.Method == http.MethodPut && req.Header.Get("X-Amz-Copy-Source") != "":
		return copyPart
	case req.Method == http.MethodPut && upload:
		return uploadPart
	case req.Method == http.MethodPut:
		return putObject
	case req.Method == http.MethodPost && upload:
		return completeUpload
	case req.Method == http.MethodPost:
		return createUpload
	case req.Method == http.MethodDelete && upload:
		return abortUpload
	case req.Method == http.MethodDelete:
		return deleteObject
	case req.Method == http.MethodHead:
		return headObject
	case upload, query.Has("uploads"), query.Has("list-type"):
		return list
	}
	return getObject
}

// metrics counts what is asked of the store. Its labels are bounded: kinds are
// the ones above, statuses are three digits.
type metrics struct {
	requests       *prometheus.CounterVec
	retries        *prometheus.CounterVec
	bytes          *prometheus.CounterVec
	sent, received prometheus.Counter
}

func newMetrics() *metrics {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ossd_s3_requests_total", Help: "Requests to the S3 store, by kind and status; status 0: no answer.",
		}, []string{"kind", "status"}),
		retries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ossd_s3_retries_total", Help: "Requests to the S3 store that were made again, by what they were for.",
		}, []string{"doing"}),
		bytes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ossd_s3_body_bytes_total", Help: "Bytes of bodies sent to the S3 store (out) and received from it (in).",
		}, []string{"direction"}),
	}
	m.sent, m.received = m.bytes.WithLabelValues("out"), m.bytes.WithLabelValues("in")
	return m
}

func (m *metrics) count(kind string, res *http.Response, err error) {
	status := 0
	if err == nil {
		status = res.StatusCode
	}
	m.requests.WithLabelValues(kind, strconv.Itoa(status)).Inc()
}

// Describe implements prometheus.Collector.
func (s *Store) Describe(to chan<- *prometheus.Desc) {
	s.metrics.requests.Describe(to)
	s.metrics.retries.Describe(to)
	s.metrics.bytes.Describe(to)
}

// Collect implements prometheus.Collector.
func (s *Store) Collect(to chan<- prometheus.Metric) {
	s.metrics.requests.Collect(to)
	s.metrics.retries.Collect(to)
	s.metrics.bytes.Collect(to)
}
