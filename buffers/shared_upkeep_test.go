package buffers_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/memory"
)

const idleAge = 5 * time.Second

// idle are ways to have memory lie idle: each says how much of what the device has is to go.
var idle = map[string]func(*testing.T, *buffers.System, *memory.Device){
	"chunks of uploads": func(t *testing.T, s *buffers.System, _ *memory.Device) {
		require.NoError(t, s.UploadMemory(t.Context(), deviceBuffer(t, s, 8<<20), 0, buffers.Bytes(make([]byte, 8<<20))))
	},
	"chunks of staging buffers, which nobody asks for": func(t *testing.T, s *buffers.System, d *memory.Device) {
		b, err := s.NewImmediateStagingBuffer(t.Context(), buffers.StagingDescriptor{Size: 4096})
		require.NoError(t, err)
		_, err = b.Write(make([]byte, 4096))
		require.NoError(t, err)
		e, err := d.CreateEncoder("upload")
		require.NoError(t, err)
		require.NoError(t, b.UploadTo(e, deviceBuffer(t, s, 4096), 0))
		require.NoError(t, s.Submit(e))
	},
	"chunks of reads": func(t *testing.T, s *buffers.System, _ *memory.Device) {
		read(t, s, deviceBuffer(t, s, 8<<20), 2, 8<<20-8)
	},
	"slots of dynamic buffers": func(t *testing.T, s *buffers.System, d *memory.Device) {
		b := dynamic(t, s, buffers.DynamicDescriptor{Size: 256, Usage: buffers.UsageUniform})
		takeSlots(t, s, d, b, 6)
		t.Cleanup(func() { require.Equal(t, 3, b.Slots()) })
	},
	"the prober's memory": func(t *testing.T, s *buffers.System, _ *memory.Device) {
		require.NoError(t, s.Calibrate(context.Background()))
	},
}

// Memory that lies idle is destroyed though nobody calls the System, and then nothing wakes the program any more.
func TestIdleMemoryIsDestroyedOnAStillPage(t *testing.T) {
	for name, use := range idle {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(t *testing.T) {
				s, device := openSystem(t, buffers.Options{MaxFramesInFlight: 8, IdleAge: idleAge})
				before := device.Bytes()
				use(t, s, device)
				time.Sleep(idleAge - time.Second)
				kept := device.Bytes()
				time.Sleep(idleAge + 2*time.Second)
				require.Less(t, device.Bytes(), kept, "kept for its age, and not for longer")
				require.Zero(t, s.Stats().Mappable)
				require.NotContains(t, device.Buffers(), "probe")
				require.GreaterOrEqual(t, kept, before)
				require.False(t, buffers.Tending(s), "no timer is left")
			})
		})
	}
}

// Memory that is used again and again stays, and so do the slots that frames use.
func TestMemoryThatIsUsedIsNotIdle(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		s, _ := openSystem(t, buffers.Options{IdleAge: idleAge, MaxFramesInFlight: 8})
		b := deviceBuffer(t, s, 1<<20)
		d := dynamic(t, s, buffers.DynamicDescriptor{Size: 256, Usage: buffers.UsageUniform})
		for range 60 {
			f, _ := frame(t, s)
			update(t, d, []byte("data"))
			require.NoError(t, f.Submit())
			read(t, s, b, 0, 64)
			time.Sleep(time.Second)
		}
		st := s.Stats()
		require.EqualValues(t, 1, st.Reads.Misses, "the chunk was made once")
		require.EqualValues(t, 59, st.Reads.Hits)
		require.EqualValues(t, 1, st.Of(buffers.KindDynamic).Created)
		require.Equal(t, 3, d.Slots())
		require.True(t, buffers.Tending(s))
	})
}

// timers has timers of its own, which fire when the test says so.
type timers struct {
	*memory.Device
	set   []func() // nil where it was stopped
	waits []time.Duration
}

func (d *timers) AfterFunc(wait time.Duration, f func()) (stop func()) {
	i := len(d.set)
	d.set, d.waits = append(d.set, f), append(d.waits, wait)
	return func() { d.set[i] = nil }
}

// The timers are the device's where it has some, one at a time, and stopped with the System.
func TestTimersOfADevice(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		device := &timers{Device: memory.Open(memory.Options{})}
		s := openOn(t, device, buffers.Options{IdleAge: idleAge})
		b := deviceBuffer(t, s, 64)
		read(t, s, b, 0, 64)
		read(t, s, b, 0, 64)
		require.Equal(t, []time.Duration{idleAge}, device.waits)
		time.Sleep(idleAge)
		device.set[0]()
		require.Len(t, device.set, 1, "nothing is idle any more")
		read(t, s, b, 0, 64)
		require.Len(t, device.set, 2)
		s.Destroy()
		require.Nil(t, device.set[1], "it was stopped")
	})
}

