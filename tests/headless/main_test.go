//go:build !js

package headless

import (
	"os"
	"testing"

	"github.com/gpubuffers/gpubuffers/tests/headless/browser"
)

func TestMain(m *testing.M) {
	os.Exit(browser.Main(m))
}
