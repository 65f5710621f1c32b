//go:build !js

package buffers_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"math/rand/v2"
	"reflect"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/host"
	"github.com/gpubuffers/gpubuffers/buffers/memory"
)

// party is a system with buffers that several goroutines use.
type party struct {
	*buffers.System
	device    *memory.Device
	target    *buffers.DeviceBuffer
	immediate *buffers.ImmediateStagingBuffer
	deferred  *buffers.DeferredStagingBuffer
	readback  *buffers.ReadbackBuffer
	latest    *buffers.ReadbackBuffer
	dynamic   *buffers.DynamicBuffer
	mappable  buffers.MappableBuffer
	sink      discardingSink
}

// discardingSink takes what reads bring.
type discardingSink struct{}

func (*discardingSink) Deliver(buffers.MappableBuffer, []host.Delivery) error { return nil }
func (*discardingSink) Settle(uint64, error)                                  {}

const partySize = 256 << 10

func newParty(t *testing.T, options buffers.Options) *party {
	t.Helper()
	device := memory.Open(memory.Options{Copy: memory.Fixed(20 * time.Microsecond), Map: memory.Fixed(20 * time.Microsecond)})
	s, err := buffers.Open(device, options)
	require.NoError(t, err)
	p := &party{System: s, device: device}
	p.target, err = s.NewDeviceBuffer(buffers.Descriptor{Label: "target", Size: partySize, Usage: buffers.UsageStorage})
	require.NoError(t, err)
	p.immediate, err = s.NewImmediateStagingBuffer(within(t), buffers.StagingDescriptor{Size: 4096})
	require.NoError(t, err)
	p.deferred, err = s.NewDeferredStagingBuffer(buffers.StagingDescriptor{Size: 4096})
	require.NoError(t, err)
	p.readback, err = s.NewReadbackBuffer(buffers.ReadbackDescriptor{})
	require.NoError(t, err)
	p.latest, err = s.NewReadbackBuffer(buffers.ReadbackDescriptor{Policy: buffers.ReadLatest})
	require.NoError(t, err)
	p.dynamic, err = s.NewDynamicBuffer(buffers.DynamicDescriptor{Size: 1024, Usage: buffers.UsageUniform})
	require.NoError(t, err)
	p.mappable, err = s.NewMappableBuffer(buffers.Descriptor{Size: 256, Usage: buffers.UsageMapWrite | buffers.UsageCopySrc})
	require.NoError(t, err)
	return p
}