// So is the one that reminds of an open frame: one for all reads of a frame, stopped with it.
func TestTheReminderOfAFrameIsATimerOfTheDevice(t *testing.T) {
	for name, end := range map[string]func(*buffers.System, *buffers.Frame){
		"submitted": func(_ *buffers.System, f *buffers.Frame) { require.NoError(t, f.Submit()) },
		"discarded": func(_ *buffers.System, f *buffers.Frame) { f.Discard() },
		"destroyed": func(s *buffers.System, _ *buffers.Frame) { s.Destroy() },
	} {
		regime(t, name, func(t *testing.T) {
			told := 0
			device := &timers{Device: memory.Open(memory.Options{})}
			s := openOn(t, device, buffers.Options{LogLevel: buffers.LevelWarn, Log: func(buffers.Level, string, []buffers.Field) { told++ }})
			b, rb := deviceBuffer(t, s, 64), readback(t, s, buffers.ReadbackDescriptor{})
			f, _ := frame(t, s)
			_, err := rb.Start(b, 0, buffers.Bytes(make([]byte, 64)))
			require.NoError(t, err)
			embedder.RemindOfFrame(s)
			embedder.RemindOfFrame(s)
			require.Equal(t, []time.Duration{time.Second}, device.waits)
			device.set[0]()
			require.Equal(t, 1, told)
			embedder.RemindOfFrame(s)
			require.Len(t, device.set, 2)
			end(s, f)
			synctest.Wait() // until what was sent has landed
			require.Nil(t, device.set[1], "it was stopped")
		})
	}
}

// A System that has ended sets no timer: neither where one fires all the same, nor where a bout of probing ends.
func TestNoTimerIsSetBehindTheEnd(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		device := &timers{Device: memory.Open(memory.Options{})}
		s := openOn(t, device, buffers.Options{IdleAge: idleAge})
		require.NoError(t, s.Calibrate(t.Context()))
		fire := device.set[0]
		device.Hold()
		late := outcome(func() error { return s.Calibrate(context.Background()) })
		synctest.Wait()
		set := len(device.set)
		s.Destroy()
		device.Release()
		require.Error(t, <-late)
		fire()
		require.Len(t, device.set, set)
	})
}

