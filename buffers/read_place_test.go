package buffers_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

// sent asks for a read of size bytes of b at offset, and sends it.
func sent(t testing.TB, rb *buffers.ReadbackBuffer, b buffers.Buffer, offset, size uint64) (buffers.Read, []byte) {
	t.Helper()
	p := make([]byte, size)
	r, err := rb.Start(b, offset, buffers.Bytes(p))
	require.NoError(t, err)
	rb.Flush()
	return r, p
}

// sentAll asks for so many reads of the first size bytes of b, and sends each.
func sentAll(t testing.TB, rb *buffers.ReadbackBuffer, b buffers.Buffer, size uint64, times int) (all []buffers.Read) {
	t.Helper()
	for range times {
		r, _ := sent(t, rb, b, 0, size)
		all = append(all, r)
	}
	return all
}

func waitForAll(t testing.TB, all []buffers.Read) {
	t.Helper()
	for _, r := range all {
		require.NoError(t, r.Wait(within(t)))
	}
}

func filledWith(n uint64, value byte) []byte { return bytes.Repeat([]byte{value}, int(n)) }

// A read gives the bytes that its source had when it was sent, whatever is in its way then.
func TestAReadKeepsItsPlace(t *testing.T) {
	const chunk = 16 << 10
	for _, c := range []struct {
		name     string
		options  buffers.Options
		readback buffers.ReadbackDescriptor
		size     uint64
		reads    int
		before   func(testing.TB, *buffers.System) (after func())
	}{
		{name: "the ring is full", options: buffers.Options{ChunkSize: chunk}, size: 64, reads: 80},
		{name: "reads do not end at words", options: buffers.Options{ChunkSize: chunk}, size: 63, reads: 80},
		{name: "it is longer than the ring", options: buffers.Options{ChunkSize: chunk}, size: 9*chunk + 3, reads: 5},
		{name: "it is longer than the ring, and its pieces are the engine's", size: 30 << 20, reads: 2},
		{name: "it is behind a long read", options: buffers.Options{ChunkSize: chunk}, size: 64, reads: 5, before: func(t testing.TB, s *buffers.System) func() {
			rb := readback(t, s, buffers.ReadbackDescriptor{})
			r, _ := sent(t, rb, deviceBuffer(t, s, 20*chunk), 0, 20*chunk)
			return func() { require.NoError(t, r.Wait(within(t))) }
		}},
		{name: "the budget is used up", options: buffers.Options{ChunkSize: chunk, Budget: 4 * chunk}, size: chunk, reads: 6},
		{name: "others have the whole budget", options: buffers.Options{ChunkSize: chunk, Budget: 4 * chunk}, size: 64, reads: 5, before: func(t testing.TB, s *buffers.System) func() {
			b, err := s.NewMappableBuffer(buffers.Descriptor{Label: "other", Size: 4 * chunk, Usage: buffers.UsageMapRead})
			require.NoError(t, err)
			return b.Destroy
		}},
		{name: "only the latest is wanted", options: buffers.Options{ChunkSize: chunk}, readback: buffers.ReadbackDescriptor{Policy: buffers.ReadLatest, MaxInFlight: 1}, size: 64, reads: 9},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, device := openSystem(t, c.options)
			b, rb := knownBuffer(t, s, c.size+8), readback(t, s, c.readback)
			device.Hold()
			after := func() {}
			if c.before != nil {
				after = c.before(t, s)
			}
			var all []buffers.Read
			var got [][]byte
			for i := range c.reads {
				require.NoError(t, b.Write(0, filledWith(b.Size(), byte(i+1))))
				r, p := sent(t, rb, b, 1, c.size)
				all, got = append(all, r), append(got, p)
			}
			require.NoError(t, b.Write(0, filledWith(b.Size(), 255)))
			device.Release()
			after()
			for i, r := range all {
				err := r.Wait(within(t))
				if c.readback.Policy == buffers.ReadLatest && i > 0 && i < c.reads-1 {
					require.ErrorIs(t, err, buffers.ErrStale)
					continue
				}
				require.NoError(t, err)
				require.True(t, bytes.Equal(filledWith(c.size, byte(i+1)), got[i]), "read %d has %d", i, got[i][0])
			}
			require.Eventually(t, func() bool { s.Trim(); return s.Stats().Held == 0 }, hang, time.Millisecond)
		})
	}
}

