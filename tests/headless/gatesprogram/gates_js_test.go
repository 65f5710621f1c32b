//go:build js && wasm

package gatesprogram

import (
	"context"
	"runtime"
	"testing"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/webgpu"
)

func mallocs(n int, f func()) float64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range n {
		f()
	}
	runtime.ReadMemStats(&after)
	return float64(after.Mallocs-before.Mallocs) / float64(n)
}

func TestExplore(t *testing.T) {
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	ctx := context.Background()
	d, err := webgpu.Request(ctx, nil)
	must(err)
	s, err := buffers.Open(d, buffers.Options{})
	must(err)
	b, err := s.NewDeviceBuffer(buffers.Descriptor{Label: "b", Size: 2 << 20, Usage: buffers.UsageStorage})
	must(err)
	b2, err := s.NewDeviceBuffer(buffers.Descriptor{Label: "b2", Size: 2 << 20, Usage: buffers.UsageStorage})
	must(err)
	dyn, err := s.NewDynamicBuffer(buffers.DynamicDescriptor{Label: "dyn", Size: 1 << 20, Usage: buffers.UsageUniform})
	must(err)
	st, err := s.NewImmediateStagingBuffer(ctx, buffers.StagingDescriptor{Label: "st", Size: 4096})
	must(err)
	df, err := s.NewDeferredStagingBuffer(buffers.StagingDescriptor{Label: "df", Size: 4096})
	must(err)
	r, err := s.NewReadbackBuffer(buffers.ReadbackDescriptor{Label: "r"})
	must(err)
	p := make([]byte, 2<<20)
	q := d.Queue()
	encoders := make([]buffers.Encoder, 1)
	for _, c := range []struct {
		name string
		f    func()
	}{
		{"WorkDone", func() { must(<-q.WorkDone()) }},
		{"encoder", func() {
			e, err := d.CreateEncoder("")
			must(err)
			must(e.CopyBufferToBuffer(b, 0, b2, 8192, 4096))
			encoders[0] = e
			must(q.Submit(encoders...))
		}},
		{"write 256", func() { must(b.Write(0, p[:256])) }},
		{"write 64K", func() { must(b.Write(0, p[:64<<10])) }},
		{"write 1M", func() { must(b.Write(0, p[:1<<20])) }},
		{"write 1M alone", func() { must(b.Write(0, p[:1<<20])); must(<-q.WorkDone()) }},
		{"frame 100", func() {
			f, err := s.BeginFrame(ctx)
			must(err)
			for range 100 {
				a, err := dyn.Update(256)
				must(err)
				copy(a.Bytes, p[:256])
			}
			must(f.Submit())
		}},
		{"frame 4000", func() {
			f, err := s.BeginFrame(ctx)
			must(err)
			for range 4000 {
				_, err := dyn.Update(256)
				must(err)
			}
			must(f.Submit())
		}},
		{"immediate", func() {
			must(st.Reset(ctx))
			_, err := st.Write(p[:4096])
			must(err)
			f, err := s.BeginFrame(ctx)
			must(err)
			e, err := f.Encoder()
			must(err)
			must(st.UploadTo(e, b, 0))
			must(f.Submit())
		}},
		{"deferred", func() {
			must(df.Map(ctx))
			_, err := df.Write(p[:4096])
			must(err)
			f, err := s.BeginFrame(ctx)
			must(err)
			e, err := f.Encoder()
			must(err)
			must(df.UploadTo(e, b, 0))
			must(f.Submit())
		}},
		{"read", func() { must(r.Read(ctx, b, 5, p[:4096])) }},
		{"read 2M", func() { must(r.Read(ctx, b, 0, p)) }},
		{"ten reads", func() {
			var reads [10]buffers.Read
			for i := range reads {
				var err error
				reads[i], err = r.Start(b, uint64(i)*100000, buffers.Bytes(p[i*4096:(i+1)*4096]))
				must(err)
			}
			must(s.Submit())
			for _, x := range reads {
				must(x.Wait(ctx))
			}
		}},
		{"upload 1M", func() { must(s.UploadMemory(ctx, b, 0, buffers.Bytes(p[:1<<20]))) }},
	} {
		for range 100 {
			c.f()
		}
		must(<-q.WorkDone())
		for range 3 {
			before := s.Stats()
			n := mallocs(200, c.f)
			after := s.Stats()
			t.Logf("%s: %v; up %d/%d reads misses %d", c.name, n, after.Uploads.Misses-before.Uploads.Misses, after.Uploads.Hits-before.Uploads.Hits, after.Reads.Misses-before.Reads.Misses)
		}
	}
	for op := buffers.OpUpload; op <= buffers.OpReadback; op++ {
		t.Log(op.String(), s.Explain(op, 1<<20).Path)
	}
}
