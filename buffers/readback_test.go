package buffers_test

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/memory"
	"github.com/gpubuffers/gpubuffers/buffers/wgsl"
)

// filled is a DeviceBuffer of random bytes, and the bytes.
func filled(t testing.TB, s *buffers.System, size int) (*buffers.DeviceBuffer, []byte) {
	b := deviceBuffer(t, s, uint64(size))
	p := randomBytes(size)
	require.NoError(t, b.Write(0, p))
	return b, p
}

func TestReadsNeedNoAlignment(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	b, p := filled(t, s, 4096)
	for _, c := range []struct{ offset, size int }{
		{0, 1}, {1, 1}, {3, 2}, {5, 7}, {4095, 1}, {0, 4096}, {1, 4095}, {2047, 2},
	} {
		require.Equal(t, p[c.offset:c.offset+c.size], read(t, s, b, uint64(c.offset), uint64(c.size)))
	}
}

// Reads of more bytes than a chunk has are not sorted by place.
func TestReadsInAnyOrderBringTheirBytes(t *testing.T) {
	const reads = 8
	s, _ := openSystem(t, buffers.Options{ChunkSize: 4096})
	b, p := filled(t, s, 8192)
	r := readback(t, s, buffers.ReadbackDescriptor{})
	random := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		var asked [reads]buffers.Read
		var got, want [reads][]byte
		for i := range asked {
			size := 1 + random.IntN(1024)
			offset := random.IntN(len(p) - size)
			got[i], want[i] = make([]byte, size), p[offset:offset+size]
			var err error
			asked[i], err = r.Start(b, uint64(offset), buffers.Bytes(got[i]))
			require.NoError(t, err)
		}
		r.Flush()
		waitForAll(t, asked[:])
		require.Equal(t, want, got)
	}
}

func TestAReadOfNoBytesEndsAtOnce(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	b, _ := filled(t, s, 64)
	r := readback(t, s, buffers.ReadbackDescriptor{})
	for _, offset := range []uint64{0, 3, 64} {
		x, err := r.Start(b, offset, buffers.Bytes(nil))
		require.NoError(t, err)
		require.NoError(t, x.Wait(within(t)))
	}
	require.Zero(t, s.Stats().MapLatency.Count, "nothing was mapped for it")
	require.ErrorIs(t, r.Read(within(t), b, 65, nil), buffers.ErrRange)
	b.Destroy()
	require.ErrorIs(t, r.Read(within(t), b, 0, nil), buffers.ErrDestroyed)
}

func TestReadsSentTogetherShareOneMap(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	near, nearBytes := filled(t, s, 64<<10)
	far, farBytes := filled(t, s, 32<<10)
	r := readback(t, s, buffers.ReadbackDescriptor{})
	var reads []buffers.Read
	var got, want [][]byte
	ask := func(b buffers.Buffer, p []byte, offset, size int) {
		m := make([]byte, size)
		x, err := r.Start(b, uint64(offset), buffers.Bytes(m))
		require.NoError(t, err)
		reads, got, want = append(reads, x), append(got, m), append(want, p[offset:offset+size])
	}
	for i := range 16 {
		ask(near, nearBytes, i*4096, 4096) // touching
		ask(far, farBytes, (15-i)*2048+i, 33)
	}
	ask(near, nearBytes, 100, 9)  // overlapping
	ask(near, nearBytes, 105, 50) // nearly touching
	before := s.Stats().MapLatency.Count
	f, _ := frame(t, s)
	require.NoError(t, f.Submit())
	for i, x := range reads {
		require.NoError(t, x.Wait(within(t)))
		require.Equal(t, want[i], got[i])
	}
	require.EqualValues(t, 1, s.Stats().MapLatency.Count-before)
}

