//go:build !js

package soak

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/memory"
)

const (
	capacity = 1 << 10 // of a target at first
	piece    = 64      // the unit of what is moved
	texels   = 4 * piece
	depth    = 8 // reads that may be pending
	storing  = buffers.UsageStorage | buffers.UsageCopySrc
)

var ctx = context.Background()

// mix uses each kind of buffer, frame after frame, and knows what each buffer holds.
type mix struct {
	*rand.Rand
	*require.Assertions
	counts map[string]int

	gpu       *memory.Device
	system    *buffers.System
	immediate *buffers.ImmediateStagingBuffer
	deferred  *buffers.DeferredStagingBuffer
	rows      *buffers.ImmediateStagingBuffer
	dynamic   *buffers.DynamicBuffer
	all       *buffers.ReadbackBuffer
	latest    *buffers.ReadbackBuffer
	source    buffers.MappableBuffer // to be written by the CPU
	mapped    []byte                 // what it holds
	sink      buffers.MappableBuffer // to be read
	texture   *memory.Texture
	image     []byte // the texture's
	targets   [4]*target
	stream    *stream

	encoder buffers.Encoder // the open frame's
	effects []func()        // of the open frame's commands
	asked   []*read         // in the open frame
	pending []*read         // and those that are sent
}

// target is a buffer on the GPU, and what it holds.
type target struct {
	*buffers.DeviceBuffer
	bytes []byte
}

