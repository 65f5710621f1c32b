package buffers_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/memory"
)

// adapter is a GPU in memory whose speeds a test sets.
type adapter struct{ write, copy, mapping atomic.Pointer[memory.Cost] }

func (a *adapter) set(write, copy, mapping memory.Cost) {
	a.write.Store(&write)
	a.copy.Store(&copy)
	a.mapping.Store(&mapping)
}

func (a *adapter) open(t testing.TB, options buffers.Options) (*buffers.System, *memory.Device) {
	at := func(p *atomic.Pointer[memory.Cost]) memory.Cost {
		return func(n uint64) time.Duration { return (*p.Load())(n) }
	}
	device := memory.Open(memory.Options{Write: at(&a.write), Copy: at(&a.copy), Map: at(&a.mapping)})
	return openOn(t, device, options), device
}

// The clock of these tests is synctest's: what a step costs is exact, whatever the machine.
var (
	fast   = memory.Fixed(100 * time.Microsecond)
	slow   = memory.Fixed(4 * time.Millisecond)
	atOnce = memory.Fixed(0)
)

// regimes are adapters on which different paths are the fastest.
var regimes = []struct {
	name        string
	write, copy memory.Cost
	want        string
}{
	{"a discrete GPU, whose queue writes are slow", slow, fast, "mapped"},
	{"a CPU adapter, whose copies are slow", fast, slow, "queue write"},
}

// onEachAdapter runs a test in each of the regimes, with a clock of its own. want names the path that is the fastest.
func onEachAdapter(t *testing.T, test func(t *testing.T, want string, s *buffers.System, device *memory.Device)) {
	for _, r := range regimes {
		regime(t, r.name, func(t *testing.T) {
			var a adapter
			a.set(r.write, r.copy, atOnce)
			s, device := a.open(t, buffers.Options{})
			test(t, r.want, s, device)
		})
	}
}

func TestTheEngineFindsTheFastestPathForUploads(t *testing.T) {
	onEachAdapter(t, func(t *testing.T, want string, s *buffers.System, device *memory.Device) {
		const size = 512 << 10
		b := deviceBuffer(t, s, size)
		p := randomBytes(size)
		untilBest(t, s, buffers.OpUpload, size, want, func() {
			require.NoError(t, b.Write(0, p))
			require.NoError(t, <-device.Queue().WorkDone())
			synctest.Wait() // the engine, which asked before, has heard of it
		})
		x := s.Explain(buffers.OpUpload, size, nil)
		require.Contains(t, x.Reason, "fastest")
		require.NotZero(t, x.BytesPerSecond)
		require.NotEmpty(t, x.Alternatives)
		require.Equal(t, p, read(t, s, b, 0, size))
	})
}

// regime runs a test with a clock of its own.
func regime(t *testing.T, name string, test func(t *testing.T)) {
	t.Run(name, func(t *testing.T) { inVirtualTime(t, test) })
}

// untilBest does something until the path wanted is found the fastest of several: soon, and 50 times in a row.
func untilBest(t testing.TB, s *buffers.System, op buffers.Operation, size uint64, want string, do func()) {
	t.Helper()
	for tries, times := 500, 0; times < 50; tries-- {
		do()
		times++
		x := s.Explain(op, size, nil)
		if len(x.Alternatives) == 0 || !strings.Contains(x.Path, want) {
			times = 0
		}
		if tries == 0 {
			t.Fatalf("the engine did not find %q: %+v, of %+v", want, x, s.Calibration())
		}
	}
}

// Milliseconds that reads of 64 MiB took on a discrete GPU: the best of the slower path are better than some of the
// faster one.
var readsOf64MiB = map[string][]float64{
	"mapped ring, 4 MiB chunks":  {14.0, 13.8, 13.3, 13.7, 13.6, 12.8, 13.8, 13.4, 13.7, 12.3, 12.5, 13.7, 13.4},
	"mapped ring, 16 MiB chunks": {13.3, 13.0, 13.1, 15.3, 17.3, 16.6, 16.6, 15.5, 15.1},
}

func TestAPathIsComparedWithAsMuchAsIsKnownOfTheBest(t *testing.T) {
	turns := map[string]int{}
	picked := buffers.Picks(buffers.OpReadback, 64<<20, 200, func(path string) time.Duration {
		took := readsOf64MiB[path][turns[path]%len(readsOf64MiB[path])]
		turns[path]++
		return time.Duration(took * float64(time.Millisecond))
	})
	const best = "mapped ring, 4 MiB chunks"
	require.Equal(t, slices.Repeat([]string{best}, 7), picked[:7], "a program's first transfers are no experiments")
	others := 0
	for _, path := range picked {
		if path != best {
			others++
		}
	}
	require.Positive(t, others, "the other path is tried")
	require.LessOrEqual(t, others, 2+200/64, "and taken for no good chance")
}

func TestTheEngineFollowsWhenAnotherPathBecomesFaster(t *testing.T) {
	regime(t, "twice", func(t *testing.T) {
		var a adapter
		a.set(fast, slow, atOnce)
		s, device := a.open(t, buffers.Options{})
		const size = 256 << 10
		b := deviceBuffer(t, s, size)
		write := func() {
			require.NoError(t, b.Write(0, make([]byte, size)))
			require.NoError(t, <-device.Queue().WorkDone())
			synctest.Wait() // the engine, which asked before, has heard of it
		}
		settle := func() { // what is being measured is measured, and it goes on like that
			time.Sleep(time.Second)
			for range 20 {
				write()
			}
		}
		untilBest(t, s, buffers.OpUpload, size, "queue write", write)
		settle()
		a.set(slow, fast, atOnce)
		untilBest(t, s, buffers.OpUpload, size, "mapped", write)
		settle()
		a.set(fast, slow, atOnce)
		untilBest(t, s, buffers.OpUpload, size, "queue write", write)
	})
}

