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

func TestNamesAreWords(t *testing.T) {
	require.Equal(t, "warn", buffers.LevelWarn.String())
	require.Equal(t, "ReadbackBuffer", buffers.KindReadback.String())
}
