package lan

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"
)

// pair is a switch with this process and an echo server in another namespace.
func pair(t *testing.T) (s *Switch, here, there *Port, address string) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("network namespaces need root")
	}
	s = New()
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	here, err := s.JoinHere()
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("there are no TAP devices: ", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if there, err = s.Join(); err != nil {
		t.Fatal(err)
	}
	l, err := within(there.namespace, func() (net.Listener, error) { return net.Listen("tcp", there.Address+":0") })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				io.Copy(c, c)
			}()
		}
	}()
	return s, here, there, l.Addr().String()
}

// echo sends bytes and waits for them.
func echo(t *testing.T, c net.Conn, n int) time.Duration {
	t.Helper()
	begun := time.Now()
	if err := c.SetDeadline(begun.Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	go c.Write(make([]byte, n))
	if _, err := io.ReadFull(c, make([]byte, n)); err != nil {
		t.Fatal(err)
	}
	return time.Since(begun)
}

func TestSwitch(t *testing.T) {
	s, here, there, address := pair(t)
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	echo(t, c, 1<<20)

	s.Both(here, there, Condition{Delay: 100 * time.Millisecond})
	if took := echo(t, c, 10); took < 200*time.Millisecond {
		t.Errorf("an echo took %v, want no less than the delay", took)
	}
	s.Both(here, there, Condition{Rate: 1 << 20})
	if took := echo(t, c, 256<<10); took < 200*time.Millisecond {
		t.Errorf("256 KiB took %v, want no less than the rate allows", took)
	}
	s.Both(here, there, Condition{})

	// Only what comes back is lost: then it is what is sent that has an effect.
	for name, cut := range map[string]struct{ lose, heal func() }{
		"answers": {func() { s.Set(there, here, Condition{Lost: true}) }, func() { s.Set(there, here, Condition{}) }},
		"all":     {func() { s.Both(here, there, Condition{Lost: true}) }, func() { s.Both(here, there, Condition{}) }},
		"link":    {func() { link(t, there, false) }, func() { link(t, there, true) }},
	} {
		cut.lose()
		if err := c.SetDeadline(time.Now().Add(300 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Write([]byte("x")); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if n, err := c.Read(make([]byte, 1)); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: read %d bytes, %v, want silence", name, n, err)
		}
		cut.heal()
		if err := c.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(c, make([]byte, 1)); err != nil {
			t.Errorf("%s: after it was healed: %v", name, err)
		}
	}
}

func link(t *testing.T, p *Port, up bool) {
	t.Helper()
	if err := p.Link(up); err != nil {
		t.Fatal(err)
	}
}
