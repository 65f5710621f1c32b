package wgsl

import (
	"reflect"
	"strconv"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

// AddressSpace is the place of a value in WGSL; the layout rules differ.
// https://www.w3.org/TR/WGSL/#address-space-layout-constraints
type AddressSpace uint8

const (
	Storage AddressSpace = iota
	Uniform
	// Vertex stands for vertex and index buffers, which are in no address space. Any layout of numbers will do:
	// the pipeline says where each attribute lies.
	Vertex
)

// As views bytes as a T, sharing memory. T consists of 4-byte numbers, arrays and structs, laid out in Go
// as WGSL lays it out in the storage address space:
//
//	float32, int32, uint32                a scalar
//	[2]N, [3]N, [4]N                      a vector
//	[C][2]float32, [C][4]float32          a matrix of C columns, C from 2 to 4: mat4x4f is [4][4]float32
//	[C][4]float32                         also a matrix with columns of three: mat3x3f is [3][4]float32
//	any other array                       an array
//
// NOTE: [16]float32 and [9]float32 are arrays of floats, not matrices: in a struct they begin at other offsets than a
// matrix, and no error says so.
//
// A T with another layout is [gpu.ErrLayout], which says where padding is missing. Too few bytes are [gpu.ErrRange], and bytes
// that are not aligned for T [gpu.ErrAlignment]. T is checked once a type. Use [Check] for the uniform address space,
// which is stricter, and [VertexSlice] and [VertexBytes] for vertex and index data.
func As[T any](bytes []byte) (*T, error) {
	s, err := Slice[T](bytes)
	if err != nil {
		return nil, err
	}
	if len(s) == 0 {
		var t T
		return nil, gpu.NewError("view", reflect.TypeFor[T]().String(), gpu.ErrRange,
			gpu.Decimal(uint64(len(bytes)))+" bytes are less than the "+gpu.Decimal(uint64(unsafe.Sizeof(t)))+" of one")
	}
	return &s[0], nil
}

// Put writes v to the start of bytes.
func Put[T any](bytes []byte, v T) error {
	p, err := As[T](bytes)
	if err == nil {
		*p = v
	}
	return err
}

// Slice views bytes as Ts, as many as fit, sharing memory. The rules are those of [As]; 1- and 2-byte
// integers may be elements too, as they are in index data.
func Slice[T any](bytes []byte) ([]T, error) { return sliceOf[T](bytes, Storage) }

// BytesOf views a slice of Ts as bytes, sharing memory: the reverse of [Slice].
func BytesOf[T any](s []T) ([]byte, error) { return viewOf(s, Storage) }

// VertexSlice views bytes as vertices or indices, as many as fit, sharing memory. T consists of numbers of 1, 2
// and 4 bytes, arrays and structs, in any layout: [unsafe.Offsetof] a field is the offset of its attribute, and
// [unsafe.Sizeof] T the stride.
func VertexSlice[T any](bytes []byte) ([]T, error) { return sliceOf[T](bytes, Vertex) }

// VertexBytes views vertices or indices as bytes, sharing memory: the reverse of [VertexSlice].
func VertexBytes[T any](s []T) ([]byte, error) { return viewOf(s, Vertex) }

func sliceOf[T any](bytes []byte, space AddressSpace) ([]T, error) {
	if err := passes[T](space); err != nil {
		return nil, err
	}
	var t T
	if len(bytes) == 0 {
		return nil, nil
	}
	start := unsafe.Pointer(unsafe.SliceData(bytes))
	if uintptr(start)%unsafe.Alignof(t) != 0 {
		return nil, gpu.NewError("view", reflect.TypeFor[T]().String(), gpu.ErrAlignment, "the bytes do not start at a multiple of "+
			gpu.Decimal(uint64(unsafe.Alignof(t))))
	}
	return unsafe.Slice((*T)(start), uintptr(len(bytes))/unsafe.Sizeof(t)), nil
}

func viewOf[T any](s []T, space AddressSpace) ([]byte, error) {
	if err := passes[T](space); err != nil {
		return nil, err
	}
	var t T
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), uintptr(len(s))*unsafe.Sizeof(t)), nil
}

