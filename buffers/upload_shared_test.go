package buffers_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/memory"
)

// together begins uploads in a goroutine each, such that the first waits until all others have joined it, and calls
// meanwhile before it sends them. It gives their outcomes.
func together(s *buffers.System, count int, meanwhile func(), upload func(i int) error) []error {
	var once sync.Once
	buffers.SetYield(s, func() {
		once.Do(func() {
			for buffers.Sharing(s) < count {
				time.Sleep(10 * time.Microsecond)
			}
			meanwhile()
		})
	})
	errs := make([]error, count)
	var all sync.WaitGroup
	for i := range count {
		all.Go(func() { errs[i] = upload(i) })
	}
	all.Wait()
	return errs
}

func nothing() {}

// counting counts the submits and queue writes of a GPU in memory.
type counting struct {
	*standIn
	submits, writes atomic.Int64
}

func openCounting(t testing.TB, path string, o buffers.Options) (*buffers.System, *counting) {
	t.Helper()
	d := &counting{standIn: newStandIn(memory.Options{LateErrors: true})}
	d.submit = func(q gpu.Queue, encoders ...gpu.Encoder) error {
		d.submits.Add(1)
		return q.Submit(encoders...)
	}
	d.writeBuffer = func(q gpu.Queue, dst gpu.Buffer, offset uint64, m gpu.Memory) error {
		d.writes.Add(1)
		return q.WriteBuffer(dst, offset, m)
	}
	s := openOn(t, d, o)
	if path != "" {
		onPath(s, path)
	}
	return s, d
}

const ringPath = "mapped ring, 2 MiB chunks"

func TestUploadsThatBeginTogetherShareAChunk(t *testing.T) {
	for name, c := range map[string]struct {
		path                    string
		count, size             int
		targets                 string
		chunks, submits, writes int
	}{
		"to one buffer":                            {ringPath, 10, 160 << 10, "one", 1, 1, 0},
		"to buffers that are known to be":          {ringPath, 10, 160 << 10, "confirmed", 1, 1, 0},
		"to buffers that may turn out not to":      {ringPath, 10, 160 << 10, "new", 1, 10, 0},
		"to buffers that others may destroy":       {ringPath, 10, 160 << 10, "handed", 1, 10, 0},
		"to one that is known to be, and new ones": {ringPath, 10, 160 << 10, "mixed", 1, 10, 0},
		"as many as a chunk takes":                 {ringPath, 8, 512 << 10, "one", 2, 2, 0},
		"the longest":                              {ringPath, 4, 1 << 20, "one", 2, 2, 0},
		"longer ones take their own":               {ringPath, 0, 1<<20 + 4, "one", 4, 4, 0},
		"few bytes":                                {ringPath, 10, 100 << 10, "one", 0, 0, 10},
		"where the queue is faster":                {"queue write", 10, 160 << 10, "one", 0, 0, 10},
		"no bytes":                                 {ringPath, 0, 0, "one", 0, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s, device := openCounting(t, c.path, buffers.Options{})
			join := c.count
			if c.count == 0 { // they do not share
				c.count = 4
			}
			targets := make([]*buffers.DeviceBuffer, c.count)
			for i := range targets {
				if targets[i] = deviceBuffer(t, s, uint64(c.count*c.size)+4); c.targets == "one" {
					targets[i] = targets[0]
				}
				if c.targets == "handed" {
					targets[i].Native()
				}
				if c.targets == "mixed" && i == 0 {
					read(t, s, targets[i], 0, 4)
				}
			}
			if c.targets == "confirmed" {
				read(t, s, targets[0], 0, 4)
			}
			p := randomBytes(c.count * c.size)
			part := func(i int) []byte { return p[i*c.size : (i+1)*c.size] }
			chunks, submits := chunksTaken(s), device.submits.Load()
			upload := func(i int) error {
				return s.UploadMemory(within(t), targets[i], uint64(i*c.size), buffers.Bytes(part(i)))
			}
			if join > 0 {
				require.NoError(t, errors.Join(together(s, join, nothing, upload)...))
				c.chunks, c.submits, c.writes = 2*c.chunks, 2*c.submits, 2*c.writes
				require.NoError(t, errors.Join(together(s, join, nothing, upload)...), "again")
			} else {
				for i := range c.count {
					require.NoError(t, upload(i))
				}
			}
			require.EqualValues(t, c.chunks, chunksTaken(s)-chunks, "chunks")
			require.EqualValues(t, c.submits, device.submits.Load()-submits, "submits")
			require.EqualValues(t, c.writes, device.writes.Load(), "queue writes")
			require.EqualValues(t, c.count*c.size*max(1, min(join, 2)), s.Stats().BytesUp)
			for i, b := range targets {
				require.True(t, bytes.Equal(part(i), read(t, s, b, uint64(i*c.size), uint64(c.size))), "bytes of the %dth", i)
			}
		})
	}
}

