//go:build js && wasm

package jsbridge

import (
	"strings"
	"syscall/js"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// pumped is a device with a pump, and a chunk and another buffer of it. Maps and work that are asked for from now on stay
// pending until release.
func pumped(t *testing.T) (d *Device, from, to *Buffer) {
	d, from, to = chunk(t)
	d.pump()
	set(t, "holdMaps", true)
	set(t, "holdWork", true)
	calls()
	return d, from, to
}

func emptySubmits() int { return strings.Count(calls(), "GPUQueue.submit([])") }

// someTurns are more than the timeouts of a turn of a pump take.
func someTurns() {
	for range 10 {
		turn()
		time.Sleep(time.Millisecond)
	}
}

func requireWorks(t *testing.T) {
	t.Helper()
	submits := 0
	require.Eventually(t, func() bool { submits += emptySubmits(); return submits > 3 }, time.Minute, time.Millisecond)
}

// requireRests fails if there is an empty submit once a turn that was under way is over.
func requireRests(t *testing.T) {
	t.Helper()
	someTurns()
	calls()
	someTurns()
	require.Zero(t, emptySubmits())
}

func TestAPumpWorksAsLongAsSomethingIsWaitedFor(t *testing.T) {
	for name, begin := range map[string]func(d *Device, from, to *Buffer) error{
		"a map":        func(_ *Device, _, to *Buffer) error { to.MapAsync(MapModeRead, 0, 64); return nil },
		"a sent chunk": func(d *Device, from, to *Buffer) error { _, err := d.Send(from, 64, to, 0, 4, Followup{}); return err },
		"a filled one": func(d *Device, from, to *Buffer) error {
			_, err := d.FillAndSend(make([]byte, 4), from, 64, to, 0, Followup{})
			return err
		},
		"a fetch": func(d *Device, from, to *Buffer) error {
			return d.Fetch(to, Copies{from, []float64{0, 0, 4}}, FetchFirst, Fetch{Size: 4})
		},
		"a scoped one": func(d *Device, from, to *Buffer) error {
			return d.Fetch(to, Copies{from, []float64{0, 0, 4}}, FetchFirst, Fetch{Size: 4, Scoped: true})
		},
		"a map by hand":             func(d *Device, _, to *Buffer) error { watched(d, to); return nil },
		"the GPU's work":            func(d *Device, _, _ *Buffer) error { d.Queue().WorkDone(); return nil },
		"the same, with a followup": func(d *Device, _, _ *Buffer) error { return d.Queue().WorkDoneThen(Followup{}) },
		"a chunk that relays": func(d *Device, from, to *Buffer) error {
			data := js.Global().Get("Uint8Array").New(4)
			_, err := d.FillAndSendFrom(data, 0, 4, from, 64, to, 0, Followup{})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			d, from, to := pumped(t)
			requireRests(t)
			require.NoError(t, begin(d, from, to))
			requireWorks(t)
			release()
			requireRests(t)
			buffer(t, d, 64).MapAsync(MapModeRead, 0, 64)
			requireWorks(t)
			release()
			requireRests(t)
		})
	}
}

// watched maps a buffer as JavaScript does that makes maps by itself.
func watched(d *Device, b *Buffer) {
	FusedCalls().Call("watch", d.Queue().v, b.value().Call("mapAsync", 1, 0, 4))
}

func TestAPumpWorksForTheLastOfSeveral(t *testing.T) {
	d, first, last := pumped(t)
	first.Unmap()
	first.MapAsync(MapModeRead, 0, 64)
	last.MapAsync(MapModeRead, 0, 64)
	release(0)
	someTurns()
	requireWorks(t)
	release()
	requireRests(t)
	require.NotNil(t, d)
}

func TestAMapThatFailsIsWaitedForNoLonger(t *testing.T) {
	_, _, b := pumped(t)
	settled := b.MapAsync(MapModeRead, 0, 64)
	requireWorks(t)
	b.Unmap()
	release()
	require.ErrorIs(t, wait(t, settled), ErrAbort)
	requireRests(t)
}

