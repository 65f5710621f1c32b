package buffers_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers"
)

// everyKind makes a buffer of each kind.
func everyKind(t *testing.T, s *buffers.System) map[buffers.Kind]buffers.Held {
	t.Helper()
	immediate, err := s.NewImmediateStagingBuffer(within(t), buffers.StagingDescriptor{Label: "held", Size: 4096})
	require.NoError(t, err)
	deferred, err := s.NewDeferredStagingBuffer(buffers.StagingDescriptor{Label: "held", Size: 4096})
	require.NoError(t, err)
	require.NoError(t, deferred.Map(within(t)))
	device, err := s.NewDeviceBuffer(buffers.Descriptor{Label: "held", Size: 64, Usage: buffers.UsageStorage})
	require.NoError(t, err)
	readback, err := s.NewReadbackBuffer(buffers.ReadbackDescriptor{Label: "held"})
	require.NoError(t, err)
	dynamic, err := s.NewDynamicBuffer(buffers.DynamicDescriptor{Label: "held", Size: 256, Usage: buffers.UsageUniform})
	require.NoError(t, err)
	mappable, err := s.NewMappableBuffer(buffers.Descriptor{Label: "held", Size: 64, Usage: buffers.UsageMapRead})
	require.NoError(t, err)
	return map[buffers.Kind]buffers.Held{
		buffers.KindDevice:           device,
		buffers.KindImmediateStaging: immediate,
		buffers.KindDeferredStaging:  deferred,
		buffers.KindReadback:         readback,
		buffers.KindDynamic:          dynamic,
		buffers.KindMappable:         mappable.(buffers.Held),
	}
}

// A buffer that a host's collector has found is freed at once, what it borrowed included, and reported once.
func TestWhatAHostHasLeakedIsFreed(t *testing.T) {
	var places []string
	s, device := openSystem(t, buffers.Options{Log: func(_ buffers.Level, message string, fields []buffers.Field) {
		if message == "buffer was never destroyed" {
			places = append(places, fields[len(fields)-1].Key+" "+fields[len(fields)-1].Text)
		}
	}})
	all := everyKind(t, s)
	require.Len(t, all, len(buffers.Kinds()))
	for _, b := range all {
		embedder.Leaked(b, "there")
		embedder.Leaked(b, "again")
	}
	require.Empty(t, device.Buffers())
	st := s.Stats()
	require.Zero(t, st.Mappable)
	require.EqualValues(t, len(all), st.Leaks)
	require.Len(t, places, len(all))
	for _, place := range places {
		require.Equal(t, "created there", place)
	}
}

// A host that collects has to tell: Go frees nothing that it dropped, and does not know where that was made.
func TestAHostThatCollectsFindsWhatItDropped(t *testing.T) {
	s, device := openSystem(t, buffers.Options{HostCollects: true})
	func() {
		_, err := s.NewDeviceBuffer(buffers.Descriptor{Label: "dropped", Size: 64, Usage: buffers.UsageStorage})
		require.NoError(t, err)
	}()
	for range 5 {
		runtime.GC()
		time.Sleep(5 * time.Millisecond)
	}
	require.Equal(t, []string{"dropped"}, device.Buffers())
	require.Zero(t, s.Stats().Leaks)
	s.Destroy()
	require.Empty(t, device.Buffers())
}

// What was destroyed is no leak, whoever finds it.
func TestWhatWasDestroyedIsNoLeak(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	for _, b := range everyKind(t, s) {
		b.(interface{ Destroy() }).Destroy()
		embedder.Leaked(b, "")
	}
	require.Zero(t, s.Stats().Leaks)
}

// The GPU's buffers that a host has are left to it, and count nowhere.
func TestWhatIsReleasedIsLeftToTheHost(t *testing.T) {
	s, device := openSystem(t, buffers.Options{})
	for _, b := range everyKind(t, s) {
		embedder.Release(b)
	}
	s.Trim()
	st := s.Stats()
	require.Zero(t, st.Mappable)
	require.Zero(t, st.Leaks)
	for _, kind := range buffers.Kinds() {
		require.Zero(t, st.Of(kind).Count, kind)
		require.Zero(t, st.Of(kind).Bytes, kind)
	}
	require.Equal(t, []string{"held", "held", "held", "held", "held"}, device.Buffers(), "a DeviceBuffer's, a MappableBuffer's and three slots'")
	s.Destroy()
	require.Len(t, device.Buffers(), 5)
}

func TestWhatPassedUnseenCounts(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	deviceBuffer(t, s, 64)
	embedder.CountPassed(s, 3, 2, 512)
	require.Equal(t, buffers.KindStats{Count: 1, Peak: 3, Bytes: 64, PeakBytes: 576, Created: 4}, s.Stats().Of(buffers.KindDevice))
	embedder.CountPassed(s, 1, 1, 4)
	require.Equal(t, buffers.KindStats{Count: 1, Peak: 3, Bytes: 64, PeakBytes: 576, Created: 5}, s.Stats().Of(buffers.KindDevice))
}

// A read goes on though the program keeps nothing but the Read.
func TestAReadKeepsItsReadbackBuffer(t *testing.T) {
	s, device := openSystem(t, buffers.Options{})
	b := deviceBuffer(t, s, 64)
	device.Hold()
	start := func(flush bool) buffers.Read {
		r, err := s.NewReadbackBuffer(buffers.ReadbackDescriptor{})
		require.NoError(t, err)
		read, err := r.Start(b, 0, buffers.Bytes(make([]byte, 64)))
		require.NoError(t, err)
		if flush {
			r.Flush()
		}
		return read
	}
	reads := []buffers.Read{start(true), start(false)}
	for range 5 {
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
	require.NoError(t, s.Submit())
	device.Release()
	for _, read := range reads {
		require.NoError(t, read.Wait(within(t)))
	}
	collects(t, "ReadbackBuffers", func() bool { return s.Stats().Of(buffers.KindReadback).Count == 0 })
}

// What reads have kept on the GPU meanwhile says nothing of their source once they are done.
func TestAReadLetsGoOfItsSource(t *testing.T) {
	const chunk = 4096
	s, _ := openSystem(t, buffers.Options{ChunkSize: chunk})
	rb := readback(t, s, buffers.ReadbackDescriptor{})
	for name, size := range map[string]uint64{"in a chunk": chunk, "through a hold": 40 * chunk} {
		func() {
			b, err := s.NewDeviceBuffer(buffers.Descriptor{Size: size, Usage: buffers.UsageStorage})
			require.NoError(t, err)
			require.NoError(t, rb.Read(within(t), b, 0, make([]byte, size)))
		}()
		collects(t, name, func() bool { return s.Stats().Of(buffers.KindDevice).Count == 0 })
	}
}