type layoutKey struct {
	t     reflect.Type
	space AddressSpace
}

var layouts sync.Map // layoutKey -> error or nil

// passed caches the types that passed a check last, plus the address space. The type's address gives the place: the
// same few types are viewed again and again.
var passed [64]atomic.Uintptr

// passes is Check, without a look-up for a type that was checked before.
func passes[T any](space AddressSpace) error {
	var pointer any = (*T)(nil)
	id := *(*uintptr)(unsafe.Pointer(&pointer)) // the type's, an interface's first word
	place := &passed[id/16%uintptr(len(passed))]
	if place.Load() == id+uintptr(space) {
		return nil
	}
	err := Check[T](space)
	if err == nil {
		place.Store(id + uintptr(space))
	}
	return err
}

// Check reports whether Go lays T out as WGSL does in an address space. An accepted type can be declared so that
// its members lie where they do in Go, in every browser. Some also take uniforms whose arrays and structs are not at
// multiples of 16.
func Check[T any](space AddressSpace) error {
	key := layoutKey{reflect.TypeFor[T](), space}
	if known, ok := layouts.Load(key); ok {
		err, _ := known.(error)
		return err
	}
	var err error
	if problem := key.problem(); problem != "" {
		err = gpu.NewError("view", key.t.String(), gpu.ErrLayout, problem)
	}
	layouts.Store(key, err)
	return err
}

func (k layoutKey) problem() string {
	switch {
	case k.space == Vertex:
		return vertexProblem(k.t)
	case k.space == Storage && isSmallInteger(k.t.Kind()):
		return ""
	}
	_, problem := wgslLayout(k.t, k.space)
	if problem != "" && k.space == Storage && vertexProblem(k.t) == "" {
		problem += " (vertex data may have any layout: see VertexBytes)"
	}
	return problem
}

func isSmallInteger(k reflect.Kind) bool {
	return k == reflect.Uint8 || k == reflect.Int8 || k == reflect.Uint16 || k == reflect.Int16
}

func isWord(k reflect.Kind) bool {
	return k == reflect.Float32 || k == reflect.Int32 || k == reflect.Uint32
}

// vertexProblem says why no vertex buffer holds a t.
func vertexProblem(t reflect.Type) string {
	switch k := t.Kind(); {
	case t.Size() == 0:
		return t.String() + " is empty"
	case isWord(k), isSmallInteger(k):
		return ""
	case k == reflect.Array:
		return vertexProblem(t.Elem())
	case k == reflect.Struct:
		for f := range fields(t) {
			if problem := vertexProblem(f.Type); problem != "" {
				return "field " + f.Name + ": " + problem
			}
		}
		return ""
	}
	return t.String() + " is no number of a vertex buffer"
}

// layout is WGSL's layout of a type in an address space.
// https://www.w3.org/TR/WGSL/#alignment-and-size
type layout struct {
	align, size uintptr
	memberAlign uintptr // alignment of its offset, as a member
	memberSize  uintptr // distance from its offset to the next member, at least
}

// wgslLayout returns the layout of t, or the problem with it.
func wgslLayout(t reflect.Type, space AddressSpace) (l layout, problem string) {
	switch {
	case isWord(t.Kind()):
		return plain(4, 4), ""
	case t.Size() == 0:
		return l, t.String() + " is empty"
	case isVector(t):
		return plain(vectorAlign(t), t.Size()), ""
	case isMatrix(t):
		return plain(vectorAlign(t.Elem()), t.Size()), ""
	case t.Kind() == reflect.Array:
		return arrayLayout(t, space)
	case t.Kind() == reflect.Struct:
		return structLayout(t, space)
	}
	return l, t.String() + " has no counterpart in WGSL"
}