// Texels that find no room are held with their rows as they are.
func TestAReadOfATextureKeepsItsPlace(t *testing.T) {
	s, device := openSystem(t, buffers.Options{ChunkSize: 4096})
	extent := buffers.Extent{Width: 5, Height: 37, Layers: 3}
	texture := imageOf(device, extent)
	whole := buffers.TextureRegion{Texture: texture, Extent: extent}
	rb := readback(t, s, buffers.ReadbackDescriptor{})
	const size = 5 * 37 * 3 * 4
	device.Hold()
	var all []buffers.Read
	var got [][]byte
	for i := range 6 {
		texels := randomBytes(size + i)[:size]
		require.NoError(t, device.Queue().WriteTexture(whole, buffers.Bytes(texels), gpu.TexelLayout{BytesPerRow: 20, RowsPerImage: 37}))
		p := make([]byte, size)
		r, err := rb.StartTexture(whole, buffers.Bytes(p))
		require.NoError(t, err)
		rb.Flush()
		all, got = append(all, r), append(got, p)
	}
	require.NotZero(t, s.Stats().Held)
	require.NoError(t, device.Queue().WriteTexture(whole, buffers.Bytes(make([]byte, size)), gpu.TexelLayout{BytesPerRow: 20, RowsPerImage: 37}))
	device.Release()
	for i, r := range all {
		require.NoError(t, r.Wait(within(t)))
		require.True(t, bytes.Equal(randomBytes(size + i)[:size], got[i]), "read %d", i)
	}
}

// What is asked for while a frame is open is of the frame, whatever else is submitted meanwhile.
func TestAReadOfAFrameIsSentWithIt(t *testing.T) {
	s, device := openSystem(t, buffers.Options{})
	b, from, rb := deviceBuffer(t, s, 64), deviceBuffer(t, s, 64), readback(t, s, buffers.ReadbackDescriptor{})
	require.NoError(t, from.Write(0, filledWith(64, 7)))
	f, e := frame(t, s)
	require.NoError(t, e.CopyBufferToBuffer(from, 0, b, 0, 64))
	p := make([]byte, 64)
	r, err := rb.Start(b, 0, buffers.Bytes(p))
	require.NoError(t, err)
	other := encoder(t, device, "other")
	require.NoError(t, s.Submit(other))
	require.NoError(t, f.Submit())
	require.NoError(t, b.Write(0, filledWith(64, 9)))
	require.NoError(t, r.Wait(within(t)))
	require.Equal(t, filledWith(64, 7), p)
}

func TestAReadOfADiscardedFrameIsSentWhenThatIsDiscarded(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	b, rb := deviceBuffer(t, s, 64), readback(t, s, buffers.ReadbackDescriptor{})
	require.NoError(t, b.Write(0, filledWith(64, 3)))
	f, _ := frame(t, s)
	p := make([]byte, 64)
	r, err := rb.Start(b, 0, buffers.Bytes(p))
	require.NoError(t, err)
	f.Discard()
	require.NoError(t, b.Write(0, filledWith(64, 4)))
	require.NoError(t, r.Wait(within(t)))
	require.Equal(t, filledWith(64, 3), p)
}

