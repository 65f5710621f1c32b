package model

import (
	"slices"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/host"
)

// Textures have texels of 4 bytes. Rows are copied a pitch apart.
const (
	texelBytes, textureWidth, textureHeight = 4, 8, 4

	pitch = 256
)

var boxes = []struct{ x, y, width, height int }{
	{0, 0, textureWidth, textureHeight},
	{2, 1, 4, 2},
	{4, 0, textureWidth, 1}, // sticks out
}

// textureKinds are operations on textures.
var textureKinds = []Kind{
	{Name: "newTexture", Weight: 6, Takes: []Param{Texture},
		Model: func(m *Model, o Op) *call {
			m.destroyTexture(o.Args[Texture])
			own := &storage{cells: known(make([]byte, texelBytes*textureWidth*textureHeight)), state: buffers.Ready}
			m.textures[o.Args[Texture]] = &storage{cells: own.cells, state: buffers.Ready, owner: own}
			return m.refused()
		},
		Run: func(w *World, o Op) Result {
			if t := w.textures[o.Args[Texture]]; t != nil {
				w.gpu.DestroyTexture(t)
			}
			t, err := w.gpu.NewTexture(gpu.TextureInfo{
				Format: gpu.FormatOf("rgba8unorm"), Usage: gpu.TextureCopySrc | gpu.TextureCopyDst,
				Extent: buffers.Extent{Width: textureWidth, Height: textureHeight, Layers: 1}})
			if err == nil {
				w.textures[o.Args[Texture]] = t
			}
			return failed(err)
		}},

	{Name: "writeTexture", Weight: 9, Takes: []Param{Texture, Box, Seed},
		Model: func(m *Model, o Op) *call {
			t, box := m.textures[o.Args[Texture]], o.Args[Box]
			c := m.refused(m.lostCode(), beyondTexture(box))
			c.done = func(Result) error {
				if !t.void() {
					m.putRows(t, box, known(pattern(o.Args[Seed], boxBytes(box))), rowBytes(box))
				}
				return nil
			}
			return c
		},
		Run: func(w *World, o Op) Result {
			t, box := w.textures[o.Args[Texture]], o.Args[Box]
			if t == nil {
				return skipped
			}
			return failed(w.gpu.Queue().WriteTexture(region(t, box), buffers.Bytes(pattern(o.Args[Seed], boxBytes(box))),
				gpu.TexelLayout{BytesPerRow: uint32(rowBytes(box)), RowsPerImage: uint32(boxes[box].height)}))
		}},

	{Name: "copyToTexture", Weight: 12, Takes: []Param{Encoder, Buffer, At, Texture, Box},
		Small: []string{"encoder=0 buffer=1"},
		Model: func(m *Model, o Op) *call {
			b, t, at, box, e := m.buffers[o.Args[Buffer]], m.textures[o.Args[Texture]], o.Args[At], o.Args[Box], m.encoder(o)
			c := m.recording(e, b.storage, buffers.UsageCopySrc)
			c.refuse(misaligned(at), b.beyond(at, boxSpan(box)), beyondTexture(box))
			src := b.storage
			c.done = func(Result) error {
				e.record(func() { m.putRows(t, box, src.real().cells[at:], pitch) }, src, t)
				return nil
			}
			return c
		},
		Run: func(w *World, o Op) Result {
			b, t := w.buffers[o.Args[Buffer]], w.textures[o.Args[Texture]]
			if b == nil || t == nil {
				return skipped
			}
			return w.record(o, func(e buffers.Encoder) error {
				return e.CopyBufferToTexture(b, layoutAt(o.Args[At], o.Args[Box]), region(t, o.Args[Box]))
			})
		}},

	{Name: "copyFromTexture", Weight: 12, Takes: []Param{Encoder, Texture, Box, Other, OtherAt},
		Small: []string{"encoder=0"},
		Model: func(m *Model, o Op) *call {
			b, t, at, box, e := m.buffers[o.Args[Other]], m.textures[o.Args[Texture]], o.Args[OtherAt], o.Args[Box], m.encoder(o)
			c := m.recording(e, b.storage, buffers.UsageCopyDst)
			c.refuse(misaligned(at), b.beyond(at, boxSpan(box)), beyondTexture(box))
			dst := b.storage
			c.done = func(Result) error {
				e.record(func() {
					for i, row := range rowsOf(t, box) {
						m.store(dst, at+i*pitch, slices.Clone(row))
					}
				}, dst, t)
				return nil
			}
			return c
		},
		Run: func(w *World, o Op) Result {
			b, t := w.buffers[o.Args[Other]], w.textures[o.Args[Texture]]
			if b == nil || t == nil {
				return skipped
			}
			return w.record(o, func(e buffers.Encoder) error {
				return e.CopyTextureToBuffer(region(t, o.Args[Box]), b, layoutAt(o.Args[OtherAt], o.Args[Box]))
			})
		}},

	{Name: "uploadToTexture", Weight: 18, Takes: []Param{Staging, Encoder, Texture, Box},
		Small: []string{"staging=1 encoder=0"},
		Model: func(m *Model, o Op) *call {
			s, t, box, e := m.staging[o.Args[Staging]], m.textures[o.Args[Texture]], o.Args[Box], m.encoder(o)
			c := m.sealing(s, e)
			c.refuse(beyondTexture(box), when(s.row != rowBytes(box) || len(s.cells) < boxBytes(box), "range"))
			c.done = func(Result) error {
				s.seal(m, o, e)
				cells := s.cells
				e.record(func() { m.putRows(t, box, cells, rowBytes(box)) }, t, &m.systems[s.system].pool)
				return nil
			}
			return c
		},
		Run: func(w *World, o Op) Result {
			s, t := w.staging[o.Args[Staging]], w.textures[o.Args[Texture]]
			if s == nil || t == nil {
				return skipped
			}
			return w.record(o, func(e buffers.Encoder) error { return s.UploadToTexture(e, region(t, o.Args[Box])) })
		}},

	{Name: "readTexture", Weight: 15, Takes: []Param{Actor, Readback, Texture, Box, Count}, Waits: true, Signal: true,
		Small: []string{"", "actor=1 count=2"},
		Model: func(m *Model, o Op) *call {
			r, t, box := m.readbacks[o.Args[Readback]], m.textures[o.Args[Texture]], o.Args[Box]
			c := m.refused(m.of(r.holding), beyondTexture(box))
			return m.read(c, r, boxSpan(box), o.Args[Count], func() ([]cell, string) {
				return slices.Concat(rowsOf(t, box)...), when(t.void(), "validation")
			})
		},
		Run: func(w *World, o Op) Result {
			r, t := w.readbacks[o.Args[Readback]], w.textures[o.Args[Texture]]
			if r == nil || t == nil {
				return skipped
			}
			o.Args[Size] = boxBytes(o.Args[Box])
			return w.read(r, o, reader{
				func(m buffers.Memory) (buffers.Read, error) { return r.StartTexture(region(t, o.Args[Box]), m) },
				func(s host.Sink) error { return embedder.StartTexture(r, region(t, o.Args[Box]), s, 1) },
			})
		}},

	{Name: "destroyTexture", Weight: 2, Takes: []Param{Texture},
		Model: func(m *Model, o Op) *call {
			m.destroyTexture(o.Args[Texture])
			return m.refused()
		},
		Run: func(w *World, o Op) Result {
			if w.textures[o.Args[Texture]] == nil {
				return skipped
			}
			w.gpu.DestroyTexture(w.textures[o.Args[Texture]])
			return Result{}
		}},
}

