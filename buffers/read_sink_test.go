package buffers_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/host"
	"github.com/gpubuffers/gpubuffers/buffers/memory"
)

// collection is a sink that keeps what it is told.
type collection struct {
	t       testing.TB
	got     map[uint64][]byte // by read, in the order of arrival
	chunks  []int             // parts in each
	ended   chan end
	refuses error // of every delivery
}

type end struct {
	id  uint64
	err error
}

func newCollection(t testing.TB) *collection {
	return &collection{t: t, got: map[uint64][]byte{}, ended: make(chan end, 1000)}
}

func (c *collection) Deliver(chunk buffers.MappableBuffer, parts []host.Delivery) error {
	c.chunks = append(c.chunks, len(parts))
	if c.refuses != nil {
		return c.refuses
	}
	for _, p := range parts {
		if p.Offset != uint64(len(c.got[p.ID])) {
			return errors.New("a part out of order")
		}
		for row := range p.Rows {
			bytes := make([]byte, p.RowBytes)
			if _, err := chunk.ReadAt(bytes, int64(p.At+row*p.Pitch)); err != nil {
				return err
			}
			c.got[p.ID] = append(c.got[p.ID], bytes...)
		}
	}
	return nil
}

func (c *collection) Settle(id uint64, err error) { c.ended <- end{id, err} }

// end waits for the next read that ends.
func (c *collection) end() end {
	c.t.Helper()
	select {
	case e := <-c.ended:
		return e
	case <-time.After(hang):
		c.t.Fatal("no read ends")
		return end{}
	}
}

// whole waits for the next n reads, which end well.
func (c *collection) whole(n int) {
	c.t.Helper()
	for range n {
		e := c.end()
		require.NoError(c.t, e.err, "read %d", e.id)
	}
}

// silent makes sure that no read has ended.
func (c *collection) silent() {
	c.t.Helper()
	require.Empty(c.t, c.ended)
}

func TestASinkIsHandedAChunkAtATime(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	near, nearBytes := filled(t, s, 64<<10)
	far, farBytes := filled(t, s, 32<<10)
	one, two := readback(t, s, buffers.ReadbackDescriptor{}), readback(t, s, buffers.ReadbackDescriptor{})
	sink := newCollection(t)
	want := map[uint64][]byte{}
	ask := func(r *buffers.ReadbackBuffer, b buffers.Buffer, p []byte, offset, size int) {
		id := uint64(len(want)) * 1000003
		require.NoError(t, embedder.StartRead(r, b, uint64(offset), uint64(size), sink, id))
		want[id] = p[offset : offset+size]
	}
	for i := range 16 {
		ask(one, near, nearBytes, i*4096, 4096)
		ask(two, far, farBytes, (15-i)*2048+i, 33)
	}
	ask(one, near, nearBytes, 100, 9)
	inMemory := make([]byte, 100)
	x, err := two.Start(near, 3, buffers.Bytes(inMemory))
	require.NoError(t, err)
	sink.silent()
	embedder.FlushReads(s)
	sink.whole(len(want))
	require.NoError(t, x.Wait(within(t)))
	require.Equal(t, nearBytes[3:103], inMemory, "one that goes to memory shares the chunk")
	require.Equal(t, want, sink.got)
	parts := 0
	for _, n := range sink.chunks {
		parts += n
	}
	require.Equal(t, len(want), parts)
	require.LessOrEqual(t, len(sink.chunks), 2, "once, or before and after the part that goes to memory")
	require.EqualValues(t, 1, s.Stats().MapLatency.Count)
	sink.silent()
}

func TestPiecesOfALongReadReachASinkInOrder(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{ChunkSize: 4096, Budget: 1 << 20})
	b, p := filled(t, s, 100*4096+60)
	r := readback(t, s, buffers.ReadbackDescriptor{})
	sink := newCollection(t)
	require.NoError(t, embedder.StartRead(r, b, 3, uint64(len(p)-3), sink, 1))
	require.NoError(t, embedder.StartRead(r, b, 1, 2, sink, 2))
	embedder.FlushReads(s)
	sink.whole(2)
	require.Equal(t, map[uint64][]byte{1: p[3:], 2: p[1:3]}, sink.got)
}

