package buffers_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
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
				others = sentAll(t, rb, own, 64, 5)
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
			embedder.FlushReads(s)
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
			waitForAll(t, others)
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
	embedder.FlushReads(s)
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

// judging keeps the verdicts of scoped submits to itself until it is told to judge.
type judging struct {
	*standIn
	mu     sync.Mutex
	judges bool
	waits  []func()
}

func openJudging(judges bool) *judging {
	d := &judging{standIn: newStandIn(memory.Options{}), judges: judges}
	d.submitScoped = d.submitLate
	return d
}

func (d *judging) submitLate(q gpu.Queue, encoders ...gpu.Encoder) (<-chan error, error) {
	verdict, err := q.SubmitScoped(encoders...)
	if err != nil {
		return nil, err
	}
	late := make(chan error, 1)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.judges {
		return verdict, nil
	}
	d.waits = append(d.waits, func() { late <- <-verdict })
	return late, nil
}

// judge gives every verdict, and those to come, or none to come.
func (d *judging) judge(goesOn bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.judges = goesOn
	for _, give := range d.waits {
		give()
	}
	d.waits = nil
}

// What a read brings is handed out once the GPU has said that it made the copies, however late that is.
func TestNothingIsHandedOutAheadOfAVerdict(t *testing.T) {
	const chunk = 4096
	for _, refused := range []bool{false, true} {
		for _, held := range []bool{false, true} {
			device := openJudging(true)
			s := openOn(t, device, buffers.Options{ChunkSize: chunk})
			rb, own := readback(t, s, buffers.ReadbackDescriptor{}), knownBuffer(t, s, chunk)
			others := 0
			if held {
				others = 6
			}
			ask := func(b buffers.Buffer, p []byte) (all []buffers.Read) {
				device.Hold()
				for range others {
					r, _ := sent(t, rb, own, 0, chunk)
					all = append(all, r)
				}
				r, err := rb.Start(b, 0, buffers.Bytes(p))
				require.NoError(t, err)
				rb.Flush()
				require.Equal(t, held, s.Stats().Held > 0)
				device.Release()
				return append(all, r)
			}
			b, owned := foreignBuffer(t, device.Device, "foreign", chunk)
			require.NoError(t, device.Device.Queue().WriteBuffer(b, 0, buffers.Bytes(filledWith(chunk, 5))))
			for range 2 { // so that chunks and holds are known to be there
				for _, r := range ask(b, make([]byte, chunk)) {
					require.NoError(t, r.Wait(within(t)))
				}
			}
			if refused {
				owned.Destroy()
			}
			device.judge(false)
			p := filledWith(chunk, 77)
			all := ask(b, p)
			for _, r := range all[:others] {
				require.NoError(t, r.Wait(within(t)))
			}
			require.NoError(t, <-device.Device.Queue().WorkDone())
			time.Sleep(10 * time.Millisecond)
			require.Equal(t, filledWith(chunk, 77), p, "held %v, before the verdict", held)
			device.judge(true)
			err := all[others].Wait(within(t))
			if refused {
				require.ErrorIs(t, err, buffers.ErrValidation)
				require.Equal(t, filledWith(chunk, 77), p)
			} else {
				require.NoError(t, err)
				require.Equal(t, filledWith(chunk, 5), p)
			}
		}
	}
}

// A host would hand out what it is lent at once.
func TestAReadIsNotLentAheadOfAVerdict(t *testing.T) {
	device := openJudging(false)
	s := openOn(t, device, buffers.Options{ChunkSize: readPiece, Budget: 12 * readPiece})
	host, rb := &reader{}, readback(t, s, buffers.ReadbackDescriptor{})
	b, _ := foreignBuffer(t, device.Device, "foreign", 4*readPiece)
	lent := lendChunks(t, s, rb, 12)
	require.NoError(t, embedder.StartRead(rb, b, 0, 4*readPiece, host, 1))
	embedder.FlushReads(s)
	endAll(lent)
	require.Empty(t, host.lent)
	device.judge(true)
	require.Eventually(t, func() bool { return s.Stats().BytesDown == 4*readPiece }, hang, time.Millisecond)
	s.Destroy() // after which nobody settles anything
	require.Equal(t, []error{nil}, host.settled)
	require.Empty(t, host.lent, "it has gone by way of the core")
}

// A chunk that a refused copy was for is destroyed.
func TestAChunkOfARefusedCopyIsDestroyed(t *testing.T) {
	s, device := openSystem(t, buffers.Options{})
	rb := readback(t, s, buffers.ReadbackDescriptor{})
	b, owned := foreignBuffer(t, device, "foreign", 64)
	require.NoError(t, rb.Read(within(t), b, 0, make([]byte, 64)))
	require.Equal(t, 1, s.Stats().Reads.Chunks)
	owned.Destroy()
	require.ErrorIs(t, rb.Read(within(t), b, 0, make([]byte, 64)), buffers.ErrValidation)
	require.Zero(t, s.Stats().Reads.Chunks)
	require.Zero(t, s.Stats().Mappable)
}

