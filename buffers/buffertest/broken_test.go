package buffertest

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/memory"
)

// Each of these devices breaks a promise that a real backend has broken. The rules must find it.
var brokenDevices = []struct {
	name   string
	device func(*memory.Device) gpu.Device
	rule   string // the one that must fail
}{
	{
		"takes the late completion of a cancelled map for the next map's",
		withBuffers(func(b gpu.MappableBuffer) gpu.MappableBuffer { return &staleCompletion{MappableBuffer: b} }),
		"the late completion of a cancelled map is not taken for the next map's",
	},
	{
		"writes back only the last of several writes",
		withBuffers(func(b gpu.MappableBuffer) gpu.MappableBuffer { return &lastWrite{MappableBuffer: b} }),
		"every one of several writes arrives",
	},
	{
		"pads a write to 4 bytes with zeros",
		withBuffers(func(b gpu.MappableBuffer) gpu.MappableBuffer { return paddedWrite{b} }),
		"a write leaves the bytes next to it alone",
	},
	{
		"shows a copy of the mapped range",
		withBuffers(func(b gpu.MappableBuffer) gpu.MappableBuffer { return copiedView{b} }),
		"bytes written to the mapped range itself arrive",
	},
	{
		"starts a write mapping from zeros",
		withBuffers(func(b gpu.MappableBuffer) gpu.MappableBuffer { return zeroedMapping{b} }),
		"bytes of a write mapping that nobody wrote keep their content",
	},
	{
		"gives the rest of the buffer for a part of it",
		withBuffers(func(b gpu.MappableBuffer) gpu.MappableBuffer { return wholeMapping{b} }),
		"a partial map reaches its own range and nothing else",
	},
	{
		"reports success whatever a map came to",
		withBuffers(func(b gpu.MappableBuffer) gpu.MappableBuffer { return alwaysMapped{b} }),
		"Unmap cancels a pending map",
	},
	{
		"settles a map twice",
		withBuffers(func(b gpu.MappableBuffer) gpu.MappableBuffer { return settlesTwice{b} }),
		"a map settles exactly once on a channel of capacity one",
	},
	{
		"never settles a cancelled map",
		withBuffers(func(b gpu.MappableBuffer) gpu.MappableBuffer { return neverAborts{b} }),
		"Unmap cancels a pending map",
	},
	{
		"reads a part where less is left than asked for",
		withBuffers(func(b gpu.MappableBuffer) gpu.MappableBuffer { return partialRead{b} }),
		"reading past the end of the mapped range reads nothing",
	},
	{
		"unmaps in silence what is mapped at a submit",
		func(d *memory.Device) gpu.Device { return &submitsMapped{Device: d} },
		"a submit with a mapped buffer is refused and runs nothing",
	},
	{
		"runs the encoders before the one that is refused",
		withQueue(func(q gpu.Queue) gpu.Queue { return submitsOneByOne{q} }),
		"a submit with a mapped buffer is refused and runs nothing",
	},
	{
		"rounds the size of a write up to 4",
		withQueue(func(q gpu.Queue) gpu.Queue { return roundsWrites{q} }),
		"offset and size of a queue write are multiples of 4",
	},
	{
		"keeps the caller's bytes of a queue write",
		withQueue(func(q gpu.Queue) gpu.Queue { return &keepsBytes{Queue: q} }),
		"a queue write takes the bytes before it returns",
	},
	{
		"lets a queue write overtake the submit before it",
		withQueue(func(q gpu.Queue) gpu.Queue { return &lateSubmit{Queue: q} }),
		"a queue write is behind an earlier submit",
	},
	{
		"tells from within the call",
		func(d *memory.Device) gpu.Device {
			same := func(b gpu.MappableBuffer) gpu.MappableBuffer { return b }
			return &standIn{Device: d, wrapBuffer: same, queue: tellsWithin{d.Queue(), gpu.ChunkQueueOf(d)}}
		},
		"a queue tells nobody from within the call",
	},
	{
		"knows no buffer that is wrapped",
		withQueue(func(q gpu.Queue) gpu.Queue { return knowsItsOwn{q} }),
		"a buffer that the core has wrapped is the backend's own",
	},
	{
		"settles WorkDone at once",
		withQueue(func(q gpu.Queue) gpu.Queue { return hastyWorkDone{q} }),
		"WorkDone settles after the work submitted before it",
	},
	{
		"reports an error that no call returned",
		func(d *memory.Device) gpu.Device { return &complains{Device: d} },
		"a queue write changes exactly its range",
	},
	{
		"says that the GPU took what it refused",
		withQueue(func(q gpu.Queue) gpu.Queue { return lenient{q} }),
		"a scoped submit with a buffer that its owner destroyed is void, and the verdict alone says so",
	},
	{
		"reports late what a scope has caught",
		withQueue(func(q gpu.Queue) gpu.Queue { return unscoped{q} }),
		"a scoped submit with a buffer that its owner destroyed is void, and the verdict alone says so",
	},
	{
		"does nothing when it is destroyed",
		func(d *memory.Device) gpu.Device { return &immortal{Device: d} },
		"a destroyed device settles what is pending",
	},
	{
		"leaves the label out of its errors",
		withQueue(func(q gpu.Queue) gpu.Queue { return nameless{q} }),
		"an error names operation, label and numbers",
	},
	{
		"returns errors of its own kind",
		withQueue(func(q gpu.Queue) gpu.Queue { return ownErrors{q} }),
		"a queue write beyond the buffer is refused, also where the offset overflows",
	},
	{
		"refuses everything for one reason",
		withQueue(func(q gpu.Queue) gpu.Queue { return oneReason{q} }),
		"a queue write beyond the buffer is refused, also where the offset overflows",
	},
	{
		"never knows what is wrong with a creation",
		withBuffers(func(b gpu.MappableBuffer) gpu.MappableBuffer { return neverFails{b} }),
		"a map of a buffer whose creation failed says so, before that is known and after",
	},
	{
		"settles WorkDone at once",
		withQueue(func(q gpu.Queue) gpu.Queue { return hastyWorkDone{q} }),
		"a creation that failed is known when WorkDone settles",
	},
}

