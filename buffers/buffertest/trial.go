package buffertest

import (
	"bytes"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

const (
	stagingUsage  = gpu.UsageMapWrite | gpu.UsageCopySrc
	readbackUsage = gpu.UsageMapRead | gpu.UsageCopyDst
	gpuUsage      = gpu.UsageCopySrc | gpu.UsageCopyDst
)

// trial is one rule on one device.
type trial struct {
	testing.TB
	backend *Backend
	device  gpu.Device

	held []func() // ends each hold

	mu   sync.Mutex
	late []error // what the device reported
}

func newTrial(tb testing.TB, b *Backend) *trial {
	tb.Helper()
	t := &trial{TB: tb, backend: b, device: b.Open(tb)}
	t.device.OnError(t.report)
	return t
}

func (t *trial) report(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.late = append(t.late, err)
}

// expectNoLateErrors lets the GPU finish first, so that it has reported every error.
func (t *trial) expectNoLateErrors() {
	t.Helper()
	t.release()
	if t.device.LostReason() == nil {
		t.wait(t.device.Queue().WorkDone())
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, err := range t.late {
		if !strings.Contains(err.Error(), invalidLabel) {
			t.Errorf("the device reported: %v", err)
		}
	}
}

// hold keeps the GPU from making progress until the function returned is called, or the trial ends.
func (t *trial) hold() (release func()) {
	if t.backend.Hold == nil {
		return func() {}
	}
	release = sync.OnceFunc(t.backend.Hold(t.device))
	t.held = append(t.held, release)
	return release
}

// end leaves nothing behind, also if the rule gave up half-way.
func (t *trial) end() {
	t.release()
	t.device.Destroy()
}

func (t *trial) release() {
	for _, release := range t.held {
		release()
	}
}

// secondDevice is another device of the same backend.
func (t *trial) secondDevice() gpu.Device {
	t.Helper()
	other := t.backend.Open(t.TB)
	t.Cleanup(other.Destroy)
	return other
}

func (t *trial) buffer(label string, usage gpu.Usage, size uint64) gpu.Buffer {
	t.Helper()
	b, err := t.device.CreateBuffer(&gpu.Descriptor{Label: label, Size: size, Usage: usage})
	t.must(err)
	return b
}

func (t *trial) mappable(label string, usage gpu.Usage, size uint64) gpu.MappableBuffer {
	t.Helper()
	b, err := t.device.CreateMappableBuffer(&gpu.Descriptor{Label: label, Size: size, Usage: usage})
	t.must(err)
	return b
}

func (t *trial) staging(label string, size uint64) gpu.MappableBuffer {
	t.Helper()
	return t.mappable(label, stagingUsage, size)
}

func (t *trial) readback(label string, size uint64) gpu.MappableBuffer {
	t.Helper()
	return t.mappable(label, readbackUsage, size)
}

// filled is a buffer of the GPU with content.
func (t *trial) filled(label string, content []byte) gpu.Buffer {
	t.Helper()
	b := t.buffer(label, gpuUsage, uint64(len(content)))
	t.write(b, 0, content)
	return b
}

// write is a queue write that must succeed.
func (t *trial) write(b gpu.Buffer, offset uint64, p []byte) {
	t.Helper()
	t.must(t.device.Queue().WriteBuffer(b, offset, gpu.Bytes(p)))
}

func (t *trial) encoder(label string) gpu.Encoder {
	t.Helper()
	e, err := t.device.CreateEncoder(label)
	t.must(err)
	return e
}

// copied is an encoder with a copy recorded.
func (t *trial) copied(src gpu.Buffer, srcOffset uint64, dst gpu.Buffer, dstOffset, size uint64) gpu.Encoder {
	t.Helper()
	e := t.encoder("copy")
	t.must(e.CopyBufferToBuffer(src, srcOffset, dst, dstOffset, size))
	return e
}

func (t *trial) submit(encoders ...gpu.Encoder) {
	t.Helper()
	t.must(t.device.Queue().Submit(encoders...))
}

// mapped maps a range and waits.
func (t *trial) mapped(b gpu.MappableBuffer, mode gpu.MapMode, offset, size uint64) {
	t.Helper()
	t.must(t.wait(b.MapAsync(mode, offset, size)))
}

// content reads a buffer: it maps one with usage MapRead, and copies out of any other.
func (t *trial) content(b gpu.Buffer) []byte {
	t.Helper()
	back, ok := b.(gpu.MappableBuffer)
	if !ok || !b.Usage().Has(gpu.UsageMapRead) {
		back = t.readback("content", b.Size())
		defer back.Destroy()
		t.submit(t.copied(b, 0, back, 0, b.Size()))
	}
	t.mapped(back, gpu.MapRead, 0, b.Size())
	p := t.readAt(back, 0, int(b.Size()))
	t.must(back.Unmap())
	return p
}

func (t *trial) writeAt(b gpu.MappableBuffer, offset int64, p []byte) {
	t.Helper()
	n, err := b.WriteAt(p, offset)
	t.must(err)
	if n != len(p) {
		t.Fatalf("WriteAt wrote %d of %d bytes without an error", n, len(p))
	}
}

func (t *trial) readAt(b gpu.MappableBuffer, offset int64, size int) []byte {
	t.Helper()
	p := make([]byte, size)
	n, err := b.ReadAt(p, offset)
	t.must(err)
	if n != size {
		t.Fatalf("ReadAt read %d of %d bytes without an error", n, size)
	}
	return p
}

// wait returns the error that the channel settles with.
func (t *trial) wait(settled <-chan error) error {
	t.Helper()
	patience := t.backend.Patience
	if patience == 0 {
		patience = time.Minute
	}
	alarm := time.NewTimer(patience)
	defer alarm.Stop()
	select {
	case err := <-settled:
		return err
	case <-alarm.C:
		t.Fatalf("nothing settled within %v", patience)
		return nil
	}
}

// expectSilence gives a settled channel time, and checks that it does not settle again.
func (t *trial) expectSilence(settled <-chan error) {
	t.Helper()
	t.wait(t.device.Queue().WorkDone())
	time.Sleep(time.Millisecond)
	select {
	case err := <-settled:
		t.Errorf("the channel settled twice, the second time with %v", err)
	default:
	}
}

func (t *trial) must(err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("unexpected error: %v", err)
	}
}

// refused checks that err has this reason and names its operation.
func (t *trial) refused(what string, err, reason error) {
	t.Helper()
	var e *gpu.Error
	switch {
	case err == nil:
		t.Errorf("%s: no error, want %v", what, reason)
	case !errors.Is(err, reason):
		t.Errorf("%s: error %v, want %v", what, err, reason)
	case !errors.As(err, &e) || e.Op == "":
		t.Errorf("%s: error %v is not a *gpu.Error with an operation", what, err)
	}
}

func (t *trial) expectState(b gpu.Buffer, want gpu.State) {
	t.Helper()
	if got := b.State(); got != want {
		t.Fatalf("state of %q is %v, want %v", b.Label(), got, want)
	}
}

func (t *trial) expectContent(b gpu.Buffer, want []byte) {
	t.Helper()
	t.expectBytes("content of "+b.Label(), t.content(b), want)
}

func (t *trial) expectBytes(what string, got, want []byte) {
	t.Helper()
	if bytes.Equal(got, want) {
		return
	}
	if len(got) != len(want) {
		t.Fatalf("%s: %d bytes, want %d", what, len(got), len(want))
	}
	for i := range got {
		if got[i] != want[i] {
			t.Fatalf("%s: byte %d is %#x, want %#x", what, i, got[i], want[i])
		}
	}
}

// pattern is n bytes, none of them zero, that differ by seed. It repeats after 255 bytes, a length that
// no row, chunk or page has.
func pattern(n int, seed byte) []byte {
	period := make([]byte, 255)
	for i := range period {
		period[i] = byte((i*7+int(seed)*31)%255) + 1
	}
	return bytes.Repeat(period, n/len(period)+1)[:n]
}

// with is base with p laid over it at offset.
func with(base []byte, offset int, p []byte) []byte {
	whole := bytes.Clone(base)
	copy(whole[offset:], p)
	return whole
}

// wake has the host run the goroutine that was told something.
func (t *trial) wake() {
	if w, ok := t.device.(gpu.Waker); ok {
		w.Wake()
	}
}
