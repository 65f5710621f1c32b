package buffers

import "cmp"

// Level grades a log record.
type Level int8

const (
	LevelDebug Level = iota
	LevelInfo
	LevelWarn
	LevelError
)

func (l Level) String() string {
	switch l {
	case LevelDebug:
		return "debug"
	case LevelInfo:
		return "info"
	case LevelWarn:
		return "warn"
	case LevelError:
		return "error"
	}
	return "unknown level"
}

// Field is one named value of a log record: Text, or if that is "" Number.
type Field struct {
	Key    string
	Text   string
	Number int64
}

// LogFunc takes one record. It must not block, must not call the System it logs for, and must not keep
// fields.
type LogFunc func(level Level, message string, fields []Field)

// logger costs one comparison if no function is set: ask enabled before building fields.
type logger struct {
	f     LogFunc
	level Level
}

func (l *logger) enabled(level Level) bool { return l.f != nil && level >= l.level }

func (l *logger) log(level Level, message string, fields ...Field) {
	if l.enabled(level) {
		l.f(level, message, fields)
	}
}

func text(key, value string) Field { return Field{Key: key, Text: value} }

// label makes a field of a label. An empty label reads as in WebGPU's own messages.
func label(key, label string) Field { return text(key, cmp.Or(label, "(unlabeled)")) }

func count[N int | int64 | uint64](key string, n N) Field { return Field{Key: key, Number: int64(n)} }