// plain is the layout of a type that every address space lays out alike.
func plain(align, size uintptr) layout { return layout{align, size, align, size} }

func isVector(t reflect.Type) bool {
	return t.Kind() == reflect.Array && t.Len() >= 2 && t.Len() <= 4 && isWord(t.Elem().Kind())
}

func vectorAlign(t reflect.Type) uintptr {
	if t.Len() == 2 {
		return 8
	}
	return 16
}

// isMatrix reports whether t is a matrix with columns of two or four, without gaps between columns.
func isMatrix(t reflect.Type) bool {
	return t.Kind() == reflect.Array && t.Len() >= 2 && t.Len() <= 4 && isVector(t.Elem()) && t.Elem().Len() != 3 &&
		t.Elem().Elem().Kind() == reflect.Float32
}

// arrayLayout is the layout of an array. In a uniform the array and its elements begin at multiples of 16.
func arrayLayout(t reflect.Type, space AddressSpace) (l layout, problem string) {
	element, problem := wgslLayout(t.Elem(), space)
	if problem != "" {
		return l, problem
	}
	stride := roundUp(element.size, element.align)
	if space == Uniform && stride%16 != 0 {
		return l, "the elements of " + t.String() + " are " + decimal(stride) + " bytes apart, and in a uniform a multiple of 16" + remedy(t)
	}
	if stride != t.Elem().Size() {
		return l, "the elements of " + t.String() + " are " + decimal(t.Elem().Size()) + " bytes apart in Go and " + decimal(stride) +
			" in WGSL" + remedy(t)
	}
	l = plain(element.align, t.Size())
	if space == Uniform {
		l.memberAlign = roundUp(l.align, 16)
	}
	return l, ""
}

// remedy names the type to use instead of an array.
func remedy(t reflect.Type) string {
	switch e := t.Elem(); {
	case t == reflect.TypeFor[[16]float32]():
		return ": a mat4x4f is [4][4]float32"
	case t == reflect.TypeFor[[9]float32]():
		return ": a mat3x3f is [3][4]float32"
	case isVector(e):
		return ": use [" + strconv.Itoa(t.Len()) + "][4]" + e.Elem().String()
	case isWord(e.Kind()):
		return ": use elements of [4]" + e.String()
	}
	return ""
}

// structLayout is the layout of a struct. In a uniform a struct within another begins at a multiple of 16, and so does
// the next member.
func structLayout(t reflect.Type, space AddressSpace) (l layout, problem string) {
	var end, next uintptr // end of the last member, and start of the next
	l.align = 4
	for f := range fields(t) {
		if f.Name == "_" {
			end = f.Offset + f.Type.Size()
			next = max(next, end)
			continue
		}
		member, problem := wgslLayout(f.Type, space)
		if problem != "" {
			return l, "field " + f.Name + ": " + problem
		}
		if want := roundUp(next, member.memberAlign); f.Offset != want {
			return l, "field " + f.Name + " is at " + decimal(f.Offset) + " in Go and at " + decimal(want) + " in WGSL"
		}
		l.align = max(l.align, member.align)
		end, next = f.Offset+member.size, f.Offset+member.memberSize
	}
	l = plain(l.align, roundUp(end, l.align))
	if l.size != t.Size() {
		return l, t.String() + " has " + decimal(t.Size()) + " bytes in Go and " + decimal(l.size) + " in WGSL: pad its end"
	}
	if space == Uniform {
		l.memberAlign, l.memberSize = roundUp(l.align, 16), roundUp(l.size, 16)
	}
	return l, ""
}

func fields(t reflect.Type) func(func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		for i := range t.NumField() {
			if !yield(t.Field(i)) {
				return
			}
		}
	}
}

func roundUp(n, align uintptr) uintptr { return (n + align - 1) / align * align }

func decimal(n uintptr) string { return strconv.FormatUint(uint64(n), 10) }
