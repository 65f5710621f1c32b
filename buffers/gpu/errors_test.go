package gpu_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

// Programs, and the JavaScript API, tell errors apart by their codes.
func TestCodesStayAsTheyAre(t *testing.T) {
	for code, reason := range map[string]error{
		"destroyed":     gpu.ErrDestroyed,
		"mapped":        gpu.ErrMapped,
		"not-mapped":    gpu.ErrNotMapped,
		"map-pending":   gpu.ErrMapPending,
		"map-aborted":   gpu.ErrMapAborted,
		"state":         gpu.ErrState,
		"usage":         gpu.ErrUsage,
		"range":         gpu.ErrRange,
		"alignment":     gpu.ErrAlignment,
		"too-large":     gpu.ErrTooLarge,
		"out-of-memory": gpu.ErrOutOfMemory,
		"budget":        gpu.ErrBudget,
		"busy":          gpu.ErrBusy,
		"device-lost":   gpu.ErrDeviceLost,
		"wrong-device":  gpu.ErrWrongDevice,
		"unsupported":   gpu.ErrUnsupported,
		"validation":    gpu.ErrValidation,
		"stale":         gpu.ErrStale,
		"type":          gpu.ErrType,
		"layout":        gpu.ErrLayout,
	} {
		require.Equal(t, code, gpu.Code(gpu.NewError("write", "bunny", reason, "")))
	}
}

// Package errors forbids an Unwrap that lists nil.
func TestErrorsUnwrapToWhatThereIs(t *testing.T) {
	cause := errors.New("cause")
	for want, e := range map[int]*gpu.Error{
		0: {Op: "read"},
		1: {Op: "read", Cause: cause},
		2: {Op: "read", Cause: cause, Reason: gpu.ErrRange},
	} {
		require.Len(t, e.Unwrap(), want)
		require.NotContains(t, e.Unwrap(), nil)
	}
}

func TestErrorsCarryTheBackendsOwnAsCause(t *testing.T) {
	cause := errors.New("the browser says no")
	err := &gpu.Error{Op: "map", Label: "x", Reason: gpu.ErrValidation, Cause: cause}
	require.ErrorIs(t, err, cause)
	require.ErrorIs(t, err, gpu.ErrValidation)
	require.EqualError(t, err, `buffers: map "x": the GPU refused it: the browser says no`)
}

func TestLabelsAreNotEscapedInErrors(t *testing.T) {
	err := gpu.NewError("map", "a \"b\"\n\u00e9", gpu.ErrMapped, "")
	require.ErrorContains(t, err, "map \"a \"b\"\n\u00e9\": ")
}