func TestReadsSeeWhatWasSubmittedBeforeThem(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	b := deviceBuffer(t, s, 4)
	r := readback(t, s, buffers.ReadbackDescriptor{})
	var reads []buffers.Read
	var got [][]byte
	for i := range byte(8) {
		require.NoError(t, b.Write(0, []byte{i, i, i, i}))
		m := make([]byte, 4)
		x, err := r.Start(b, 0, buffers.Bytes(m))
		require.NoError(t, err)
		require.NoError(t, s.Submit())
		reads, got = append(reads, x), append(got, m)
	}
	for i, x := range reads {
		require.NoError(t, x.Wait(within(t)))
		require.Equal(t, []byte{byte(i), byte(i), byte(i), byte(i)}, got[i])
	}
}

func TestLongReadsAreCutAndGoThroughARing(t *testing.T) {
	const chunk = 1024
	s, _ := openSystem(t, buffers.Options{ChunkSize: chunk, Budget: 1 << 20})
	b, p := filled(t, s, 100*chunk+60)
	require.Equal(t, p[3:], read(t, s, b, 3, uint64(len(p)-3)))
	require.LessOrEqual(t, s.Stats().Peak, uint64(4*chunk), "memory is that of the ring, whatever the length")
}

func TestLongTextureReadsAreCutBetweenRows(t *testing.T) {
	s, device := openSystem(t, buffers.Options{ChunkSize: 4096, Budget: 1 << 20})
	e := buffers.Extent{Width: 33, Height: 40, Layers: 3}
	texture := imageOf(device, e)
	region := buffers.TextureRegion{Texture: texture, Extent: e}
	texels := randomBytes(33 * 4 * 40 * 3)
	require.NoError(t, device.Queue().WriteTexture(region, buffers.Bytes(texels), gpu.TexelLayout{BytesPerRow: 33 * 4, RowsPerImage: 40}))
	require.Equal(t, texels, readTexture(t, s, region, len(texels)))

	part := buffers.TextureRegion{Texture: texture, Origin: buffers.Origin{X: 5, Y: 7, Layer: 1}, Extent: buffers.Extent{Width: 3, Height: 2, Layers: 2}}
	got := readTexture(t, s, part, 3*4*2*2)
	for layer := range 2 {
		for y := range 2 {
			at := ((layer+1)*40+7+y)*33*4 + 5*4
			require.Equal(t, texels[at:at+12], got[(layer*2+y)*12:(layer*2+y)*12+12])
		}
	}
}

func TestReadsGoIntoTheHostsMemory(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	b, p := filled(t, s, 256)
	host := memory.NewHostBytes(make([]byte, 100))
	r := readback(t, s, buffers.ReadbackDescriptor{})
	x, err := r.Start(b, 7, buffers.HostMemory(host).Slice(10, 50))
	require.NoError(t, err)
	r.Flush()
	require.NoError(t, x.Wait(within(t)))
	require.Equal(t, p[7:57], host.Bytes()[10:60])
}

