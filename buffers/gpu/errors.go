package gpu

import (
	"errors"
	"strconv"
)

// The reasons for which an operation fails. Test for them with errors.Is.
var (
	ErrDestroyed   error = &reason{"destroyed", "the buffer is destroyed"}
	ErrMapped      error = &reason{"mapped", "the buffer is mapped"}
	ErrNotMapped   error = &reason{"not-mapped", "the buffer is not mapped"}
	ErrMapPending  error = &reason{"map-pending", "a map of the buffer is pending"}
	ErrMapAborted  error = &reason{"map-aborted", "the map was cancelled by an unmap or a destroy"}
	ErrState       error = &reason{"state", "the operation is not possible in this state"}
	ErrUsage       error = &reason{"usage", "the usage does not allow it"}
	ErrRange       error = &reason{"range", "out of range"}
	ErrAlignment   error = &reason{"alignment", "not aligned"}
	ErrTooLarge    error = &reason{"too-large", "over a limit of the device"}
	ErrOutOfMemory error = &reason{"out-of-memory", "out of memory"}
	ErrBudget      error = &reason{"budget", "over the byte budget"}
	ErrBusy        error = &reason{"busy", "everything is in use by the GPU"}
	ErrDeviceLost  error = &reason{"device-lost", "the device is lost"}
	ErrWrongDevice error = &reason{"wrong-device", "the object belongs to another device"}
	ErrUnsupported error = &reason{"unsupported", "it cannot be done here"}
	ErrValidation  error = &reason{"validation", "the GPU refused it"}
	ErrStale       error = &reason{"stale", "dropped for a newer read"}
	ErrType        error = &reason{"type", "wrong type"}
	ErrLayout      error = &reason{"layout", "the Go type does not have WGSL's layout"}
)

// reason is a sentinel with a code that stays the same across versions and languages.
type reason struct{ code, text string }

func (r *reason) Error() string { return "buffers: " + r.text }

// Text is Error without the package.
func (r *reason) Text() string { return r.text }

// Error says which operation failed, on which buffer, with which numbers and against which rule.
type Error struct {
	Op     string // the operation: "write", "map", "submit"
	Label  string // the label of the buffer, or "" if there is none
	Reason error  // one of the sentinels above, or nil if Cause is it
	Detail string // numbers and rule, or "" if Reason says it all
	Cause  error  // the error of the backend, of a context that ended, or of a reader; or nil
}

// NewError makes an Error without a cause.
//
//go:noinline
func NewError(op, label string, reason error, detail string) *Error {
	return &Error{Op: op, Label: label, Reason: reason, Detail: detail}
}

// CausedBy is the error of an operation ended by its context, or by its reader.
func CausedBy(op, label string, cause error) error {
	return &Error{Op: op, Label: label, Cause: cause}
}

func (e *Error) Error() string {
	subject := e.Op
	if e.Label != "" {
		subject += ` "` + e.Label + `"`
	}
	return "buffers: " + subject + ": " + e.Text()
}

// Text is Error without package, operation and label, for which a host may have names of its own. An Error without a
// detail has the text of its cause, if the cause is an Error or there is no reason.
func (e *Error) Text() string {
	switch cause, ok := e.Cause.(*Error); {
	case ok && e.Detail == "":
		return cause.Text()
	case e.Cause != nil && e.problem() == "":
		return Text(e.Cause)
	case e.Cause != nil:
		return e.problem() + ": " + Text(e.Cause)
	}
	return e.problem()
}

// problem is the detail, or the reason if that says it all.
func (e *Error) problem() string {
	if e.Detail == "" && e.Reason != nil {
		return Text(e.Reason)
	}
	return e.Detail
}

// Text is err's message without the name of its package and operation, if err can leave them out: an error around it
// has said them.
func Text(err error) string {
	if e, ok := err.(interface{ Text() string }); ok {
		return e.Text()
	}
	return err.Error()
}

// MapError makes an Error of a backend's error of a map.
func MapError(err error, op, label string) error {
	switch err.(type) {
	case nil, *Error:
		return err
	}
	return &Error{Op: op, Label: label, Reason: ErrValidation, Detail: "the map failed", Cause: err}
}

// Relabel restates an error in the words of the caller's operation.
func Relabel(err error, op, label string) error {
	e, ok := err.(*Error)
	if !ok {
		return err
	}
	told := *e
	told.Op, told.Label = op, label
	if e.Label != label && e.Label != "" {
		told.Detail = `of "` + e.Label + `": ` + e.problem()
	}
	return &told
}

// Unwrap returns the reason and the cause, if there are any, for errors.Is.
func (e *Error) Unwrap() (all []error) {
	for _, err := range [...]error{e.Reason, e.Cause} {
		if err != nil {
			all = append(all, err)
		}
	}
	return all
}

// Code returns the stable code of the reason for err ("range", "device-lost", ...),
// or "" for an error that is not of this package.
func Code(err error) string {
	if r, ok := errors.AsType[*reason](err); ok {
		return r.code
	}
	return ""
}

// Decimal writes n in decimal with thousands separated by commas.
//
//go:noinline
func Decimal(n uint64) string {
	digits := strconv.FormatUint(n, 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
