// Package slogger sends a System's log records to log/slog. It is a package of its own so that
// programs which do not use it do not carry log/slog.
package slogger

import (
	"context"
	"log/slog"

	"github.com/gpubuffers/gpubuffers/buffers"
)

// New returns a LogFunc for [buffers.Options].Log that logs to l. Fields become attributes; the level
// must let a record pass both here and in Options.LogLevel.
func New(l *slog.Logger) buffers.LogFunc {
	return func(level buffers.Level, message string, fields []buffers.Field) {
		ctx := context.Background()
		if !l.Enabled(ctx, slogLevel(level)) {
			return
		}
		attrs := make([]slog.Attr, len(fields))
		for i, f := range fields {
			attrs[i] = attr(f)
		}
		l.LogAttrs(ctx, slogLevel(level), message, attrs...)
	}
}

func attr(f buffers.Field) slog.Attr {
	if f.Text != "" {
		return slog.String(f.Key, f.Text)
	}
	return slog.Int64(f.Key, f.Number)
}

func slogLevel(level buffers.Level) slog.Level {
	switch level {
	case buffers.LevelDebug:
		return slog.LevelDebug
	case buffers.LevelInfo:
		return slog.LevelInfo
	case buffers.LevelWarn:
		return slog.LevelWarn
	}
	return slog.LevelError
}
