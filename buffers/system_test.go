package buffers_test

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"runtime/debug"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/memory"
)

// inVirtualTime runs a test in the time of synctest, without collections of garbage: what a collection has freed is
// cleaned up by a goroutine from outside, which must not wake those within.
func inVirtualTime(t *testing.T, test func(*testing.T)) {
	t.Helper()
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(1 << 30)) // from where on it collects all the same
	synctest.Test(t, test)
}

// openSystem opens a System on a GPU in memory; both are destroyed with the test.
func openSystem(t testing.TB, options buffers.Options) (*buffers.System, *memory.Device) {
	t.Helper()
	device := memory.Open(memory.Options{})
	return openOn(t, device, options), device
}

// openOn opens a system, which the end of the test destroys, and the device.
func openOn(t testing.TB, device buffers.Device, options buffers.Options) *buffers.System {
	t.Helper()
	s, err := buffers.Open(device, options)
	require.NoError(t, err)
	t.Cleanup(func() {
		s.Destroy()
		device.Destroy()
	})
	return s
}

// hang is how long something must take to be taken for one that never ends: far longer than on the slowest machine.
const hang = 2 * time.Minute

// within is a context for what must come to an end, and does at once unless it hangs.
func within(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), hang)
	t.Cleanup(cancel)
	return ctx
}

// outcome calls f in a goroutine, and gives what it returns.
func outcome(f func() error) <-chan error {
	c := make(chan error, 1)
	go func() { c <- f() }()
	return c
}

func randomBytes(n int) []byte {
	p := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{byte(n), byte(n >> 8), byte(n >> 16)}).Read(p) // which never fails
	return p
}

func deviceBuffer(t testing.TB, s *buffers.System, size uint64) *buffers.DeviceBuffer {
	t.Helper()
	b, err := s.NewDeviceBuffer(buffers.Descriptor{Label: "bunny", Size: size, Usage: buffers.UsageStorage})
	require.NoError(t, err)
	t.Cleanup(b.Destroy)
	return b
}

func readback(t testing.TB, s *buffers.System, d buffers.ReadbackDescriptor) *buffers.ReadbackBuffer {
	t.Helper()
	r, err := s.NewReadbackBuffer(d)
	require.NoError(t, err)
	t.Cleanup(r.Destroy)
	return r
}

// read returns size bytes of b.
func read(t testing.TB, s *buffers.System, b buffers.Buffer, offset, size uint64) []byte {
	t.Helper()
	p := make([]byte, size)
	require.NoError(t, readback(t, s, buffers.ReadbackDescriptor{Label: "check"}).Read(within(t), b, offset, p))
	return p
}

func frame(t testing.TB, s *buffers.System) (*buffers.Frame, buffers.Encoder) {
	t.Helper()
	f, err := s.BeginFrame(within(t))
	require.NoError(t, err)
	e, err := f.Encoder()
	require.NoError(t, err)
	return f, e
}

func encoder(t testing.TB, device buffers.Device, label string) buffers.Encoder {
	t.Helper()
	e, err := device.CreateEncoder(label)
	require.NoError(t, err)
	return e
}

func TestOpenRefusesOptionsThatCannotWork(t *testing.T) {
	device := memory.Open(memory.Options{})
	defer device.Destroy()
	for _, c := range []struct {
		name    string
		options buffers.Options
		want    error
	}{
		{"a chunk size that is not a multiple of 256", buffers.Options{ChunkSize: 1000}, buffers.ErrAlignment},
		{"a chunk larger than the budget", buffers.Options{Budget: 1 << 20, ChunkSize: 2 << 20}, buffers.ErrBudget},
		{"a negative number of frames", buffers.Options{MaxFramesInFlight: -1}, buffers.ErrRange},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := buffers.Open(device, c.options)
			require.ErrorIs(t, err, c.want)
		})
	}
}

func TestTheDeviceStaysTheCallers(t *testing.T) {
	limits := gpu.DefaultLimits()
	limits.MaxBufferSize += 4
	device := memory.Open(memory.Options{Limits: limits})
	defer device.Destroy()
	s, err := buffers.Open(device, buffers.Options{})
	require.NoError(t, err)
	require.Same(t, device, s.Device())
	require.Equal(t, limits, s.Limits())
	s.Destroy()
	require.NoError(t, device.LostReason())
	require.NoError(t, <-device.Queue().WorkDone())
}