func TestBrokenDevicesAreFound(t *testing.T) {
	for _, c := range brokenDevices {
		t.Run(c.name, func(t *testing.T) {
			b := stand(func() gpu.Device { return c.device(memory.Open(memory.Options{LateErrors: true})) })
			log := tryRule(t, &b, c.rule)
			require.NotEmpty(t, log, "the rule %q did not fail", c.rule)
			require.Contains(t, log, "broken on stand-in: "+c.rule)
			require.Contains(t, log, "why it matters: ")
		})
	}
}

// The same rules pass on the device that the broken ones wrap: it is the breakage that is found.
func TestSoundDeviceIsNotFound(t *testing.T) {
	b := stand(func() gpu.Device { return memory.Open(memory.Options{LateErrors: true}) })
	b.Patience = 0
	for _, c := range brokenDevices {
		require.Empty(t, tryRule(t, &b, c.rule), c.rule)
	}
}

func TestRulesAreWellFormed(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range rules() {
		require.NotEmpty(t, r.name)
		require.NotEmpty(t, r.why, r.name)
		require.NotNil(t, r.f, r.name)
		require.False(t, seen[r.name], "two rules are named %q", r.name)
		seen[r.name] = true
	}
	require.GreaterOrEqual(t, len(seen), 60)
}

// A backend without an ability is told apart from one that has it.
func TestRulesThatNeedAnAbilityDoNotRunWithoutIt(t *testing.T) {
	var plain Backend
	lacking := map[string]int{}
	for _, r := range rules() {
		lacking[r.lacks(&plain)]++
	}
	require.Len(t, lacking, 8, "no lack, textures, foreign buffers, host memory, relays, views, loss, late failures")
}

// stand is a backend whose devices wrap one in memory.
func stand(open func() gpu.Device) Backend {
	return Backend{
		Name: "stand-in",
		Open: func(testing.TB) gpu.Device { return open() },
		Hold: func(d gpu.Device) func() { return inMemory(d).hold() },
		NewForeign: func(t testing.TB, d gpu.Device, size uint64) (gpu.Buffer, func()) {
			owned, err := d.CreateBuffer(&gpu.Descriptor{Label: "foreign", Size: size, Usage: gpuUsage})
			require.NoError(t, err)
			return inMemory(d).Adopt(owned.(*memory.Buffer)), owned.Destroy
		},
		MapsBytes: true,
		Exhaust: func(d gpu.Device) uint64 {
			inMemory(d).FailCreate(1)
			return 64
		},
		Patience: 100 * time.Millisecond,
	}
}

// tryRule runs one rule and returns what it logged, or "" where it passed.
func tryRule(t *testing.T, b *Backend, name string) string {
	all := rules()
	i := slices.IndexFunc(all, func(r rule) bool { return r.name == name })
	require.GreaterOrEqual(t, i, 0, "no rule is named %q", name)
	record := &recorder{TB: t}
	done := make(chan struct{})
	go func() { // a rule ends its goroutine when it fails
		defer close(done)
		all[i].try(record, b)
	}()
	<-done
	if !record.failed {
		return ""
	}
	return strings.Join(record.log, "\n")
}

// recorder is a test that may fail without failing the test around it.
type recorder struct {
	testing.TB
	failed bool
	log    []string
}

func (r *recorder) Helper()                   {}
func (r *recorder) Failed() bool              { return r.failed }
func (r *recorder) Logf(f string, a ...any)   { r.log = append(r.log, fmt.Sprintf(f, a...)) }
func (r *recorder) Errorf(f string, a ...any) { r.Logf(f, a...); r.failed = true }
func (r *recorder) Fatalf(f string, a ...any) { r.Errorf(f, a...); runtime.Goexit() }

var errOwn = errors.New("went wrong")