func TestTexelsReachASinkRowByRow(t *testing.T) {
	s, device := openSystem(t, buffers.Options{ChunkSize: 4096, Budget: 1 << 20})
	e := buffers.Extent{Width: 33, Height: 40, Layers: 3}
	region := buffers.TextureRegion{Texture: imageOf(device, e), Extent: e}
	texels := randomBytes(33 * 4 * 40 * 3)
	require.NoError(t, device.Queue().WriteTexture(region, buffers.Bytes(texels), gpu.TexelLayout{BytesPerRow: 33 * 4, RowsPerImage: 40}))
	sink := newCollection(t)
	r := readback(t, s, buffers.ReadbackDescriptor{})
	require.NoError(t, embedder.StartTexture(r, region, sink, 5))
	r.Flush()
	sink.whole(1)
	require.Equal(t, texels, sink.got[5])
	region.Origin.X = 1
	require.ErrorIs(t, embedder.StartTexture(r, region, sink, 6), buffers.ErrRange)
	sink.silent()
}

func TestASinkHearsNothingOfAReadThatIsCancelled(t *testing.T) {
	s, device := openSystem(t, buffers.Options{ChunkSize: 4096, Budget: 1 << 20})
	b, p := filled(t, s, 100*4096)
	one, two := readback(t, s, buffers.ReadbackDescriptor{}), readback(t, s, buffers.ReadbackDescriptor{})
	sink, other := newCollection(t), newCollection(t)
	device.Hold()
	start := func(r *buffers.ReadbackBuffer, size uint64, to *collection, id uint64) {
		require.NoError(t, embedder.StartRead(r, b, 0, size, to, id))
	}
	start(one, 64, sink, 1)
	start(one, 64, sink, 2)
	start(one, 64, other, 1)
	start(two, 64, sink, 1)
	start(one, 50*4096, sink, 3) // in part with the GPU
	embedder.FlushReads(s)
	start(one, 64, sink, 4) // not sent yet
	for _, id := range []uint64{1, 3, 4, 4, 99} {
		embedder.CancelRead(one, sink, id)
	}
	start(two, 32, other, 5)
	start(two, 32, other, 6)
	device.Release()
	embedder.FlushReads(s)
	require.Equal(t, end{2, nil}, sink.end())
	require.Equal(t, end{1, nil}, sink.end(), "that of the other ReadbackBuffer")
	require.Equal(t, end{1, nil}, other.end(), "that of the other sink")
	require.Equal(t, end{5, nil}, other.end())
	require.Equal(t, end{6, nil}, other.end())
	require.Equal(t, map[uint64][]byte{1: p[:64], 5: p[:32], 6: p[:32]}, other.got, "they are not taken for those that were cancelled")
	require.Eventually(t, func() bool { return s.Stats().MapsPending == 0 }, hang, time.Millisecond)
	start(one, 64, sink, 3)
	embedder.FlushReads(s)
	require.Equal(t, end{3, nil}, sink.end(), "the number can be used again")
	require.Equal(t, map[uint64][]byte{1: p[:64], 2: p[:64], 3: p[:64]}, sink.got)
	require.Less(t, s.Stats().MapLatency.Count, uint64(10), "what was not sent costs no copy")
	sink.silent()
}

func TestASinkHearsOnceWhatEndsAllItsReads(t *testing.T) {
	for name, c := range map[string]struct {
		end  func(*buffers.System, *memory.Device, *buffers.ReadbackBuffer)
		want error
	}{
		"destroying the ReadbackBuffer": {func(_ *buffers.System, _ *memory.Device, r *buffers.ReadbackBuffer) { r.Destroy() }, buffers.ErrDestroyed},
		"destroying the System":         {func(s *buffers.System, _ *memory.Device, _ *buffers.ReadbackBuffer) { s.Destroy() }, buffers.ErrDestroyed},
		"losing the device":             {func(_ *buffers.System, d *memory.Device, _ *buffers.ReadbackBuffer) { d.Lose(memory.Crashed) }, buffers.ErrDeviceLost},
	} {
		t.Run(name, func(t *testing.T) {
			s, device := openSystem(t, buffers.Options{ChunkSize: 4096, Budget: 1 << 20})
			b, _ := filled(t, s, 100*4096)
			r := readback(t, s, buffers.ReadbackDescriptor{})
			sink := newCollection(t)
			device.Hold()
			require.NoError(t, embedder.StartRead(r, b, 0, 64, sink, 0))
			require.NoError(t, embedder.StartRead(r, b, 0, 80*4096, sink, 1))
			embedder.FlushReads(s)
			require.NoError(t, embedder.StartRead(r, b, 0, 64, sink, 2))
			c.end(s, device, r)
			ended := map[uint64]bool{}
			for range 3 {
				e := sink.end()
				require.ErrorIs(t, e.err, c.want)
				ended[e.id] = true
			}
			require.Len(t, ended, 3)
			device.Release()
			require.Eventually(t, func() bool { return s.Stats().MapsPending == 0 }, hang, time.Millisecond)
			sink.silent()
			require.Empty(t, sink.got)
			require.Error(t, embedder.StartRead(r, b, 0, 64, sink, 3))
			sink.silent()
		})
	}
}