func TestReadsRefuseMisuse(t *testing.T) {
	s, device := openSystem(t, buffers.Options{})
	b := deviceBuffer(t, s, 64)
	r := readback(t, s, buffers.ReadbackDescriptor{})
	gone := readback(t, s, buffers.ReadbackDescriptor{})
	gone.Destroy()
	uncopyable, err := device.CreateBuffer(&buffers.Descriptor{Label: "sealed", Size: 64, Usage: buffers.UsageVertex})
	require.NoError(t, err)
	odd, err := device.CreateBuffer(&buffers.Descriptor{Label: "odd", Size: 6, Usage: buffers.UsageCopySrc})
	require.NoError(t, err)
	texture := imageOf(device, buffers.Extent{Width: 4, Height: 4, Layers: 1})
	whole := buffers.TextureRegion{Texture: texture, Extent: buffers.Extent{Width: 4, Height: 4, Layers: 1}}
	outside := whole
	outside.Origin.X = 1
	ctx := within(t)
	for _, c := range []struct {
		name string
		do   func() error
		want error
	}{
		{"past the end", func() error { return r.Read(ctx, b, 60, make([]byte, 5)) }, buffers.ErrRange},
		{"an offset that overflows", func() error { return r.Read(ctx, b, math.MaxUint64, make([]byte, 5)) }, buffers.ErrRange},
		{"a buffer without CopySrc", func() error { return r.Read(ctx, uncopyable, 0, make([]byte, 4)) }, buffers.ErrUsage},
		{"the odd end of a buffer", func() error { return r.Read(ctx, odd, 0, make([]byte, 5)) }, buffers.ErrAlignment},
		{"through a destroyed one", func() error { return gone.Read(ctx, b, 0, make([]byte, 4)) }, buffers.ErrDestroyed},
		{"texels outside", func() error { return r.ReadTexture(ctx, outside, make([]byte, 64)) }, buffers.ErrRange},
		{"texels into too little", func() error { return r.ReadTexture(ctx, whole, make([]byte, 60)) }, buffers.ErrRange},
		{"wait for no read", func() error { return buffers.Read{}.Wait(ctx) }, buffers.ErrState},
	} {
		t.Run(c.name, func(t *testing.T) { require.ErrorIs(t, c.do(), c.want) })
	}
	x, err := r.Start(b, 0, buffers.Bytes(make([]byte, 4)))
	require.NoError(t, err)
	r.Flush()
	require.NoError(t, x.Wait(ctx))
	require.ErrorIs(t, x.Wait(ctx), buffers.ErrState, "a read is waited for once")
	x.Cancel()
}

func TestABadReadDoesNotHarmTheOthersOfItsSubmit(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	other := memory.Open(memory.Options{})
	defer other.Destroy()
	foreign, err := other.CreateBuffer(&buffers.Descriptor{Label: "foreign", Size: 64, Usage: buffers.UsageCopySrc})
	require.NoError(t, err)
	b, p := filled(t, s, 64)
	short := deviceBuffer(t, s, 64)
	r := readback(t, s, buffers.ReadbackDescriptor{})
	var reads [3]buffers.Read
	got := make([]byte, 64)
	for i, src := range []buffers.Buffer{foreign, short, b} {
		reads[i], err = r.Start(src, 0, buffers.Bytes(got[:64-16*(2-i)]))
		require.NoError(t, err)
	}
	short.Destroy()
	require.NoError(t, s.Submit())
	require.ErrorIs(t, reads[0].Wait(within(t)), buffers.ErrWrongDevice)
	require.ErrorIs(t, reads[1].Wait(within(t)), buffers.ErrDestroyed)
	require.NoError(t, reads[2].Wait(within(t)))
	require.Equal(t, p, got)
}

func TestACancelledReadLeavesTheMemoryAlone(t *testing.T) {
	s, device := openSystem(t, buffers.Options{})
	b, p := filled(t, s, 64)
	r := readback(t, s, buffers.ReadbackDescriptor{})
	got := make([]byte, 64)
	for _, c := range []struct {
		name string
		send bool
	}{{"before it is sent", false}, {"while the GPU has it", true}} {
		t.Run(c.name, func(t *testing.T) {
			device.Hold()
			defer device.Release()
			x, err := r.Start(b, 0, buffers.Bytes(got))
			require.NoError(t, err)
			if c.send {
				r.Flush()
			}
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			require.ErrorIs(t, x.Wait(ctx), context.Canceled)
		})
	}
	require.Equal(t, p, read(t, s, b, 0, 64), "others go on")
	require.Equal(t, make([]byte, 64), got)
	require.Eventually(t, func() bool { return s.Stats().MapsPending == 0 }, hang, time.Millisecond)
}

func TestDestroyingAReadbackBufferEndsItsReadsOnly(t *testing.T) {
	s, device := openSystem(t, buffers.Options{})
	b, p := filled(t, s, 64)
	device.Hold()
	one, two := readback(t, s, buffers.ReadbackDescriptor{}), readback(t, s, buffers.ReadbackDescriptor{})
	got := make([]byte, 64)
	lost, err := one.Start(b, 0, buffers.Bytes(make([]byte, 64)))
	require.NoError(t, err)
	kept, err := two.Start(b, 0, buffers.Bytes(got))
	require.NoError(t, err)
	require.NoError(t, s.Submit())
	one.Destroy()
	require.ErrorIs(t, lost.Wait(within(t)), buffers.ErrDestroyed)
	device.Release()
	require.NoError(t, kept.Wait(within(t)))
	require.Equal(t, p, got)
}