// Nobody waits for a read that nobody sends.
func TestAReadThatIsWaitedForIsSent(t *testing.T) {
	for name, c := range map[string]struct {
		meanwhile func(*testing.T, *buffers.System, *buffers.DeviceBuffer)
		want      error
	}{
		"that was not sent":              {func(*testing.T, *buffers.System, *buffers.DeviceBuffer) {}, nil},
		"while a later frame is open":    {func(t *testing.T, s *buffers.System, _ *buffers.DeviceBuffer) { frame(t, s) }, nil},
		"whose source is destroyed then": {func(_ *testing.T, _ *buffers.System, b *buffers.DeviceBuffer) { b.Destroy() }, buffers.ErrDestroyed},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := openSystem(t, buffers.Options{})
			b, rb := deviceBuffer(t, s, 64), readback(t, s, buffers.ReadbackDescriptor{})
			p := make([]byte, 64)
			require.NoError(t, b.Write(0, filledWith(64, 3)))
			r, err := rb.Start(b, 0, buffers.Bytes(p))
			require.NoError(t, err)
			c.meanwhile(t, s, b)
			require.ErrorIs(t, r.Wait(within(t)), c.want)
			if c.want == nil {
				require.Equal(t, filledWith(64, 3), p)
			}
		})
	}
}

// As many bytes as the budget allows are held, and no more.
func TestWhatCannotBeHeldIsRefused(t *testing.T) {
	const chunk = 4096
	for _, policy := range []buffers.BudgetPolicy{buffers.BudgetWait, buffers.BudgetFail, buffers.BudgetFallback} {
		s, device := openSystem(t, buffers.Options{ChunkSize: chunk, Budget: 4 * chunk, OnBudget: policy})
		b, rb := knownBuffer(t, s, chunk), readback(t, s, buffers.ReadbackDescriptor{})
		device.Hold()
		all := sentAll(t, rb, b, chunk, 12)
		require.LessOrEqual(t, s.Stats().Held, uint64(4*chunk))
		require.LessOrEqual(t, s.Stats().Mappable, uint64(4*chunk))
		device.Release()
		for i, r := range all {
			err := r.Wait(within(t))
			if i < 6 {
				require.NoError(t, err, "read %d", i)
			}
			if i > 8 {
				require.ErrorIs(t, err, buffers.ErrBudget, "read %d", i)
			}
		}
	}
}

// What lies idle counts, and so does what a hold is rounded up by.
func TestHoldsStayWithinTheBudget(t *testing.T) {
	const chunk = 4096
	s, device := openSystem(t, buffers.Options{ChunkSize: chunk, Budget: 64 * chunk})
	b, rb := knownBuffer(t, s, 64*chunk), readback(t, s, buffers.ReadbackDescriptor{})
	for _, held := range []uint64{20 * chunk, 44 * chunk} {
		device.Hold()
		all := sentAll(t, rb, b, chunk, 4) // the ring
		all = append(all, sentAll(t, rb, b, held, 1)...)
		require.LessOrEqual(t, s.Stats().Held, uint64(64*chunk))
		device.Release()
		waitForAll(t, all)
	}
}

// Nothing is held for reads that nobody waits for any more.
func TestHeldMemoryIsGivenBack(t *testing.T) {
	const chunk = 4096
	for name, end := range map[string]func(*buffers.System, *buffers.ReadbackBuffer, []buffers.Read){
		"they are cancelled":              func(_ *buffers.System, _ *buffers.ReadbackBuffer, all []buffers.Read) { cancelAll(all) },
		"the ReadbackBuffer is destroyed": func(_ *buffers.System, rb *buffers.ReadbackBuffer, _ []buffers.Read) { rb.Destroy() },
		"the system is destroyed":         func(s *buffers.System, _ *buffers.ReadbackBuffer, _ []buffers.Read) { s.Destroy() },
	} {
		t.Run(name, func(t *testing.T) {
			s, device := openSystem(t, buffers.Options{ChunkSize: chunk})
			b, rb := deviceBuffer(t, s, chunk), readback(t, s, buffers.ReadbackDescriptor{})
			device.Hold()
			all := sentAll(t, rb, b, chunk, 12)
			require.NotZero(t, s.Stats().Held)
			end(s, rb, all)
			device.Release()
			require.Eventually(t, func() bool { s.Trim(); return s.Stats().Held == 0 }, hang, time.Millisecond)
		})
	}
}