func TestWrongRatesAreReplacedByWhatIsMeasured(t *testing.T) {
	onEachAdapter(t, func(t *testing.T, want string, s *buffers.System, device *memory.Device) {
		const size = 4 << 20
		wrong := buffers.Calibration{}
		for _, path := range []string{"queue write", "mapped ring, 2 MiB chunks"} {
			rate := 1e5
			if !strings.Contains(path, want) {
				rate = 1e10
			}
			wrong.Rates = append(wrong.Rates, buffers.Rate{Operation: "upload", Path: path, Size: size, BytesPerSecond: rate})
		}
		s.Load(wrong)
		require.NotContains(t, s.Explain(buffers.OpUpload, size, nil).Path, want)
		b := deviceBuffer(t, s, size)
		write := func() {
			require.NoError(t, b.Write(0, make([]byte, size)))
			require.NoError(t, <-device.Queue().WorkDone())
			time.Sleep(100 * time.Millisecond) // the program is idle now and then
		}
		for range 6 { // the first touches new memory, four are enough, and then the paths are measured
			write()
		}
		require.Contains(t, s.Explain(buffers.OpUpload, size, nil).Path, want)
		untilBest(t, s, buffers.OpUpload, size, want, write)
	})
}

// A bout of measuring that nobody waits for is bounded too.
func TestMeasuringInTheBackgroundIsBounded(t *testing.T) {
	const firstTouch = 34 << 20 // of three paths
	for name, cost := range map[string]time.Duration{"a fast GPU": 0, "one that is slow": 300 * time.Millisecond} {
		regime(t, name, func(t *testing.T) {
			var moved uint64
			var last time.Time
			count := func(n uint64) time.Duration {
				if n >= 1<<20 {
					moved, last = moved+n, time.Now()
				}
				return cost
			}
			device := memory.Open(memory.Options{Write: count, Copy: count})
			s := openOn(t, device, buffers.Options{})
			const size = 4 << 20
			require.NoError(t, deviceBuffer(t, s, size).Write(0, make([]byte, size)))
			require.NoError(t, <-device.Queue().WorkDone())
			began := time.Now()
			time.Sleep(20 * time.Second)
			synctest.Wait()
			require.Greater(t, moved, uint64(size), "something is measured")
			require.LessOrEqual(t, moved, uint64(size+112<<20+firstTouch))
			require.Less(t, last.Sub(began), 4*time.Second, "a second, and the first touch")
		})
	}
}

func TestTheEngineIsSoonerAtAWrongChoiceForLongTransfers(t *testing.T) {
	regime(t, "a discrete GPU", func(t *testing.T) {
		var a adapter
		a.set(slow, memory.Fixed(40*time.Millisecond), atOnce) // other work is in the way of the copies
		s, _ := a.open(t, buffers.Options{})
		require.NoError(t, s.Calibrate(within(t)))
		const size = 64 << 20
		require.Equal(t, "queue write", s.Explain(buffers.OpUpload, size, nil).Path)
		a.set(slow, fast, atOnce)
		b, p := deviceBuffer(t, s, size), make([]byte, size)
		for range 6 {
			require.NoError(t, s.UploadMemory(within(t), b, 0, buffers.Bytes(p)))
			time.Sleep(time.Second)
		}
		require.Contains(t, s.Explain(buffers.OpUpload, size, nil).Path, "mapped")
	})
}

func TestWhatIsInTheWayOfATransferMakesNoPathSlow(t *testing.T) {
	regime(t, "a discrete GPU", func(t *testing.T) {
		var a adapter
		a.set(slow, fast, atOnce)
		s, device := a.open(t, buffers.Options{})
		s.Load(buffers.Calibration{Rates: harmless})
		require.NoError(t, s.Calibrate(within(t)))
		const size = 4 << 20
		b, other := deviceBuffer(t, s, size), deviceBuffer(t, s, 64)
		require.NoError(t, b.Write(0, make([]byte, size)))
		rate := func() float64 { return s.Explain(buffers.OpUpload, size, nil).BytesPerSecond }
		known := rate()
		a.set(slow, slow, atOnce)
		write := func(times int, after func()) {
			for range times {
				require.NoError(t, <-device.Queue().WorkDone())
				synctest.Wait()
				require.NoError(t, b.Write(0, make([]byte, size)))
				after()
			}
			require.NoError(t, <-device.Queue().WorkDone())
			synctest.Wait()
		}
		write(9, func() { require.NoError(t, other.Write(0, make([]byte, 64))) })
		require.Equal(t, known, rate())
		write(9, func() {})
		require.Less(t, rate(), known/2)
	})
}

