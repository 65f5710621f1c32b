package buffers_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/memory"
)

func TestLongQueueWritesInARowAreFlushed(t *testing.T) {
	const KiB, MiB = 1 << 10, 1 << 20
	for name, c := range map[string]struct {
		write   func(s *buffers.System, b *buffers.DeviceBuffer) error
		flushes int // by the end
	}{
		"short ones": {func(_ *buffers.System, b *buffers.DeviceBuffer) (err error) {
			for range 200 {
				err = errors.Join(err, b.Write(0, make([]byte, 16*KiB)))
			}
			return err
		}, 0},
		"ones of 64 KiB": {func(_ *buffers.System, b *buffers.DeviceBuffer) (err error) {
			for range 64 {
				err = errors.Join(err, b.Write(0, make([]byte, 64*KiB)))
			}
			return err
		}, 0},
		"ones of 1 MiB": {func(_ *buffers.System, b *buffers.DeviceBuffer) (err error) {
			for range 8 {
				err = errors.Join(err, b.Write(0, make([]byte, MiB)))
			}
			return err
		}, 7},
		"the pieces of one": {func(_ *buffers.System, b *buffers.DeviceBuffer) error {
			return b.Write(0, make([]byte, 16*MiB))
		}, 3},
		"a stream": {func(s *buffers.System, b *buffers.DeviceBuffer) error {
			_, err := s.Upload(context.Background(), b, 0, bytes.NewReader(make([]byte, 16*MiB)))
			return err
		}, 3},
		"ones with a pause before each": {func(_ *buffers.System, b *buffers.DeviceBuffer) (err error) {
			for range 8 {
				time.Sleep(time.Millisecond)
				err = errors.Join(err, b.Write(0, make([]byte, MiB)))
			}
			return err
		}, 0},
	} {
		regime(t, name, func(t *testing.T) {
			device, flushes := newStandIn(memory.Options{}), 0
			device.flush = func() { flushes++ }
			s := openOn(t, device, buffers.Options{})
			onPath(s, "queue write")
			b := deviceBuffer(t, s, 16*MiB)
			require.NoError(t, c.write(s, b))
			require.Zero(t, flushes, "the first touch of its memory")
			time.Sleep(settled)
			require.NoError(t, c.write(s, b))
			require.Equal(t, c.flushes, flushes)
		})
	}
}

// What the prober learns of copies is of a page that writes to a buffer itself.
func TestThatWhichIsMeasuredIsNotFlushed(t *testing.T) {
	regime(t, "a calibration", func(t *testing.T) {
		device, flushes := newStandIn(memory.Options{}), 0
		device.flush = func() { flushes++ }
		s := openOn(t, device, buffers.Options{})
		require.NoError(t, s.Calibrate(t.Context()))
		synctest.Wait()
		require.Zero(t, flushes)
	})
}

// hardware is a device of which it is known that a GPU does its work.
type hardware struct{ *standIn }

func (hardware) IsHardware() bool { return true }

func TestAGPUIsFlushedForShorterWritesAndForNewMemory(t *testing.T) {
	const KiB, MiB = 1 << 10, 1 << 20
	for name, size := range map[string]int{"writes of 64 KiB": 64 * KiB, "writes of 1 MiB": MiB} {
		regime(t, name, func(t *testing.T) {
			device, flushes := newStandIn(memory.Options{}), 0
			device.flush = func() { flushes++ }
			s := openOn(t, hardware{device}, buffers.Options{})
			onPath(s, "queue write")
			b := deviceBuffer(t, s, 8*MiB)
			for at := 0; at < 8*MiB; at += size {
				require.NoError(t, b.Write(uint64(at), make([]byte, size)))
			}
			require.Equal(t, 7, flushes)
		})
	}
}

// A processor that stands in for a GPU takes longer for later queue writes.
func TestOnAGPUAFirstCopyNeedsNoMeasurement(t *testing.T) {
	const size = 1 << 20
	for name, c := range map[string]struct {
		open func(*standIn) buffers.Device
		path string
	}{
		"a GPU":            {func(d *standIn) buffers.Device { return hardware{d} }, ringPath},
		"what may be none": {func(d *standIn) buffers.Device { return d }, "queue write"},
	} {
		t.Run(name, func(t *testing.T) {
			s := openOn(t, c.open(newStandIn(memory.Options{})), buffers.Options{})
			s.Load(buffers.Calibration{Rates: []buffers.Rate{
				{Operation: "upload", Path: "queue write", Size: size, BytesPerSecond: 1e9},
				{Operation: "upload", Path: ringPath, Size: size, BytesPerSecond: 2e9},
			}})
			require.Equal(t, c.path, s.Explain(buffers.OpUpload, size, deviceBuffer(t, s, size)).Path)
		})
	}
}

func TestWhereAGPUStarts(t *testing.T) {
	const MiB = 1 << 20
	s := openOn(t, hardware{newStandIn(memory.Options{})}, buffers.Options{})
	b := deviceBuffer(t, s, 64*MiB)
	for _, c := range []struct {
		op   buffers.Operation
		size uint64
		want string
	}{
		{buffers.OpUpload, MiB / 8, "queue write"},
		{buffers.OpUpload, MiB, ringPath},
		{buffers.OpBurst, MiB / 8, ringPath},
		{buffers.OpBurst, 64 * MiB, "mapped ring, 4 MiB chunks"},
		{buffers.OpFlush, MiB, "mapped chunk"},
		{buffers.OpFrame, MiB, "queue write"},
	} {
		require.Equal(t, c.want, s.Explain(c.op, c.size, b).Path, "%s of %d bytes", c.op, c.size)
	}
}

// To make a chunk takes longer than a queue write. Uploads share few chunks, and wait for them.
func TestOnAGPUABurstOfWritesMakesChunksOnceTheyAreKnownToBeFaster(t *testing.T) {
	const size = 1 << 20
	s := openOn(t, hardware{newStandIn(memory.Options{})}, buffers.Options{})
	b := deviceBuffer(t, s, 8*size)
	burst := func() (chunks int) {
		before := s.Stats().Uploads.Misses
		for at := uint64(0); at < b.Size(); at += size {
			require.NoError(t, b.Write(at, make([]byte, size)))
		}
		return int(s.Stats().Uploads.Misses - before)
	}
	require.Zero(t, burst())
	_, chunk := embedder.AllowWrite(b, 0, size, true, false)
	require.Nil(t, chunk, "nor does a host get one for a write")
	_, chunk = embedder.AllowWrite(b, 0, size, true, true)
	require.NotNil(t, chunk, "but for an upload")
	chunk.Return(nil)
	onPath(s, ringPath)
	require.Positive(t, burst())
}