// collects has the garbage collector run until done says so, or for long.
func collects(t *testing.T, what string, done func() bool) {
	t.Helper()
	for range 1000 {
		runtime.GC()
		if done() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal(what + " are left")
}

// A System that the program has let go of is collected with all that it made, though its device lives on.
func TestASystemThatNobodyDestroysIsCollected(t *testing.T) {
	device := memory.Open(memory.Options{})
	defer device.Destroy()
	for name, last := range map[string]func(*buffers.System){
		"dropped":   func(*buffers.System) {},
		"destroyed": (*buffers.System).Destroy,
	} {
		t.Run(name, func(t *testing.T) {
			goroutines := runtime.NumGoroutine()
			system := useAndDrop(t, device, last)
			collects(t, "a System and what it has made", func() bool { return system.Value() == nil })
			collects(t, "its goroutines", func() bool { return runtime.NumGoroutine() <= goroutines })
		})
	}
}

//go:noinline
func useAndDrop(t *testing.T, device *memory.Device, last func(*buffers.System)) weak.Pointer[buffers.System] {
	s, err := buffers.Open(device, buffers.Options{IdleAge: time.Millisecond})
	require.NoError(t, err)
	b, err := s.NewDeviceBuffer(buffers.Descriptor{Label: "dropped", Size: 8 << 20, Usage: buffers.UsageStorage})
	require.NoError(t, err)
	require.NoError(t, s.UploadMemory(t.Context(), b, 0, buffers.Bytes(make([]byte, 8<<20))))
	r, err := s.NewReadbackBuffer(buffers.ReadbackDescriptor{})
	require.NoError(t, err)
	require.NoError(t, r.Read(t.Context(), b, 0, make([]byte, 4<<20)))
	last(s)
	return weak.Make(s)
}

// atTheEnd opens a system, has it used and destroyed, and gives what it then logged of what was alive.
func atTheEnd(t *testing.T, use func(*buffers.System) (alive []any)) (records []string, more int64) {
	t.Helper()
	device := memory.Open(memory.Options{})
	defer device.Destroy()
	s, err := buffers.Open(device, buffers.Options{Log: func(level buffers.Level, message string, f []buffers.Field) {
		switch message {
		case "destroyed with its system":
			records = append(records, fmt.Sprintf("%s %s %s %d", level, f[0].Text, f[1].Text, f[2].Number))
		case "further buffers were destroyed with their system":
			more += f[0].Number
		}
	}, LogLevel: buffers.LevelInfo})
	require.NoError(t, err)
	alive := use(s)
	s.Destroy()
	runtime.KeepAlive(alive)
	return records, more
}

// The log says what was still alive when a system was destroyed, but not what is the System's own.
func TestDestroyListsWhatIsAlive(t *testing.T) {
	records, more := atTheEnd(t, func(s *buffers.System) (alive []any) {
		require.NoError(t, s.Calibrate(t.Context()))
		for _, label := range []string{"mesh", "gone", "light"} {
			b, err := s.NewDeviceBuffer(buffers.Descriptor{Label: label, Size: 16, Usage: buffers.UsageStorage})
			require.NoError(t, err)
			if alive = append(alive, b); label == "gone" {
				b.Destroy()
			}
		}
		for _, label := range []string{"result", ""} {
			r, err := s.NewReadbackBuffer(buffers.ReadbackDescriptor{Label: label})
			require.NoError(t, err)
			alive = append(alive, r)
		}
		return alive
	})
	require.Equal(t, []string{"info ReadbackBuffer (unlabeled) 0", "info ReadbackBuffer result 0", "info DeviceBuffer light 16", "info DeviceBuffer mesh 16"}, records)
	require.Zero(t, more)
}

// However many buffers are alive, the list is short and counts all of them.
func TestTheListOfWhatIsAliveIsBounded(t *testing.T) {
	records, more := atTheEnd(t, func(s *buffers.System) (alive []any) {
		for range 200 {
			r, err := s.NewReadbackBuffer(buffers.ReadbackDescriptor{})
			require.NoError(t, err)
			alive = append(alive, r)
		}
		return alive
	})
	require.Len(t, records, 32)
	require.EqualValues(t, 168, more)
}

// warnings opens a system on a device, has it used and ended, and gives the records that are warnings or worse.
func warnings(t *testing.T, use func(*buffers.System, *memory.Device)) (records []string) {
	t.Helper()
	inVirtualTime(t, func(t *testing.T) {
		s, device := openSystem(t, buffers.Options{LogLevel: buffers.LevelWarn, Log: func(level buffers.Level, message string, f []buffers.Field) {
			record := level.String() + " " + message
			for _, f := range f {
				record += fmt.Sprintf("; %s %s%d", f.Key, f.Text, f.Number)
			}
			records = append(records, record)
		}})
		use(s, device)
		s.Destroy()
		synctest.Wait()
	})
	return records
}

// A page that does all as it should has nothing in its console.
func TestTheEndOfASystemIsAWarningOnlyIfSomethingWasAlive(t *testing.T) {
	for _, c := range []struct {
		name string
		use  func(*buffers.System, *memory.Device)
		want []string
	}{
		{"nothing is alive", func(s *buffers.System, _ *memory.Device) {
			b, err := s.NewDeviceBuffer(buffers.Descriptor{Size: 16, Usage: buffers.UsageStorage})
			require.NoError(t, err)
			b.Destroy()
		}, nil},
		{"paths are being measured", func(s *buffers.System, d *memory.Device) {
			b, err := s.NewDeviceBuffer(buffers.Descriptor{Size: 1 << 20, Usage: buffers.UsageStorage})
			require.NoError(t, err)
			require.NoError(t, b.Write(0, make([]byte, 1<<20)))
			d.Hold()
			for !buffers.Measuring(s) {
				time.Sleep(time.Millisecond)
			}
			b.Destroy()
		}, nil},
		{"two buffers are alive", func(s *buffers.System, _ *memory.Device) {
			for range 2 {
				b, err := s.NewDeviceBuffer(buffers.Descriptor{Size: 16, Usage: buffers.UsageStorage})
				require.NoError(t, err)
				t.Cleanup(b.Destroy)
			}
		}, []string{"warn system closed; reason the system is destroyed0; alive 2"}},
		{"the device is lost", func(s *buffers.System, d *memory.Device) {
			d.Lose(memory.Crashed)
			synctest.Wait()
		}, []string{"warn system closed; reason the device is lost: the GPU process crashed0; alive 0"}},
	} {
		t.Run(c.name, func(t *testing.T) { require.Equal(t, c.want, warnings(t, c.use)) })
	}
}
