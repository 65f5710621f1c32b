package webserver

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"
)

var (
	built = time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)
	older = built.Add(-time.Hour)
)

func file(body string, at time.Time) *fstest.MapFile {
	return &fstest.MapFile{Data: []byte(body), ModTime: at}
}

var site = fstest.MapFS{
	"index.html":          file("<title>home</title>", built),
	"app.wasm":            file("plain wasm", built),
	"app.wasm.br":         file("brotli wasm", built),
	"app.wasm.gz":         file("gzip wasm", built),
	"stale.js":            file("plain js", built),
	"stale.js.br":         file("brotli js", older),
	"stale.js.gz":         file("gzip js", built),
	"types.d.ts":          file("export {}", built),
	"data.bin":            file("0123456789", built),
	"examples/index.html": file("<title>examples</title>", built),
	"assets/bunny.bin":    file("bunny", built),
}

func get(t *testing.T, path string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	New(site).ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	buf := make([]byte, 64)
	n, _ := r.Body.Read(buf)
	return string(buf[:n])
}

func TestMediaTypes(t *testing.T) {
	for path, want := range map[string]string{
		"/":                 "text/html; charset=utf-8",
		"/app.wasm":         "application/wasm",
		"/stale.js":         "text/javascript; charset=utf-8",
		"/types.d.ts":       "text/plain; charset=utf-8",
		"/data.bin":         "application/octet-stream",
		"/assets/bunny.bin": "application/octet-stream",
	} {
		r := get(t, path)
		require.Equal(t, http.StatusOK, r.StatusCode, path)
		require.Equal(t, want, r.Header.Get("Content-Type"), path)
	}
}

func TestEveryAnswerIsIsolated(t *testing.T) {
	for _, path := range []string{"/", "/app.wasm", "/missing", "/examples"} {
		h := get(t, path).Header
		require.Equal(t, "same-origin", h.Get("Cross-Origin-Opener-Policy"), path)
		require.Equal(t, "require-corp", h.Get("Cross-Origin-Embedder-Policy"), path)
		require.Equal(t, "same-origin", h.Get("Cross-Origin-Resource-Policy"), path)
		require.Equal(t, "nosniff", h.Get("X-Content-Type-Options"), path)
	}
}

func TestCodingIsNegotiated(t *testing.T) {
	for _, c := range []struct{ path, accept, coding, body string }{
		{"/app.wasm", "", "", "plain wasm"},
		{"/app.wasm", "gzip, deflate, br, zstd", "br", "brotli wasm"},
		{"/app.wasm", "BR", "br", "brotli wasm"},
		{"/app.wasm", "gzip", "gzip", "gzip wasm"},
		{"/app.wasm", "br;q=0, gzip;q=0.5", "gzip", "gzip wasm"},
		{"/app.wasm", "br;q=0, *", "gzip", "gzip wasm"},
		{"/app.wasm", "*;q=0", "", "plain wasm"},
		{"/app.wasm", "br;q=nonsense", "", "plain wasm"},
		{"/app.wasm", "brotli", "", "plain wasm"},
		{"/stale.js", "br, gzip", "gzip", "gzip js"},
		{"/stale.js", "br", "", "plain js"},
		{"/data.bin", "br, gzip", "", "0123456789"},
	} {
		r := get(t, c.path, "Accept-Encoding", c.accept)
		require.Equal(t, c.body, body(t, r), c)
		require.Equal(t, c.coding, r.Header.Get("Content-Encoding"), c)
		require.Equal(t, "Accept-Encoding", r.Header.Get("Vary"), c)
	}
	require.Equal(t, "application/wasm", get(t, "/app.wasm", "Accept-Encoding", "br").Header.Get("Content-Type"))
}

func TestETagRevalidates(t *testing.T) {
	seen := map[string]bool{}
	for _, accept := range []string{"", "gzip", "br"} {
		tag := get(t, "/app.wasm", "Accept-Encoding", accept).Header.Get("ETag")
		require.Regexp(t, `^"[^"]+"$`, tag)
		require.False(t, seen[tag], "codings share the ETag %s", tag)
		seen[tag] = true

		r := get(t, "/app.wasm", "Accept-Encoding", accept, "If-None-Match", tag)
		require.Equal(t, http.StatusNotModified, r.StatusCode)
		require.Equal(t, tag, r.Header.Get("ETag"))
	}
	require.Equal(t, http.StatusOK, get(t, "/app.wasm", "If-None-Match", `"other"`).StatusCode)
}

func TestRange(t *testing.T) {
	r := get(t, "/data.bin", "Range", "bytes=2-4")
	require.Equal(t, http.StatusPartialContent, r.StatusCode)
	require.Equal(t, "234", body(t, r))
}

func TestFolders(t *testing.T) {
	require.Equal(t, "<title>examples</title>", body(t, get(t, "/examples/")))
	r := get(t, "/examples?n=1")
	require.Equal(t, http.StatusMovedPermanently, r.StatusCode)
	require.Equal(t, "./examples/?n=1", r.Header.Get("Location"))
	require.Equal(t, http.StatusNotFound, get(t, "/assets/").StatusCode, "a folder is not listed")
}

func TestPathsOutsideAreNotFound(t *testing.T) {
	for _, path := range []string{"/missing", "/../go.mod", "/..%2fgo.mod", "/a/../../go.mod", "/.", "/index.html/x"} {
		require.Equal(t, http.StatusNotFound, get(t, path).StatusCode, path)
	}
}

func TestOnlyReading(t *testing.T) {
	w := httptest.NewRecorder()
	New(site).ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", nil))
	require.Equal(t, http.StatusMethodNotAllowed, w.Code)
	require.Equal(t, "GET, HEAD", w.Header().Get("Allow"))
}
