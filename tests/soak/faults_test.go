//go:build !js

package soak

import (
	"context"
	"testing/synctest"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/memory"
)

// faults are what goes wrong between two frames.
var faults = []struct {
	name string
	do   func(*mix)
}{
	{"fault: a copy is refused", (*mix).refusedCopy},
	{"fault: no memory for a buffer", (*mix).failedCreation},
	{"fault: no memory to grow", (*mix).failedGrow},
	{"fault: a map fails", (*mix).failedMap},
	{"fault: a read is cancelled", (*mix).cancelledRead},
	{"fault: a map is cancelled", (*mix).cancelledMap},
	{"fault: an upload is cancelled", (*mix).cancelledUpload},
	{"fault: a frame is cancelled", (*mix).cancelledFrame},
	{"fault: a source is destroyed", (*mix).destroyedSource},
	{"fault: a buffer is destroyed while it is uploaded to", (*mix).destroyedTarget},
	{"fault: a readback buffer is destroyed", (*mix).destroyedReadback},
}

func (m *mix) fails(code string, err error) {
	m.Equal(code, buffers.Code(err), "%v", err)
}

// quiet has nothing go on that the next creation or map could be for.
func (m *mix) quiet() {
	m.join()
	for len(m.pending) > 0 {
		m.settleFirst()
	}
	m.NoError(<-m.gpu.Queue().WorkDone())
	synctest.Wait()
}

func (m *mix) refusedCopy() {
	own := must(m.gpu.CreateBuffer(&buffers.Descriptor{Size: capacity, Usage: storing}))
	adopted := m.gpu.Adopt(own.(*memory.Buffer))
	x := must(m.all.Start(adopted, 0, buffers.Bytes(make([]byte, piece))))
	m.readAll() // beside it
	own.Destroy()
	m.all.Flush()
	m.fails("validation", x.Wait(ctx))
	m.sent()
}

func (m *mix) failedCreation() {
	m.quiet()
	m.gpu.FailCreate(1)
	b := must(m.system.NewDeviceBuffer(buffers.Descriptor{Size: capacity, Usage: buffers.UsageStorage}))
	m.NoError(<-m.gpu.Queue().WorkDone())
	m.fails("out-of-memory", b.Write(0, m.draw(piece)))
	b.Destroy()
	m.hear()
}

func (m *mix) failedGrow() {
	m.quiet()
	t, _ := m.pick()
	m.gpu.FailCreate(1)
	err := t.Grow(t.Size() + piece)
	if err == nil { // it is not known yet
		err = t.AwaitGrow(ctx)
	}
	m.fails("out-of-memory", err)
	m.Equal(uint64(len(t.bytes)), t.Size())
	m.hear()
}

// hear takes the late errors that were provoked: that there was no memory, and of commands with what is not there.
func (m *mix) hear() {
	m.NoError(<-m.gpu.Queue().WorkDone())
	synctest.Wait()
	m.NotEmpty(m.system.Errors())
	for len(m.system.Errors()) > 0 {
		m.Contains([]string{"out-of-memory", "validation"}, buffers.Code(<-m.system.Errors()))
	}
}

func (m *mix) failedMap() {
	m.quiet()
	m.gpu.FailMap(1, gpu.NewError("map", "", buffers.ErrValidation, "a fault"))
	m.fails("validation", <-m.sink.MapAsync(buffers.MapRead, 0, capacity))
}

func (m *mix) cancelledRead() {
	t, at := m.pick()
	over, cancel := context.WithCancel(ctx)
	cancel()
	x := must(m.all.Start(t, uint64(at), buffers.Bytes(make([]byte, piece))))
	m.all.Flush()
	m.ErrorIs(x.Wait(over), context.Canceled)
	must(m.all.Start(t, uint64(at), buffers.Bytes(make([]byte, piece)))).Cancel()
}

func (m *mix) cancelledMap() {
	pending := m.deferred.MapAsync()
	m.NoError(m.deferred.Unmap())
	m.fails("map-aborted", <-pending)
	pending = m.sink.MapAsync(buffers.MapRead, 0, capacity)
	m.NoError(m.sink.Unmap())
	m.fails("map-aborted", <-pending)
}

func (m *mix) cancelledUpload() {
	m.upload()
	m.stream.cancel()
	if err := <-m.stream.done; err != nil {
		m.ErrorIs(err, context.Canceled)
	}
	m.drop()
}

func (m *mix) cancelledFrame() {
	over, cancel := context.WithCancel(ctx)
	cancel()
	m.gpu.Hold()
	for {
		frame, err := m.system.BeginFrame(over)
		if err != nil {
			m.fails("busy", err)
			break
		}
		m.NoError(frame.Submit())
	}
	m.gpu.Release()
}

func (m *mix) destroyedSource() {
	t := m.newTarget()
	m.NoError(t.Write(0, m.draw(capacity)))
	sent := must(m.all.Start(t, 0, buffers.Bytes(make([]byte, piece))))
	m.all.Flush()
	frame := must(m.system.BeginFrame(ctx))
	unsent := must(m.all.Start(t, 0, buffers.Bytes(make([]byte, piece))))
	t.Destroy()
	m.NoError(frame.Submit())
	m.NoError(sent.Wait(ctx))
	m.fails("destroyed", unsent.Wait(ctx))
}

func (m *mix) destroyedTarget() {
	m.upload()
	m.stream.Destroy()
	if err := <-m.stream.done; err != nil {
		m.fails("destroyed", err)
	}
	m.drop()
}

func (m *mix) destroyedReadback() {
	m.quiet()
	m.readAll()
	m.all.Flush()
	m.all.Destroy()
	m.fails("destroyed", m.asked[0].Wait(ctx))
	m.asked = m.asked[:0]
	m.all = must(m.system.NewReadbackBuffer(buffers.ReadbackDescriptor{}))
}