func TestShortUploadsThatShareTryNoPathsOut(t *testing.T) {
	const count, size = 10, 100 << 10
	s, device := openCounting(t, "", buffers.Options{})
	b := deviceBuffer(t, s, count*size)
	for round := range 40 {
		errs := together(s, count, nothing, func(i int) error {
			return s.UploadMemory(within(t), b, uint64(i*size), buffers.Bytes(make([]byte, size)))
		})
		require.NoError(t, errors.Join(errs...))
		require.EqualValues(t, (round+1)*count, device.writes.Load(), "queue writes")
		require.False(t, buffers.Probing(s))
	}
}

func TestShortUploadsAmongLongOnesTakeNoChunk(t *testing.T) {
	const long = 320 << 10
	sizes := []int{long, long, 64 << 10, 64 << 10, long, long}
	s, device := openCounting(t, ringPath, buffers.Options{})
	b, p := deviceBuffer(t, s, 6*long), randomBytes(6*long)
	errs := together(s, len(sizes), nothing, func(i int) error {
		at := i * long
		return s.UploadMemory(within(t), b, uint64(at), buffers.Bytes(p[at:at+sizes[i]]))
	})
	require.NoError(t, errors.Join(errs...))
	require.EqualValues(t, 2, device.writes.Load(), "queue writes")
	got := read(t, s, b, 0, uint64(len(p)))
	for i, size := range sizes {
		at := i * long
		require.True(t, bytes.Equal(p[at:at+size], got[at:at+size]), "the %dth", i)
	}
}

func TestAnUploadThatSharesIsAheadOfWhatIsSubmittedLater(t *testing.T) {
	const count, size = 10, 160 << 10
	for _, path := range []string{ringPath, "queue write"} {
		t.Run(path, func(t *testing.T) {
			s, device := openSystem(t, buffers.Options{})
			onPath(s, path)
			b := deviceBuffer(t, s, count*size)
			device.Hold()
			p := make([][]byte, count)
			errs := together(s, count, nothing, func(i int) error {
				p[i] = bytes.Repeat([]byte{byte(i + 1)}, size)
				if err := s.UploadMemory(within(t), b, uint64(i*size), buffers.Bytes(p[i])); err != nil {
					return err
				}
				clear(p[i]) // it is the caller's again
				return b.Write(uint64(i*size), []byte{1, 2, 3, 4})
			})
			device.Release()
			require.NoError(t, errors.Join(errs...))
			for i := range count {
				require.Equal(t, append([]byte{1, 2, 3, 4}, bytes.Repeat([]byte{byte(i + 1)}, size-4)...), read(t, s, b, uint64(i*size), size))
			}
		})
	}
}

