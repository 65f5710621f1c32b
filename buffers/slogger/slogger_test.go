package slogger_test

import (
	"bytes"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/memory"
	"github.com/gpubuffers/gpubuffers/buffers/slogger"
)

func TestRecordsKeepLevelMessageAndFields(t *testing.T) {
	var out bytes.Buffer
	log := slogger.New(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelInfo})))
	device := memory.Open(memory.Options{})
	defer device.Destroy()
	s, err := buffers.Open(device, buffers.Options{Log: log, LogLevel: buffers.LevelDebug})
	require.NoError(t, err)
	defer s.Destroy()
	b, err := s.NewDeviceBuffer(buffers.Descriptor{Label: "mesh", Size: 64, Usage: buffers.UsageVertex})
	require.NoError(t, err)
	require.Empty(t, out.String(), "the handler's level counts")
	require.NoError(t, b.Grow(100))
	require.Contains(t, out.String(), `level=INFO msg="buffer grown" label=mesh from=64 to=100`)
}

func TestEveryLevelHasItsCounterpart(t *testing.T) {
	for level, want := range map[buffers.Level]string{
		buffers.LevelDebug: "DEBUG", buffers.LevelInfo: "INFO", buffers.LevelWarn: "WARN", buffers.LevelError: "ERROR",
	} {
		var out bytes.Buffer
		log := slogger.New(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})))
		log(level, "hello", []buffers.Field{{Key: "n", Number: 7}})
		require.Contains(t, out.String(), "level="+want+" msg=hello n=7")
	}
}