func TestThePathsAreMeasuredAnewWhereTheProgramIsIdle(t *testing.T) {
	regime(t, "a discrete GPU", func(t *testing.T) {
		var a adapter
		var probes atomic.Int64
		a.set(func(n uint64) time.Duration {
			if n == 4<<20 {
				probes.Add(1)
			}
			return slow(n)
		}, fast, atOnce)
		s, _ := a.open(t, buffers.Options{})
		s.Load(buffers.Calibration{Rates: harmless})
		require.NoError(t, s.Calibrate(within(t)))
		const size = 512 << 10
		b := deviceBuffer(t, s, size)
		probes.Store(0)
		for range 40 {
			require.NoError(t, b.Write(0, make([]byte, size)))
			time.Sleep(10 * time.Millisecond)
		}
		require.True(t, buffers.Probing(s), "it is due")
		require.Zero(t, probes.Load())
		time.Sleep(time.Second)
		require.NotZero(t, probes.Load())
		require.False(t, buffers.Probing(s))
	})
}

// A buffer of the program's is not written to along a path of another kind to see how fast that is.
func TestATransferOfTheProgramsIsNoExperiment(t *testing.T) {
	for name, c := range map[string]struct {
		copying memory.Cost
		spoils  bool
		copies  bool // one is made
	}{
		"a CPU adapter, whose copies are slow":                {slow, true, false},
		"one whose paths are alike until a buffer is spoiled": {fast, true, false},
		"one whose paths are alike":                           {fast, false, true},
	} {
		regime(t, name, func(t *testing.T) {
			const size = 512 << 10
			copied, spoiled := map[gpu.Buffer]bool{}, false
			device := newStandIn(memory.Options{Copy: c.copying, Map: atOnce, Write: func(n uint64) time.Duration {
				if spoiled {
					return 10 * fast(n)
				}
				return fast(n)
			}})
			device.fillChunk = func(q gpu.ChunkQueue, chunk gpu.MappableBuffer, m gpu.Memory, dst gpu.Buffer, offset uint64, notify func()) (<-chan error, error) {
				copied[dst] = true
				return q.FillChunk(chunk, m, dst, offset, notify)
			}
			device.writeBuffer = func(q gpu.Queue, dst gpu.Buffer, offset uint64, m gpu.Memory) error {
				spoiled = copied[dst] && c.spoils
				return q.WriteBuffer(dst, offset, m)
			}
			s := openOn(t, device, buffers.Options{})
			b := deviceBuffer(t, s, size)
			for range 500 {
				require.NoError(t, b.Write(0, make([]byte, size)))
				require.NoError(t, <-device.Queue().WorkDone())
				synctest.Wait() // the engine, which asked before, has heard of it
				time.Sleep(time.Millisecond)
			}
			require.NotEmpty(t, s.Explain(buffers.OpUpload, size, nil).Alternatives)
			require.Equal(t, c.copies, copied[b.Unwrap()])
		})
	}
}

func TestACopyThatSpoilsABufferIsMadeForNoRing(t *testing.T) {
	const size, measured = 2 << 20, 16 << 20
	for _, c := range []struct {
		name         string
		clean, after float64 // rates of many queue writes,
		few          float64 // and of a few
		ring         float64
		want         string
	}{
		{"copies that spoil", 1e9, 1e8, 1e9, 5e9, "queue write"},
		{"copies that spoil less", 1e9, 4.5e8, 1e9, 5e9, "queue write"},
		{"copies that do no harm", 1e9, 1e9, 1e9, 2e9, "mapped ring, 2 MiB chunks"},
		{"copies that seem to do little harm, and a ring is twice as fast", 1e9, 7e8, 1e9, 2e9, "queue write"},
		{"the same, and it is five times as fast", 1e9, 7e8, 1e9, 5e9, "mapped ring, 2 MiB chunks"},
		{"copies that seem to do no harm, beside many writes slower than a few", 1e9, 1e9, 2.5e9, 1e10, "queue write"},
		{"nobody knows, and a ring is twice as fast", 1e9, 0, 1e9, 2e9, "queue write"},
		{"nobody knows, and it is five times as fast", 1e9, 0, 1e9, 5e9, "mapped ring, 2 MiB chunks"},
	} {
		regime(t, c.name, func(t *testing.T) {
			s := openOn(t, newStandIn(memory.Options{}), buffers.Options{})
			s.Load(buffers.Calibration{Rates: []buffers.Rate{
				{Operation: "upload", Path: "queue write", Size: size, BytesPerSecond: c.few},
				{Operation: "upload", Path: "mapped ring, 2 MiB chunks", Size: size, BytesPerSecond: c.ring},
				{Operation: "upload", Path: "queue write", Size: measured, BytesPerSecond: c.clean},
				{Operation: "upload", Path: "queue write where copies went", Size: measured, BytesPerSecond: c.after},
			}})
			reason := "the fastest of those measured on this device"
			if c.want == "queue write" {
				reason = "copies may spoil the buffer for queue writes"
			}
			x := s.Explain(buffers.OpUpload, size, deviceBuffer(t, s, size))
			require.Equal(t, []string{c.want, reason}, []string{x.Path, x.Reason})
		})
	}
}

func TestTheEngineFindsTheFastestPathForFrames(t *testing.T) {
	for op, together := range map[buffers.Operation]int{buffers.OpFrame: 1, buffers.OpFlush: 3} {
		onEachAdapter(t, func(t *testing.T, want string, s *buffers.System, device *memory.Device) {
			const size = 512 << 10
			d := dynamic(t, s, buffers.DynamicDescriptor{Size: size, Usage: buffers.UsageStorage | buffers.UsageCopySrc})
			b := deviceBuffer(t, s, size)
			turn := byte(0)
			untilBest(t, s, op, size, want, func() {
				var p []byte
				for range together {
					turn++
					f, e := frame(t, s)
					p = bytes.Repeat([]byte{turn, 1, 2, 3}, size/4)
					copyOut(t, e, update(t, d, p), b, 0)
					require.NoError(t, f.Submit())
				}
				require.NoError(t, <-device.Queue().WorkDone())
				require.Equal(t, p[:64], read(t, s, b, size-64, 64))
			})
		})
	}
}

