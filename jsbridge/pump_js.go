//go:build js && wasm

package jsbridge

import (
	_ "embed"
	"syscall/js"
	"time"
)

// pumpCode is assembled from pump.wat: wat2wasm pump.wat -o pump.wasm.
//
//go:embed pump.wasm
var pumpCode string

// pumps are the exports watch of the pumps, by GPUQueue: a WeakMap, once there is one.
var pumps js.Value

// pump makes an empty submit about every millisecond as long as a map or a
// WorkDone of the device is pending. The map of a buffer from [AdoptBuffer]
// does not count. A device that was adopted twice has one pump.
func (d *Device) pump() {
	if pumps.IsUndefined() {
		pumps = js.Global().Get("WeakMap").New()
		FusedCalls().Call("pumpBy", pumps)
	}
	if pumps.Call("has", d.queue.v).Bool() {
		return
	}
	p := instantiate([]byte(pumpCode)).Get("exports")
	p.Call("adopt", d.v, d.queue.v, p.Get("settled"), p.Get("rest"), p.Get("turn"))
	pumps.Call("set", d.queue.v, p.Get("watch"))
	if lost, err := deviceLost.call(d.v); err == nil {
		_, _ = fusedThen.call(lost, p.Get("end"), p.Get("end"))
	}
}

// trials find out whether the browser looks for completed work by itself. A trial asks for the end of no work at all, and
// counts the error scopes that are answered before. Chromium is done before the first (measured). Firefox answers
// hundreds before its next look, but looks at each submit. So a trial makes an empty submit after some scopes. If
// the work is done right after it, and was not before, the device has to be pumped.
//
// A trial says nothing if the GPU or the browser is busy, or somebody submits meanwhile. It is made again later, ever
// later. It can be wrong if the GPU is done, or Firefox looks, by chance: several have to agree, and none to disagree in
// between.
type trials struct {
	left   int
	began  time.Time
	done   bool // with the work
	scopes int  // answered
	pumped bool // what the last trial said that said anything
	equal  int  // trials that said so since one said something else
}

const (
	mostTrials  = 13 // the last begins 4 s after the one before
	equalTrials = 3
	soonest     = 5 * time.Millisecond // in which an idle browser answers a scope, and Firefox seldom looks by chance
	quietScopes = 8                    // before the submit
	mostScopes  = quietScopes + 3      // Firefox answers one or two after it (measured)
)

// verdict is what the trials of a device came to. It is the browser's: other devices are not tried.
var verdict struct{ known, pumped bool }

// PumpIfNeeded is for browsers that look for completed work only now and then,
// unless something is submitted: Firefox looks each 100 ms. If the browser
// turns out to be one, the device is pumped: as long as a map or a WorkDone of
// it is pending, an empty submit is made about every millisecond.
func (d *Device) PumpIfNeeded() {
	switch {
	case verdict.pumped:
		d.pump()
	case !verdict.known:
		d.trials.left = mostTrials
		d.beginTrial()
	}
}

func (d *Device) beginTrial() {
	t := &d.trials
	select {
	case <-d.Lost():
		return
	default:
	}
	if t.left--; t.left < 0 {
		return
	}
	t.began, t.done, t.scopes = time.Now(), false, 0
	if d.queue.WorkDoneThen(Followup{Then: d.trialDone, Quiet: true}) == nil {
		d.openTrialScope()
	}
}

func (d *Device) trialDone(_ uint64, err error) error {
	t := &d.trials
	t.done = true
	if err == nil && t.scopes == mostScopes {
		d.tryLater()
	}
	return nil
}

func (d *Device) openTrialScope() {
	if d.PushErrorScope(FilterValidation) == nil {
		_ = d.PopErrorScopeThen(0, d.trialScopeAnswered)
	}
}

func (d *Device) trialScopeAnswered(_ uint64, err error) error {
	t := &d.trials
	t.scopes++
	switch {
	case err != nil:
	case t.done && t.scopes == 1 && time.Since(t.began) < soonest:
		d.judgeTrial(false)
	case t.done && t.scopes > quietScopes:
		d.judgeTrial(true)
	case t.done:
		d.tryLater()
	case t.scopes < mostScopes:
		if t.scopes == quietScopes {
			_ = d.queue.Submit()
		}
		d.openTrialScope()
	}
	return nil
}

func (d *Device) tryLater() {
	AfterFunc(time.Millisecond<<(mostTrials-1-d.trials.left), d.beginTrial)
}

func (d *Device) judgeTrial(pumped bool) {
	t := &d.trials
	if pumped != t.pumped {
		t.equal = 0
	}
	t.pumped = pumped
	if t.equal++; t.equal < equalTrials {
		d.beginTrial()
		return
	}
	verdict.known, verdict.pumped = true, pumped
	d.PumpIfNeeded()
}
