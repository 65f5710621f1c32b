package webserver

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestListenSkipsTakenPorts(t *testing.T) {
	first, err := Listen("127.0.0.1:0")
	require.NoError(t, err)
	defer first.Close()

	second, err := Listen(first.Addr().String())
	require.NoError(t, err)
	defer second.Close()
	require.NotEqual(t, first.Addr().String(), second.Addr().String())
}

func TestListenRefusesOtherHosts(t *testing.T) {
	for _, addr := range []string{":8080", "0.0.0.0:8080", "[::]:8080", "192.0.2.1:8080", "localhost", "localhost:http2x", "localhost:70000"} {
		l, err := Listen(addr)
		if err == nil {
			l.Close()
		}
		require.Error(t, err, addr)
	}
}