func TestLatestDropsStaleReadsBeforeTheyCostACopy(t *testing.T) {
	s, device := openSystem(t, buffers.Options{})
	b := deviceBuffer(t, s, 4)
	r := readback(t, s, buffers.ReadbackDescriptor{Policy: buffers.ReadLatest, MaxInFlight: 1})
	device.Hold()
	const n = 10
	var reads [n]buffers.Read
	var got [n][4]byte
	for i := range n {
		require.NoError(t, b.Write(0, []byte{byte(i), 0, 0, 0}))
		x, err := r.Start(b, 0, buffers.Bytes(got[i][:]))
		require.NoError(t, err)
		require.NoError(t, s.Submit())
		reads[i] = x
	}
	device.Release()
	require.NoError(t, reads[0].Wait(within(t)), "it was with the GPU")
	for i := 1; i < n-1; i++ {
		require.ErrorIs(t, reads[i].Wait(within(t)), buffers.ErrStale)
	}
	require.NoError(t, reads[n-1].Wait(within(t)))
	require.EqualValues(t, n-1, got[n-1][0])
	require.EqualValues(t, 2, s.Stats().MapLatency.Count)
}

func TestReadsWaitForTheBudget(t *testing.T) {
	s, all := fullSystem(t, buffers.BudgetWait)
	b, p := filled(t, s, 64)
	r := readback(t, s, buffers.ReadbackDescriptor{})
	got := make([]byte, 64)
	x, err := r.Start(b, 0, buffers.Bytes(got))
	require.NoError(t, err)
	r.Flush()
	all.Destroy()
	require.NoError(t, x.Wait(within(t)))
	require.Equal(t, p, got)
}

func TestTheChunksInFlightAreBounded(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		const most = 32
		s, device := openSystem(t, buffers.Options{})
		b, _ := filled(t, s, 64)
		rb := readback(t, s, buffers.ReadbackDescriptor{})
		device.Hold()
		all := sentAll(t, rb, b, 64, 1)
		synctest.Wait()                                     // its chunk is listened to
		all = append(all, sentAll(t, rb, b, 64, most+7)...) // each in a chunk of its own
		require.Equal(t, most, s.Stats().MapsPending)
		device.Release()
		waitForAll(t, all)
	})
}

func TestAFailedMapFailsItsReadsOnly(t *testing.T) {
	s, device := openSystem(t, buffers.Options{})
	b, p := filled(t, s, 64)
	r := readback(t, s, buffers.ReadbackDescriptor{})
	device.FailMap(1, gpu.NewError("map", "readback chunk", buffers.ErrValidation, ""))
	require.ErrorIs(t, r.Read(within(t), b, 0, make([]byte, 64)), buffers.ErrValidation)
	require.Equal(t, p, read(t, s, b, 0, 64))
	require.Equal(t, 1, s.Stats().Reads.Chunks)
	require.EqualValues(t, 2, s.Stats().Reads.Misses, "the chunk is in no known state, and destroyed")
}

func TestReadsFromManyGoroutines(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{ChunkSize: 4096, Budget: 64 << 10})
	b, p := filled(t, s, 64<<10)
	r := readback(t, s, buffers.ReadbackDescriptor{})
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 20 {
				offset, size := (g*7919+i*613)%(60<<10), 1+(g*31+i*977)%4000
				got := make([]byte, size)
				if err := r.Read(within(t), b, uint64(offset), got); err != nil || string(got) != string(p[offset:offset+size]) {
					t.Errorf("read of %d at %d: %v", size, offset, err)
				}
			}
		})
	}
	wg.Wait()
}

