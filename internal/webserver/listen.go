package webserver

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
)

// portsTried bounds the search for a free port.
const portsTried = 100

// Listen opens a loopback listener at host:port. If the port is taken, it
// takes the next free one. A host that is not loopback is refused: the server
// is for development and knows no access control.
func Listen(addr string) (net.Listener, error) {
	host, portText, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	ip, err := net.ResolveIPAddr("ip", host)
	if err != nil {
		return nil, err
	}
	if host == "" || !ip.IP.IsLoopback() {
		return nil, fmt.Errorf("webserver: listen at %q: not a loopback address", addr)
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("webserver: listen at %q: %w", addr, err)
	}
	return listenFrom(ip.String(), int(port))
}

func listenFrom(host string, port int) (net.Listener, error) {
	last := min(port+portsTried, 65536)
	var err error
	for ; port < last; port++ {
		var l net.Listener
		l, err = net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
		if !errors.Is(err, syscall.EADDRINUSE) {
			return l, err
		}
	}
	return nil, err
}
