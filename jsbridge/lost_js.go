//go:build js && wasm

package jsbridge

import (
	"sync"
	"syscall/js"
)

var deviceLost = method{class: "GPUDevice", name: "lost", attribute: true}

// LostReason says why a device was lost.
type LostReason string

// The reasons.
const (
	LostUnknown   LostReason = "unknown"
	LostDestroyed LostReason = "destroyed" // by Destroy
)

// LostInfo is the browser's account of a loss.
//
// See https://www.w3.org/TR/webgpu/#gpudevicelostinfo.
type LostInfo struct {
	Reason  LostReason
	Message string
}

// loss is all that the promise of a loss refers to. If it referred to the
// device, that could not be collected.
type loss struct {
	lost chan struct{}
	mu   sync.Mutex
	info LostInfo
}

func (d *Device) watchLoss() error {
	promise, err := deviceLost.call(d.v)
	if err != nil {
		return err
	}
	d.loss = &loss{lost: make(chan struct{})}
	settle(&deviceLost, promise, d.loss.record)
	return nil
}

func (l *loss) record(info js.Value) error {
	l.mu.Lock()
	l.info = LostInfo{LostReason(textOf(info, "reason")), textOf(info, "message")}
	l.mu.Unlock()
	close(l.lost)
	return nil
}

// Lost is closed when the device is lost, and stays so. It is the same
// channel at every call; any number may wait for it.
//
// NOTE: a device whose GPU process crashed is reported tens to hundreds of
// milliseconds after its maps were aborted (measured in Chromium).
func (d *Device) Lost() <-chan struct{} { return d.loss.lost }

// LostInfo says why the device was lost; it is empty until Lost is closed.
func (d *Device) LostInfo() LostInfo {
	d.loss.mu.Lock()
	defer d.loss.mu.Unlock()
	return d.loss.info
}
