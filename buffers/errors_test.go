package buffers_test

import (
	"context"
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers"
)

func TestErrorsNameOperationLabelNumbersAndRule(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	b, err := s.NewDeviceBuffer(buffers.Descriptor{Label: "bunny vertices", Size: 65_536, Usage: buffers.UsageVertex})
	require.NoError(t, err)
	defer b.Destroy()
	err = b.Write(65_532, make([]byte, 12))
	require.EqualError(t, err, `buffers: write "bunny vertices": 12 bytes at 65,532 exceed size 65,536`)
	var e *buffers.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, "write", e.Op)
	require.Equal(t, "bunny vertices", e.Label)
	require.Equal(t, "range", buffers.Code(err))
	require.Empty(t, buffers.Code(errors.New("other")))
}

// Programs, and the JavaScript API, tell errors apart by their codes.
func TestCodesStayAsTheyAre(t *testing.T) {
	for code, reason := range map[string]error{
		"destroyed":     buffers.ErrDestroyed,
		"mapped":        buffers.ErrMapped,
		"not-mapped":    buffers.ErrNotMapped,
		"map-pending":   buffers.ErrMapPending,
		"map-aborted":   buffers.ErrMapAborted,
		"state":         buffers.ErrState,
		"usage":         buffers.ErrUsage,
		"range":         buffers.ErrRange,
		"alignment":     buffers.ErrAlignment,
		"too-large":     buffers.ErrTooLarge,
		"out-of-memory": buffers.ErrOutOfMemory,
		"budget":        buffers.ErrBudget,
		"busy":          buffers.ErrBusy,
		"device-lost":   buffers.ErrDeviceLost,
		"wrong-device":  buffers.ErrWrongDevice,
		"unsupported":   buffers.ErrUnsupported,
		"validation":    buffers.ErrValidation,
		"stale":         buffers.ErrStale,
		"type":          buffers.ErrType,
		"layout":        buffers.ErrLayout,
	} {
		require.Equal(t, code, buffers.Code(buffers.NewError("write", "bunny", reason, "")))
	}
}

// Package errors forbids an Unwrap that lists nil.
func TestErrorsUnwrapToWhatThereIs(t *testing.T) {
	cause := errors.New("cause")
	for want, e := range map[int]*buffers.Error{
		0: {Op: "read"},
		1: {Op: "read", Cause: cause},
		2: {Op: "read", Cause: cause, Reason: buffers.ErrRange},
	} {
		require.Len(t, e.Unwrap(), want)
		require.NotContains(t, e.Unwrap(), nil)
	}
}

func TestErrorsCarryTheBackendsOwnAsCause(t *testing.T) {
	cause := errors.New("the browser says no")
	err := &buffers.Error{Op: "map", Label: "x", Reason: buffers.ErrValidation, Cause: cause}
	require.ErrorIs(t, err, cause)
	require.ErrorIs(t, err, buffers.ErrValidation)
	require.EqualError(t, err, `buffers: map "x": the GPU refused it: the browser says no`)
}

func TestLabelsAreNotEscapedInErrors(t *testing.T) {
	err := buffers.NewError("map", "a \"b\"\n\u00e9", buffers.ErrMapped, "")
	require.ErrorContains(t, err, "map \"a \"b\"\n\u00e9\": ")
}

// failing is a reader that fails.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestEveryErrorIsAnError(t *testing.T) {
	over, cancel := context.WithCancel(t.Context())
	cancel()
	broken := errors.New("the source broke")
	for name, c := range map[string]struct {
		call func(*room) error
		want error
	}{
		"Map":          {func(r *room) error { r.hold(); return r.staging(64).Map(over) }, context.Canceled},
		"UploadMemory": {func(r *room) error { return r.UploadMemory(over, r.target, 0, buffers.Bytes(make([]byte, 64))) }, context.Canceled},
		"Upload":       {func(r *room) error { _, err := r.Upload(over, r.target, 0, failing{io.EOF}); return err }, context.Canceled},
		"a reader":     {func(r *room) error { _, err := r.Upload(r.later(), r.target, 0, failing{broken}); return err }, broken},
		"ReadFrom": {func(r *room) error {
			b := r.hold()
			_, err := b.ReadFrom(failing{broken})
			return err
		}, broken},
		"Calibrate": {func(r *room) error { r.gpu.Hold(); return r.Calibrate(over) }, context.Canceled},
		"BeginFrame": {func(r *room) error {
			r.gpu.Hold()
			f, _ := frame(r.T, r.System)
			require.NoError(r, f.Submit())
			_, err := r.BeginFrame(over)
			return err
		}, context.Canceled},
	} {
		inRooms(t, name, buffers.Options{Budget: whole, MaxFramesInFlight: 1}, func(r *room) {
			err := c.call(r)
			require.ErrorIs(r, err, c.want)
			require.IsType(r, &buffers.Error{}, err)
			require.NotEmpty(r, err.(*buffers.Error).Op)
		})
	}
}