func TestAFrameSparesTheThreadThatFillsTheNext(t *testing.T) {
	for _, c := range []struct {
		name        string
		write, copy time.Duration
		want        string
	}{
		{"a copy that takes little longer", 3 * time.Millisecond, 4 * time.Millisecond, "mapped"},
		{"a copy that takes much longer", 3 * time.Millisecond, 7 * time.Millisecond, "queue write"},
	} {
		regime(t, c.name, func(t *testing.T) {
			device := newStandIn(memory.Options{Copy: memory.Fixed(c.copy)})
			device.writeBuffer = func(q gpu.Queue, dst gpu.Buffer, offset uint64, m gpu.Memory) error {
				time.Sleep(c.write) // of the thread that writes
				return q.WriteBuffer(dst, offset, m)
			}
			s := openOn(t, device, buffers.Options{})
			require.NoError(t, s.Calibrate(within(t)))
			x := s.Explain(buffers.OpFlush, 512<<10, nil)
			require.NotEmpty(t, x.Alternatives)
			require.Contains(t, x.Path, c.want)
		})
	}
}

func TestQueueWritesThatMeasureAreSubmitted(t *testing.T) {
	regime(t, "a GPU in no time", func(t *testing.T) {
		writes, most := 0, 0 // since the last submit
		device := newStandIn(memory.Options{})
		device.writeBuffer = func(q gpu.Queue, dst gpu.Buffer, offset uint64, m gpu.Memory) error {
			writes++
			most = max(most, writes)
			return q.WriteBuffer(dst, offset, m)
		}
		device.submit = func(q gpu.Queue, encoders ...gpu.Encoder) error {
			writes = 0
			return q.Submit(encoders...)
		}
		s := openOn(t, device, buffers.Options{})
		require.NoError(t, s.Calibrate(within(t)))
		require.NotEmpty(t, s.Explain(buffers.OpFlush, 512<<10, nil).Alternatives, "it measured")
		require.Equal(t, 8, most, "of one measurement")
		require.Zero(t, writes)
	})
}

func TestACalibrationMeasuresQueueWritesAndRingsAlike(t *testing.T) {
	const uploads, frames, touchedFirst = 22, 1.5, 9 + 0.5 // MiB by each path
	for _, c := range []struct {
		name            string
		hostWrites      bool
		written, copied float64
	}{
		{"where Go writes", false, uploads + frames + touchedFirst, uploads + frames + touchedFirst},
		{"where the host may fill chunks, those too", true, uploads + frames + touchedFirst, uploads + 2*frames + touchedFirst + 0.5},
	} {
		regime(t, c.name, func(t *testing.T) {
			var written, copied uint64
			count := func(sum *uint64) memory.Cost {
				return func(n uint64) time.Duration {
					if n >= 256<<10 { // copies are measured, too, by small ones
						*sum += n
					}
					return 0
				}
			}
			s := openOn(t, memory.Open(memory.Options{Write: count(&written), Copy: count(&copied)}), buffers.Options{HostWrites: c.hostWrites})
			require.NoError(t, s.Calibrate(within(t)))
			require.EqualValues(t, c.written*(1<<20), written)
			require.EqualValues(t, c.copied*(1<<20), copied)
			require.LessOrEqual(t, written+copied, uint64(72<<20), "52 and 19.5 MiB")

			written, copied = 0, 0
			require.NoError(t, s.Calibrate(within(t)))
			require.EqualValues(t, (c.written-touchedFirst)*(1<<20), written)
			require.LessOrEqual(t, written+copied, uint64(52<<20))
		})
	}
}

// Transfers of 40 ms are begun at 0 and at 40 ms, and none at 80.
func TestACalibrationBeginsNothingAfterItsTime(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		const transfer = 40 * time.Millisecond // of 8 MiB
		cost := func(n uint64) time.Duration {
			if n < 256<<10 {
				return 0
			}
			return transfer * time.Duration(n) / (8 << 20)
		}
		s := openOn(t, memory.Open(memory.Options{Write: cost, Copy: cost}), buffers.Options{})
		const firstTouch = transfer // of each of two paths
		for _, want := range []time.Duration{2*transfer + 2*firstTouch, 2 * transfer} {
			began := time.Now()
			require.NoError(t, s.Calibrate(within(t)))
			require.Equal(t, want, time.Since(began))
		}
	})
}

// A calibration finds the memory of the one before. It may be ahead of a chunk that is on its way back, and then makes
// one, but not again and again.
func TestACalibrationMakesNothingAgain(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		made := 0
		d := newStandIn(memory.Options{})
		d.made = func() { made++ }
		s := openOn(t, d, buffers.Options{})
		require.NoError(t, s.Calibrate(within(t)))
		require.NotZero(t, made)
		for tries := 5; ; tries-- {
			before := made
			require.NoError(t, s.Calibrate(within(t)))
			if made == before {
				break
			}
			require.NotZero(t, tries, "every calibration makes buffers")
		}
	})
}

