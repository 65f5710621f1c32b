package memory

import (
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

// keptEncoders is how many submitted encoders are kept before the oldest is reused: as long as one is kept, its misuse
// is an error.
const keptEncoders = 8

// Encoder records commands. Once it is submitted the device may give it out again.
type Encoder struct {
	device    *Device
	label     string
	submitted bool
	commands  []command
}

var _ gpu.Encoder = (*Encoder)(nil)

// CreateEncoder returns an empty encoder.
func (d *Device) CreateEncoder(label string) (gpu.Encoder, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.enter("create encoder", label); err != nil {
		return nil, err
	}
	e := d.idleEncoder()
	e.label, e.submitted = label, false
	return e, nil
}

func (d *Device) idleEncoder() *Encoder {
	if len(d.encoders) < keptEncoders {
		return &Encoder{device: d}
	}
	e := d.encoders[0]
	d.encoders = append(d.encoders[:0], d.encoders[1:]...)
	return e
}

// take appends e's commands and keeps e for reuse.
func (d *Device) take(e *Encoder, commands []command) []command {
	commands = append(commands, e.commands...)
	clear(e.commands)
	e.commands, e.submitted = e.commands[:0], true
	d.encoders = append(d.encoders, e)
	return commands
}

// Native returns the encoder itself, a [*Encoder].
func (e *Encoder) Native() any { return e }

// Check returns the error that a Submit would have now.
func (e *Encoder) Check() error {
	e.device.mu.Lock()
	defer e.device.mu.Unlock()
	if err := e.device.alive("submit", e.label); err != nil {
		return err
	}
	return e.check()
}

func (e *Encoder) check() error {
	if e.submitted {
		return e.submittedError("submit")
	}
	for i := range e.commands {
		if err := e.commands[i].check(); err != nil {
			return err
		}
	}
	return nil
}

// check checks a recorded command at its submit.
func (c *command) check() error {
	if c.src != nil {
		if err := gpu.CheckUse("submit", locked{c.src}, 0); err != nil {
			return err
		}
	}
	if c.dst != nil {
		return gpu.CheckUse("submit", locked{c.dst}, 0)
	}
	return nil
}

func (e *Encoder) submittedError(op string) error {
	return gpu.NewError(op, e.label, gpu.ErrState, "the encoder was submitted before")
}

// CopyBufferToBuffer records a copy.
func (e *Encoder) CopyBufferToBuffer(src gpu.Buffer, srcOffset uint64, dst gpu.Buffer, dstOffset, size uint64) error {
	e.device.mu.Lock()
	defer e.device.mu.Unlock()
	from, err := e.names("copy", src)
	if err != nil {
		return err
	}
	to, err := e.names("copy", dst)
	if err != nil {
		return err
	}
	if err := gpu.CheckCopy(locked{from}, srcOffset, locked{to}, dstOffset, size); err != nil {
		return err
	}
	e.commands = append(e.commands, command{op: opCopy, src: from, srcOffset: srcOffset, dst: to, dstOffset: dstOffset, size: size})
	return nil
}

// ClearBuffer records the zeroing of a range.
func (e *Encoder) ClearBuffer(dst gpu.Buffer, offset, size uint64) error {
	e.device.mu.Lock()
	defer e.device.mu.Unlock()
	to, err := e.names("clear", dst)
	if err != nil {
		return err
	}
	if err := gpu.CheckClear(locked{to}, offset, size); err != nil {
		return err
	}
	e.commands = append(e.commands, command{op: opClear, dst: to, dstOffset: offset, size: size})
	return nil
}

// CopyBufferToTexture records a copy.
func (e *Encoder) CopyBufferToTexture(src gpu.Buffer, layout gpu.TexelLayout, dst gpu.TextureRegion) error {
	e.device.mu.Lock()
	defer e.device.mu.Unlock()
	from, err := e.names("copy texture", src)
	if err != nil {
		return err
	}
	return e.recordTexture(from, gpu.UsageCopySrc, dst, layout, command{op: opToTexture, src: from})
}

// CopyTextureToBuffer records a copy.
func (e *Encoder) CopyTextureToBuffer(src gpu.TextureRegion, dst gpu.Buffer, layout gpu.TexelLayout) error {
	e.device.mu.Lock()
	defer e.device.mu.Unlock()
	to, err := e.names("copy texture", dst)
	if err != nil {
		return err
	}
	return e.recordTexture(to, gpu.UsageCopyDst, src, layout, command{op: opFromTexture, dst: to})
}

func (e *Encoder) recordTexture(b *Buffer, usage gpu.Usage, region gpu.TextureRegion, layout gpu.TexelLayout, c command) error {
	texture, err := e.device.ownTexture("copy texture", region.Texture)
	if err != nil {
		return err
	}
	if err := gpu.CheckTextureCopy(locked{b}, usage, layout, region); err != nil {
		return err
	}
	c.texture, c.region, c.layout, c.size = texture, region, layout, texture.bytesOf(region)
	e.commands = append(e.commands, c)
	return nil
}

// names checks that a command naming b may be recorded.
func (e *Encoder) names(op string, b gpu.Buffer) (*Buffer, error) {
	if err := e.device.alive(op, b.Label()); err != nil {
		return nil, err
	}
	if e.submitted {
		return nil, e.submittedError(op)
	}
	return e.device.own(op, b)
}