func TestReadSliceIsTyped(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	b := deviceBuffer(t, s, 64)
	type particle struct {
		Position [3]float32
		Mass     float32
	}
	want := []particle{{[3]float32{1, 2, 3}, 4}, {[3]float32{5, 6, 7}, 8}}
	p, err := wgsl.BytesOf(want)
	require.NoError(t, err)
	require.NoError(t, b.Write(16, p))
	got := make([]particle, 2)
	require.NoError(t, buffers.ReadSlice(within(t), readback(t, s, buffers.ReadbackDescriptor{}), b, 16, got))
	require.Equal(t, want, got)
}

// The memory of uploads that are on their way is given back without anybody asking for it.
func TestAReadWaitsForTheMemoryOfUploads(t *testing.T) {
	s, device := openSystem(t, buffers.Options{Budget: 4 << 20})
	s.Load(buffers.Calibration{Rates: []buffers.Rate{{Operation: "upload", Path: "mapped ring, 2 MiB chunks", Size: 4 << 20, BytesPerSecond: 5e9}}})
	p := randomBytes(4 << 20)
	b := deviceBuffer(t, s, uint64(len(p)))
	device.Hold()
	require.NoError(t, s.UploadMemory(within(t), b, 0, buffers.Bytes(p)))
	require.Greater(t, s.Stats().Mappable, uint64(3<<20), "the ring has the whole budget")
	got := make([]byte, len(p))
	r := readback(t, s, buffers.ReadbackDescriptor{})
	pending, err := r.Start(b, 0, buffers.Bytes(got))
	require.NoError(t, err)
	r.Flush()
	device.Release()
	require.NoError(t, pending.Wait(within(t)))
	require.Equal(t, p, got)
}

// polls counts how often a queue is made to poll.
type polls struct{ atomic.Int64 }

func (l *polls) Poll(times int) { l.Add(int64(times)) }

func openPolling() (*standIn, *polls) {
	device, polls := newStandIn(memory.Options{}), &polls{}
	device.poller = polls
	return device, polls
}

func TestTheHostIsMadeToPollForTheLastChunksOfALongRead(t *testing.T) {
	for _, c := range []struct {
		name  string
		size  uint64
		polls bool
	}{
		{"in one chunk, which is the backend's matter", 1 << 20, false},
		{"in two", 8 << 20, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			device, polls := openPolling()
			s := openOn(t, device, buffers.Options{ChunkSize: 4 << 20})
			b, r := deviceBuffer(t, s, c.size), readback(t, s, buffers.ReadbackDescriptor{})
			into := make([]byte, c.size)
			require.NoError(t, r.Read(within(t), b, 0, into)) // makes the chunks
			polls.Store(0)
			device.Hold()
			pending, err := r.Start(b, 0, buffers.Bytes(into))
			require.NoError(t, err)
			embedder.FlushReads(s)
			sent := polls.Load()
			require.Equal(t, c.polls, sent > 0, "when all is sent")
			device.Release()
			require.NoError(t, pending.Wait(within(t)))
			require.Equal(t, c.polls, polls.Load() > sent, "when the first has landed")
		})
	}
}

// Reads of a frame that touch, overlap or nearly touch become one copy. They are put in order for that if all of them
// fit into one chunk.
func TestTheSizeOfTheChunksThatShortReadsShare(t *testing.T) {
	for name, c := range map[string]struct {
		options buffers.Options
		reads   int
		size    uint64
		chunks  int
		bytes   uint64
	}{
		"at least":                        {buffers.Options{ChunkSize: 256}, 1, 4, 1, 4 << 10},
		"at most":                         {buffers.Options{ChunkSize: 64 << 10}, 8, 16 << 10, 2, 128 << 10},
		"at most by default":              {buffers.Options{}, 64, 128 << 10, 2, 8 << 20},
		"at most of a small budget's":     {buffers.Options{Budget: 1 << 20}, 8, 64 << 10, 2, 512 << 10},
		"of a budget that is hardly that": {buffers.Options{Budget: 4 << 10}, 1, 4, 1, 4 << 10},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := openSystem(t, c.options)
			b, r := deviceBuffer(t, s, uint64(c.reads)*2*c.size), readback(t, s, buffers.ReadbackDescriptor{})
			var reads []buffers.Read
			for i := range c.reads {
				x, err := r.Start(b, uint64(i)*2*c.size, buffers.Bytes(make([]byte, c.size)))
				require.NoError(t, err)
				reads = append(reads, x)
			}
			r.Flush()
			for _, x := range reads {
				require.NoError(t, x.Wait(within(t)))
			}
			require.Equal(t, c.chunks, s.Stats().Reads.Chunks)
			require.Equal(t, c.bytes, s.Stats().Reads.Bytes)
		})
	}
}