func TestWhatAHostFillsInPlaceIsAPathOfItsOwn(t *testing.T) {
	regime(t, "a GPU by whose chunks frames come sooner unless they are copied there", func(t *testing.T) {
		device := newStandIn(memory.Options{Write: memory.Fixed(time.Millisecond), Copy: fast, Map: atOnce})
		device.fillChunk = func(q gpu.ChunkQueue, chunk gpu.MappableBuffer, m gpu.Memory, dst gpu.Buffer, offset uint64, notify func()) (<-chan error, error) {
			time.Sleep(2 * time.Millisecond) // of the thread that copies
			return q.FillChunk(chunk, m, dst, offset, notify)
		}
		for hostWrites, want := range map[bool]string{false: "queue write", true: inPlace} {
			s := openOn(t, device, buffers.Options{HostWrites: hostWrites})
			require.NoError(t, s.Calibrate(within(t)))
			explained := s.Explain(buffers.OpFlush, pageSize, nil)
			require.Equal(t, want, explained.Path)
			require.Equal(t, hostWrites, explained.Copies == 2, "one less")
			d := onePage(t, s)
			sendFrame(t, s, d, fresh(pageSize))
			hostUpdate(t, d, fresh(pageSize))
			require.NoError(t, s.Submit()) // the next frame overlaps with this one
			require.Equal(t, hostWrites, sendFrame(t, s, d, fresh(pageSize)))
		}
	})
}

// settled is when memory that was written to for the first time no longer disturbs what is measured.
const settled = 20 * time.Millisecond

// The GPU clears memory first, which says nothing of what comes later.
func TestFirstTouchesAreNotMeasured(t *testing.T) {
	const size, count = 1 << 20, 4 // so few that no probe is due
	for name, write := range map[string]func(s *buffers.System, b *buffers.DeviceBuffer) error{
		"alone": func(_ *buffers.System, b *buffers.DeviceBuffer) error { return b.Write(0, make([]byte, size)) },
		"after a short one": func(_ *buffers.System, b *buffers.DeviceBuffer) error {
			return errors.Join(b.Write(0, make([]byte, 4)), b.Write(0, make([]byte, size)))
		},
		"in a burst": func(_ *buffers.System, b *buffers.DeviceBuffer) (err error) {
			for i := range uint64(count) {
				err = errors.Join(err, b.Write(i*size, make([]byte, size)))
			}
			return err
		},
		"by uploads that share": func(s *buffers.System, b *buffers.DeviceBuffer) error {
			return errors.Join(together(s, count, nothing, func(i int) error {
				return s.UploadMemory(context.Background(), b, uint64(i*size), buffers.Bytes(make([]byte, size)))
			})...)
		},
		"by a stream": func(s *buffers.System, b *buffers.DeviceBuffer) error {
			_, err := s.Upload(context.Background(), b, 0, bytes.NewReader(make([]byte, count*size)))
			return err
		},
	} {
		regime(t, name, func(t *testing.T) {
			device := memory.Open(memory.Options{Write: memory.Fixed(time.Second), Copy: memory.Fixed(time.Second)})
			s := openOn(t, device, buffers.Options{})
			for range 2 {
				require.NoError(t, write(s, deviceBuffer(t, s, count*size)))
				require.NoError(t, <-device.Queue().WorkDone())
				synctest.Wait()
				require.Empty(t, s.Calibration().Rates)
			}
		})
	}
}

// A browser that has much to do before it takes more holds the program up.
func TestABurstThatWaitsForMemoryItselfIsNotMeasured(t *testing.T) {
	device := newStandIn(memory.Options{})
	device.writeBuffer = func(q gpu.Queue, dst gpu.Buffer, offset uint64, m gpu.Memory) error {
		time.Sleep(settled)
		return q.WriteBuffer(dst, offset, m)
	}
	s := openOn(t, device, buffers.Options{})
	const size, count = 1 << 20, 4
	b, p := deviceBuffer(t, s, count*size), make([]byte, size)
	buffers.HoldRow(s) // however slow this machine is
	for i := range uint64(count) {
		require.NoError(t, b.Write(i*size, p))
	}
	require.NoError(t, <-device.Queue().WorkDone())
	time.Sleep(settled) // a measurement would end
	require.Empty(t, s.Calibration().Rates)
}

// A program that waits does not poll, and polls slow a ring down.
func TestTransfersOfTheProgramsAreMeasuredWithoutPolls(t *testing.T) {
	regime(t, "a GPU that takes its time", func(t *testing.T) {
		device, polls := openPolling()
		s := openOn(t, device, buffers.Options{})
		onPath(s, "mapped ring, 4 MiB chunks")
		const size = 8 << 20
		b := deviceBuffer(t, s, size)
		rate := func() float64 { return s.Explain(buffers.OpUpload, size, nil).BytesPerSecond }
		known := rate()
		for range 10 {
			require.NoError(t, b.Write(0, make([]byte, size)))
			require.NoError(t, <-device.Queue().WorkDone())
			time.Sleep(settled)
		}
		require.NotEqual(t, known, rate(), "it was measured")
		require.Zero(t, polls.Load())
	})
}