func cancelAll(all []buffers.Read) {
	for _, r := range all {
		r.Cancel()
	}
}

// Who waits for a read inside of its frame hears why nothing comes.
func TestTheLogTellsOfAReadThatWaitsForItsFrame(t *testing.T) {
	for _, submits := range []bool{false, true} {
		inVirtualTime(t, func(t *testing.T) {
			var messages []string
			s, _ := openSystem(t, buffers.Options{Log: func(_ buffers.Level, message string, fields []buffers.Field) {
				messages = append(messages, message)
			}})
			b, rb := deviceBuffer(t, s, 64), readback(t, s, buffers.ReadbackDescriptor{})
			f, _ := frame(t, s)
			r, err := rb.Start(b, 0, buffers.Bytes(make([]byte, 64)))
			require.NoError(t, err)
			if submits {
				require.NoError(t, f.Submit())
			}
			ended := outcome(func() error { return r.Wait(t.Context()) })
			time.Sleep(2 * time.Second)
			synctest.Wait()
			told := slices.ContainsFunc(messages, func(m string) bool { return strings.Contains(m, "waits for the frame that is open") })
			require.Equal(t, !submits, told)
			f.Discard()
			require.NoError(t, <-ended)
		})
	}
}

// A hold is another's once nothing is to be copied from it any more.
func TestAHoldIsKeptForAllThatIsInIt(t *testing.T) {
	const chunk, places = 4096, 8
	s, device := openSystem(t, buffers.Options{ChunkSize: chunk})
	b, rb := knownBuffer(t, s, places*chunk), readback(t, s, buffers.ReadbackDescriptor{})
	device.Hold()
	var all []buffers.Read
	var got [][]byte
	ask := func(value byte) {
		require.NoError(t, b.Write(0, filledWith(b.Size(), value)))
		for i := range uint64(places) {
			p := make([]byte, chunk)
			r, err := rb.Start(b, i*chunk, buffers.Bytes(p))
			require.NoError(t, err)
			all, got = append(all, r), append(got, p)
		}
		rb.Flush()
	}
	for value := range byte(20) {
		ask(value + 1)
		for range value % 6 {
			device.Step() // now and then one of those in a hold goes on
			time.Sleep(time.Millisecond)
		}
	}
	device.Release()
	for i, r := range all {
		require.NoError(t, r.Wait(within(t)))
		require.Equal(t, filledWith(chunk, byte(i/places+1)), got[i], "read %d", i)
	}
}

// A read takes the memory that there is.
func TestAReadGoesOnWithLessMemoryThanItWants(t *testing.T) {
	const budget = 1 << 20
	for _, policy := range []buffers.BudgetPolicy{buffers.BudgetWait, buffers.BudgetFail, buffers.BudgetFallback} {
		s, _ := openSystem(t, buffers.Options{Budget: budget, ChunkSize: budget, OnBudget: policy})
		other, err := s.NewMappableBuffer(buffers.Descriptor{Label: "other", Size: 4, Usage: buffers.UsageMapRead})
		require.NoError(t, err)
		b, rb := knownBuffer(t, s, budget), readback(t, s, buffers.ReadbackDescriptor{})
		require.NoError(t, b.Write(0, filledWith(budget, 3)))
		r, p := sent(t, rb, b, 0, budget)
		small, q := sent(t, rb, b, 1, 9)
		require.NoError(t, r.Wait(within(t)))
		require.Equal(t, filledWith(budget, 3), p)
		if policy == buffers.BudgetWait {
			require.NoError(t, small.Wait(within(t)))
			require.Equal(t, filledWith(9, 3), q)
		}
		other.Destroy()
	}
}
