package buffers_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/memory"
)

// foreignBuffer is one that its owner can destroy unseen.
func foreignBuffer(t testing.TB, device *memory.Device, label string, size uint64) (b buffers.Buffer, owned buffers.Buffer) {
	t.Helper()
	owned, err := device.CreateBuffer(&buffers.Descriptor{Label: label, Size: size, Usage: buffers.UsageCopySrc | buffers.UsageCopyDst})
	require.NoError(t, err)
	return device.Adopt(owned.(*memory.Buffer)), owned
}

// Reads of all kinds of sources are sent together, in one chunk or by way of a hold.
func TestARefusedCopyRejectsItsReadAndSpoilsNoOther(t *testing.T) {
	for _, held := range []bool{false, true} {
		name := "in chunks"
		if held {
			name = "by way of a hold"
		}
		t.Run(name, func(t *testing.T) {
			s, device := openSystem(t, buffers.Options{ChunkSize: 4096})
			rb := readback(t, s, buffers.ReadbackDescriptor{})
			own, shared := knownBuffer(t, s, 64), knownBuffer(t, s, 64)
			require.NoError(t, own.Write(0, filledWith(64, 1)))
			require.NoError(t, shared.Write(0, filledWith(64, 2)))
			_ = shared.Native()
			good, _ := foreignBuffer(t, device, "good", 64)
			require.NoError(t, device.Queue().WriteBuffer(good, 0, buffers.Bytes(filledWith(64, 3))))
			bad, owned := foreignBuffer(t, device, "bad", 64)
			owned.Destroy()
			device.Hold()
			var others []buffers.Read
			if held {
				for range 5 {
					r, _ := sent(t, rb, own, 0, 64)
					others = append(others, r)
				}
			}
			var all []buffers.Read
			var got [][]byte
			sources := []buffers.Buffer{bad, own, good, bad, shared, own}
			for _, b := range sources {
				p := filledWith(64, 77)
				r, err := rb.Start(b, 0, buffers.Bytes(p))
				require.NoError(t, err)
				all, got = append(all, r), append(got, p)
			}
			s.FlushReads()
			require.Equal(t, held, s.Stats().Held > 0)
			device.Release()
			for i, want := range []byte{77, 1, 3, 77, 2, 1} {
				err := all[i].Wait(within(t))
				if sources[i] == bad {
					require.ErrorIs(t, err, buffers.ErrValidation)
					require.ErrorContains(t, err, `"bad"`)
				} else {
					require.NoError(t, err, "read %d", i)
				}
				require.Equal(t, filledWith(64, want), got[i], "read %d", i)
			}
			for _, r := range others {
				require.NoError(t, r.Wait(within(t)))
			}
			require.Empty(t, s.Errors(), "what a read hears of is told nowhere else")
		})
	}
}

// A buffer that there was no memory for, as it turns out later, is read right after it was made.
func TestAReadOfABufferThatWasNeverThereIsRejected(t *testing.T) {
	device := memory.Open(memory.Options{LateErrors: true})
	defer device.Destroy()
	s, err := buffers.Open(device, buffers.Options{})
	require.NoError(t, err)
	defer s.Destroy()
	rb, own := readback(t, s, buffers.ReadbackDescriptor{}), knownBuffer(t, s, 64)
	require.NoError(t, own.Write(0, filledWith(64, 1)))
	device.Hold()
	device.FailCreate(1)
	b := deviceBuffer(t, s, 64)
	p := make([]byte, 64)
	neighbour, err := rb.Start(own, 0, buffers.Bytes(p))
	require.NoError(t, err)
	r, err := rb.Start(b, 0, buffers.Bytes(make([]byte, 64)))
	require.NoError(t, err)
	s.FlushReads()
	device.Release()
	require.ErrorIs(t, r.Wait(within(t)), buffers.ErrValidation)
	require.NoError(t, neighbour.Wait(within(t)))
	require.Equal(t, filledWith(64, 1), p)
}

// No chunk and no hold that a refused copy was for is used again.
func TestNothingIsHandedOutThatARefusedCopyLeft(t *testing.T) {
	s, device := openSystem(t, buffers.Options{ChunkSize: 4096})
	rb, own := readback(t, s, buffers.ReadbackDescriptor{}), knownBuffer(t, s, 4096)
	require.NoError(t, own.Write(0, filledWith(4096, 222)))
	for range 12 {
		require.Equal(t, filledWith(4096, 222), read(t, s, own, 0, 4096))
	}
	for i := range 12 {
		b, owned := foreignBuffer(t, device, "foreign", 4096)
		if i%2 == 0 {
			owned.Destroy()
		}
		p := make([]byte, 4096)
		err := rb.Read(within(t), b, 0, p)
		if i%2 == 0 {
			require.ErrorIs(t, err, buffers.ErrValidation)
		} else {
			require.NoError(t, err)
		}
		require.Equal(t, make([]byte, 4096), p)
	}
}