// acts are all that goroutines do to a system and what it made; the errors are what they are.
var acts = map[string]func(context.Context, *party){
	"scopes": func(ctx context.Context, p *party) {
		c := p.NewScope()
		defer c.Destroy()
		_, _ = c.NewDeviceBuffer(buffers.Descriptor{Size: 16, Usage: buffers.UsageStorage})
		_, _ = c.NewImmediateStagingBuffer(ctx, buffers.StagingDescriptor{Size: 64})
		_, _ = c.NewDeferredStagingBuffer(buffers.StagingDescriptor{Size: 64})
		_, _ = c.NewReadbackBuffer(buffers.ReadbackDescriptor{})
		_, _ = c.NewDynamicBuffer(buffers.DynamicDescriptor{Size: 64, Usage: buffers.UsageUniform})
		_, _ = c.NewMappableBuffer(buffers.Descriptor{Size: 64, Usage: buffers.UsageMapRead | buffers.UsageCopyDst})
	},
	"creation without an end": func(ctx context.Context, p *party) {
		_, _ = p.NewDeviceBuffer(buffers.Descriptor{Size: 16, Usage: buffers.UsageStorage})
		_, _ = p.NewReadbackBuffer(buffers.ReadbackDescriptor{})
		_, _ = p.NewDynamicBuffer(buffers.DynamicDescriptor{Size: 64, Usage: buffers.UsageUniform})
		if m, err := p.NewMappableBuffer(buffers.Descriptor{Size: 64, Usage: buffers.UsageMapRead | buffers.UsageCopyDst}); err == nil {
			m.Destroy()
		}
	},
	"device buffer": func(_ context.Context, p *party) {
		_ = p.target.Write(0, make([]byte, 64))
		_ = p.target.Write(0, make([]byte, partySize))
		_ = allowWrite(p.target, 0, partySize)
		_, _, _, _, _, _ = p.target.Label(), p.target.Size(), p.target.Usage(), p.target.State(), p.target.Valid(), p.target.Generation()
	},
	"grow": func(ctx context.Context, p *party) {
		b, err := p.NewDeviceBuffer(buffers.Descriptor{Size: 16, Usage: buffers.UsageStorage})
		if err == nil {
			_ = b.Grow(4096)
			_ = b.AwaitGrow(ctx)
			b.Destroy()
		}
	},
	"immediate staging": func(ctx context.Context, p *party) {
		_ = p.immediate.Reset(ctx)
		_, _ = p.immediate.Write(make([]byte, 8))
		_, _ = p.immediate.WriteAt(make([]byte, 8), 16)
		_, _ = p.immediate.ReadFrom(bytes.NewReader(make([]byte, 100)))
		_ = p.immediate.Written()
		p.stage(p.immediate.UploadTo)
	},
	"deferred staging": func(ctx context.Context, p *party) {
		_ = p.deferred.Map(ctx)
		_, _ = p.deferred.Write(make([]byte, 8))
		p.stage(p.deferred.UploadTo)
		p.deferred.MapAsync()
		_ = p.deferred.Unmap()
	},
	"reads": func(ctx context.Context, p *party) {
		_ = p.readback.Read(ctx, p.target, 0, make([]byte, 64))
		_ = p.readback.Read(ctx, p.target, 2, make([]byte, partySize-8))
		if r, err := p.latest.Start(p.target, 0, buffers.Bytes(make([]byte, 64))); err == nil {
			p.latest.Flush()
			r.Cancel()
		}
	},
	"reads of a host": func(_ context.Context, p *party) {
		_ = embedder.StartRead(p.readback, p.target, 0, 64, &p.sink, 1)
		embedder.FlushReads(p.System)
		embedder.CancelRead(p.readback, &p.sink, 1)
		if h := embedder.LendRead(p.readback, 64, &p.sink, 2); h != nil {
			h.End(nil)
		}
	},
	"frames": func(ctx context.Context, p *party) {
		f, err := p.BeginFrame(ctx)
		if err != nil {
			return
		}
		_, _ = p.dynamic.Update(64)
		_ = embedder.Advance(p.dynamic, 128)
		_, _ = f.Encoder()
		f.Use(buffers.AccessRead, p.target)
		if rand.IntN(8) > 0 {
			_ = f.Submit()
		}
		f.Discard()
	},
	"submits": func(_ context.Context, p *party) {
		_ = p.Submit()
		if f := p.TryBeginFrame(); f != nil {
			embedder.RemindOfFrame(p.System)
			f.Discard()
		}
		_, _ = embedder.FrameThen(p.System, func() {})
	},
	"uploads": func(ctx context.Context, p *party) {
		_ = p.UploadMemory(ctx, p.target, 0, buffers.Bytes(make([]byte, partySize)))
		_, _ = p.Upload(ctx, p.target, 0, io.LimitReader(zeros{}, partySize))
		embedder.UploadThen(p.System, p.target, 0, buffers.Bytes(make([]byte, partySize)), func(error) {})
		u, err := p.NewUpload(p.target, 0, 0)
		if err != nil {
			return
		}
		_, _, _ = embedder.LendChunk(ctx, u)
		_ = u.Write(ctx, buffers.Bytes(make([]byte, 40)))
		if rand.IntN(2) == 0 {
			_ = u.Finish()
		}
		u.Abort()
	},
	"mappable": func(_ context.Context, p *party) {
		settled := p.mappable.MapAsync(buffers.MapWrite, 0, 256)
		_, _ = p.mappable.WriteAt(make([]byte, 4), 0)
		_ = p.mappable.Unmap()
		<-settled
	},
	"questions": func(_ context.Context, p *party) {
		_ = p.Stats()
		_, _ = p.Calibration(), p.Explain(buffers.OpUpload, 1<<20, p.target)
		p.Load(buffers.Calibration{})
		p.Trim()
	},
	"calibration": func(ctx context.Context, p *party) { _ = p.Calibrate(ctx) },
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { return len(b), nil }

// stage records an upload in an encoder of its own, and submits that.
func (p *party) stage(uploadTo func(buffers.Encoder, buffers.Buffer, uint64) error) {
	e, err := p.device.CreateEncoder("stage")
	if err != nil {
		return
	}
	_ = uploadTo(e, p.target, 0)
	_ = p.Submit(e)
}

var rounds = flag.Int("rounds", 24, "how often a system, or its device, ends while it is used")

// Run with -race. Whatever goroutines do meanwhile, Destroy gives everything back before it returns, and what they
// do afterwards leaves nothing behind; every call ends.
func TestTheEndMeetsEveryCall(t *testing.T) {
	before := runtime.NumGoroutine()
	ends := map[string]func(*party){
		"destroyed":                           func(*party) {},
		"the device is lost first":            func(p *party) { p.device.Lose(memory.Crashed) },
		"the device is destroyed first":       func(p *party) { p.device.Destroy() },
		"the device is lost at the same time": func(p *party) { go p.device.Lose(memory.Crashed) },
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			for range max(1, *rounds/len(ends)) {
				meet(t, end)
			}
		})
	}
	for range 1000 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	stacks := make([]byte, 1<<20)
	t.Fatalf("goroutines are left:\n%s", stacks[:runtime.Stack(stacks, true)])
}