func TestAPumpEndsWithItsDevice(t *testing.T) {
	d, _, _ := pumped(t)
	d.Queue().WorkDone() // which never settles
	requireWorks(t)
	d.Destroy()
	requireRests(t)
	d.Queue().WorkDone()
	requireRests(t)
	release()
}

func TestADeviceIsPumpedForItsOwnWaitsAlone(t *testing.T) {
	_, _, b := pumped(t)
	other := device(t)
	other.Queue().WorkDone()
	requireRests(t)
	b.MapAsync(MapModeRead, 0, 64)
	requireWorks(t)
	release()
	requireRests(t)
}

func TestADeviceThatWasAdoptedTwiceHasOnePump(t *testing.T) {
	d, _, b := pumped(t)
	watch := pumps.Call("get", d.queue.v)
	again, err := AdoptDevice(d.v)
	require.NoError(t, err)
	again.pump()
	require.True(t, pumps.Call("get", d.queue.v).Equal(watch))
	b.MapAsync(MapModeRead, 0, 64)
	requireWorks(t)
	release()
	requireRests(t)
}

func TestWithoutAPumpNothingIsSubmitted(t *testing.T) {
	d, _, b := chunk(t)
	set(t, "holdMaps", true)
	b.MapAsync(MapModeRead, 0, 64)
	watched(d, buffer(t, d, 64))
	requireRests(t)
	release()
}

// What makes no event of Go's makes no object of Go's.
func TestAPumpAllocatesNothing(t *testing.T) {
	d := device(t)
	b := buffer(t, d, 64)
	round := func() { <-b.MapAsync(MapModeWrite, 0, 64); b.Unmap() }
	before := allocs(round)
	d.pump()
	require.Equal(t, before, allocs(round))
}

func TestADeviceIsPumpedIfItsBrowserLooksAtSubmitsAlone(t *testing.T) {
	const busy = mostScopes + 1 // scopes: it needs another one than the trial's
	for _, c := range []struct {
		name    string
		scopes  []any // before the work of each trial is done
		submits bool  // look for it
		pumped  bool
	}{
		{"it looks at once", []any{0}, false, false},
		{"it looks at a submit", []any{busy}, true, true},
		{"it is busy, then looks at once", []any{busy, busy, 0}, false, false},
		{"it is busy between", []any{0, busy, 0, 2, 0}, false, false},
		{"somebody submits", []any{2, quietScopes, busy, 2, busy, 3, busy}, true, true},
		{"it looked at once by chance, then at a submit", []any{0, 0, busy}, true, true},
		{"it was done by chance after a submit, once", []any{0, 0, quietScopes + 1, 0}, false, false},
		{"it was done by chance after a submit, and looks at once", []any{quietScopes + 1, quietScopes + 1, 0}, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := untried(t)
			set(t, "scopesFirst", c.scopes)
			set(t, "looksAtSubmits", c.submits)
			d.PumpIfNeeded()
			scopesOfOthers(d)
			require.Equal(t, c.pumped, !pumps.IsUndefined() && pumps.Call("has", d.queue.v).Bool())
			require.True(t, verdict.known)

			other := device(t)
			other.PumpIfNeeded()
			require.Equal(t, c.pumped, !pumps.IsUndefined() && pumps.Call("has", other.queue.v).Bool(), "at once")
			require.Zero(t, other.trials.left, "is not tried")
		})
	}
}

// untried is a device of a browser that nothing is known of.
func untried(t *testing.T) *Device {
	known := verdict
	t.Cleanup(func() { verdict = known })
	verdict.known, verdict.pumped = false, false
	return device(t)
}

// scopesOfOthers has scopes answered when a trial has none left that is.
func scopesOfOthers(d *Device) {
	for range 6 {
		time.Sleep(20 * time.Millisecond) // in which the next trial begins
		turn()
		<-d.PopErrorScope()
	}
}

func TestTrialsEndWithTheDevice(t *testing.T) {
	d := untried(t)
	set(t, "scopesFirst", []any{mostScopes + 1})
	d.PumpIfNeeded()
	turn()
	d.Destroy()
	scopesOfOthers(d)
	require.Equal(t, mostTrials-1, d.trials.left)
}