// Textures have no buffer, by which reads are put in order.
func TestTexturesAreReadAfterManyBuffers(t *testing.T) {
	s, device := openSystem(t, buffers.Options{})
	rb, c := readback(t, s, buffers.ReadbackDescriptor{}), newCollection(t)
	const many = 2000
	c.ended = make(chan end, many)
	for i := range uint64(many) {
		b, _ := foreignBuffer(t, device, "foreign", 4)
		require.NoError(t, embedder.StartRead(rb, b, 0, 4, c, i))
	}
	embedder.FlushReads(s)
	c.whole(many)
	texture := imageOf(device, buffers.Extent{Width: 4, Height: 4, Layers: 1})
	for i := range uint64(2) {
		require.NoError(t, embedder.StartTexture(rb, buffers.TextureRegion{Texture: texture, Extent: texture.Info().Extent}, c, many+i))
	}
	embedder.FlushReads(s)
	c.whole(2)
}

func TestASinkHearsOfStaleReads(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	b, p := filled(t, s, 64)
	r := readback(t, s, buffers.ReadbackDescriptor{Policy: buffers.ReadLatest})
	sink := newCollection(t)
	require.NoError(t, embedder.StartRead(r, b, 0, 64, sink, 0))
	require.NoError(t, embedder.StartRead(r, b, 0, 64, sink, 1))
	stale := sink.end()
	require.EqualValues(t, 0, stale.id)
	require.ErrorIs(t, stale.err, buffers.ErrStale)
	embedder.FlushReads(s)
	require.Equal(t, end{1, nil}, sink.end())
	require.Equal(t, p, sink.got[1])
}

func TestAFailureEndsTheReadsOfItsChunkOnly(t *testing.T) {
	s, device := openSystem(t, buffers.Options{})
	b, p := filled(t, s, 64)
	gone := deviceBuffer(t, s, 64)
	r := readback(t, s, buffers.ReadbackDescriptor{})
	sink := newCollection(t)
	fails := func(want error, ids ...uint64) {
		t.Helper()
		embedder.FlushReads(s)
		for range ids {
			e := sink.end()
			require.ErrorIs(t, e.err, want)
			require.Contains(t, ids, e.id)
		}
		sink.silent()
		require.Empty(t, sink.got)
	}
	require.NoError(t, embedder.StartRead(r, b, 0, 64, sink, 0))
	require.NoError(t, embedder.StartRead(r, b, 0, 32, sink, 1))
	device.FailMap(1, gpu.NewError("map", "readback chunk", buffers.ErrValidation, ""))
	fails(buffers.ErrValidation, 0, 1)

	sink.refuses = errors.New("no room")
	require.NoError(t, embedder.StartRead(r, b, 0, 64, sink, 2))
	fails(sink.refuses, 2)
	sink.refuses = nil

	require.NoError(t, embedder.StartRead(r, gone, 0, 64, sink, 3))
	require.NoError(t, embedder.StartRead(r, gone, 0, 32, sink, 4))
	gone.Destroy()
	fails(buffers.ErrDestroyed, 3, 4)

	require.NoError(t, embedder.StartRead(r, b, 0, 64, sink, 5))
	embedder.FlushReads(s)
	require.Equal(t, end{5, nil}, sink.end())
	require.Equal(t, p, sink.got[5])
}

func TestASinkIsServedOnceThereIsMemory(t *testing.T) {
	s, all := fullSystem(t, buffers.BudgetWait)
	b, p := filled(t, s, 64)
	r := readback(t, s, buffers.ReadbackDescriptor{})
	sink := newCollection(t)
	require.NoError(t, embedder.StartRead(r, b, 0, 64, sink, 0))
	embedder.FlushReads(s)
	all.Destroy()
	sink.whole(1)
	require.Equal(t, p, sink.got[0])
}