func TestAHostIsToldThatGoroutinesAreToRun(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	roused := rousing(s)
	require.False(t, roused())
	d := dynamic(t, s, buffers.DynamicDescriptor{Size: 1 << 20, Usage: buffers.UsageStorage})
	f, _ := frame(t, s)
	update(t, d, make([]byte, 64))
	require.NoError(t, f.Submit())
	require.False(t, roused(), "for what is not measured")
	f, _ = frame(t, s)
	update(t, d, make([]byte, 1<<20))
	require.NoError(t, f.Submit())
	require.True(t, roused(), "the paths are measured")
	require.False(t, roused(), "once")
}

// Whatever starts a goroutine tells the host, whose call returns before that has run.
func TestAHostIsToldOfWhatItHasStarted(t *testing.T) {
	for name, start := range map[string]func(r *room, roused func() bool){
		"a map that waits": func(r *room, roused func() bool) {
			r.hold()
			r.staging(64).MapAsync()
		},
		"a grow": func(r *room, roused func() bool) { require.NoError(r, r.target.Grow(2*whole)) },
		"a read that waits for memory": func(r *room, roused func() bool) {
			r.hold()
			_, err := readback(r, r.System, buffers.ReadbackDescriptor{}).Start(r.target, 0, buffers.Bytes(make([]byte, 64)))
			require.NoError(r, err)
			roused()
			embedder.FlushReads(r.System)
		},
	} {
		inRooms(t, name, buffers.Options{Budget: whole}, func(r *room) {
			roused := rousing(r.System)
			roused()
			start(r, roused)
			require.True(r, roused())
			require.False(r, roused(), "once")
		})
	}
}

// The timer that finds out that a ring hangs is set when the first chunk is waited for.
func TestAHostIsToldOfTheWatchOfARing(t *testing.T) {
	regime(t, "", func(t *testing.T) {
		s, device := openNotifying(t, memory.Options{}, buffers.Options{})
		roused := rousing(s)
		onPath(s, "mapped ring, 2 MiB chunks")
		b := deviceBuffer(t, s, 32<<20)
		device.Hold()
		roused()
		uploaded := uploadThen(s, b, 0, buffers.Bytes(make([]byte, 32<<20)))
		require.True(t, roused())
		device.Release()
		require.NoError(t, <-uploaded)
	})
}

func TestCalibrationFindsThePathsAtOnce(t *testing.T) {
	onEachAdapter(t, func(t *testing.T, want string, s *buffers.System, device *memory.Device) {
		require.NoError(t, s.Calibrate(within(t)))
		require.Contains(t, s.Explain(buffers.OpUpload, 1<<20, nil).Path, want)
		require.Zero(t, s.Stats().Of(buffers.KindDevice).Count)

		saved := s.Calibration()
		other, err := buffers.Open(device, buffers.Options{})
		require.NoError(t, err)
		defer other.Destroy()
		require.Contains(t, other.Explain(buffers.OpUpload, 1<<20, nil).Reason, "nothing was measured")
		other.Load(saved)
		require.Contains(t, other.Explain(buffers.OpUpload, 1<<20, nil).Path, want)
		require.Equal(t, saved.CopyCost, other.Calibration().CopyCost)
	})
}

// A program need not know that the engine measures by itself.
func TestCalibrateWaitsForAMeasurementInTheBackground(t *testing.T) {
	regime(t, "a GPU that is held", func(t *testing.T) {
		s, device := openSystem(t, buffers.Options{})
		b := deviceBuffer(t, s, 16<<20)
		device.Hold()
		for range 5 { // as many bytes as begin one at once
			require.NoError(t, b.Write(0, make([]byte, 16<<20)))
		}
		calibrated := make(chan error, 1)
		go func() { calibrated <- s.Calibrate(t.Context()) }()
		synctest.Wait()
		require.Empty(t, calibrated)
		device.Release()
		require.NoError(t, <-calibrated)
	})
}

// A lone upload and a burst take the same path. If only uploads have shown that it has become slow, a bout replaces what bursts
// of the sizes that it measures took, and leaves those of others.
func TestWhatBurstsOfOtherSizesTookStays(t *testing.T) {
	regime(t, "a ring that has become slow", func(t *testing.T) {
		device := memory.Open(memory.Options{Copy: memory.Fixed(4 * time.Millisecond), Write: memory.Fixed(8 * time.Millisecond)})
		s := openOn(t, device, buffers.Options{})
		burst := func(size uint64) float64 {
			for _, r := range s.Calibration().Rates {
				if r.Operation == "burst" && r.Path == ringPath && r.Size == size {
					return r.BytesPerSecond
				}
			}
			return 0
		}
		const size, long, fast, known = 1 << 20, 16 << 20, 1e12, 7e11
		s.Load(buffers.Calibration{Rates: append(harmless,
			buffers.Rate{Operation: "upload", Path: ringPath, Size: size, BytesPerSecond: fast},
			buffers.Rate{Operation: "burst", Path: ringPath, Size: size, BytesPerSecond: fast},
			buffers.Rate{Operation: "burst", Path: ringPath, Size: long, BytesPerSecond: known},
		)})
		b := deviceBuffer(t, s, size)
		for range 20 {
			require.NoError(t, b.Write(0, make([]byte, size)))
			require.NoError(t, ended(t, device.Queue().WorkDone()))
			time.Sleep(time.Second)
		}
		require.Less(t, burst(size), fast/2, "it was measured anew")
		require.InDelta(t, known, burst(long), 1)
	})
}