func TestDestroySettlesWhatIsPendingAndRefusesWhatFollows(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(*buffers.System, *memory.Device)
		want error
	}{
		{"the system is destroyed", func(s *buffers.System, _ *memory.Device) { s.Destroy() }, buffers.ErrDestroyed},
		{"the device is destroyed", func(_ *buffers.System, d *memory.Device) { d.Destroy() }, buffers.ErrDeviceLost},
		{"the GPU process crashes", func(_ *buffers.System, d *memory.Device) { d.Lose(memory.Crashed) }, buffers.ErrDeviceLost},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, device := openSystem(t, buffers.Options{})
			b := deviceBuffer(t, s, 64)
			r := readback(t, s, buffers.ReadbackDescriptor{})
			device.Hold()
			pending, err := r.Start(b, 0, buffers.Bytes(make([]byte, 64)))
			require.NoError(t, err)
			r.Flush()
			queued, err := r.Start(b, 0, buffers.Bytes(make([]byte, 64)))
			require.NoError(t, err)

			c.end(s, device)
			require.ErrorIs(t, pending.Wait(within(t)), c.want)
			require.ErrorIs(t, queued.Wait(within(t)), c.want)
			require.Eventually(t, func() bool { return errors.Is(b.Write(0, make([]byte, 4)), c.want) }, hang, time.Millisecond)
			_, err = s.NewDeviceBuffer(buffers.Descriptor{Size: 4, Usage: buffers.UsageStorage})
			require.ErrorIs(t, err, c.want)
			_, err = s.BeginFrame(within(t))
			require.ErrorIs(t, err, c.want)
			require.ErrorIs(t, s.Submit(), c.want)
			_, err = r.Start(b, 0, buffers.Bytes(make([]byte, 64)))
			require.ErrorIs(t, err, c.want)
		})
	}
}

func TestEveryByteOfMappableMemoryIsGivenBack(t *testing.T) {
	s, device := openSystem(t, buffers.Options{})
	b := deviceBuffer(t, s, 1<<20)
	stageInto(t, s, b, randomBytes(1<<20))
	require.Equal(t, randomBytes(1<<20), read(t, s, b, 0, 1<<20))
	require.NotZero(t, s.Stats().Mappable)
	require.Eventually(t, func() bool { s.Trim(); return s.Stats().Mappable == 0 }, hang, time.Millisecond)
	require.Equal(t, []string{"bunny"}, device.Buffers())
}

func TestLateErrorsArriveWithOperationAndLabel(t *testing.T) {
	s, device := openSystem(t, buffers.Options{})
	device.Report(gpu.NewError("create", "too much", buffers.ErrOutOfMemory, ""))
	select {
	case err := <-s.Errors():
		require.ErrorIs(t, err, buffers.ErrOutOfMemory)
		require.EqualError(t, err, `buffers: create "too much": out of memory`)
	case <-within(t).Done():
		t.Fatal("no error arrived")
	}
}

func TestErrorsThatNobodyReadsAreLogged(t *testing.T) {
	const unread, further = 64, 3
	logged := 0
	s, device := openSystem(t, buffers.Options{LogLevel: buffers.LevelError, Log: func(buffers.Level, string, []buffers.Field) { logged++ }})
	for range unread + further {
		device.Report(gpu.NewError("create", "too much", buffers.ErrOutOfMemory, ""))
	}
	require.NoError(t, <-device.Queue().WorkDone())
	require.Equal(t, unread+further, logged)
	require.Len(t, s.Errors(), unread)
}

func TestScopeDestroysWhatWasMadeInItNewestFirst(t *testing.T) {
	s, device := openSystem(t, buffers.Options{})
	scope := s.NewScope()
	first, err := scope.NewDeviceBuffer(buffers.Descriptor{Label: "first", Size: 4, Usage: buffers.UsageVertex})
	require.NoError(t, err)
	_, err = scope.NewDynamicBuffer(buffers.DynamicDescriptor{Label: "second", Size: 256, Usage: buffers.UsageUniform})
	require.NoError(t, err)
	_, err = scope.NewDeviceBuffer(buffers.Descriptor{Label: "refused", Usage: buffers.UsageVertex})
	require.ErrorIs(t, err, buffers.ErrRange)
	var order []string
	scope.Keep(destroyFunc(func() { order = append(order, "kept, with "+first.State().String()) }))
	scope.Destroy()
	require.Equal(t, []string{"kept, with Ready"}, order)
	require.Equal(t, buffers.Destroyed, first.State())
	require.Empty(t, device.Buffers())
	scope.Destroy()
}

type destroyFunc func()

func (f destroyFunc) Destroy() { f() }

