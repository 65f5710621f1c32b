//go:build !js

package browser

import (
	"flag"
	"fmt"
	"os"
	"testing"
)

// shared is the state that the tests of one binary share. Main sets it before
// the first test runs.
var shared struct {
	server  *server
	chrome  *chrome
	firefox *firefox // in chrome's place: see OnFirefox
	absent  error    // why there is no browser, if the tests may be skipped
}

// Main starts the browser, runs the tests and returns the exit code for
// TestMain to give to os.Exit. Without a browser or a WebGPU adapter the
// code is 1 and no test runs; HEADLESS=optional skips each test that opens a
// page instead.
func Main(m *testing.M) int {
	flag.Parse()
	server, err := startServer()
	if err != nil {
		return refuse(err)
	}
	defer server.stop()
	shared.server = server

	description, stop, err := startBrowser()
	if err != nil && os.Getenv("HEADLESS") != "optional" {
		return refuse(err)
	}
	if err != nil {
		shared.absent = err
		return m.Run()
	}
	defer stop()
	fmt.Println("browser:", description)
	return m.Run()
}

func startBrowser() (description string, stop func(), err error) {
	if OnFirefox() {
		if shared.firefox, err = startFirefox(shared.server.url); err != nil {
			return "", nil, err
		}
		return shared.firefox.description, shared.firefox.stop, nil
	}
	if shared.chrome, err = startChrome(shared.server.url, nil); err != nil {
		return "", nil, err
	}
	return shared.chrome.description, shared.chrome.stop, nil
}

func refuse(err error) int {
	fmt.Fprintln(os.Stderr, "browser:", err)
	fmt.Fprintln(os.Stderr, "browser: HEADLESS=optional turns this failure into skipped tests")
	return 1
}
