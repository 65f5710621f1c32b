package memory

import (
	"time"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

// opcode says what a command does, from src, bytes or the region to dst or the region.
type opcode uint8

const (
	opWrite opcode = iota
	opCopy
	opClear
	opWriteTexture
	opToTexture
	opFromTexture
)

// command is one step of a submit. Unused buffers are nil.
type command struct {
	op                         opcode
	src, dst                   *Buffer
	srcOffset, dstOffset, size uint64
	bytes                      []byte // of a write; the store's
	texture                    *Texture
	region                     gpu.TextureRegion
	layout                     gpu.TexelLayout
}

// each calls f with each buffer that the command names.
func (c *command) each(f func(*Buffer)) {
	if c.src != nil {
		f(c.src)
	}
	if c.dst != nil {
		f(c.dst)
	}
}

func (c *command) retain(until time.Duration) {
	c.each(func(b *Buffer) { b.retain(until) })
}

func (c *command) run() {
	switch c.op {
	case opWrite:
		move(c.dst.contents[c.dstOffset:], c.bytes)
	case opCopy:
		move(c.dst.contents[c.dstOffset:], c.src.contents[c.srcOffset:c.srcOffset+c.size])
	case opClear:
		clear(c.dst.contents[c.dstOffset : c.dstOffset+c.size])
	case opWriteTexture:
		c.texture.write(c.region, c.bytes, c.layout)
	case opToTexture:
		c.texture.write(c.region, c.src.contents, c.layout)
	case opFromTexture:
		c.texture.read(c.region, c.dst.contents, c.layout)
	}
}

// resolve replaces adopted buffers by their origins, and returns why the commands are void. The owner of a buffer or
// texture may have destroyed it, or a buffer is copied to itself.
func resolve(commands []command) (void error) {
	for i := range commands {
		if t := commands[i].texture; t != nil && t.destroyed {
			void = gpu.NewError("submit", t.label, gpu.ErrValidation, "the texture is destroyed and used by the submit")
		}
		for _, b := range []**Buffer{&commands[i].src, &commands[i].dst} {
			if *b == nil || (*b).of == nil {
				continue
			}
			*b = (*b).of
			if (*b).life.State() == gpu.Destroyed {
				void = gpu.NewError("submit", (*b).Label(), gpu.ErrValidation, "the buffer is destroyed and used by the submit")
			}
		}
		if b := commands[i].src; b != nil && b == commands[i].dst {
			void = gpu.NewError("submit", b.Label(), gpu.ErrValidation, "the buffer is copied to itself")
		}
	}
	return void
}

// execute runs commands in order, or none if they are void or a buffer has no memory. Then it releases their buffers.
func (d *Device) execute(commands []command, void error) (late error) {
	if late = void; late == nil {
		late = missing(commands)
	}
	for i := range commands {
		c := &commands[i]
		if late == nil {
			c.run()
		}
		c.each((*Buffer).release)
		d.store.put(c.bytes)
	}
	return late
}

// missing is the error of the first buffer that had no memory.
func missing(commands []command) (err error) {
	for i := range commands {
		commands[i].each(func(b *Buffer) {
			if err == nil && b.failure != nil {
				err = gpu.NewError("submit", b.Label(), gpu.ErrValidation, "there was no memory for the buffer")
			}
		})
	}
	return err
}
