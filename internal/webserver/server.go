package webserver

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// limits are how long a client may take.
type limits struct {
	request time.Duration // to send one
	idle    time.Duration // until the next
	piece   time.Duration // to take a piece of an answer: the whole may take as long as it does
}

var usual = limits{request: 10 * time.Second, idle: time.Minute, piece: 30 * time.Second}

// maxHeader is the most bytes that the lines of a request may have.
const maxHeader = 16 << 10

// NewServer returns a server for development, to serve a listener that [Listen] opened at addr. It answers
// only requests to loopback names and to the host of addr, and closes a connection that does not get on.
func NewServer(addr string, handler http.Handler) *http.Server {
	return newServer(addr, handler, usual)
}

func newServer(addr string, handler http.Handler, l limits) *http.Server {
	return &http.Server{
		Handler:        named(hostname(addr), patient(l.piece, handler)),
		ReadTimeout:    l.request,
		IdleTimeout:    l.idle,
		MaxHeaderBytes: maxHeader,
	}
}

// named answers only requests to loopback names and to one more. Another name could be made to stand for a
// loopback address, and a page of that origin could then read the server's files.
func named(host string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if name := hostname(r.Host); !isLoopback(name) && name != host {
			http.Error(w, "only loopback names are answered", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// hostname is a host without its port, brackets and final dot, in lower case.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

func isLoopback(name string) bool {
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(name)
	return err == nil && ip.IsLoopback()
}

// patient ends an answer if the client takes no piece of it for d.
func patient(d time.Duration, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := &patientWriter{w, http.NewResponseController(w), d}
		p.extend()
		next.ServeHTTP(p, r)
	})
}

type patientWriter struct {
	http.ResponseWriter
	control *http.ResponseController
	most    time.Duration
}

func (w *patientWriter) extend() { w.control.SetWriteDeadline(time.Now().Add(w.most)) }

// pieceSize is how much must be taken within the limit. A large write would count for it only once.
const pieceSize = 64 << 10

func (w *patientWriter) Write(p []byte) (n int, err error) {
	for piece := range slices.Chunk(p, pieceSize) {
		w.extend()
		written, err := w.ResponseWriter.Write(piece)
		n += written
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

func (w *patientWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
