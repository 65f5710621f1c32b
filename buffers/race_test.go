//go:build race

package buffers_test

const raceEnabled = true