func TestDestroyDestroysWhatWasMadeAndNotDestroyed(t *testing.T) {
	s, device := openSystem(t, buffers.Options{})
	b := deviceBuffer(t, s, 64)
	gone := deviceBuffer(t, s, 64)
	gone.Destroy()
	dynamic(t, s, buffers.DynamicDescriptor{Size: 256, Usage: buffers.UsageUniform})
	immediate(t, s, buffers.StagingDescriptor{Size: 64})
	_, err := s.NewMappableBuffer(buffers.Descriptor{Size: 64, Usage: buffers.UsageMapRead})
	require.NoError(t, err)
	s.Destroy()
	require.Equal(t, buffers.Destroyed, b.State())
	require.Empty(t, device.Buffers())
	require.Zero(t, s.Stats().Mappable)
	s.Destroy()
}

func TestStatsCountEveryKind(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	scope := s.NewScope()
	_, err := scope.NewDeviceBuffer(buffers.Descriptor{Size: 100, Usage: buffers.UsageVertex})
	require.NoError(t, err)
	_, err = scope.NewImmediateStagingBuffer(within(t), buffers.StagingDescriptor{Size: 64})
	require.NoError(t, err)
	_, err = scope.NewDeferredStagingBuffer(buffers.StagingDescriptor{Size: 64})
	require.NoError(t, err)
	_, err = scope.NewReadbackBuffer(buffers.ReadbackDescriptor{})
	require.NoError(t, err)
	_, err = scope.NewDynamicBuffer(buffers.DynamicDescriptor{Size: 256, Usage: buffers.UsageUniform})
	require.NoError(t, err)
	_, err = scope.NewMappableBuffer(buffers.Descriptor{Size: 32, Usage: buffers.UsageMapRead})
	require.NoError(t, err)
	st := s.Stats()
	for _, k := range buffers.Kinds() {
		require.Equal(t, 1, st.Of(k).Count, k.String())
	}
	require.EqualValues(t, 100, st.Of(buffers.KindDevice).Bytes)
	require.EqualValues(t, 3*256, st.Of(buffers.KindDynamic).Bytes)
	scope.Destroy()
	st = s.Stats()
	for _, k := range buffers.Kinds() {
		require.Zero(t, st.Of(k).Count, k.String())
		require.Zero(t, st.Of(k).Bytes, k.String())
		require.Equal(t, 1, st.Of(k).Peak, k.String())
	}
}

func TestThePeaksOfAKindStay(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	first, second := deviceBuffer(t, s, 64), deviceBuffer(t, s, 32)
	first.Destroy()
	second.Destroy()
	require.NoError(t, deviceBuffer(t, s, 16).Grow(24))
	require.Equal(t, buffers.KindStats{Count: 1, Peak: 2, Bytes: 24, PeakBytes: 96, Created: 3}, s.Stats().Of(buffers.KindDevice))
}

func TestTheLatencyOfMapsIsThatOfReads(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		const ms = time.Millisecond
		device := memory.Open(memory.Options{Map: memory.Fixed(10 * ms)})
		s := openOn(t, device, buffers.Options{})
		b, r := deviceBuffer(t, s, 64), readback(t, s, buffers.ReadbackDescriptor{})
		device.SlowMap(2, 20*ms)
		want := []buffers.LatencyStats{
			{Count: 1, Last: 10 * ms, Mean: 10 * ms, Max: 10 * ms},
			{Count: 2, Last: 30 * ms, Mean: 20 * ms, Max: 30 * ms},
			{Count: 3, Last: 10 * ms, Mean: 20*ms - 10*ms/3, Max: 30 * ms},
		}
		for _, latency := range want {
			require.NoError(t, r.Read(t.Context(), b, 0, make([]byte, 64)))
			require.Equal(t, latency, s.Stats().MapLatency)
		}
	})
}

func TestThePeakOfMappableMemoryStays(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	immediate(t, s, buffers.StagingDescriptor{Size: 64 << 10}).Destroy()
	s.Trim()
	require.Zero(t, s.Stats().Mappable)
	immediate(t, s, buffers.StagingDescriptor{Size: 4096})
	require.EqualValues(t, 64<<10, s.Stats().Peak)
}

// stageInto uploads p to the start of b in a submit of its own.
func stageInto(t testing.TB, s *buffers.System, b buffers.Buffer, p []byte) {
	t.Helper()
	staging, err := s.NewImmediateStagingBuffer(within(t), buffers.StagingDescriptor{Label: "stage", Size: uint64(len(p))})
	require.NoError(t, err)
	defer staging.Destroy()
	n, err := bytes.NewReader(p).WriteTo(staging)
	require.NoError(t, err)
	require.EqualValues(t, len(p), n)
	f, e := frame(t, s)
	require.NoError(t, staging.UploadTo(e, b, 0))
	require.NoError(t, f.Submit())
}