// destroyTexture destroys a texture, which comes to light with the commands that use it.
func (m *Model) destroyTexture(slot int) {
	if t := m.textures[slot]; t != nil {
		t.owner.state = buffers.Destroyed
	}
}

func region(t buffers.Texture, box int) buffers.TextureRegion {
	b := boxes[box]
	return buffers.TextureRegion{Texture: t, Origin: buffers.Origin{X: uint32(b.x), Y: uint32(b.y)},
		Extent: buffers.Extent{Width: uint32(b.width), Height: uint32(b.height), Layers: 1}}
}

func layoutAt(at, box int) gpu.TexelLayout {
	return gpu.TexelLayout{Offset: uint64(at), BytesPerRow: pitch, RowsPerImage: uint32(boxes[box].height)}
}

func rowBytes(box int) int { return boxes[box].width * texelBytes }
func boxBytes(box int) int { return boxes[box].height * rowBytes(box) }
func boxSpan(box int) int  { return (boxes[box].height-1)*pitch + rowBytes(box) }

func beyondTexture(box int) string {
	return when(boxes[box].x+boxes[box].width > textureWidth, "range")
}

// rowsOf are the rows of a box.
func rowsOf(t *storage, box int) (rows [][]cell) {
	b := boxes[box]
	for y := range b.height {
		rows = append(rows, t.cells[((b.y+y)*textureWidth+b.x)*texelBytes:][:rowBytes(box)])
	}
	return rows
}

// putRows takes the rows of a box from cells; apart is their distance there.
func (m *Model) putRows(t *storage, box int, cells []cell, apart int) {
	for i, row := range rowsOf(t, box) {
		from := cells[i*apart:][:rowBytes(box)]
		if m.doubt {
			from = unknowns(len(from))
		}
		copy(row, from)
	}
}