func TestAnUploadThatCannotBeMadeFailsAlone(t *testing.T) {
	const count, size, odd = 10, 160 << 10, 4
	for name, c := range map[string]struct {
		target    func(t *testing.T, s *buffers.System, d *counting) *buffers.DeviceBuffer
		meanwhile func(s *buffers.System, b *buffers.DeviceBuffer)
		want      error // nil if nobody knows yet
	}{
		"its buffer is destroyed meanwhile": {nil, func(_ *buffers.System, b *buffers.DeviceBuffer) { b.Destroy() }, buffers.ErrDestroyed},
		"another owner destroys its buffer": {nil, func(_ *buffers.System, b *buffers.DeviceBuffer) { b.Unwrap().Destroy() }, buffers.ErrDestroyed},
		"it is longer than its buffer": {func(t *testing.T, s *buffers.System, _ *counting) *buffers.DeviceBuffer {
			return deviceBuffer(t, s, size/2)
		}, nil, buffers.ErrRange},
		"there was no memory for its buffer": {func(t *testing.T, s *buffers.System, d *counting) *buffers.DeviceBuffer {
			d.FailCreate(1)
			return deviceBuffer(t, s, size)
		}, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s, device := openCounting(t, ringPath, buffers.Options{})
			targets := make([]*buffers.DeviceBuffer, count)
			for i := range targets {
				if i == odd && c.target != nil {
					targets[i] = c.target(t, s, device)
				} else {
					targets[i] = deviceBuffer(t, s, size)
				}
			}
			p := randomBytes(size)
			chunks := chunksTaken(s)
			errs := together(s, count, func() {
				if c.meanwhile != nil {
					c.meanwhile(s, targets[odd])
				}
			}, func(i int) error { return s.UploadMemory(within(t), targets[i], 0, buffers.Bytes(p)) })
			require.EqualValues(t, 1, chunksTaken(s)-chunks, "the others share a chunk")
			require.Zero(t, device.writes.Load(), "and do not go by themselves")
			for i, err := range errs {
				if i == odd && c.want != nil {
					require.ErrorIs(t, err, c.want)
				} else if i != odd {
					require.NoError(t, err)
					require.True(t, bytes.Equal(p, read(t, s, targets[i], 0, size)), "bytes of the %dth", i)
				}
			}
		})
	}
}

func TestUploadsGoByThemselvesIfTheyCannotBeSentTogether(t *testing.T) {
	const count, size = 10, 160 << 10
	s, device := openCounting(t, ringPath, buffers.Options{})
	b, p := deviceBuffer(t, s, count*size), randomBytes(count*size)
	device.createEncoder = func(*memory.Device, string) (gpu.Encoder, error) {
		device.createEncoder = (*memory.Device).CreateEncoder
		return nil, errors.New("no encoder")
	}
	errs := together(s, count, nothing, func(i int) error {
		return s.UploadMemory(within(t), b, uint64(i*size), buffers.Bytes(p[i*size:(i+1)*size]))
	})
	require.NoError(t, errors.Join(errs...))
	require.Less(t, s.Stats().Uploads.Chunks, int(s.Stats().Uploads.Misses), "the chunk is in no known state")
	require.True(t, bytes.Equal(p, read(t, s, b, 0, count*size)))
}

func TestAnUploadThatSharesEndsWithItsContext(t *testing.T) {
	const count, size = 10, 160 << 10
	for name, leads := range map[string]bool{"the first": true, "one that waits for it": false} {
		t.Run(name, func(t *testing.T) {
			s, _ := openSystem(t, buffers.Options{})
			onPath(s, ringPath)
			b, p := deviceBuffer(t, s, count*size), randomBytes(count*size)
			given, giveUp := context.WithCancel(t.Context())
			defer giveUp()
			first, left := make(chan struct{}), make(chan struct{})
			var once sync.Once
			buffers.SetYield(s, func() {
				once.Do(func() {
					close(first)
					for buffers.Sharing(s) < count {
						time.Sleep(10 * time.Microsecond)
					}
					giveUp()
					if !leads {
						<-left
					}
				})
			})
			upload := func(ctx context.Context, i int) error {
				return s.UploadMemory(ctx, b, uint64(i*size), buffers.Bytes(p[i*size:(i+1)*size]))
			}
			of := func(i int) context.Context {
				if (i == 0) == leads && i < 2 {
					return given
				}
				return within(t)
			}
			outcomes := []<-chan error{outcome(func() error { return upload(of(0), 0) })}
			<-first
			for i := 1; i < count; i++ {
				outcomes = append(outcomes, outcome(func() error { return upload(of(i), i) }))
			}
			for i, ended := range outcomes {
				if of(i) == given && !leads {
					require.ErrorIs(t, <-ended, context.Canceled)
					close(left)
				}
			}
			for i, ended := range outcomes {
				if of(i) != given {
					require.NoError(t, <-ended)
					require.True(t, bytes.Equal(p[i*size:(i+1)*size], read(t, s, b, uint64(i*size), size)))
				} else if leads {
					require.ErrorIs(t, <-ended, context.Canceled)
				}
			}
			require.Zero(t, buffers.Sharing(s))
		})
	}
}

