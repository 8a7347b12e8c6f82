//go:build cluster && linux

package cluster

import (
	"bufio"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// figures are a node's metrics by name, those with labels added up.
type figures map[string]float64

func (tr *trial) figures(n *Node) (figures, error) {
	client := http.Client{Timeout: 10 * time.Second}
	defer client.CloseIdleConnections()
	res, err := client.Get(n.URL + "/-/metrics")
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	f := figures{}
	for lines := bufio.NewScanner(res.Body); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), " ")
		if v, err := strconv.ParseFloat(value, 64); err == nil && !strings.HasPrefix(name, "#") {
			name, _, _ = strings.Cut(name, "{")
			f[name] += v
		}
	}
	return f, nil
}

// What a node may have more of after a fault than before it: caches and idle connections.
const (
	moreGoroutines  = 60
	moreDescriptors = 60
)

// tidy waits until the nodes have given back what the faults cost them.
func (tr *trial) tidy(t *testing.T) {
	t.Helper()
	tr.client.HTTP.CloseIdleConnections()
	for i, n := range tr.cl.Nodes {
		var left string
		for begun := time.Now(); time.Since(begun) < time.Minute; time.Sleep(200 * time.Millisecond) {
			now, err := tr.figures(n)
			if err != nil {
				t.Fatal(err)
			}
			if left = leftOver(tr.usual[i], now); left == "" {
				break
			}
		}
		if left != "" {
			t.Errorf("node %d: a minute after the fault %s", i+1, left)
		}
	}
}

// leftOver names what has not been given back.
func leftOver(usual, now figures) string {
	for name, most := range map[string]float64{
		"go_goroutines": usual["go_goroutines"] + moreGoroutines, "process_open_fds": usual["process_open_fds"] + moreDescriptors,
		"ossd_postgres_connections_in_use": 2, "ossd_postgres_waiting": 0,
	} {
		if v, ok := now[name]; !ok || v > most {
			return name + " is " + strconv.FormatFloat(v, 'f', -1, 64) + ", want at most " + strconv.FormatFloat(most, 'f', -1, 64)
		}
	}
	return ""
}
