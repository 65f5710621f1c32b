package buffers

import (
	"context"
	"reflect"
	"strconv"
	"sync"
	"sync/atomic"
	"unsafe"
)

// AddressSpace is where WGSL finds a value; the layout rules differ.
// https://www.w3.org/TR/WGSL/#address-space-layout-constraints
type AddressSpace uint8

const (
	SpaceStorage AddressSpace = iota
	SpaceUniform
)

// As views bytes as a T, sharing memory. T consists of 4-byte numbers, arrays and structs, laid out in Go
// as WGSL lays it out in the storage address space: [2]N, [3]N and [4]N stand for vectors, [4][4]float32
// for a matrix, any other array for an array. A T that is laid out otherwise is [ErrLayout], which says
// where padding is missing; too few bytes, or bytes that are not aligned for T, are [ErrRange] and
// [ErrAlignment]. The check of T is made once a type. Use [CheckLayout] for the uniform address space,
// whose arrays are stricter.
func As[T any](bytes []byte) (*T, error) {
	s, err := Slice[T](bytes)
	if err != nil {
		return nil, err
	}
	if len(s) == 0 {
		var t T
		return nil, NewError("view", reflect.TypeFor[T]().String(), ErrRange,
			number(uint64(len(bytes)))+" bytes are less than the "+number(uint64(unsafe.Sizeof(t)))+" of one")
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
// integers may be elements too, as they are in index and vertex data.
func Slice[T any](bytes []byte) ([]T, error) {
	if err := checkStorage[T](); err != nil {
		return nil, err
	}
	var t T
	if len(bytes) == 0 {
		return nil, nil
	}
	start := unsafe.Pointer(unsafe.SliceData(bytes))
	if uintptr(start)%unsafe.Alignof(t) != 0 {
		return nil, NewError("view", reflect.TypeFor[T]().String(), ErrAlignment, "the bytes do not start at a multiple of "+
			number(uint64(unsafe.Alignof(t))))
	}
	return unsafe.Slice((*T)(start), uintptr(len(bytes))/unsafe.Sizeof(t)), nil
}

// BytesOf views a slice of Ts as bytes, sharing memory: the reverse of [Slice].
func BytesOf[T any](s []T) ([]byte, error) {
	if err := checkStorage[T](); err != nil {
		return nil, err
	}
	var t T
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), uintptr(len(s))*unsafe.Sizeof(t)), nil
}

// ReadSlice reads len(p) Ts of src from the byte offset on.
func ReadSlice[T any](ctx context.Context, r *ReadbackBuffer, src Buffer, offset uint64, p []T) error {
	bytes, err := BytesOf(p)
	if err != nil {
		return err
	}
	return r.Read(ctx, src, offset, bytes)
}

type layoutKey struct {
	t     reflect.Type
	space AddressSpace
}

var layouts sync.Map // layoutKey -> error or nil

// passed has, at the place that its address gives it, the type that was found to be laid out well last: the
// same few types are viewed again and again.
var passed [64]atomic.Uintptr

// checkStorage is CheckLayout for the storage address space.
func checkStorage[T any]() error {
	var pointer any = (*T)(nil)
	id := *(*uintptr)(unsafe.Pointer(&pointer)) // of the type, in an interface's first word
	place := &passed[id/16%uintptr(len(passed))]
	if place.Load() == id {
		return nil
	}
	err := CheckLayout[T](SpaceStorage)
	if err == nil {
		place.Store(id)
	}
	return err
}

// CheckLayout reports whether Go lays T out as WGSL does in an address space.
func CheckLayout[T any](space AddressSpace) error {
	key := layoutKey{reflect.TypeFor[T](), space}
	if known, ok := layouts.Load(key); ok {
		err, _ := known.(error)
		return err
	}
	if isSmallInteger(key.t.Kind()) && space == SpaceStorage {
		return nil
	}
	var err error
	if _, _, problem := wgslLayout(key.t, space); problem != "" {
		err = NewError("view", key.t.String(), ErrLayout, problem)
	}
	layouts.Store(key, err)
	return err
}

func isSmallInteger(k reflect.Kind) bool {
	return k == reflect.Uint8 || k == reflect.Int8 || k == reflect.Uint16 || k == reflect.Int16
}

// wgslLayout is alignment and size of t in WGSL, or what is wrong with it.
// https://www.w3.org/TR/WGSL/#alignment-and-size
func wgslLayout(t reflect.Type, space AddressSpace) (align, size uintptr, problem string) {
	switch t.Kind() {
	case reflect.Float32, reflect.Int32, reflect.Uint32:
		return 4, 4, ""
	case reflect.Array:
		return arrayLayout(t, space)
	case reflect.Struct:
		return structLayout(t, space)
	}
	return 0, 0, t.String() + " has no counterpart in WGSL"
}

func arrayLayout(t reflect.Type, space AddressSpace) (align, size uintptr, problem string) {
	element, n := t.Elem(), uintptr(t.Len())
	align, size, problem = wgslLayout(element, space)
	switch {
	case problem != "":
		return 0, 0, problem
	case n == 0:
		return 0, 0, t.String() + " is empty"
	case element.Kind() != reflect.Array && element.Kind() != reflect.Struct && n <= 4 && n > 1:
		return vectorAlign(n), n * 4, ""
	}
	stride := roundUp(size, align)
	if space == SpaceUniform && stride%16 != 0 {
		return 0, 0, "the elements of " + t.String() + " are " + decimal(stride) + " bytes apart, and in a uniform a multiple of 16"
	}
	if stride != element.Size() {
		return 0, 0, "the elements of " + t.String() + " are " + decimal(element.Size()) + " bytes apart in Go and " + decimal(stride) + " in WGSL"
	}
	return align, stride * n, ""
}

func vectorAlign(n uintptr) uintptr {
	if n == 2 {
		return 8
	}
	return 16
}

func structLayout(t reflect.Type, space AddressSpace) (align, size uintptr, problem string) {
	var end uintptr
	for f := range fields(t) {
		a, s, problem := wgslLayout(f.Type, space)
		if problem != "" {
			return 0, 0, "field " + f.Name + ": " + problem
		}
		if f.Name == "_" {
			a = 4
		}
		if want := roundUp(end, a); f.Offset != want {
			return 0, 0, "field " + f.Name + " is at " + decimal(f.Offset) + " in Go and at " + decimal(want) + " in WGSL"
		}
		align, end = max(align, a), f.Offset+s
	}
	if space == SpaceUniform {
		align = roundUp(align, 16)
	}
	if size = roundUp(end, max(align, 1)); size != t.Size() {
		return 0, 0, t.String() + " has " + decimal(t.Size()) + " bytes in Go and " + decimal(size) + " in WGSL: pad its end"
	}
	return align, size, ""
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
