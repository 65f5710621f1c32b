package buffertest

import (
	"errors"
	"strings"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

var errorRules = []rule{
	{
		name: "an error names operation, label and numbers",
		why:  "it is read in a log, far away from the code",
		f: func(t *trial) {
			b := t.mappedForWriting(64)
			_, create := t.device.CreateBuffer(&gpu.Descriptor{Label: "bunny", Usage: gpuUsage})
			_, write := b.WriteAt(make([]byte, 8), 60)
			t.says(create, "create", `"bunny"`, "0")
			t.says(write, "write", `"staging"`, "8", "60", "64")
			t.says(t.tryWrite(t.buffer("vertices", gpuUsage, 65536), 65532, 12), "write", `"vertices"`, "12", "65,532", "65,536")
			t.says(t.wait(t.readback("result", 64).MapAsync(gpu.MapRead, 4, 8)), "map", `"result"`, "4", "8")
			t.says(t.copyError("source", 2, 4), "copy", `"source"`, "2", "4")
		},
	},
	{
		name: "an error about a usage names what the buffer has and what it lacks",
		why:  "the fix is a word in the descriptor",
		f: func(t *trial) {
			t.says(t.tryWrite(t.buffer("constant", gpu.UsageVertex|gpu.UsageIndex, 64), 0, 8),
				`"constant"`, "Vertex|Index", "CopyDst")
		},
	},
	{
		name: "a refused submit names the buffer in the way",
		why:  "a frame names hundreds of buffers",
		f: func(t *trial) {
			b := t.mappedForWriting(64)
			err := t.device.Queue().Submit(t.twoCopies(b).encoders...)
			t.says(err, "submit", `"staging"`, "mapped")
			t.must(b.Unmap())
		},
	},
	{
		name: "an error about a map names its buffer",
		why:  "there are many in flight",
		f: func(t *trial) {
			b := t.staging("chunk 7", 64)
			settled := b.MapAsync(gpu.MapWrite, 0, 64)
			b.Destroy()
			if err := t.wait(settled); err != nil {
				t.says(err, "map", `"chunk 7"`)
			}
			t.says(t.wait(b.MapAsync(gpu.MapWrite, 0, 64)), "map", `"chunk 7"`, "destroyed")
		},
	},
	{
		name: "an error has a code that stays the same",
		why:  "JavaScript compares it",
		f: func(t *trial) {
			err := t.tryWrite(t.buffer("vertices", gpuUsage, 64), 64, 8)
			if code := gpu.Code(err); code != "range" {
				t.Errorf("code %q of %v, want \"range\"", code, err)
			}
		},
	},
}

// says checks that the text holds every part and that the fields are there for a program.
func (t *trial) says(err error, parts ...string) {
	t.Helper()
	var e *gpu.Error
	if !errors.As(err, &e) {
		t.Fatalf("%v is not a *gpu.Error", err)
	}
	for _, part := range append(parts, "buffers: "+e.Op, e.Label) {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %s", err, part)
		}
	}
}

func (t *trial) copyError(label string, offset, size uint64) error {
	return t.encoder("copy").CopyBufferToBuffer(t.buffer(label, gpuUsage, 64), offset, t.buffer("target", gpuUsage, 64), 0, size)
}
