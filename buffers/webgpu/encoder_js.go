//go:build js && wasm

package webgpu

import (
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/jsbridge"
)

// keptEncoders is how many submitted encoders are kept before the oldest is reused: as long as one is kept, its misuse
// is an error.
const keptEncoders = 8

// encoder is a GPUCommandEncoder, from recording over finished to submitted. Once it is submitted the
// device may give it out again.
type encoder struct {
	device    *Device
	label     string
	bridge    *jsbridge.CommandEncoder // records; nil when finished
	commands  *jsbridge.CommandBuffer  // the finished recording; nil until finished, and when submitted
	submitted bool
	adopted   bool      // the caller made it
	recorded  []*buffer // buffers that the commands name
}

var _ gpu.Encoder = (*encoder)(nil)

// CreateEncoder begins a recording.
func (d *Device) CreateEncoder(label string) (gpu.Encoder, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.alive("create encoder", label); err != nil {
		return nil, err
	}
	bridge, err := d.bridge.CreateCommandEncoder(label)
	if err != nil {
		return nil, translate("create encoder", label, err)
	}
	e := d.idleEncoder()
	e.label, e.bridge, e.submitted = label, bridge, false
	return e, nil
}

func (d *Device) idleEncoder() *encoder {
	if len(d.encoders) < keptEncoders {
		return &encoder{device: d}
	}
	e := d.encoders[0]
	d.encoders = append(d.encoders[:0], d.encoders[1:]...)
	return e
}

// retire ends the life of a submitted encoder, and keeps one of the device's own for reuse.
func (d *Device) retire(e *encoder) {
	clear(e.recorded)
	e.recorded, e.bridge, e.commands, e.submitted = e.recorded[:0], nil, nil, true
	if !e.adopted {
		d.encoders = append(d.encoders, e)
	}
}

// Native returns a [*jsbridge.CommandEncoder]; nil when the encoder is finished.
func (e *encoder) Native() any { return e.bridge }

// EncoderOf returns the encoder in jsbridge's terms, for passes; nil if e is of another backend or no longer recording.
// Leave finishing it to [gpu.Queue.Submit].
func EncoderOf(e gpu.Encoder) *jsbridge.CommandEncoder {
	bridge, _ := e.Native().(*jsbridge.CommandEncoder)
	return bridge
}

// Foreign reports whether the caller made the encoder, so that nobody else submits it.
func (e *encoder) Foreign() bool { return e.adopted }

// finish makes the commands. It may be called again if a submit failed after it.
func (e *encoder) finish() error {
	if e.commands != nil {
		return nil
	}
	commands, err := e.bridge.Finish("")
	if err != nil {
		return err
	}
	e.commands, e.bridge = commands, nil
	return nil
}

// Check returns the error that a Submit would have now.
func (e *encoder) Check() error {
	e.device.mu.Lock()
	defer e.device.mu.Unlock()
	if err := e.device.alive("submit", e.label); err != nil {
		return err
	}
	return e.check()
}

func (e *encoder) check() error {
	if e.submitted {
		return e.refuse("submit", "the encoder was submitted before")
	}
	for _, b := range e.recorded {
		if err := gpu.CheckUse("submit", locked{b}, 0); err != nil {
			return err
		}
	}
	return nil
}

func (e *encoder) refuse(op, detail string) error {
	return gpu.NewError(op, e.label, gpu.ErrState, detail)
}

// CopyBufferToBuffer records a copy.
func (e *encoder) CopyBufferToBuffer(src gpu.Buffer, srcOffset uint64, dst gpu.Buffer, dstOffset, size uint64) error {
	const op = "copy"
	e.device.mu.Lock()
	defer e.device.mu.Unlock()
	from, err := e.names(op, src)
	if err != nil {
		return err
	}
	to, err := e.names(op, dst)
	if err != nil {
		return err
	}
	if err := gpu.CheckCopy(locked{from}, srcOffset, locked{to}, dstOffset, size); err != nil {
		return err
	}
	e.record(from)
	e.record(to)
	return e.said(op, e.bridge.CopyBufferToBuffer(from.bridge, srcOffset, to.bridge, dstOffset, size))
}

