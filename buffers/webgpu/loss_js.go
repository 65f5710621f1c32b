//go:build js && wasm

package webgpu

import (
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/jsbridge"
)

// loss is the end of a device.
type loss struct {
	lost   chan struct{}
	detail string // why, or "" while the device works
	// destroyed tells the two kinds of loss apart. A destroyed device takes its mapped ranges along. If the GPU process
	// crashed, they stay readable and writable until they are unmapped (measured in Chromium).
	destroyed bool
}

// Lost is closed when the device is lost or destroyed, by whomever.
func (d *Device) Lost() <-chan struct{} { return d.loss.lost }

// LostReason is nil until the device is lost. Then it holds the browser's reason and message.
func (d *Device) LostReason() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.alive("device", d.bridge.Label())
}

// Destroy destroys the GPUDevice, unless it was adopted.
func (d *Device) Destroy() {
	d.lose(true, "Destroy was called")
	d.creations.Release()
	_ = d.bridge.OnUncapturedError(nil)
	if !d.adopted {
		d.bridge.Destroy()
	}
}

// watchLoss waits for the browser to report the loss, unless it is known already.
func (d *Device) watchLoss() {
	select {
	case <-d.bridge.Lost():
		info := d.bridge.LostInfo()
		d.lose(info.Reason == jsbridge.LostDestroyed, string(info.Reason)+": "+info.Message)
	case <-d.loss.lost:
	}
}

func (d *Device) lose(destroyed bool, why string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.loss.detail != "" {
		return
	}
	d.loss.destroyed, d.loss.detail = destroyed, "the device is lost: "+why
	d.queue.waits.settleAll(d.lossOf("work done", "", nil))
	close(d.loss.lost)
}

// alive returns an error if the device is lost.
func (d *Device) alive(op, label string) error {
	if d.loss.detail == "" {
		return nil
	}
	return d.lossOf(op, label, nil)
}

// lossOf is the error of an operation ended by the loss of the device, known already or not.
func (d *Device) lossOf(op, label string, cause error) error {
	detail := d.loss.detail
	if detail == "" {
		detail = "the device is lost, and the browser has yet to say why"
	}
	return &gpu.Error{Op: op, Label: label, Reason: gpu.ErrDeviceLost, Detail: detail, Cause: cause}
}

// orLost is err, or the loss of the device if that is its cause.
func (d *Device) orLost(op, label string, err error) error {
	if lost := d.alive(op, label); lost != nil {
		return lost
	}
	return err
}
