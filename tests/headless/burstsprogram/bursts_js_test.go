//go:build js && wasm

// Package burstsprogram has goroutines upload at once on the WebGPU backend. It holds nothing but tests, which package
// headless loads into a browser.
package burstsprogram

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/webgpu"
	"github.com/gpubuffers/gpubuffers/jsbridge"
)

func TestMain(m *testing.M) {
	if !jsbridge.Available() {
		os.Stderr.WriteString("burstsprogram: there is no navigator.gpu here: tests/headless loads these tests into Chrome\n")
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// open opens a system whose uploads go along a path.
func open(t *testing.T, path string, options buffers.Options) *buffers.System {
	t.Helper()
	device, err := webgpu.Request(t.Context(), nil)
	require.NoError(t, err)
	s, err := buffers.Open(device, options)
	require.NoError(t, err)
	t.Cleanup(func() {
		s.Destroy()
		device.Destroy()
	})
	var c buffers.Calibration
	for _, name := range paths {
		rate := 1e6
		if name == path || name == "queue write where copies went" && path == paths[0] {
			rate = 1e12
		}
		for _, size := range []uint64{64 << 10, 1 << 20, 16 << 20} {
			c.Rates = append(c.Rates, buffers.Rate{Operation: "upload", Path: name, Size: size, BytesPerSecond: rate},
				buffers.Rate{Operation: "burst", Path: name, Size: size, BytesPerSecond: rate})
		}
	}
	s.Load(c)
	return s
}

var paths = [...]string{"queue write", "mapped ring, 2 MiB chunks", "queue write where copies went"}

func newBuffer(t *testing.T, s *buffers.System, size uint64) *buffers.DeviceBuffer {
	t.Helper()
	b, err := s.NewDeviceBuffer(buffers.Descriptor{Label: "burst", Size: size, Usage: buffers.UsageStorage})
	require.NoError(t, err)
	return b
}

func read(t *testing.T, s *buffers.System, b *buffers.DeviceBuffer) []byte {
	t.Helper()
	r, err := s.NewReadbackBuffer(buffers.ReadbackDescriptor{Label: "check"})
	require.NoError(t, err)
	defer r.Destroy()
	p := make([]byte, b.Size())
	require.NoError(t, r.Read(t.Context(), b, 0, p))
	return p
}

func TestUploadsAtOnceArrive(t *testing.T) {
	const count = 48
	for _, path := range paths[:2] {
		for _, budget := range []uint64{256 << 20, 6 << 20} {
			t.Run(fmt.Sprintf("%s, %d MiB", path, budget>>20), func(t *testing.T) {
				s := open(t, path, buffers.Options{Budget: budget})
				random := rand.New(rand.NewPCG(1, budget))
				targets, data := make([]*buffers.DeviceBuffer, count), make([][]byte, count)
				for i := range count {
					data[i] = bytes.Repeat([]byte{byte(i + 1), byte(i + 2), byte(i + 3), byte(i + 4)}, 1+random.IntN(200<<10))
					targets[i] = newBuffer(t, s, uint64(len(data[i])))
				}
				for range 3 {
					var all sync.WaitGroup
					for i := range count {
						all.Go(func() {
							assert.NoError(t, s.UploadMemory(t.Context(), targets[i], 0, buffers.Bytes(data[i])))
							assert.NoError(t, targets[i].Write(0, []byte{9, 9, 9, 9}), "it is behind the upload")
						})
					}
					all.Wait()
				}
				for i, b := range targets {
					want := append([]byte{9, 9, 9, 9}, data[i][4:]...)
					require.True(t, bytes.Equal(want, read(t, s, b)), "bytes of the %dth", i)
				}
			})
		}
	}
}

func TestUploadsAtOnceShareChunks(t *testing.T) {
	const count, size = 10, 100 << 10
	s := open(t, paths[1], buffers.Options{})
	b := newBuffer(t, s, count*size)
	for range 5 {
		before := s.Stats().Uploads
		var all sync.WaitGroup
		for i := range count {
			all.Go(func() {
				assert.NoError(t, s.UploadMemory(t.Context(), b, uint64(i*size), buffers.Bytes(make([]byte, size))))
			})
		}
		all.Wait()
		after := s.Stats().Uploads
		taken := after.Hits + after.Misses - before.Hits - before.Misses
		require.LessOrEqual(t, taken, uint64(2), "chunks: the runtime may have the first go on early")
		require.NoError(t, <-s.Device().Queue().WorkDone())
	}
}

// The GPU refuses the copy into a buffer that somebody else has destroyed, and no other.
func TestAnUploadIntoABufferOfNoUseFailsAlone(t *testing.T) {
	const count, size, odd = 10, 100 << 10, 4
	s := open(t, paths[1], buffers.Options{})
	targets, p := make([]*buffers.DeviceBuffer, count), bytes.Repeat([]byte{1, 2, 3, 4}, size/4)
	for i := range targets {
		targets[i] = newBuffer(t, s, size)
	}
	for _, b := range targets {
		read(t, s, b) // all are known to be there
	}
	targets[odd].Native().(*jsbridge.Buffer).JSValue().Call("destroy")
	var all sync.WaitGroup
	for _, b := range targets {
		all.Go(func() { assert.NoError(t, s.UploadMemory(t.Context(), b, 0, buffers.Bytes(p))) })
	}
	all.Wait()
	for i, b := range targets {
		if i != odd {
			require.True(t, bytes.Equal(p, read(t, s, b)), "bytes of the %dth", i)
		}
	}
}
