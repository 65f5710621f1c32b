package webserver

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestOnlyLoopbackNamesAreAnswered(t *testing.T) {
	handler := NewServer("devbox:8080", New(site)).Handler
	for host, want := range map[string]int{
		"localhost": 200, "localhost:8080": 200, "LOCALHOST.:8080": 200, "app.localhost:8080": 200, "127.0.0.1": 200, "127.9.9.9:8080": 200,
		"[::1]": 200, "[::1]:8080": 200, "devbox:8081": 200,
		"": 421, "example.com": 421, "localhost.example.com:8080": 421, "notlocalhost": 421, "127.0.0.1.example.com": 421,
		"192.0.2.1:8080": 421, "[2001:db8::1]:8080": 421, "0.0.0.0:8080": 421, "devbox.example.com": 421,
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host = host
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		require.Equal(t, want, w.Code, host)
	}
}

// start serves a file of a size that no socket holds, to clients that have so long.
func start(t *testing.T, l limits) (addr string) {
	t.Helper()
	listener, err := Listen("127.0.0.1:0")
	require.NoError(t, err)
	large := fstest.MapFS{"large.bin": file(strings.Repeat("x", 64<<20), built), "small.txt": file("small", built)}
	server := newServer(listener.Addr().String(), New(large), l)
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
	return listener.Addr().String()
}

func dial(t *testing.T, addr, send string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	_, err = io.WriteString(c, send)
	require.NoError(t, err)
	return c
}

// ended reads what is left, and fails where the server keeps the connection.
func ended(t *testing.T, c net.Conn) int64 {
	t.Helper()
	c.SetReadDeadline(time.Now().Add(10 * time.Second))
	n, err := io.Copy(io.Discard, c)
	var timeout net.Error
	if err != nil {
		require.NotErrorAs(t, err, &timeout, "the connection is kept")
	}
	return n
}

func TestConnectionsThatDoNotGetOnAreClosed(t *testing.T) {
	const long, short = time.Hour, 20 * time.Millisecond
	request := func(path string) string { return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n" }
	t.Run("a request that is never finished", func(t *testing.T) {
		ended(t, dial(t, start(t, limits{request: short, idle: long, piece: long}), "GET / HTTP/1.1\r\nHost:"))
	})
	t.Run("no further request", func(t *testing.T) {
		ended(t, dial(t, start(t, limits{request: long, idle: short, piece: long}), request("/small.txt")))
	})
	t.Run("an answer that nobody reads", func(t *testing.T) {
		c := dial(t, start(t, limits{request: long, idle: long, piece: short}), request("/large.bin"))
		time.Sleep(10 * short)
		require.Less(t, ended(t, c), int64(64<<20))
	})
	t.Run("lines without end", func(t *testing.T) {
		c := dial(t, start(t, limits{request: long, idle: long, piece: long}), "GET / HTTP/1.1\r\nHost: localhost\r\nX: ")
		io.Copy(c, io.LimitReader(endless{}, 64<<10)) // the server may close it meanwhile
		ended(t, c)
	})
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// A download may take longer than any piece of it, and a connection that waited longer than that serves again.
func TestADownloadThatGetsOnIsNotCutShort(t *testing.T) {
	const piece = 500 * time.Millisecond
	c := dial(t, start(t, limits{request: time.Hour, idle: time.Hour, piece: piece}), "")
	answers := bufio.NewReader(c)
	for range 2 {
		_, err := io.WriteString(c, "GET /large.bin HTTP/1.1\r\nHost: localhost\r\n\r\n")
		require.NoError(t, err)
		answer, err := http.ReadResponse(answers, nil)
		require.NoError(t, err)
		for range 16 { // slower than piece, all in all
			_, err := io.CopyN(io.Discard, answer.Body, 4<<20)
			require.NoError(t, err)
			time.Sleep(piece / 10)
		}
		time.Sleep(2 * piece)
	}
}