func TestUploadsThatShareEndWithTheirSystem(t *testing.T) {
	const count, size = 30, 160 << 10
	for name, c := range map[string]struct {
		end  func(s *buffers.System, d *memory.Device)
		want error
	}{
		"it is destroyed":    {func(s *buffers.System, _ *memory.Device) { s.Destroy() }, buffers.ErrDestroyed},
		"the device is lost": {func(_ *buffers.System, d *memory.Device) { d.Lose(memory.Crashed) }, buffers.ErrDeviceLost},
	} {
		t.Run(name, func(t *testing.T) {
			s, device := openSystem(t, buffers.Options{})
			onPath(s, ringPath)
			b := deviceBuffer(t, s, count*size)
			errs := together(s, count, func() { c.end(s, device) }, func(i int) error {
				return s.UploadMemory(within(t), b, uint64(i*size), buffers.Bytes(make([]byte, size)))
			})
			for _, err := range errs {
				require.ErrorIs(t, err, c.want)
			}
		})
		t.Run(name+" while they wait for a chunk", func(t *testing.T) {
			s, device := openSystem(t, buffers.Options{})
			onPath(s, ringPath)
			buffers.SetHangAfter(s, time.Hour)
			fillRing(t, s, device)
			b := deviceBuffer(t, s, count*size)
			ended := make(chan []error, 1)
			go func() {
				ended <- together(s, count, nothing, func(i int) error {
					return s.UploadMemory(within(t), b, uint64(i*size), buffers.Bytes(make([]byte, size)))
				})
			}()
			require.Eventually(t, func() bool { return buffers.Waiting(s) == 1 }, hang, time.Millisecond)
			c.end(s, device)
			for _, err := range <-ended {
				require.ErrorIs(t, err, c.want)
			}
		})
	}
}

// fillRing holds the GPU and has it keep as many chunks of shared uploads as it may have.
func fillRing(t *testing.T, s *buffers.System, device *memory.Device) {
	t.Helper()
	b := deviceBuffer(t, s, 2<<20)
	device.Hold()
	t.Cleanup(device.Release)
	for range 8 {
		require.NoError(t, b.Write(0, make([]byte, 2<<20)))
	}
}

func TestUploadsThatShareWaitForAChunk(t *testing.T) {
	const count, size = 24, 160 << 10
	for name, hangs := range map[string]bool{"that comes back": false, "that never does": true} {
		t.Run(name, func(t *testing.T) {
			s, device := openSystem(t, buffers.Options{})
			onPath(s, ringPath)
			buffers.SetHangAfter(s, time.Hour)
			fillRing(t, s, device)
			if hangs { // and nobody else finds out: the burst so far is measured with the limit of before
				buffers.SetHangAfter(s, 10*time.Millisecond)
			}
			b, p := deviceBuffer(t, s, count*size), randomBytes(count*size)
			taken := chunksTaken(s)
			ended := make(chan []error, 1)
			go func() {
				ended <- together(s, count, nothing, func(i int) error {
					return s.UploadMemory(within(t), b, uint64(i*size), buffers.Bytes(p[i*size:(i+1)*size]))
				})
			}()
			if !hangs {
				require.Eventually(t, func() bool { return buffers.Waiting(s) == 1 }, hang, time.Millisecond)
				require.Equal(t, taken, chunksTaken(s), "nothing is sent before")
				device.Release()
			}
			require.NoError(t, errors.Join(<-ended...))
			if hangs {
				device.Release()
			} else {
				require.LessOrEqual(t, chunksTaken(s)-taken, uint64(3), "chunks")
			}
			require.True(t, bytes.Equal(p, read(t, s, b, 0, count*size)))
		})
	}
}

func TestUploadsThatShareWaitForASlowRing(t *testing.T) {
	const count, size = 12, 1 << 20
	regime(t, "a GPU that takes a second for each copy", func(t *testing.T) {
		device := memory.Open(memory.Options{Copy: memory.Fixed(time.Second)})
		s := openOn(t, device, buffers.Options{})
		onPath(s, ringPath)
		b := deviceBuffer(t, s, count*size)
		require.NoError(t, b.Write(0, make([]byte, 4)))
		time.Sleep(settled)
		buffers.SetHangAfter(s, time.Hour) // for the measurement of this burst
		for range 8 {
			require.NoError(t, b.Write(0, make([]byte, 2<<20)))
		}
		buffers.SetHangAfter(s, 2*time.Second)
		taken, p := chunksTaken(s), randomBytes(count*size)
		errs := together(s, count, nothing, func(i int) error {
			return s.UploadMemory(t.Context(), b, uint64(i*size), buffers.Bytes(p[i*size:(i+1)*size]))
		})
		require.NoError(t, errors.Join(errs...))
		require.EqualValues(t, count/2, chunksTaken(s)-taken, "it does not hang: chunks come back")
		require.True(t, bytes.Equal(p, read(t, s, b, 0, count*size)))
	})
}