// ClearBuffer records the zeroing of a range.
func (e *encoder) ClearBuffer(dst gpu.Buffer, offset, size uint64) error {
	const op = "clear"
	e.device.mu.Lock()
	defer e.device.mu.Unlock()
	to, err := e.names(op, dst)
	if err != nil {
		return err
	}
	if err := gpu.CheckClear(locked{to}, offset, size); err != nil {
		return err
	}
	e.record(to)
	return e.said(op, e.bridge.ClearBuffer(to.bridge, offset, size))
}

// CopyBufferToTexture records a copy.
func (e *encoder) CopyBufferToTexture(src gpu.Buffer, layout gpu.TexelLayout, dst gpu.TextureRegion) error {
	e.device.mu.Lock()
	defer e.device.mu.Unlock()
	c, err := e.textureCopy(src, gpu.UsageCopySrc, layout, dst)
	if err != nil {
		return err
	}
	return e.said(opCopyTexture, e.bridge.CopyBufferToTexture(&c.buffer, c.texture, c.size))
}

// CopyTextureToBuffer records a copy.
func (e *encoder) CopyTextureToBuffer(src gpu.TextureRegion, dst gpu.Buffer, layout gpu.TexelLayout) error {
	e.device.mu.Lock()
	defer e.device.mu.Unlock()
	c, err := e.textureCopy(dst, gpu.UsageCopyDst, layout, src)
	if err != nil {
		return err
	}
	return e.said(opCopyTexture, e.bridge.CopyTextureToBuffer(c.texture, &c.buffer, c.size))
}

const opCopyTexture = "copy texture"

type textureCopy struct {
	buffer  jsbridge.TexelCopyBufferInfo
	texture *jsbridge.TexelCopyTextureInfo
	size    jsbridge.Extent3D
}

// textureCopy checks and records a copy between b and the region.
func (e *encoder) textureCopy(b gpu.Buffer, usage gpu.Usage, layout gpu.TexelLayout, region gpu.TextureRegion) (textureCopy, error) {
	own, err := e.names(opCopyTexture, b)
	if err != nil {
		return textureCopy{}, err
	}
	t, err := e.device.ownTexture(opCopyTexture, region.Texture)
	if err != nil {
		return textureCopy{}, err
	}
	if err := gpu.CheckTextureCopy(locked{own}, usage, layout, region); err != nil {
		return textureCopy{}, err
	}
	e.record(own)
	return textureCopy{
		buffer:  jsbridge.TexelCopyBufferInfo{TexelCopyBufferLayout: copyLayout(layout, region), Buffer: own.bridge},
		texture: t.copyInfo(region),
		size:    extent3D(region.Extent),
	}, nil
}

// names checks that a command naming b may be recorded.
func (e *encoder) names(op string, b gpu.Buffer) (*buffer, error) {
	if err := e.device.alive(op, b.Label()); err != nil {
		return nil, err
	}
	switch {
	case e.submitted:
		return nil, e.refuse(op, "the encoder was submitted before")
	case e.bridge == nil:
		return nil, e.refuse(op, "the encoder is finished")
	}
	return e.device.own(op, b)
}

// record keeps a buffer for the check at the submit. Consecutive copies often name the same ones.
func (e *encoder) record(b *buffer) {
	for i := len(e.recorded) - 1; i >= max(0, len(e.recorded)-2); i-- {
		if e.recorded[i] == b {
			return
		}
	}
	e.recorded = append(e.recorded, b)
}

// said translates an error that JavaScript threw.
func (e *encoder) said(op string, err error) error { return e.device.translated(op, e.label, err) }
