package memory_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/memory"
)

const gpuUsage = gpu.UsageCopySrc | gpu.UsageCopyDst

func open(t *testing.T, options memory.Options) *memory.Device {
	t.Helper()
	d := memory.Open(options)
	t.Cleanup(d.Destroy)
	return d
}

// held is a device that moves only by Step.
func held(t *testing.T, options memory.Options) *memory.Device {
	t.Helper()
	d := open(t, options)
	d.Hold()
	return d
}

func stepAll(d *memory.Device) {
	for d.Step() {
	}
}

func newBuffer(t *testing.T, d *memory.Device, size uint64) *memory.Buffer {
	t.Helper()
	b, err := d.CreateBuffer(&gpu.Descriptor{Label: "buffer", Size: size, Usage: gpuUsage})
	require.NoError(t, err)
	return b.(*memory.Buffer)
}

func newStaging(t *testing.T, d *memory.Device, size uint64) *memory.MappableBuffer {
	t.Helper()
	b, err := d.CreateMappableBuffer(&gpu.Descriptor{Label: "staging", Size: size, Usage: gpu.UsageMapWrite | gpu.UsageCopySrc})
	require.NoError(t, err)
	return b.(*memory.MappableBuffer)
}

func write(t *testing.T, d *memory.Device, b gpu.Buffer, p []byte) {
	t.Helper()
	require.NoError(t, d.Queue().WriteBuffer(b, 0, gpu.Bytes(p)))
}

func submitCopy(t *testing.T, d *memory.Device, src, dst gpu.Buffer) {
	t.Helper()
	e, err := d.CreateEncoder("copy")
	require.NoError(t, err)
	require.NoError(t, e.CopyBufferToBuffer(src, 0, dst, 0, src.Size()))
	require.NoError(t, d.Queue().Submit(e))
}

// unsettled checks that nothing has arrived.
func unsettled(t *testing.T, c <-chan error) {
	t.Helper()
	require.Empty(t, c)
}

func TestContentsAndBytes(t *testing.T) {
	d := open(t, memory.Options{})
	b := newBuffer(t, d, 8)
	write(t, d, b, []byte{1, 2, 3, 4})
	require.NoError(t, <-d.Queue().WorkDone())
	require.Equal(t, []byte{1, 2, 3, 4, 0, 0, 0, 0}, b.Contents())
	require.EqualValues(t, 8, d.Bytes())
	require.Equal(t, []string{"buffer"}, d.Buffers())
	b.Destroy()
	require.Empty(t, b.Contents())
	require.Zero(t, d.Bytes())
	require.Empty(t, d.Buffers())
}

func TestMappedBytesReachTheGPUOnlyAtUnmap(t *testing.T) {
	d := open(t, memory.Options{})
	b := newStaging(t, d, 8)
	require.NoError(t, <-b.MapAsync(gpu.MapWrite, 0, 8))
	_, err := b.WriteAt([]byte{7}, 0)
	require.NoError(t, err)
	require.Equal(t, make([]byte, 8), b.Contents())
	require.NoError(t, b.Unmap())
	require.Equal(t, byte(7), b.Contents()[0])
}

func TestBytesOfABufferInFlightAreFreedAfterwards(t *testing.T) {
	d := held(t, memory.Options{})
	src, dst := newBuffer(t, d, 8), newBuffer(t, d, 8)
	submitCopy(t, d, src, dst)
	src.Destroy()
	require.EqualValues(t, 16, d.Bytes())
	require.True(t, d.Step())
	require.EqualValues(t, 8, d.Bytes())
}

func TestSubmittedEncoderGoesUnnoticedOnlyWhenItWasGivenOutAgain(t *testing.T) {
	d := open(t, memory.Options{})
	first, err := d.CreateEncoder("first")
	require.NoError(t, err)
	require.NoError(t, d.Queue().Submit(first))
	for range 20 {
		again, err := d.CreateEncoder("again")
		require.NoError(t, err)
		if again == first {
			return
		}
		require.ErrorIs(t, first.Check(), gpu.ErrState)
		require.NoError(t, d.Queue().Submit(again))
	}
	t.Error("submitted encoders are not given out again")
}

func TestUnreadChannelsAreNotKept(t *testing.T) {
	d := open(t, memory.Options{})
	seen := map[<-chan error]bool{}
	for range 50 {
		done := d.Queue().WorkDone()
		require.False(t, seen[done], "a channel that nobody read was given out again")
		seen[done] = true
		require.NoError(t, <-d.Queue().WorkDone())
	}
}

func TestHostBytesDetached(t *testing.T) {
	d := open(t, memory.Options{})
	b, h := newStaging(t, d, 8), memory.NewHostBytes([]byte{1, 2, 3, 4})
	m := gpu.HostMemory(h)
	target := newBuffer(t, d, 8)
	require.NoError(t, d.Queue().WriteBuffer(target, 0, m))
	h.Detach()
	require.Zero(t, h.ByteLength())
	require.ErrorIs(t, d.Queue().WriteBuffer(target, 4, m), gpu.ErrRange)
	require.NoError(t, <-b.MapAsync(gpu.MapWrite, 0, 8))
	require.ErrorIs(t, b.WriteMemoryAt(m, 0), gpu.ErrRange)
	require.ErrorIs(t, b.ReadMemoryAt(m, 0), gpu.ErrRange)
	require.NoError(t, <-d.Queue().WorkDone())
	require.Equal(t, []byte{1, 2, 3, 4, 0, 0, 0, 0}, target.Contents())
}

type foreignHost struct{}

func (foreignHost) ByteLength() uint64          { return 4 }
func (foreignHost) CopyTo([]byte, uint64) error { return nil }

func TestHostMemoryOfAnotherBackendIsRefused(t *testing.T) {
	d := open(t, memory.Options{})
	err := d.Queue().WriteBuffer(newBuffer(t, d, 8), 0, gpu.HostMemory(foreignHost{}))
	require.ErrorIs(t, err, gpu.ErrUnsupported)
}

func TestTextureMipLevels(t *testing.T) {
	d := open(t, memory.Options{})
	texture := d.NewTexture("mips", gpu.TextureInfo{
		Format: gpu.FormatOf("rgba8unorm"), Extent: gpu.Extent{Width: 4, Height: 2}, MipLevels: 3, Usage: gpu.TextureCopyDst,
	})
	level := func(i uint32, width, height uint32) gpu.TextureRegion {
		return gpu.TextureRegion{Texture: texture, MipLevel: i, Extent: gpu.Extent{Width: width, Height: height, Layers: 1}}
	}
	layout := gpu.TexelLayout{BytesPerRow: 16}
	q := d.Queue()
	require.NoError(t, q.WriteTexture(level(1, 2, 1), gpu.Bytes([]byte{1, 2, 3, 4, 5, 6, 7, 8}), layout))
	require.ErrorIs(t, q.WriteTexture(level(1, 4, 2), gpu.Bytes(make([]byte, 32)), layout), gpu.ErrRange)
	require.ErrorIs(t, q.WriteTexture(level(3, 1, 1), gpu.Bytes(make([]byte, 4)), layout), gpu.ErrRange)
	require.NoError(t, <-q.WorkDone())
	require.Equal(t, make([]byte, 32), texture.Texels(0, gpu.AspectAll))
	require.Equal(t, []byte{1, 2, 3, 4, 5, 6, 7, 8}, texture.Texels(1, gpu.AspectAll))
	require.Equal(t, make([]byte, 4), texture.Texels(2, gpu.AspectAll))
}