// counter is a sink that allocates nothing.
type counter struct {
	bytes uint64
	ended chan error
}

func (c *counter) Deliver(_ buffers.MappableBuffer, parts []host.Delivery) error {
	for i := range parts {
		c.bytes += parts[i].RowBytes * parts[i].Rows
	}
	return nil
}

func (c *counter) Settle(_ uint64, err error) { c.ended <- err }

// making is a counter that makes memory.
type making struct{ *counter }

func (making) MakesMemory() {}

func TestReadsThatSayNothingOfAPathAreNotMeasured(t *testing.T) {
	s, device := openSystem(t, buffers.Options{})
	b := deviceBuffer(t, s, 16<<20)
	e := buffers.Extent{Width: 2048, Height: 2048, Layers: 1}
	region := buffers.TextureRegion{Texture: imageOf(device, e), Extent: e}
	r := readback(t, s, buffers.ReadbackDescriptor{})
	s.Load(buffers.Calibration{Rates: []buffers.Rate{{"readback", "mapped ring, 4 MiB chunks", 16 << 20, 1}}})
	loaded := s.Calibration()
	plain := &counter{ended: make(chan error, 1)}
	read := func(start func() error) {
		for range 24 {
			require.NoError(t, start())
			embedder.FlushReads(s)
			require.NoError(t, <-plain.ended)
		}
	}
	read(func() error { return embedder.StartRead(r, b, 0, b.Size(), making{plain}, 0) })
	require.Equal(t, loaded, s.Calibration(), "into memory that is made for them")
	read(func() error { return embedder.StartTexture(r, region, plain, 0) })
	require.Equal(t, loaded, s.Calibration(), "of textures, row by row")
	read(func() error { return embedder.StartRead(r, b, 0, b.Size(), plain, 0) })
	require.NotEqual(t, loaded, s.Calibration())
}

func TestReadsToASinkAllocateNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	s, _ := openSystem(t, buffers.Options{})
	b := deviceBuffer(t, s, 1<<20)
	r := readback(t, s, buffers.ReadbackDescriptor{})
	sink := &counter{ended: make(chan error, 64)}
	read := func() {
		for i := range uint64(64) {
			if err := embedder.StartRead(r, b, (i*37)%64*16384, 4096, sink, i); err != nil {
				t.Fatal(err)
			}
		}
		embedder.FlushReads(s)
		for range 64 {
			if err := <-sink.ended; err != nil {
				t.Fatal(err)
			}
		}
	}
	for range 50 {
		read()
	}
	require.Eventually(t, func() bool { return !buffers.Probing(s) }, hang, time.Millisecond, "what so many reads have measured")
	read()
	sink.bytes = 0
	require.Zero(t, testing.AllocsPerRun(100, read))
	require.EqualValues(t, 101*64*4096, sink.bytes)
}

// A chunk that lands rouses who waits for what it brings, or for its memory, and nobody else.
func TestALandingRousesWhoWaits(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		s, device := openNotifying(t, memory.Options{}, buffers.Options{Budget: 1 << 20})
		roused := rousing(s)
		b, p := filled(t, s, 64)
		r, sink := readback(t, s, buffers.ReadbackDescriptor{}), newCollection(t)
		id := uint64(0)
		rousesOnceSent := func(want bool, meanwhile func()) {
			id++
			device.Hold()
			require.NoError(t, embedder.StartRead(r, b, 0, 64, sink, id))
			embedder.FlushReads(s)
			meanwhile()
			synctest.Wait()
			roused()
			device.Release()
			require.NoError(t, sink.end().err)
			time.Sleep(time.Millisecond) // in which all else lands
			require.Equal(t, want, roused())
		}
		got := make([]byte, 64)
		var x buffers.Read
		rousesOnceSent(true, func() {
			var err error
			x, err = r.Start(b, 0, buffers.Bytes(got))
			require.NoError(t, err)
			r.Flush()
		})
		require.NoError(t, x.Wait(within(t)))
		require.Equal(t, p, got)

		rousesOnceSent(false, func() {})

		rousesOnceSent(true, func() {
			s.Trim()
			takeRest(t, s, 1<<20)
			staging, err := s.NewDeferredStagingBuffer(buffers.StagingDescriptor{Size: 64})
			require.NoError(t, err)
			staging.MapAsync()
		})
	})
}
