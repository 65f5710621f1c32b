package buffers

import (
	"errors"
	"strconv"
)

// The reasons for which an operation fails. Test for them with errors.Is.
var (
	ErrDestroyed   = newReason("destroyed", "the buffer is destroyed")
	ErrMapped      = newReason("mapped", "the buffer is mapped")
	ErrNotMapped   = newReason("not-mapped", "the buffer is not mapped")
	ErrMapPending  = newReason("map-pending", "a map of the buffer is pending")
	ErrMapAborted  = newReason("map-aborted", "the map was cancelled by an unmap or a destroy")
	ErrState       = newReason("state", "the operation is not possible in this state")
	ErrUsage       = newReason("usage", "the usage does not allow it")
	ErrRange       = newReason("range", "out of range")
	ErrAlignment   = newReason("alignment", "not aligned")
	ErrTooLarge    = newReason("too-large", "over a limit of the device")
	ErrOutOfMemory = newReason("out-of-memory", "out of memory")
	ErrBudget      = newReason("budget", "over the byte budget")
	ErrBusy        = newReason("busy", "everything is in use by the GPU")
	ErrDeviceLost  = newReason("device-lost", "the device is lost")
	ErrWrongDevice = newReason("wrong-device", "the object belongs to another device")
	ErrUnsupported = newReason("unsupported", "the backend cannot do this")
	ErrValidation  = newReason("validation", "the backend refused it")
	ErrStale       = newReason("stale", "dropped for a newer read")
	ErrType        = newReason("type", "wrong type")
	ErrLayout      = newReason("layout", "the Go type does not have WGSL's layout")
)

// reason is a sentinel with a code that stays the same across versions and languages.
type reason struct{ code, text string }

func newReason(code, text string) error { return &reason{code, text} }

func (r *reason) Error() string { return "buffers: " + r.text }

// Error says which operation failed, on what, with which numbers and against which rule.
type Error struct {
	Op     string // what was asked for: "write", "map", "submit"
	Label  string // the label of the buffer, or "" where there is none
	Reason error  // one of the sentinels above
	Detail string // numbers and rule, or "" where Reason says it all
	Cause  error  // the backend's own error, or nil
}

// NewError makes an Error without a cause.
//
//go:noinline
func NewError(op, label string, reason error, detail string) *Error {
	return &Error{Op: op, Label: label, Reason: reason, Detail: detail}
}

func (e *Error) Error() string {
	text := "buffers: " + e.Op
	if e.Label != "" {
		text += " " + strconv.Quote(e.Label)
	}
	switch {
	case e.Detail != "":
		text += ": " + e.Detail
	case e.Reason != nil:
		text += ": " + reasonText(e.Reason)
	}
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	return text
}

// Unwrap gives errors.Is both the reason and the backend's own error.
func (e *Error) Unwrap() []error {
	if e.Cause == nil {
		return []error{e.Reason}
	}
	return []error{e.Reason, e.Cause}
}

func reasonText(err error) string {
	if r, ok := err.(*reason); ok {
		return r.text
	}
	return err.Error()
}

// Code returns the stable code of the reason for err ("range", "device-lost", ...),
// or "" for an error that is not of this package.
func Code(err error) string {
	var r *reason
	if errors.As(err, &r) {
		return r.code
	}
	return ""
}

// number writes n in decimal with thousands separated by commas.
//
//go:noinline
func number(n uint64) string {
	digits := strconv.FormatUint(n, 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
