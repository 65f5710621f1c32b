//go:build !js

package headless

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/tests/headless/browser"
)

// countRequests answers for a file of the web folder at another path, and counts how often.
func countRequests(t *testing.T, path, file string) *atomic.Int64 {
	var n atomic.Int64
	browser.Handle(t, path, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n.Add(1)
		answer, err := http.Get(browser.URL(file))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer answer.Body.Close()
		w.Header().Set("Content-Type", answer.Header.Get("Content-Type"))
		w.Header().Set("Cache-Control", "no-cache")
		io.Copy(w, answer.Body)
	}))
	return &n
}

// preloads are the lines that a page has for its preloads.
func preloads(t *testing.T, path, start, end string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	_, lines, found := strings.Cut(string(text), start)
	require.True(t, found)
	lines, _, found = strings.Cut(lines, end)
	require.True(t, found)
	require.Equal(t, 2, strings.Count(lines, "<link"), lines)
	return lines
}

// What is preloaded is what open takes: a line that does not fit has its file fetched a second time.
func TestPreloadsAreUsed(t *testing.T) {
	for name, lines := range map[string]string{
		"README.md":      preloads(t, "../../README.md", "```html\n", "```"),
		"web/index.html": preloads(t, "../../web/index.html", "<link rel=\"stylesheet\" href=\"style.css\">\n", "  <script"),
	} {
		t.Run(name, func(t *testing.T) {
			module := countRequests(t, "/preloaded/gpubuffers.wasm", "/gpubuffers.wasm")
			script := countRequests(t, "/preloaded/gpubuffers.js", "/gpubuffers.js")
			const path = "/preloaded/page.html"
			browser.HTML(t, path, fmt.Sprintf(`<!doctype html><title>preloads</title>%s<script type="module">
				globalThis.begin = async () => {
					const { open } = await import("./gpubuffers.js");
					(await open()).destroy();
					return performance.getEntriesByType("resource").map((entry) => entry.name.split("/").pop()).filter((name) => name !== "favicon.ico");
				};
			</script>`, lines))
			page := browser.Open(t, path)
			page.Wait(`globalThis.begin !== undefined`)
			require.Eventually(t, func() bool { return module.Load() == 1 && script.Load() == 1 }, 10*time.Second, 10*time.Millisecond, "before the page asks")
			require.ElementsMatch(t, []string{"gpubuffers.wasm", "gpubuffers.js"}, browser.Eval[[]string](page, `begin()`))
			require.Equal(t, []int64{1, 1}, []int64{module.Load(), script.Load()}, "once it has asked")
		})
	}
}