func TestUploadsThatShareKeepToTheBudget(t *testing.T) {
	const count, size, piece = 60, 160 << 10, 16 << 10 // which the budget has room to read
	for name, policy := range map[string]buffers.BudgetPolicy{"wait": buffers.BudgetWait, "fail": buffers.BudgetFail, "fallback": buffers.BudgetFallback} {
		for _, budget := range []uint64{64 << 10, 256 << 10, 2 << 20, 5 << 20} {
			t.Run(fmt.Sprintf("%s, %d KiB", name, budget>>10), func(t *testing.T) {
				s, _ := openSystem(t, buffers.Options{Budget: budget, OnBudget: policy})
				onPath(s, ringPath)
				b, p := deviceBuffer(t, s, count*size), randomBytes(count*size)
				errs := together(s, count, nothing, func(i int) error {
					return s.UploadMemory(within(t), b, uint64(i*size), buffers.Bytes(p[i*size:(i+1)*size]))
				})
				for _, err := range errs {
					if policy == buffers.BudgetFail && budget < 2<<20 && err != nil {
						require.ErrorIs(t, err, buffers.ErrBudget)
					} else {
						require.NoError(t, err)
					}
				}
				require.LessOrEqual(t, s.Stats().Peak, budget)
				require.NoError(t, <-s.Device().Queue().WorkDone())
				s.Trim()
				for i := range count {
					if errs[i] == nil {
						require.True(t, bytes.Equal(p[i*size:i*size+piece], read(t, s, b, uint64(i*size), piece)), "bytes of the %dth", i)
					}
				}
			})
		}
	}
}

func TestUploadsOfManyGoroutinesArrive(t *testing.T) {
	const goroutines, rounds, region = 12, 60, 1 << 20
	for _, path := range []string{ringPath, "mapped ring, 4 MiB chunks", "queue write"} {
		for _, notifies := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, notifies %v", path, notifies), func(t *testing.T) {
				device := memory.Open(memory.Options{Notifies: notifies, Copy: memory.Fixed(50 * time.Microsecond)})
				s := openOn(t, device, buffers.Options{Budget: 24 << 20})
				onPath(s, path)
				own, all := deviceBuffer(t, s, goroutines*region), deviceBuffer(t, s, 256<<10)
				shadow := make([]byte, goroutines*region)
				var running sync.WaitGroup
				for g := range goroutines {
					running.Go(func() {
						random := rand.New(rand.NewPCG(uint64(g), 1))
						mine := shadow[g*region : (g+1)*region]
						p := make([]byte, region)
						for range rounds {
							size := 4 * (1 + random.IntN(1<<uint(random.IntN(18))))
							at := 4 * random.IntN((region-size)/4+1)
							for k := range p[:size] {
								p[k] = byte(random.Uint32())
							}
							copy(mine[at:], p[:size])
							if err := s.UploadMemory(t.Context(), own, uint64(g*region+at), buffers.Bytes(p[:size])); err != nil {
								t.Error(err)
							}
							for k := range p[:256<<10] {
								p[k] = byte(g)
							}
							if err := s.UploadMemory(t.Context(), all, 0, buffers.Bytes(p[:256<<10])); err != nil {
								t.Error(err)
							}
						}
					})
				}
				running.Wait()
				require.Zero(t, buffers.Sharing(s))
				for g := range goroutines {
					require.True(t, bytes.Equal(shadow[g*region:(g+1)*region], read(t, s, own, uint64(g*region), region)), "bytes of the %dth", g)
				}
				last := read(t, s, all, 0, 256<<10)
				require.Equal(t, bytes.Repeat(last[:1], len(last)), last, "one of those that overlap is whole")
			})
		}
	}
}
