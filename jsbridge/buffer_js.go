//go:build js && wasm

package jsbridge

import "syscall/js"

var (
	deviceCreateBuffer = method{class: "GPUDevice", name: "createBuffer"}
	bufferLabel        = method{class: "GPUBuffer", name: "label", attribute: true}
	bufferSize         = method{class: "GPUBuffer", name: "size", attribute: true}
	bufferUsage        = method{class: "GPUBuffer", name: "usage", attribute: true}
	bufferMapState     = method{class: "GPUBuffer", name: "mapState", attribute: true}
	bufferDestroy      = method{class: "GPUBuffer", name: "destroy"}
)

// BufferUsage is a set of the specification's usage bits.
//
// See https://www.w3.org/TR/webgpu/#namespacedef-gpubufferusage.
type BufferUsage uint32

// The usage bits.
const (
	BufferUsageMapRead      BufferUsage = 0x0001
	BufferUsageMapWrite     BufferUsage = 0x0002
	BufferUsageCopySrc      BufferUsage = 0x0004
	BufferUsageCopyDst      BufferUsage = 0x0008
	BufferUsageIndex        BufferUsage = 0x0010
	BufferUsageVertex       BufferUsage = 0x0020
	BufferUsageUniform      BufferUsage = 0x0040
	BufferUsageStorage      BufferUsage = 0x0080
	BufferUsageIndirect     BufferUsage = 0x0100
	BufferUsageQueryResolve BufferUsage = 0x0200
)

// BufferDescriptor describes a buffer.
//
// See https://www.w3.org/TR/webgpu/#gpubufferdescriptor.
type BufferDescriptor struct {
	Label            string
	Size             uint64 // bytes; a multiple of 4 if MappedAtCreation is set
	Usage            BufferUsage
	MappedAtCreation bool
}

func (d *BufferDescriptor) value() js.Value {
	descriptor := newObject()
	descriptor.text("label", d.Label)
	descriptor.Set("size", d.Size)
	descriptor.Set("usage", uint32(d.Usage))
	descriptor.flag("mappedAtCreation", d.MappedAtCreation)
	return descriptor.Value
}

// Buffer is a block of the GPU's memory.
//
// See https://www.w3.org/TR/webgpu/#gpubuffer.
//
// A buffer that [CreationErrors] made is a value of Go's only once it is used: the
// finalizer of a value costs more than the buffer. One that is destroyed before is
// made again if it is used after all.
type Buffer struct {
	object  js.Value   // undefined until it is used
	kept    keptNumber // or 0
	device  *Device    // nil if it was adopted
	label   string
	size    uint64
	usage   BufferUsage
	mapping mapping
}

// CreateBuffer makes a buffer. It fails with [ErrRange] if there is no host
// memory for a buffer mapped at creation. Other failures are reported later,
// through error scopes.
//
// See https://www.w3.org/TR/webgpu/#dom-gpudevice-createbuffer.
func (d *Device) CreateBuffer(descriptor *BufferDescriptor) (*Buffer, error) {
	v, err := d.create(&deviceCreateBuffer, descriptor.value())
	if err != nil {
		return nil, err
	}
	apart()
	b := &Buffer{object: v}
	d.created(b, descriptor)
	return b, nil
}

func (d *Device) created(b *Buffer, descriptor *BufferDescriptor) {
	b.device, b.label, b.size, b.usage = d, descriptor.Label, descriptor.Size, descriptor.Usage
	if descriptor.MappedAtCreation {
		b.mapping.begin(part{0, b.size})
	}
}

// AdoptBuffer wraps a GPUBuffer. If it is mapped already, it counts as mapped
// whole, as at its creation.
func AdoptBuffer(v js.Value) (*Buffer, error) {
	label, err := adopt("AdoptBuffer", &bufferLabel, v)
	if err != nil {
		return nil, err
	}
	size, err := bufferSize.call(v)
	if err != nil {
		return nil, err
	}
	usage, err := bufferUsage.call(v)
	if err != nil {
		return nil, err
	}
	b := &Buffer{object: v, label: label.String(), size: uint64(size.Float()), usage: BufferUsage(usage.Int())}
	b.mapping.begin(part{0, b.size})
	return b, nil
}

// JSValue is the GPUBuffer.
func (b *Buffer) JSValue() js.Value { return b.value() }

func (b *Buffer) value() js.Value {
	if b.object.IsUndefined() {
		gone := b.kept == 0
		if gone {
			b.remake()
		}
		apart()
		b.object, _ = fusedLetGo.call(uint32(b.kept))
		apart()
		b.letGo()
		if gone {
			b.Destroy()
		}
	}
	return b.object
}

// remake makes a GPUBuffer like the one that was destroyed before anybody used
// it. If there is no memory, that is nobody's loss.
func (b *Buffer) remake() {
	b.kept = kept.number()
	descriptor := BufferDescriptor{Label: b.label, Size: b.size, Usage: b.usage}
	_ = b.device.createKept(0, fusedPass.function(), b.kept, &descriptor)
}

// Is reports whether the buffer stands for this GPUBuffer.
func (b *Buffer) Is(v js.Value) bool {
	return (b.kept != 0 || !b.object.IsUndefined()) && b.value().Equal(v)
}

func (b *Buffer) letGo() {
	kept.give(b.kept)
	b.kept = 0
}

// Label is the label that the buffer was made with.
func (b *Buffer) Label() string { return b.label }

// Size is in bytes.
func (b *Buffer) Size() uint64 { return b.size }

// Usage is what the buffer was made for.
func (b *Buffer) Usage() BufferUsage { return b.usage }

// MapState is the browser's word on whether a buffer is mapped.
//
// See https://www.w3.org/TR/webgpu/#enumdef-gpubuffermapstate.
type MapState string

// The map states.
const (
	Unmapped   MapState = "unmapped"
	MapPending MapState = "pending"
	Mapped     MapState = "mapped"
)

var mapStates = [...]MapState{Unmapped, MapPending, Mapped}

// MapState asks the browser.
func (b *Buffer) MapState() MapState {
	state, err := fusedMapState.call(bufferMapState.function(), b.value())
	if err != nil {
		return Unmapped
	}
	return mapStates[state.Int()]
}

// Destroy unmaps the buffer, aborts a map that is pending and frees the
// memory once the GPU is done with it. It is idempotent.
//
// See https://www.w3.org/TR/webgpu/#dom-gpubuffer-destroy.
func (b *Buffer) Destroy() {
	if b.mapping.taken != 0 {
		b.Unmap()
	}
	if b.kept != 0 {
		_, _ = fusedDestroy.call(uint32(b.kept))
		b.letGo()
	} else if !b.object.IsUndefined() {
		_, _ = bufferDestroy.call(b.object)
	}
}
