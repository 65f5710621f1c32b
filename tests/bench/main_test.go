//go:build !js

package bench

import (
	"net/http"
	"os"
	"path"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/internal/webserver"
	"github.com/gpubuffers/gpubuffers/tests/headless/browser"
)

func TestMain(m *testing.M) {
	os.Exit(browser.Main(m))
}

// pageFolder is served at /bench/.
const pageFolder = "page"

// servePage answers for every file of the page.
func servePage(t *testing.T) {
	t.Helper()
	files := http.StripPrefix("/bench", webserver.New(os.DirFS(pageFolder)))
	browser.Handle(t, "/bench/", files)
	err := filepath.WalkDir(pageFolder, func(name string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		relative, err := filepath.Rel(pageFolder, name)
		browser.Handle(t, path.Join("/bench", filepath.ToSlash(relative)), files)
		return err
	})
	require.NoError(t, err)
}
