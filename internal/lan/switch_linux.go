package lan

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"

	"golang.org/x/sys/unix"
)

const (
	mtu      = 9000
	maxPorts = 32
)

// network is of those set aside for tests of devices (RFC 2544), so that nobody's is hidden, and
// another one for most other processes of the machine.
var network = fmt.Sprintf("198.18.%d.", os.Getpid()%256)

// Switch joins ports. Close must be called.
type Switch struct {
	mu    sync.RWMutex
	ports []*Port
	lanes map[[2]int]*lane

	closed  chan struct{}
	running sync.WaitGroup
}

// New returns a switch without ports.
func New() *Switch { return &Switch{lanes: map[[2]int]*lane{}, closed: make(chan struct{})} }

// Port is a network interface at the switch, and the namespace that it is in.
type Port struct {
	Address string // IPv4

	number    int
	namespace *os.File // nil: the one that this process was started in
	tap       *os.File
}

// Join makes a port in a new namespace.
func (s *Switch) Join() (*Port, error) {
	namespace, err := newNamespace()
	if err != nil {
		return nil, err
	}
	return s.join(&Port{namespace: namespace}, "eth0")
}

// JoinHere makes a port in this process's namespace.
func (s *Switch) JoinHere() (*Port, error) {
	return s.join(&Port{}, fmt.Sprint("lan", os.Getpid()))
}

func (s *Switch) join(p *Port, device string) (*Port, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p.number = len(s.ports)
	if p.number == maxPorts {
		return nil, errors.New("lan: the switch has no more ports")
	}
	p.Address = fmt.Sprint(network, p.number+1)
	var err error
	if p.tap, err = p.in(func() (*os.File, error) { return p.prepare(device) }); err != nil {
		return nil, err
	}
	for _, other := range s.ports {
		s.lanes[[2]int{p.number, other.number}] = s.newLane(other)
		s.lanes[[2]int{other.number, p.number}] = s.newLane(p)
	}
	s.ports = append(s.ports, p)
	s.running.Go(func() { s.receive(p) })
	return p, nil
}

// prepare makes the interface, within the namespace.
func (p *Port) prepare(device string) (*os.File, error) {
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("lan: /dev/net/tun: %w", err)
	}
	request, err := unix.NewIfreq(device)
	if err == nil {
		request.SetUint16(unix.IFF_TAP | unix.IFF_NO_PI)
		err = unix.IoctlIfreq(fd, unix.TUNSETIFF, request)
	}
	if err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("lan: a TAP device: %w", err)
	}
	tap := os.NewFile(uintptr(fd), device)
	for _, args := range [][]string{
		{"link", "set", "lo", "up"},
		{"link", "set", device, "address", fmt.Sprintf("02:00:00:00:00:%02x", p.number+1), "mtu", fmt.Sprint(mtu), "up"},
		{"address", "add", p.Address + "/24", "dev", device},
	} {
		if err := ip(args...); err != nil {
			return nil, errors.Join(err, tap.Close())
		}
	}
	return tap, nil
}

func (p *Port) in(f func() (*os.File, error)) (*os.File, error) {
	if p.namespace == nil {
		return f()
	}
	return within(p.namespace, f)
}

// Start starts a process in the port's namespace.
func (p *Port) Start(cmd *exec.Cmd) error {
	_, err := p.in(func() (*os.File, error) { return nil, cmd.Start() })
	return err
}

// Link takes the port's interface down or up again, as its machine sees it: while it is down,
// those who send from there are told at once that there is no network, and the others nothing.
func (p *Port) Link(up bool) error {
	state := "down"
	if up {
		state = "up"
	}
	_, err := p.in(func() (*os.File, error) { return nil, ip("link", "set", p.tap.Name(), state) })
	return err
}

// Close ends the switch. Processes that are still in the namespaces are alone from then on.
func (s *Switch) Close() error {
	close(s.closed)
	var errs []error
	for _, p := range s.ports {
		errs = append(errs, p.tap.Close())
		if p.namespace != nil {
			errs = append(errs, p.namespace.Close())
		}
	}
	s.running.Wait()
	return errors.Join(errs...)
}