func TestReadsThatNearlyTouchAreOneCopy(t *testing.T) {
	const nearby, chunk = 4096, 64 << 10 // until the cost of a copy is known
	type place struct{ offset, size uint64 }
	far := place{chunk / 2, 33 << 10} // so much that the chunk has room for what lies between
	for name, c := range map[string]struct {
		places []place
		copies []place
	}{
		"touching":             {[]place{{0, 64}, {64, 64}}, []place{{0, 128}}},
		"overlapping":          {[]place{{0, 64}, {60, 64}}, []place{{0, 124}}},
		"one within the other": {[]place{{0, 64}, {8, 4}}, []place{{0, 64}}},
		"nearly touching":      {[]place{{0, 64}, {64 + nearby, 64}, far}, []place{{0, 128 + nearby}, far}},
		"not touching":         {[]place{{0, 64}, {68 + nearby, 64}, far}, []place{{0, 64}, {68 + nearby, 64}, far}},
		"the later one first":  {[]place{{128, 64}, {0, 64}, {64, 64}}, []place{{0, 192}}},
		"within a word":        {[]place{{1, 2}, {5, 1}}, []place{{0, 8}}},
		"backwards behind another": {
			[]place{{chunk, chunk / 2}, {1024, 64}, {0, 64}, {chunk * 3 / 2, chunk/2 - 160}},
			[]place{{chunk, chunk / 2}, {1024, 64}, {0, 64}, {chunk * 3 / 2, chunk/2 - 160}},
		},
		"more than a chunk": {[]place{{chunk, chunk / 2}, {0, chunk / 2}, {chunk / 2, 64}}, []place{{chunk, chunk / 2}, {0, chunk / 2}, {chunk / 2, 64}}},
	} {
		t.Run(name, func(t *testing.T) {
			var fetched [][]gpu.ChunkCopy // by the chunk
			device := newStandIn(memory.Options{})
			device.fetchChunk = func(q gpu.ChunkQueue, chunk gpu.MappableBuffer, size uint64, copies []gpu.ChunkCopy, l gpu.Landing) (<-chan error, int, error) {
				fetched = append(fetched, slices.Clone(copies))
				return q.FetchChunk(chunk, size, copies, l)
			}
			s := openOn(t, device, buffers.Options{ChunkSize: chunk})
			b, p := filled(t, s, 2*chunk)
			read(t, s, b, 0, 4) // which is known then
			fetched = nil
			r := readback(t, s, buffers.ReadbackDescriptor{})
			f, _ := frame(t, s)
			var reads []buffers.Read
			var got [][]byte
			for _, at := range c.places {
				m := make([]byte, at.size)
				x, err := r.Start(b, at.offset, buffers.Bytes(m))
				require.NoError(t, err)
				reads, got = append(reads, x), append(got, m)
			}
			require.NoError(t, f.Submit())
			for i, x := range reads {
				require.NoError(t, x.Wait(within(t)))
				require.Equal(t, p[c.places[i].offset:][:c.places[i].size], got[i])
			}
			var copies []place
			for _, made := range slices.Concat(fetched...) {
				copies = append(copies, place{made.Offset, made.Size})
			}
			require.Equal(t, c.copies, copies)
		})
	}
}
