package buffers

import (
	"context"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

// The GPU's names in this package are package gpu's, as os has its file modes from io/fs.
type (
	Buffer         = gpu.Buffer
	MappableBuffer = gpu.MappableBuffer
	Descriptor     = gpu.Descriptor
	Usage          = gpu.Usage
	State          = gpu.State
	MapMode        = gpu.MapMode
	Error          = gpu.Error
	Memory         = gpu.Memory
	Host           = gpu.Host
	Device         = gpu.Device
	Queue          = gpu.Queue
	Encoder        = gpu.Encoder
	Texture        = gpu.Texture
	TextureRegion  = gpu.TextureRegion
	TextureAspect  = gpu.TextureAspect
	Access         = gpu.Access
	Origin         = gpu.Origin
	Extent         = gpu.Extent
	Limits         = gpu.Limits
)

// Usages.
const (
	UsageVertex       = gpu.UsageVertex
	UsageIndex        = gpu.UsageIndex
	UsageUniform      = gpu.UsageUniform
	UsageStorage      = gpu.UsageStorage
	UsageCopySrc      = gpu.UsageCopySrc
	UsageCopyDst      = gpu.UsageCopyDst
	UsageMapRead      = gpu.UsageMapRead
	UsageMapWrite     = gpu.UsageMapWrite
	UsageIndirect     = gpu.UsageIndirect
	UsageQueryResolve = gpu.UsageQueryResolve
)

// Modes of a map.
const (
	MapNone  = gpu.MapNone
	MapRead  = gpu.MapRead
	MapWrite = gpu.MapWrite
)

// States of a buffer.
const (
	Uninitialized = gpu.Uninitialized
	Ready         = gpu.Ready
	Mapped        = gpu.Mapped
	MapPending    = gpu.MapPending
	Destroyed     = gpu.Destroyed
)

// Accesses to a buffer.
const (
	AccessRead  = gpu.AccessRead
	AccessWrite = gpu.AccessWrite
)

// Aspects of a texture.
const (
	AspectAll         = gpu.AspectAll
	AspectDepthOnly   = gpu.AspectDepthOnly
	AspectStencilOnly = gpu.AspectStencilOnly
)

// Reasons of an [Error], for errors.Is.
var (
	ErrDestroyed   = gpu.ErrDestroyed
	ErrMapped      = gpu.ErrMapped
	ErrNotMapped   = gpu.ErrNotMapped
	ErrMapPending  = gpu.ErrMapPending
	ErrMapAborted  = gpu.ErrMapAborted
	ErrState       = gpu.ErrState
	ErrUsage       = gpu.ErrUsage
	ErrRange       = gpu.ErrRange
	ErrAlignment   = gpu.ErrAlignment
	ErrTooLarge    = gpu.ErrTooLarge
	ErrOutOfMemory = gpu.ErrOutOfMemory
	ErrBudget      = gpu.ErrBudget
	ErrBusy        = gpu.ErrBusy
	ErrDeviceLost  = gpu.ErrDeviceLost
	ErrWrongDevice = gpu.ErrWrongDevice
	ErrUnsupported = gpu.ErrUnsupported
	ErrValidation  = gpu.ErrValidation
	ErrStale       = gpu.ErrStale
	ErrType        = gpu.ErrType
	ErrLayout      = gpu.ErrLayout
)

// Code is [gpu.Code].
func Code(err error) string { return gpu.Code(err) }

// Text is [gpu.Text].
func Text(err error) string { return gpu.Text(err) }

// Bytes is [gpu.Bytes].
func Bytes(p []byte) Memory { return gpu.Bytes(p) }

// HostMemory is [gpu.HostMemory].
func HostMemory(h Host) Memory { return gpu.HostMemory(h) }

// Map is [gpu.Map].
func Map(ctx context.Context, b MappableBuffer, mode MapMode) error { return gpu.Map(ctx, b, mode) }

// Unwrap is [gpu.Unwrap].
func Unwrap(b Buffer) Buffer { return gpu.Unwrap(b) }