// newMix opens a GPU that takes time, of a clock that is virtual.
func newMix(t testing.TB, r *rand.Rand, counts map[string]int) *mix {
	m := &mix{Rand: r, Assertions: require.New(t), counts: counts}
	cost := memory.Fixed(20 * time.Microsecond)
	m.gpu = memory.Open(memory.Options{Write: cost, Copy: cost, Map: cost, LateErrors: true})
	m.system = must(buffers.Open(m.gpu, buffers.Options{Budget: 2 << 20, ChunkSize: 16 << 10}))
	m.immediate = must(m.system.NewImmediateStagingBuffer(ctx, buffers.StagingDescriptor{Size: capacity}))
	m.rows = must(m.system.NewImmediateStagingBuffer(ctx, buffers.StagingDescriptor{Size: texels, RowBytes: piece}))
	m.deferred = must(m.system.NewDeferredStagingBuffer(buffers.StagingDescriptor{Size: capacity}))
	m.dynamic = must(m.system.NewDynamicBuffer(buffers.DynamicDescriptor{Size: 4 * capacity, Usage: storing}))
	m.all = must(m.system.NewReadbackBuffer(buffers.ReadbackDescriptor{}))
	m.latest = must(m.system.NewReadbackBuffer(buffers.ReadbackDescriptor{Policy: buffers.ReadLatest}))
	m.source = must(m.system.NewMappableBuffer(buffers.Descriptor{Size: capacity, Usage: buffers.UsageMapWrite | buffers.UsageCopySrc}))
	m.sink = must(m.system.NewMappableBuffer(buffers.Descriptor{Size: capacity, Usage: buffers.UsageMapRead | buffers.UsageCopyDst}))
	m.mapped, m.image = make([]byte, piece), make([]byte, texels)
	m.texture = m.gpu.NewTexture("", gpu.TextureInfo{
		Format: gpu.FormatOf("rgba8unorm"), Usage: gpu.TextureCopySrc | gpu.TextureCopyDst, Extent: m.region().Extent})
	for i := range m.targets {
		m.targets[i] = m.newTarget()
	}
	return m
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func (m *mix) newTarget() *target {
	return &target{must(m.system.NewDeviceBuffer(buffers.Descriptor{Size: capacity, Usage: buffers.UsageStorage})), make([]byte, capacity)}
}

func (m *mix) region() buffers.TextureRegion {
	return buffers.TextureRegion{Texture: m.texture, Extent: buffers.Extent{Width: piece / 4, Height: texels / piece, Layers: 1}}
}

// steps are what a frame does.
var steps = []struct {
	name string
	do   func(*mix)
}{
	{"write", (*mix).write},
	{"update", (*mix).update},
	{"update", (*mix).update},
	{"immediate staging", (*mix).stage},
	{"deferred staging", (*mix).stageLater},
	{"texture", (*mix).stageTexels},
	{"mapped for writing", (*mix).copyFromMapped},
	{"read", (*mix).readAll},
	{"read", (*mix).readAll},
	{"read of the latest", (*mix).readLatest},
	{"read of a texture", (*mix).readTexels},
}

// between are what is done between two frames, now and then.
var between = []struct {
	name string
	do   func(*mix)
}{
	{"upload", (*mix).upload},
	{"grow", (*mix).grow},
	{"creation", (*mix).replaceAny},
	{"mapped for reading", (*mix).copyToMapped},
	{"read without a frame", (*mix).readNow},
}

const (
	rarely = 16  // frames from one thing between two to the next
	fault  = 64  // to the next fault
	drops  = 128 // to the next frame that is discarded
)

func (m *mix) run(frames int) {
	for range frames {
		m.doFrame()
		if m.IntN(rarely) == 0 {
			x := between[m.IntN(len(between))]
			m.counts[x.name]++
			x.do(m)
		}
		if m.IntN(fault) == 0 {
			x := faults[m.IntN(len(faults))]
			m.counts[x.name]++
			x.do(m)
		}
	}
}

func (m *mix) doFrame() {
	frame := must(m.system.BeginFrame(ctx))
	m.encoder = must(frame.Encoder())
	for range 1 + m.IntN(3) {
		step := steps[m.IntN(len(steps))]
		m.counts[step.name]++
		step.do(m)
	}
	m.counts["frame"]++
	if m.IntN(drops) == 0 {
		m.counts["frame discarded"]++
		frame.Discard()
		m.effects = m.effects[:0]
	} else {
		m.NoError(frame.Submit())
	}
	m.sent()
}

// sent applies what the commands of a frame do, and then its reads take what there is.
func (m *mix) sent() {
	for _, effect := range m.effects {
		effect()
	}
	for _, r := range m.asked {
		r.want = bytes.Clone(r.source())
	}
	m.pending = append(m.pending, m.asked...)
	m.effects, m.asked, m.encoder = m.effects[:0], m.asked[:0], nil
	for len(m.pending) > depth {
		m.settleFirst()
	}
}

func (m *mix) draw(size int) []byte {
	p := make([]byte, size)
	for i := 0; i < size; i += 4 {
		x := m.Uint32()
		p[i], p[i+1], p[i+2], p[i+3] = byte(x), byte(x>>8), byte(x>>16), byte(x>>24)
	}
	return p
}

// pick is a target, and a place in it for a piece.
func (m *mix) pick() (t *target, at int) {
	t = m.targets[m.IntN(len(m.targets))]
	return t, m.IntN(capacity/piece) * piece
}

// becomes says that t will hold p at a place once the frame is submitted.
func (m *mix) becomes(t *target, at int, p []byte) {
	m.effects = append(m.effects, func() { copy(t.bytes[at:], p) })
}

func (m *mix) write() {
	t, at := m.pick()
	p := m.draw(piece)
	m.NoError(t.Write(uint64(at), p))
	copy(t.bytes[at:], p)
}

func (m *mix) update() {
	t, at := m.pick()
	a, err := m.dynamic.Update(piece)
	m.NoError(err)
	p := m.draw(piece)
	copy(a.Bytes, p)
	m.NoError(m.encoder.CopyBufferToBuffer(a.Buffer, a.Offset, t, uint64(at), piece))
	m.becomes(t, at, p)
}

func (m *mix) stage() {
	m.NoError(m.immediate.Reset(ctx))
	m.sendStaged(m.immediate)
}

func (m *mix) stageLater() {
	m.NoError(m.deferred.Map(ctx))
	m.sendStaged(m.deferred)
}

// sendStaged fills a staging buffer that is mapped, and uploads it.
func (m *mix) sendStaged(staging interface {
	io.Writer
	UploadTo(buffers.Encoder, buffers.Buffer, uint64) error
}) {
	t, at := m.pick()
	p := m.draw(piece)
	m.fill(staging, p)
	m.NoError(staging.UploadTo(m.encoder, t, uint64(at)))
	m.becomes(t, at, p)
}

func (m *mix) stageTexels() {
	p := m.draw(texels)
	m.NoError(m.rows.Reset(ctx))
	m.fill(m.rows, p)
	m.NoError(m.rows.UploadToTexture(m.encoder, m.region()))
	m.effects = append(m.effects, func() { copy(m.image, p) })
}

func (m *mix) fill(staging io.Writer, p []byte) {
	_, err := staging.Write(p)
	m.NoError(err)
}

func (m *mix) copyFromMapped() {
	t, at := m.pick()
	p := m.draw(piece)
	m.NoError(<-m.source.MapAsync(buffers.MapWrite, 0, piece))
	_, err := m.source.WriteAt(p, 0)
	m.NoError(err)
	m.NoError(m.source.Unmap())
	copy(m.mapped, p)
	m.NoError(m.encoder.CopyBufferToBuffer(m.source, 0, t, uint64(at), piece))
	m.effects = append(m.effects, func() { copy(t.bytes[at:], m.mapped) })
}

func (m *mix) copyToMapped() {
	t, at := m.pick()
	encoder := must(m.gpu.CreateEncoder(""))
	m.NoError(encoder.CopyBufferToBuffer(t, uint64(at), m.sink, 0, piece))
	m.NoError(m.system.Submit(encoder))
	m.NoError(<-m.sink.MapAsync(buffers.MapRead, 0, piece))
	p := make([]byte, piece)
	_, err := m.sink.ReadAt(p, 0)
	m.NoError(err)
	m.NoError(m.sink.Unmap())
	m.Equal(t.bytes[at:at+piece], p)
}

func (m *mix) grow() {
	t, _ := m.pick()
	if len(t.bytes) > 4*capacity {
		return
	}
	m.NoError(t.Grow(t.Size() + piece))
	t.bytes = append(t.bytes, make([]byte, int(t.Size())-len(t.bytes))...)
}

func (m *mix) replaceAny() { m.replace(m.IntN(len(m.targets))) }

func (m *mix) replace(i int) {
	m.targets[i].Destroy()
	m.targets[i] = m.newTarget()
}

// close ends the mix as a program does that is done.
func (m *mix) close() {
	m.rest()
	for _, b := range m.objects() {
		b.Destroy()
	}
	m.end()
}

func (m *mix) end() {
	m.system.Destroy()
	m.gpu.Destroy()
}

func (m *mix) objects() []interface{ Destroy() } {
	all := []interface{ Destroy() }{m.immediate, m.deferred, m.rows, m.dynamic, m.all, m.latest, m.source, m.sink, m.texture}
	for _, t := range m.targets {
		all = append(all, t)
	}
	return all
}

// rest waits until nothing is under way, and what lies idle is gone. Targets are as large again as they were at first.
func (m *mix) rest() {
	m.quiet()
	for i := range m.targets {
		m.replace(i)
	}
	m.NoError(m.system.Submit())
	time.Sleep(15 * time.Second)
}