// One texture that is gone spoils no other.
func TestTexturesAreReadApart(t *testing.T) {
	s, device := openSystem(t, buffers.Options{})
	rb := readback(t, s, buffers.ReadbackDescriptor{})
	var textures []*memory.Texture
	var reads []buffers.Read
	var got [][]byte
	for i := range 3 {
		texture := imageOf(device, buffers.Extent{Width: 4, Height: 4, Layers: 1})
		texture.SetTexels(0, buffers.AspectAll, filledWith(64, byte(i+1)))
		p := make([]byte, 64)
		r, err := rb.StartTexture(buffers.TextureRegion{Texture: texture, Extent: texture.Info().Extent}, buffers.Bytes(p))
		require.NoError(t, err)
		textures, reads, got = append(textures, texture), append(reads, r), append(got, p)
	}
	textures[1].Destroy()
	embedder.FlushReads(s)
	for i, r := range reads {
		err := r.Wait(within(t))
		if i == 1 {
			require.ErrorIs(t, err, buffers.ErrValidation)
		} else {
			require.NoError(t, err)
			require.Equal(t, filledWith(64, byte(i+1)), got[i])
		}
	}
}

// heldAheadOfAVerdict has a read of b that is in a chunk, while the GPU has not said whether it made the copy into the
// hold that the chunk was filled from. It is read 2 of c.
func heldAheadOfAVerdict(t testing.TB, c *collection) (*buffers.System, *buffers.ReadbackBuffer, *judging) {
	t.Helper()
	const chunk = 4096
	device := openJudging(true)
	s := openOn(t, device, buffers.Options{Budget: 1 << 20, ChunkSize: chunk, IdleAge: time.Hour})
	rb, own := readback(t, s, buffers.ReadbackDescriptor{}), knownBuffer(t, s, chunk)
	b, _ := foreignBuffer(t, device.Device, "foreign", chunk)
	ask := func(number uint64) {
		device.Hold()
		all := sentAll(t, rb, own, chunk, 6)
		require.NoError(t, embedder.StartRead(rb, b, 0, 64, c, number))
		rb.Flush()
		require.NotZero(t, s.Stats().Held)
		device.Release()
		waitForAll(t, all)
	}
	ask(1) // so that chunks and holds are known to be there
	require.Eventually(t, func() bool { r := s.Stats().Reads; return r.IdleBytes == r.Bytes }, hang, time.Millisecond)
	require.Equal(t, end{1, nil}, c.end())
	device.judge(false)
	ask(2)
	require.Eventually(t, func() bool { return s.Stats().MapsPending == 0 }, hang, time.Millisecond)
	return s, rb, device
}

// What waits for a verdict ends as everything else does.
func TestAReadEndsAheadOfAVerdict(t *testing.T) {
	t.Run("cancelled", func(t *testing.T) {
		c := newCollection(t)
		s, rb, device := heldAheadOfAVerdict(t, c)
		embedder.CancelRead(rb, c, 2)
		device.judge(true)
		require.Eventually(t, func() bool { s.Trim(); return s.Stats().Held == 0 && s.Stats().Mappable == 0 }, hang, time.Millisecond)
		c.silent()
		require.Empty(t, c.got[2])
	})
	t.Run("its ReadbackBuffer is destroyed", func(t *testing.T) {
		c := newCollection(t)
		_, rb, device := heldAheadOfAVerdict(t, c)
		rb.Destroy()
		require.ErrorIs(t, c.end().err, buffers.ErrDestroyed)
		device.judge(true)
	})
}

// A chunk that waits for a verdict is memory that comes back, for whoever waits.
func TestAVerdictMakesMemoryAvailable(t *testing.T) {
	for name, wait := range map[string]func(*buffers.System, *buffers.ReadbackBuffer) error{
		"a map": func(s *buffers.System, _ *buffers.ReadbackBuffer) error {
			b, err := s.NewDeferredStagingBuffer(buffers.StagingDescriptor{Size: 64})
			require.NoError(t, err)
			defer b.Destroy()
			return b.Map(within(t))
		},
		"a read": func(s *buffers.System, rb *buffers.ReadbackBuffer) error {
			return rb.Read(within(t), deviceBuffer(t, s, 64), 0, make([]byte, 64))
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, rb, device := heldAheadOfAVerdict(t, newCollection(t))
			s.Trim()
			takeRest(t, s, 1<<20)
			done := outcome(func() error { return wait(s, rb) })
			require.Never(t, func() bool { return len(done) > 0 }, 20*time.Millisecond, time.Millisecond)
			device.judge(true)
			require.NoError(t, <-done)
		})
	}
}

// The error of a read speaks of the read, not of the System's memory.
func TestAReadWithoutMemoryNamesItsSource(t *testing.T) {
	for name, prompt := range map[string]bool{"which comes to light later": false, "which comes to light at once": true} {
		regime(t, name, func(t *testing.T) {
			device := newStandIn(memory.Options{LateErrors: true})
			device.made = func() {
				for prompt && device.StepBeside(0) {
				}
			}
			s := openOn(t, device, buffers.Options{ChunkSize: 512})
			rb, b := readback(t, s, buffers.ReadbackDescriptor{}), deviceBuffer(t, s, 16000)
			require.NoError(t, rb.Read(within(t), b, 0, make([]byte, 4)))
			device.FailCreate(1)
			device.Hold()
			failed := outcome(func() error { return rb.Read(within(t), b, 0, make([]byte, 8000)) })
			synctest.Wait()
			for range 2 { // the copy and the map of the first piece: the rest is sent before anything is known
				device.Step()
			}
			synctest.Wait()
			device.Release()
			var e *buffers.Error
			require.ErrorAs(t, <-failed, &e)
			require.Equal(t, b.Label(), e.Label)
			require.ErrorIs(t, e, buffers.ErrOutOfMemory)
		})
	}
}