func meet(t *testing.T, end func(*party)) {
	t.Helper()
	p := newParty(t, buffers.Options{Budget: 6 << 20, ChunkSize: 64 << 10, MaxFramesInFlight: 2})
	ctx, cancel := context.WithTimeout(context.Background(), hang)
	defer cancel()
	var over atomic.Bool
	var wg sync.WaitGroup
	for _, act := range acts {
		wg.Go(func() {
			for !over.Load() {
				act(ctx, p)
			}
			act(ctx, p)
		})
	}
	time.Sleep(rand.N(2 * time.Millisecond))
	end(p)
	p.Destroy()
	requireNothingLeft(t, p, "when Destroy has returned")
	over.Store(true)
	wg.Wait()
	require.NoError(t, ctx.Err(), "every call ends")
	requireNothingLeft(t, p, "after further calls")
	p.device.Destroy()
}

func requireNothingLeft(t *testing.T, p *party, when string) {
	t.Helper()
	require.Empty(t, p.device.Buffers(), when)
	st := p.Stats()
	require.Zero(t, st.Mappable, when)
	require.Zero(t, st.Uploads.Bytes+st.Reads.Bytes, when)
	for _, kind := range buffers.Kinds() {
		require.Zero(t, st.Of(kind).Count, "%s %s", kind, when)
	}
}

// Creating is refused by a system that has ended, whatever is to be made.
func TestNothingIsMadeAfterTheEnd(t *testing.T) {
	s, _ := openSystem(t, buffers.Options{})
	s.Destroy()
	creations := map[string]func() error{
		"DeviceBuffer": func() error {
			_, err := s.NewDeviceBuffer(buffers.Descriptor{Size: 4, Usage: buffers.UsageStorage})
			return err
		},
		"ImmediateStagingBuffer": func() error {
			_, err := s.NewImmediateStagingBuffer(within(t), buffers.StagingDescriptor{Size: 4})
			return err
		},
		"DeferredStagingBuffer": func() error {
			_, err := s.NewDeferredStagingBuffer(buffers.StagingDescriptor{Size: 4})
			return err
		},
		"ReadbackBuffer": func() error { _, err := s.NewReadbackBuffer(buffers.ReadbackDescriptor{}); return err },
		"DynamicBuffer": func() error {
			_, err := s.NewDynamicBuffer(buffers.DynamicDescriptor{Size: 4, Usage: buffers.UsageVertex})
			return err
		},
		"MappableBuffer": func() error {
			_, err := s.NewMappableBuffer(buffers.Descriptor{Size: 4, Usage: buffers.UsageMapRead})
			return err
		},
	}
	for _, kind := range buffers.Kinds() {
		err := creations[kind.String()]()
		require.ErrorIs(t, err, buffers.ErrDestroyed, kind)
		var e *buffers.Error
		require.True(t, errors.As(err, &e))
		require.Equal(t, "create", e.Op)
	}
}

// methods calls every method of the objects that may fail, with arguments that are known by their types, or zero.
func methods(t *testing.T, known []any, objects []any, test func(t *testing.T, method string, err error)) {
	argument := func(want reflect.Type) reflect.Value {
		for _, v := range known {
			if reflect.TypeOf(v).AssignableTo(want) {
				return reflect.ValueOf(v)
			}
		}
		return reflect.Zero(want)
	}
	for _, object := range objects {
		v := reflect.ValueOf(object)
		for i := range v.NumMethod() {
			method := v.Type().Method(i)
			results := method.Type.NumOut()
			if results == 0 || method.Type.Out(results-1) != reflect.TypeFor[error]() {
				continue
			}
			t.Run(v.Type().String()+"."+method.Name, func(t *testing.T) {
				args := []reflect.Value{v}
				for j := 1; j < method.Type.NumIn(); j++ {
					args = append(args, argument(method.Type.In(j)))
				}
				call := method.Func.Call
				if method.Type.IsVariadic() {
					call = method.Func.CallSlice
				}
				err, _ := call(args)[results-1].Interface().(error)
				test(t, method.Name, err)
			})
		}
	}
}

// Every method of what has ended fails, with an [*buffers.Error], but for those that tell of what was.
func TestEveryMethodFailsAfterTheEnd(t *testing.T) {
	p := newParty(t, buffers.Options{})
	f, err := p.BeginFrame(t.Context())
	require.NoError(t, err)
	u, err := p.NewUpload(p.target, 0, 0)
	require.NoError(t, err)
	read, err := p.readback.Start(p.target, 0, buffers.Bytes(make([]byte, 4)))
	require.NoError(t, err)
	known := []any{t.Context(), p.target, buffers.Bytes(make([]byte, 4)), make([]byte, 4), zeros{}}
	objects := []any{p.System, p.target, p.immediate, p.deferred, p.readback, p.dynamic, p.mappable, f, u, read}
	p.Destroy()
	methods(t, known, objects, func(t *testing.T, method string, err error) {
		switch {
		case method == "AwaitGrow" || method == "Failure" || method == "Finish":
			require.NoError(t, err)
		default:
			require.IsType(t, &buffers.Error{}, err)
			require.NotEmpty(t, err.(*buffers.Error).Op)
			require.NotNil(t, err.(*buffers.Error).Reason)
		}
	})
}
