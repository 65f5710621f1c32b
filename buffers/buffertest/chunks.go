package buffertest

import (
	"errors"
	"sync"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

// landing records what a fetch reports.
type landing struct {
	wake    func()
	landed  chan error
	refused []int // groups
	reasons []error
}

func (l *landing) Refused(group int, err error) {
	l.refused, l.reasons = append(l.refused, group), append(l.reasons, err)
}

func (l *landing) Landed(err error) {
	l.landed <- err
	l.wake()
}

// fetch asks for copies, and gives the channel on which their map settles.
func (t *trial) fetch(chunk gpu.MappableBuffer, size uint64, copies []gpu.ChunkCopy) (settled <-chan error, refused int, err error) {
	settled, _, refused, err = t.fetchGroups(chunk, size, copies)
	return settled, refused, err
}

// fetchGroups is fetch that also gives the landing, with the groups refused.
func (t *trial) fetchGroups(chunk gpu.MappableBuffer, size uint64, copies []gpu.ChunkCopy) (settled <-chan error, heard *landing, refused int, err error) {
	heard = &landing{wake: t.wake, landed: make(chan error, 2)} // with room for one too many
	mapped, refused, err := t.chunks().FetchChunk(chunk, size, copies, heard)
	if mapped != nil {
		return mapped, heard, refused, err
	}
	return heard.landed, heard, refused, err
}

// chunks is the device's ChunkQueue, or the one that the core puts in its place.
func (t *trial) chunks() gpu.ChunkQueue { return gpu.ChunkQueueOf(t.device) }

// telling gives a function to call when a channel has settled. It sends told nil, or an error if it is called too
// early.
func (t *trial) telling(settled *<-chan error) (told chan error, tell func()) {
	told = make(chan error, 4)
	return told, func() {
		if len(*settled) == 1 {
			told <- nil
		} else {
			told <- errors.New("told before there was an outcome")
		}
		t.wake()
	}
}

var chunkRules = []rule{
	{
		name: "a chunk that is sent arrives, ahead of what is written later, and is mapped again",
		why:  "data that is lost between two frames is never missed until the picture is wrong",
		f: func(t *trial) {
			chunk, dst := t.mappedForWriting(64), t.filled("target", pattern(128, 2))
			t.writeAt(chunk, 0, pattern(32, 1))
			release := t.hold()
			settled, err := t.chunks().SendChunk(chunk, 24, dst, 8, nil)
			t.must(err)
			t.expectState(chunk, gpu.MapPending)
			t.write(dst, 8, pattern(4, 3))
			release()
			t.must(t.wait(settled))
			t.expectState(chunk, gpu.Mapped)
			t.expectSilence(settled)
			t.expectContent(dst, with(with(pattern(128, 2), 8, pattern(32, 1)[:24]), 8, pattern(4, 3)))
		},
	},
	{
		name: "a chunk is filled and sent again and again, whether or not its range was used before",
		why:  "a pooled chunk lives as long as the program",
		f: func(t *trial) {
			chunk, dst := t.mappedForWriting(64), t.filled("target", make([]byte, 64))
			for i := range byte(6) {
				if i%2 == 0 {
					t.writeAt(chunk, 40, []byte{i, i, i, i})
				}
				settled, err := t.chunks().FillChunk(chunk, gpu.Bytes(pattern(32, i)), dst, uint64(i)*4, nil)
				t.must(err)
				t.must(t.wait(settled))
				t.expectBytes("target", t.content(dst)[i*4:i*4+32], pattern(32, i))
			}
		},
	},
	{
		name: "a queue tells of the map of a chunk that was sent once, after it has settled",
		why:  "a pool that is told too early finds no chunk, and nobody tells it again",
		f: func(t *trial) {
			chunk, dst := t.mappedForWriting(64), t.filled("target", make([]byte, 64))
			var settled <-chan error
			told, tell := t.telling(&settled)
			release := t.hold()
			settled, err := t.chunks().SendChunk(chunk, 24, dst, 8, tell)
			t.must(err)
			release()
			if _, tells := t.device.Queue().(gpu.ChunkQueue); tells {
				t.must(t.wait(told))
			}
			t.must(t.wait(settled))
			settled, err = t.chunks().FillChunk(chunk, gpu.Bytes(pattern(32, 1)), dst, 0, nil)
			t.must(err)
			t.must(t.wait(settled))
			if len(told) > 0 {
				t.Errorf("told once more")
			}
		},
	},
	{
		name: "a queue tells nobody from within the call",
		why:  "the core holds its lock when it calls, and takes it when it is told",
		f: func(t *trial) {
			chunk, dst := t.mappedForWriting(64), t.filled("target", make([]byte, 64))
			var core sync.Mutex
			told := make(chan error, 3)
			tell := func() {
				core.Lock()
				defer core.Unlock()
				told <- nil
				t.wake()
			}
			locked := func(call func() error) error {
				ended := make(chan error, 1)
				go func() {
					core.Lock()
					defer core.Unlock()
					ended <- call()
					t.wake()
				}()
				return t.wait(ended)
			}
			var settled <-chan error
			t.must(locked(func() (err error) {
				settled, err = t.chunks().FillChunk(chunk, gpu.Bytes(pattern(32, 1)), dst, 0, tell)
				return err
			}))
			t.must(t.wait(settled))
			t.must(locked(func() error {
				settled = t.chunks().WorkDoneThen(tell)
				return nil
			}))
			t.must(t.wait(settled))
			if _, tells := t.device.Queue().(gpu.ChunkQueue); tells {
				t.must(t.wait(told))
				t.must(t.wait(told))
			}
			t.expectContent(dst, with(make([]byte, 64), 0, pattern(32, 1)))
		},
	},
	{
		name: "a queue tells that its work is done once, after it has settled",
		why:  "who looks for room too early finds none, and is not told again",
		f: func(t *trial) {
			var settled <-chan error
			told, tell := t.telling(&settled)
			release := t.hold()
			settled = t.chunks().WorkDoneThen(tell)
			release()
			if _, tells := t.device.Queue().(gpu.ChunkQueue); tells {
				t.must(t.wait(told))
			}
			t.must(t.wait(settled))
			t.must(t.wait(t.chunks().WorkDoneThen(nil)))
			if len(told) > 0 {
				t.Errorf("told once more")
			}
		},
	},
	{
		name: "a chunk that is not mapped is not sent",
		why:  "its copy would move what was there before",
		f: func(t *trial) {
			chunk, dst := t.staging("chunk", 64), t.filled("target", pattern(64, 2))
			_, err := t.chunks().SendChunk(chunk, 64, dst, 0, nil)
			t.refused("send", err, gpu.ErrNotMapped)
			_, err = t.chunks().FillChunk(chunk, gpu.Bytes(pattern(64, 1)), dst, 0, nil)
			t.refused("fill", err, gpu.ErrNotMapped)
			t.expectContent(dst, pattern(64, 2))
		},
	},
	{
		name: "a chunk is not sent where the copy would be refused",
		why:  "a submit with a bad copy is reported later, and by nobody's name",
		f: func(t *trial) {
			destroyed := t.buffer("destroyed", gpuUsage, 64)
			destroyed.Destroy()
			for _, c := range []struct {
				dst          gpu.Buffer
				offset, size uint64
				reason       error
			}{
				{destroyed, 0, 4, gpu.ErrDestroyed},
				{t.buffer("source", gpu.UsageCopySrc, 64), 0, 4, gpu.ErrUsage},
				{t.mappedForWriting(64), 0, 4, gpu.ErrUsage},
				{t.buffer("small", gpuUsage, 64), 32, 36, gpu.ErrRange},
				{t.buffer("small", gpuUsage, 64), 2, 4, gpu.ErrAlignment},
				{t.buffer("large", gpuUsage, 256), 0, 128, gpu.ErrRange},
			} {
				_, err := t.chunks().SendChunk(t.mappedForWriting(64), c.size, c.dst, c.offset, nil)
				t.refused("send to "+c.dst.Label(), err, c.reason)
			}
		},
	},
	{
		name: "a destroyed chunk's map is aborted, and what it was sent with arrives",
		why:  "a pool that is trimmed must not take data along",
		f: func(t *trial) {
			chunk, dst := t.mappedForWriting(64), t.filled("target", make([]byte, 64))
			release := t.hold()
			settled, err := t.chunks().FillChunk(chunk, gpu.Bytes(pattern(64, 1)), dst, 0, nil)
			t.must(err)
			chunk.Destroy()
			t.refused("map", t.wait(settled), gpu.ErrMapAborted)
			release()
			t.expectContent(dst, pattern(64, 1))
		},
	},
	{
		name: "copies are fetched into a chunk, as their sources are at that moment",
		why:  "a result that is read early or late is another frame's",
		f: func(t *trial) {
			a, b, chunk := t.filled("a", pattern(64, 1)), t.filled("b", pattern(64, 2)), t.readback("chunk", 64)
			copies := []gpu.ChunkCopy{{Src: a, Offset: 8, Size: 16, At: 0}, {Src: b, Offset: 0, Size: 8, At: 16}, {Src: a, Offset: 60, Size: 4, At: 24}}
			for range 2 {
				settled, refused, err := t.fetch(chunk, 28, copies)
				t.must(err)
				if refused != -1 {
					t.Errorf("copy %d refused, want none", refused)
				}
				t.write(a, 8, pattern(4, 9))
				t.must(t.wait(settled))
				got := t.readAt(chunk, 0, 28)
				t.expectBytes("of b", got[16:24], pattern(64, 2)[:8])
				t.expectBytes("the end of a", got[24:], pattern(64, 1)[60:])
				t.expectBytes("a", got[:16], pattern(64, 1)[8:24])
				t.must(chunk.Unmap())
				t.write(a, 8, pattern(64, 1)[8:12])
			}
		},
	},
	{
		name: "a copy that cannot be fetched is named, and nothing is done",
		why:  "the reads that share its chunk are to be sent without it",
		f: func(t *trial) {
			good, chunk := t.filled("good", pattern(64, 1)), t.readback("chunk", 64)
			destroyed := t.buffer("destroyed", gpuUsage, 64)
			destroyed.Destroy()
			for _, c := range []struct {
				copy   gpu.ChunkCopy
				reason error
			}{
				{gpu.ChunkCopy{Src: destroyed, Size: 4, At: 8}, gpu.ErrDestroyed},
				{gpu.ChunkCopy{Src: t.buffer("target", gpu.UsageCopyDst, 64), Size: 4, At: 8}, gpu.ErrUsage},
				{gpu.ChunkCopy{Src: good, Offset: 64, Size: 4, At: 8}, gpu.ErrRange},
				{gpu.ChunkCopy{Src: good, Offset: 2, Size: 4, At: 8}, gpu.ErrAlignment},
			} {
				_, refused, err := t.fetch(chunk, 12, []gpu.ChunkCopy{{Src: good, Size: 8}, c.copy})
				t.refused("fetch", err, c.reason)
				if refused != 1 {
					t.Errorf("copy %d refused, want 1", refused)
				}
				t.expectState(chunk, gpu.Ready)
			}
			settled, _, err := t.fetch(chunk, 8, []gpu.ChunkCopy{{Src: good, Size: 8}})
			t.must(err)
			t.must(t.wait(settled))
			t.expectBytes("chunk", t.readAt(chunk, 0, 8), pattern(64, 1)[:8])
		},
	},
}
