//go:build !linux && !js

package browser

import "os/exec"

// endWithTests is for Linux alone: elsewhere a program outlives tests that are killed.
func endWithTests(*exec.Cmd) {}
