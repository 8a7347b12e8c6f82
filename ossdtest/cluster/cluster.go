// Package cluster runs what a cluster of ossd needs on loopback: PostgreSQL, an S3 store
// that is not ours, some nodes as processes of their own, and a balancer in front of
// them. It is for trials and tests, which may kill and restart each part; it knows nothing of
// what the nodes store.
package cluster

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"ossd/engine/blob/s3/s3test"
	"ossd/engine/meta/postgres/postgrestest"
)

// The first account of a cluster and its key.
const (
	AccountID       = "1234567890123456"
	AccessKeyID     = "LTAIossdtestRootKey00001"
	AccessKeySecret = "ossdtestRootSecret000000000001"

	masterKey = "6f737364746573742d6d61737465722d6b65792d6f662d33322d62797465732e"
	bucket    = "contents"
)

// Config says what is started.
type Config struct {
	OSSD    string   // the program
	S3      string   // the program of the S3 store; see s3test.Install
	Dir     string   // for what it all writes; it is left there
	Nodes   int      // 0: 3
	Listen  string   // of the balancer, separated by commas; empty: a free port of loopback
	Serve   []string // further flags of the nodes
	NoSync  bool     // PostgreSQL does not wait for the disk
	Offline bool     // start no node yet

	// Database is the URL of one that somebody else has made; empty: a server is started.
	Database string
	// Declared says that flags declare the accounts: none is made.
	Declared bool

	// Where the parts run, if not on loopback: Hosts has one for each node. The balancer is here.
	PostgresHost, StoreHost Host
	Hosts                   []Host
}

// Host is where something runs: its address, and what starts processes there, for example in another
// network namespace.
type Host struct {
	Address string
	Start   func(*exec.Cmd) error
}

func (h Host) orLoopback() Host {
	if h.Address == "" {
		return Host{"127.0.0.1", (*exec.Cmd).Start}
	}
	return h
}

// Cluster is a running cluster. Its parts are changed by one goroutine at a time.
type Cluster struct {
	Config
	URL      string               // of the balancer
	Postgres *postgrestest.Server // nil if the database was given
	Store    *s3test.Server
	Nodes    []*Node

	balancer *balancer
}

// Start starts everything and returns when each node is ready. Stop must be called.
func Start(ctx context.Context, c Config) (_ *Cluster, err error) {
	if c.Nodes == 0 {
		c.Nodes = 3
	}
	cl := &Cluster{Config: c}
	defer func() {
		if err != nil {
			err = errors.Join(err, cl.Stop())
		}
	}()
	if err := os.MkdirAll(filepath.Join(c.Dir, "s3"), 0o755); err != nil {
		return nil, err
	}
	if c.Database == "" {
		if cl.Postgres, err = postgrestest.Start(ctx, postgrestest.Config{
			NoSync: c.NoSync, Settings: map[string]string{"max_connections": "200"}, Host: c.PostgresHost.Address, Begin: c.PostgresHost.Start,
		}); err != nil {
			return nil, err
		}
		c.Database = cl.Postgres.URL()
	}
	store := c.StoreHost.orLoopback()
	if cl.Store, err = s3test.StartAt(c.S3, filepath.Join(c.Dir, "s3"), store.Address, store.Start); err != nil {
		return nil, err
	}
	for i := range c.Nodes {
		host := Host{}.orLoopback()
		if i < len(c.Hosts) {
			host = c.Hosts[i].orLoopback()
		}
		port, err := freePort()
		if err != nil {
			return nil, err
		}
		address := net.JoinHostPort(host.Address, port)
		cl.Nodes = append(cl.Nodes, &Node{
			Dir: filepath.Join(c.Dir, fmt.Sprint("node-", i+1)), URL: "http://" + address, address: address, program: c.OSSD, start: host.Start,
			metadata: c.Database, blobs: cl.BlobsURL(cl.Store.Endpoint), flags: c.Serve, variables: cl.variables(),
		})
	}
	if err := cl.balance(); err != nil {
		return nil, err
	}
	if c.Offline {
		return cl, nil
	}
	return cl, cl.startNodes()
}

// variables are those of a node's environment that do not change.
func (cl *Cluster) variables() []string {
	env := []string{"OSSD_S3_ACCESS_KEY_ID=" + cl.Store.AccessKey, "OSSD_S3_SECRET_ACCESS_KEY=" + cl.Store.SecretKey, "OSSD_MASTER_KEY=" + masterKey}
	if !cl.Declared {
		env = append(env, "OSSD_ACCOUNT_ID="+AccountID, "OSSD_ACCESS_KEY_ID="+AccessKeyID, "OSSD_ACCESS_KEY_SECRET="+AccessKeySecret)
	}
	return env
}

