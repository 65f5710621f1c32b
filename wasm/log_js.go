//go:build js && wasm

package main

import (
	"syscall/js"

	"github.com/gpubuffers/gpubuffers/buffers"
)

// logTo hands each record to the page's function, after the task: it may call the module, which a
// LogFunc must not.
func logTo(f js.Value) buffers.LogFunc {
	return func(level buffers.Level, message string, fields []buffers.Field) {
		record := logRecord(level, message, fields)
		later(func() { notify(f, record) })
	}
}

func logRecord(level buffers.Level, message string, fields []buffers.Field) js.Value {
	values := newObject()
	for _, f := range fields {
		if f.Text != "" {
			values.Set(f.Key, f.Text)
		} else {
			values.Set(f.Key, float64(f.Number))
		}
	}
	record := newObject()
	record.Set("level", level.String())
	record.Set("message", message)
	record.Set("fields", values)
	return record
}

func newObject() js.Value { return js.Global().Get("Object").New() }
