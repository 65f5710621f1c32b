//go:build js && wasm

package jsbridge

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestACompletionHasAWordBeforeTheChannel(t *testing.T) {
	errMine := errors.New("mine")
	d := device(t)
	b := buffer(t, d, 64)
	var settled <-chan error
	settled, err := b.MapAsyncThen(MapModeWrite, 8, 16, 7, func(token uint64, err error) error {
		require.EqualValues(t, 7, token)
		require.NoError(t, err)
		require.Empty(t, settled)
		return errMine
	})
	require.NoError(t, err)
	require.ErrorIs(t, wait(t, settled), errMine)
	require.NoError(t, wait(t, d.Queue().WorkDone()), "the next use of the slot has no completion")
}

func TestACompletionInAChannelsPlace(t *testing.T) {
	for name, start := range map[string]func(*Device, Completion) error{
		"work done": func(d *Device, then Completion) error { return d.Queue().WorkDoneThen(Followup{Token: 7, Then: then}) },
		"an error scope": func(d *Device, then Completion) error {
			if err := d.PushErrorScope(FilterValidation); err != nil {
				return err
			}
			return d.PopErrorScopeThen(7, then)
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := device(t)
			earlier := d.Queue().WorkDone() // whose slot and channel are used again
			require.NoError(t, wait(t, earlier))
			completed := make(chan uint64, 1)
			require.NoError(t, start(d, func(token uint64, err error) error {
				require.NoError(t, err)
				completed <- token
				return nil
			}))
			require.EqualValues(t, 7, <-completed)
			turn()
			require.Empty(t, earlier, "nothing is sent to a channel that another has")
			require.NoError(t, wait(t, d.Queue().WorkDone()), "the next use of the slot has a channel")
		})
	}
}

func TestACompletionHearsOfARejection(t *testing.T) {
	b := buffer(t, device(t), 64)
	settled, err := b.MapAsyncThen(MapModeWrite, 0, 64, 1, func(_ uint64, err error) error { return err })
	require.NoError(t, err)
	b.Unmap()
	require.ErrorIs(t, wait(t, settled), ErrAbort)
}

func TestWhatIsThrownAtOnceIsNotCompleted(t *testing.T) {
	b := buffer(t, device(t), 64)
	_, err := b.MapAsyncThen(MapModeWrite, 0, 1<<60, 1, func(uint64, error) error {
		t.Error("completed")
		return nil
	})
	require.ErrorIs(t, err, ErrType)
	turn()
}