// BlobsURL names the contents' bucket at an endpoint, which may be a proxy of the store.
func (cl *Cluster) BlobsURL(endpoint string) string {
	return "s3://" + bucket + "/ossd?create=true&endpoint=" + endpoint
}

// startNodes starts them at once, as an orchestrator would.
func (cl *Cluster) startNodes() error {
	ended := make(chan error)
	for _, n := range cl.Nodes {
		go func() { ended <- n.Start() }()
	}
	var err error
	for range cl.Nodes {
		err = errors.Join(err, <-ended)
	}
	return err
}

func (cl *Cluster) balance() error {
	var backends []string
	for _, n := range cl.Nodes {
		backends = append(backends, n.address)
	}
	cl.balancer = newBalancer(backends)
	for address := range strings.SplitSeq(cmp.Or(cl.Listen, "127.0.0.1:0"), ",") {
		l, err := net.Listen("tcp", address)
		if err != nil {
			return err
		}
		cl.balancer.serve(l)
		cl.URL = cmp.Or(cl.URL, "http://"+l.Addr().String())
	}
	return nil
}

// Stop ends everything. What is in Dir stays, but for PostgreSQL's.
func (cl *Cluster) Stop() error {
	var errs []error
	if cl.balancer != nil {
		errs = append(errs, cl.balancer.close())
	}
	for _, n := range cl.Nodes {
		errs = append(errs, n.Stop())
	}
	if cl.Store != nil {
		errs = append(errs, cl.Store.Stop())
	}
	if cl.Postgres != nil {
		errs = append(errs, cl.Postgres.Stop())
	}
	return errors.Join(errs...)
}

// Address is where the node listens, HOST:PORT.
func (n *Node) Address() string { return n.address }

// Node is one ossd.
type Node struct {
	URL string // of the node itself
	Dir string // its data directory; its log lies in the file log

	address, program, metadata, blobs string
	flags, variables                  []string
	start                             func(*exec.Cmd) error

	process *exec.Cmd
	exited  chan error
}

// Elsewhere changes where a node that is not running finds its engines.
func (n *Node) Elsewhere(metadata, blobs string) { n.metadata, n.blobs = metadata, blobs }

// Set changes a variable, NAME=VALUE, of the environment in which a node that is not running starts.
// What it returns takes that back.
func (n *Node) Set(variable string) (undo func()) {
	before := n.variables
	n.variables = append(slices.Clone(before), variable)
	return func() { n.variables = before }
}

const startTimeout = 90 * time.Second

// Start starts a node that is not running, and waits until it is ready.
func (n *Node) Start() error {
	if err := os.MkdirAll(n.Dir, 0o700); err != nil {
		return err
	}
	log, err := os.OpenFile(filepath.Join(filepath.Dir(n.Dir), filepath.Base(n.Dir)+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(n.program, append([]string{"serve", "--data", n.Dir, "--listen", n.address}, n.flags...)...)
	cmd.Env = append(append(os.Environ(), n.variables...), "OSSD_METADATA="+n.metadata, "OSSD_BLOBS="+n.blobs)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = attributes()
	if err := n.start(cmd); err != nil {
		return err
	}
	n.process, n.exited = cmd, make(chan error, 1)
	go func() { n.exited <- cmd.Wait() }()
	for begun := time.Now(); time.Since(begun) < startTimeout; time.Sleep(20 * time.Millisecond) {
		select {
		case err := <-n.exited:
			n.process = nil
			text, _ := os.ReadFile(log.Name())
			return fmt.Errorf("node %s ended: %w\n%s", n.address, err, text[max(0, len(text)-2000):])
		default:
		}
		if n.Ready() {
			return nil
		}
	}
	return errors.Join(fmt.Errorf("node %s is not ready after %v", n.address, startTimeout), n.Kill())
}

// Ready asks the node.
func (n *Node) Ready() bool {
	client := http.Client{Timeout: 5 * time.Second}
	res, err := client.Get(n.URL + "/-/ready")
	if err != nil {
		return false
	}
	defer res.Body.Close()
	var body bytes.Buffer
	_, err = body.ReadFrom(res.Body)
	return err == nil && res.StatusCode == http.StatusOK
}

// PID is that of the running process.
func (n *Node) PID() int { return n.process.Process.Pid }

// Kill ends the node without warning.
func (n *Node) Kill() error { return n.signal(os.Kill) }

// Stop ends it in order: what is under way is answered. A node that is not running is no error.
func (n *Node) Stop() error { return n.signal(os.Interrupt) }

func (n *Node) signal(sig os.Signal) error {
	if n.process == nil {
		return nil
	}
	if err := n.process.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	err := <-n.exited
	n.process = nil
	if sig == os.Kill {
		return nil
	}
	return err
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, errors.Join(err, l.Close())
}