func TestLoadPassesOverWhatItDoesNotKnow(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	s.Load(buffers.Calibration{CopyCost: -1, Rates: []buffers.Rate{
		{Operation: "teleport", Path: "queue write", Size: 1 << 20, BytesPerSecond: 1},
		{Operation: "upload", Path: "magic", Size: 1 << 20, BytesPerSecond: 1},
		{Operation: "upload", Path: "queue write", Size: 1, BytesPerSecond: 1},
		{Operation: "upload", Path: "queue write", Size: 1 << 20, BytesPerSecond: -5},
	}})
	require.Equal(t, buffers.Calibration{}, s.Calibration())
}

func TestExplainNamesPathReasonAndCopies(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	x := s.Explain(buffers.OpUpload, 4096, nil)
	require.Equal(t, "queue write", x.Path)
	require.Contains(t, x.Reason, "below 262,144 bytes")
	require.Equal(t, 3, x.Copies)
	require.Contains(t, s.Explain(buffers.OpReadback, 4096, nil).Reason, "share a chunk")
	require.Contains(t, s.Explain(buffers.Operation(9), 1, nil).Reason, "no such operation")
}

func TestAnUploadIsBoundedByItsRingWhateverTheLength(t *testing.T) {
	for _, r := range regimes {
		t.Run(r.name, func(t *testing.T) {
			var a adapter
			a.set(r.write, r.copy, atOnce)
			s, _ := a.open(t, buffers.Options{})
			require.NoError(t, s.Calibrate(within(t)))
			measured := s.Stats().Uploads.Bytes
			const size = 16 << 20
			b := deviceBuffer(t, s, size)
			for round := range 4 {
				n, err := s.Upload(within(t), b, 0, io.LimitReader(pattern(round), size))
				require.NoError(t, err)
				require.EqualValues(t, size, n)
			}
			want, err := io.ReadAll(io.LimitReader(pattern(3), size))
			require.NoError(t, err)
			require.True(t, bytes.Equal(want, read(t, s, b, 0, size)))
			require.LessOrEqual(t, s.Stats().Uploads.Bytes, measured+4*4<<20, "one ring more, of four chunks of 4 MiB")
		})
	}
}

// pattern is an endless stream that differs by seed and by place.
func pattern(seed int) io.Reader { return rand.NewChaCha8([32]byte{byte(seed)}) }

func TestUploadTakesStreamsInAnyPieces(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	for _, size := range []int{0, 1, 3, 4, 1000, 1 << 20, 1<<20 + 1, 5<<20 + 3} {
		b := deviceBuffer(t, s, uint64(max(size, 4)))
		p := randomBytes(size)
		n, err := s.Upload(within(t), b, 0, iotest.HalfReader(bytes.NewReader(p)))
		require.NoError(t, err)
		require.EqualValues(t, size, n)
		if size > 0 {
			require.True(t, bytes.Equal(p, read(t, s, b, 0, uint64(size))), "%d bytes", size)
		}
	}
}

func TestUploadLeavesNeighboursAlone(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	b := deviceBuffer(t, s, 64)
	require.NoError(t, b.Write(0, bytes.Repeat([]byte{0xff}, 64)))
	_, err := s.Upload(within(t), b, 8, bytes.NewReader([]byte("12345")))
	require.ErrorIs(t, err, buffers.ErrAlignment)
	got := read(t, s, b, 0, 64)
	require.Equal(t, bytes.Repeat([]byte{0xff}, 8), got[:8])
	require.Equal(t, bytes.Repeat([]byte{0xff}, 51), got[13:])
}

func TestUploadPassesErrorsOn(t *testing.T) {
	s, device := openSystem(t, buffers.Options{})
	b := deviceBuffer(t, s, 64)
	broken := errors.New("connection reset")
	_, err := s.Upload(within(t), b, 0, iotest.ErrReader(broken))
	require.ErrorIs(t, err, broken)
	_, err = s.Upload(within(t), b, 0, bytes.NewReader(make([]byte, 68)))
	require.ErrorIs(t, err, buffers.ErrRange)
	_, err = s.Upload(within(t), b, 2, bytes.NewReader(nil))
	require.ErrorIs(t, err, buffers.ErrAlignment)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = s.Upload(ctx, b, 0, pattern(0))
	require.ErrorIs(t, err, context.Canceled)
	u, err := s.NewUpload(b, 0, 0)
	require.NoError(t, err)
	require.NoError(t, u.Write(within(t), buffers.Bytes([]byte("odd"))))
	u.Abort()
	require.ErrorIs(t, u.Finish(), buffers.ErrState)
	require.ErrorIs(t, u.Write(within(t), buffers.Bytes(make([]byte, 4))), buffers.ErrState)
	device.Lose(memory.Crashed)
	require.Eventually(t, func() bool {
		_, err := s.Upload(within(t), b, 0, bytes.NewReader(make([]byte, 64)))
		return errors.Is(err, buffers.ErrDeviceLost)
	}, hang, time.Millisecond)
}

func TestAnUploadDoesNotStarveOnARingThatHangs(t *testing.T) {
	var a adapter
	a.set(slow, fast, atOnce)
	s, _ := a.open(t, buffers.Options{})
	buffers.SetHangAfter(s, 20*time.Millisecond)
	s.Load(buffers.Calibration{Rates: []buffers.Rate{{Operation: "upload", Path: "mapped ring, 2 MiB chunks", Size: 16 << 20, BytesPerSecond: 5e9}}})
	require.Contains(t, s.Explain(buffers.OpUpload, 32<<20, nil).Path, "mapped")
	a.set(fast, fast, memory.Fixed(time.Hour))
	const size = 32 << 20
	b := deviceBuffer(t, s, size)
	_, err := s.Upload(within(t), b, 0, io.LimitReader(pattern(1), size))
	require.NoError(t, err)
	_, err = s.Upload(within(t), b, 0, io.LimitReader(pattern(2), size))
	require.NoError(t, err)
}

func TestARingThatHangsIsWaitedForOnce(t *testing.T) {
	for name, size := range map[string]uint64{"by short uploads": 512 << 10, "by those of a ring": 8 << 20, "by longer ones": 32 << 20} {
		regime(t, name, func(t *testing.T) {
			s := openOn(t, memory.Open(memory.Options{Map: memory.Fixed(1000 * time.Hour)}), buffers.Options{Budget: 32 << 20})
			onPath(s, "mapped ring, 2 MiB chunks")
			b, p := deviceBuffer(t, s, size), make([]byte, size)
			var waited []time.Duration
			for range 50 {
				began := time.Now()
				require.NoError(t, s.UploadMemory(within(t), b, 0, buffers.Bytes(p)))
				if took := time.Since(began); took > 0 {
					waited = append(waited, took)
				}
				time.Sleep(time.Second)
			}
			require.Len(t, waited, 1)
			require.LessOrEqual(t, waited[0], 4*time.Second)
		})
	}
}

func TestWritesNeverWait(t *testing.T) {
	s, device := openSystem(t, buffers.Options{Budget: 8 << 20})
	onPath(s, "mapped ring, 2 MiB chunks")
	b := deviceBuffer(t, s, 32<<20)
	p := randomBytes(32 << 20)
	device.Hold()
	for range 4 {
		require.NoError(t, b.Write(0, p))
	}
	require.EqualValues(t, 4<<20, s.Stats().Mappable, "half of the budget")
	device.Release()
	for at := 0; at < len(p); at += 4 << 20 {
		require.True(t, bytes.Equal(p[at:at+4<<20], read(t, s, b, uint64(at), 4<<20)))
	}
}

func TestUploadsTakeTheHostsMemory(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	p := randomBytes(3 << 20)
	b := deviceBuffer(t, s, uint64(len(p)))
	for range 6 { // on every path
		require.NoError(t, s.UploadMemory(within(t), b, 0, buffers.HostMemory(memory.NewHostBytes(p))))
		require.True(t, bytes.Equal(p, read(t, s, b, 0, uint64(len(p)))))
	}
}

func TestOneRingStandsForAnotherThatWasNotMeasured(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	s.Load(buffers.Calibration{Rates: []buffers.Rate{
		{Operation: "upload", Path: "queue write", Size: 4 << 20, BytesPerSecond: 1e9},
		{Operation: "upload", Path: "mapped ring, 2 MiB chunks", Size: 4 << 20, BytesPerSecond: 4e9},
	}})
	require.Equal(t, "mapped ring, 4 MiB chunks", s.Explain(buffers.OpUpload, 256<<20, nil).Path)
	require.Equal(t, "mapped ring, 2 MiB chunks", s.Explain(buffers.OpUpload, 16<<20, nil).Path)
}

func TestACalibrationWaitsForNoMemoryOfTheProgram(t *testing.T) {
	for _, policy := range []buffers.BudgetPolicy{buffers.BudgetWait, buffers.BudgetFail, buffers.BudgetFallback} {
		for _, left := range []uint64{0, 8 << 10, 512 << 10} {
			s, _ := openSystem(t, buffers.Options{Budget: 1 << 20, OnBudget: policy})
			held, err := s.NewMappableBuffer(buffers.Descriptor{Size: 1<<20 - left, Usage: buffers.UsageMapWrite | buffers.UsageCopySrc, MappedAtCreation: true})
			require.NoError(t, err)
			require.NoError(t, s.Calibrate(within(t)), "%v, %d bytes left", policy, left)
			held.Destroy()
			require.NoError(t, s.Calibrate(within(t)))
			require.NotEmpty(t, s.Calibration().Rates)
		}
	}
}

// What is measured beside a burst, and the burst, would take twice as long.
func TestPathsAreMeasuredOnceAShortBurstIsOver(t *testing.T) {
	const size = 1 << 20
	for _, c := range []struct {
		name   string
		writes int
		beside bool
	}{
		{"a short burst", 63, false},
		{"a long one", 100, true},
	} {
		regime(t, c.name, func(t *testing.T) {
			s, device := openSystem(t, buffers.Options{})
			b := deviceBuffer(t, s, size)
			isMeasured := func() bool {
				synctest.Wait()
				return len(s.Explain(buffers.OpBurst, size, nil).Alternatives) > 0
			}
			device.Hold() // lest a bout is over before all are written
			for range c.writes {
				require.NoError(t, b.Write(0, make([]byte, size)))
			}
			device.Release()
			time.Sleep(5 * time.Millisecond) // it does not rest for that
			require.Equal(t, c.beside, isMeasured(), "beside it")
			require.NoError(t, <-device.Queue().WorkDone())
			time.Sleep(100 * time.Millisecond)
			require.True(t, isMeasured(), "after it")
			require.NoError(t, b.Write(0, make([]byte, size)))
			time.Sleep(100 * time.Millisecond)
			synctest.Wait()
			require.Equal(t, 1, buffers.Probes(s, buffers.OpBurst), "bouts")
		})
	}
}
