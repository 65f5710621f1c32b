//go:build js && wasm

package main

import (
	"math"
	"strconv"
	"strings"
	"syscall/js"

	"github.com/gpubuffers/gpubuffers/buffers"
	"github.com/gpubuffers/gpubuffers/buffers/gpu"
	"github.com/gpubuffers/gpubuffers/buffers/webgpu"
)

// call is one call of a function or an export: its arguments, read one by one. What is wrong with the first bad one
// is err, which a function looks at before it acts.
type call struct {
	op, label string
	values    []js.Value // of a function, or
	numbers   []float64  // of an export; NaN if one was left out
	err       error
}

// isMissing reports whether an argument was left out.
func (c *call) isMissing(i int) bool {
	if c.numbers != nil {
		return math.IsNaN(c.numbers[i])
	}
	return c.value(i).IsUndefined()
}

// value is an argument, or undefined if it was left out.
func (c *call) value(i int) js.Value {
	if i < len(c.values) {
		return c.values[i]
	}
	return js.Undefined()
}

func (c *call) fail(reason error, detail string) {
	c.failed(gpu.NewError(c.op, c.label, reason, detail))
}

func (c *call) failed(err error) {
	if c.err == nil {
		c.err = err
	}
}

func (c *call) wrongType(name, want string, v js.Value) {
	if v.IsUndefined() {
		c.fail(buffers.ErrType, name+" is missing")
		return
	}
	c.fail(buffers.ErrType, name+" must be "+want+", not "+typeName(v))
}

// maxLabel is the number of UTF-16 units of a label that are kept.
const maxLabel = 1024

var stringOf = js.Global().Get("String")

var sliceText = js.Global().Get("Function").Get("prototype").Get("call").Call("bind", stringOf.Get("prototype").Get("slice"))

// text is a string, "" if it was left out. A long one is cut.
func (c *call) text(i int, name string) string { return c.cutText(i, name, maxLabel) }

// longText is text of a stack of calls.
func (c *call) longText(i int, name string) string { return c.cutText(i, name, 16*maxLabel) }

func (c *call) cutText(i int, name string, most int) string {
	v := c.value(i)
	switch {
	case v.IsUndefined():
		return ""
	case !is(v, js.TypeString):
		c.wrongType(name, "a string", v)
		return ""
	}
	return cut(v, most)
}

func cut(text js.Value, most int) string { return sliceText.Invoke(text, 0, most).String() }

// named reads the label, for errors too.
func (c *call) named(i int) string {
	c.label = c.text(i, "label")
	return c.label
}

// number is any number.
func (c *call) number(i int, name string) float64 {
	if c.numbers != nil {
		return c.numbers[i]
	}
	v := c.value(i)
	if !is(v, js.TypeNumber) {
		c.wrongType(name, "a number", v)
		return 0
	}
	return v.Float()
}

// whole is a whole number from 0 to 2^53 - 1.
func (c *call) whole(i int, name string) uint64 {
	f := c.number(i, name)
	switch {
	case f != math.Trunc(f) || math.IsInf(f, 0):
		c.fail(buffers.ErrType, name+" "+numberText(f)+" is not a whole number")
	case f < 0 || f > 1<<53-1:
		c.fail(buffers.ErrRange, name+" "+numberText(f)+" is not within 0 to 2^53 - 1")
	default:
		return uint64(f)
	}
	return 0
}

// wholeOr is whole, or otherwise if it was left out.
func (c *call) wholeOr(i int, name string, otherwise uint64) uint64 {
	if c.isMissing(i) {
		return otherwise
	}
	return c.whole(i, name)
}

// count is a whole number from 1 on, or 0 if it was left out.
func (c *call) count(i int, name string) uint64 {
	n := c.wholeOr(i, name, 0)
	if n == 0 && !c.isMissing(i) {
		c.fail(buffers.ErrRange, name+" 0 is less than 1")
	}
	return n
}

// word is wholeOr of at most 32 bits.
func (c *call) word(i int, name string, otherwise uint32) uint32 {
	n := c.wholeOr(i, name, uint64(otherwise))
	if n > math.MaxUint32 {
		c.fail(buffers.ErrRange, name+" "+strconv.FormatUint(n, 10)+" is not within 0 to 2^32 - 1")
	}
	return uint32(n)
}

// flag is a boolean, false if it was left out.
func (c *call) flag(i int, name string) bool {
	v := c.value(i)
	if !v.IsUndefined() && !is(v, js.TypeBoolean) {
		c.wrongType(name, "a boolean", v)
		return false
	}
	return v.Equal(js.ValueOf(true))
}

// choice is the index of a string among those allowed, 0 if it was left out.
func (c *call) choice(i int, name string, allowed ...string) int {
	v := c.value(i)
	if v.IsUndefined() {
		return 0
	}
	got := c.text(i, name)
	for n, word := range allowed {
		if word == got {
			return n
		}
	}
	c.fail(buffers.ErrType, name+` must be one of "`+strings.Join(allowed, `", "`)+`", not "`+got+`"`)
	return 0
}

// usage is a set of GPUBufferUsage.
func (c *call) usage(i int) buffers.Usage {
	n := c.whole(i, "usage")
	u, err := webgpu.UsageFromSpec(n)
	if err != nil {
		c.fail(buffers.ErrUsage, "usage 0x"+strconv.FormatUint(n, 16)+" has bits that are none of GPUBufferUsage")
	}
	return u
}

// function is a function, or undefined if it was left out.
func (c *call) function(i int, name string) js.Value {
	v := c.value(i)
	if !v.IsUndefined() && !is(v, js.TypeFunction) {
		c.wrongType(name, "a function", v)
	}
	return v
}

// maxElements is how many elements an Array may have.
const maxElements = 1 << 16

// list is the elements of an Array; none if it was left out.
func (c *call) list(i int, name string) []js.Value { return c.elements(c.value(i), name) }

func (c *call) elements(v js.Value, name string) []js.Value {
	if c.err != nil || v.IsUndefined() {
		return nil
	}
	if !isArray(v) {
		c.wrongType(name, "an Array", v)
		return nil
	}
	length := c.length(v, name)
	elements := make([]js.Value, 0, length)
	for n := range length {
		e, err := property(v, n)
		if err != nil {
			c.wrongType(name, "an Array that can be read", v)
			return nil
		}
		elements = append(elements, e)
	}
	return elements
}

// length is that of an Array.
func (c *call) length(v js.Value, name string) int {
	length, err := property(v, "length")
	if err != nil || !is(length, js.TypeNumber) {
		c.wrongType(name, "an Array that can be read", v)
		return 0
	}
	n, ok := whole(length.Float())
	if !ok || n > maxElements {
		c.fail(buffers.ErrRange, name+" has more than "+strconv.Itoa(maxElements)+" elements")
		return 0
	}
	return int(n)
}

// system is the system of a handle.
func (c *call) system(i int) *system {
	s, _ := object[*system](c, i)
	return s
}

// object is what a handle stands for, and the system it belongs to.
func object[T any](c *call, i int) (T, *system) {
	o, owner := c.handle(i)
	t, ok := o.(T)
	if !ok {
		c.fail(buffers.ErrType, "it is an object of another kind")
		owner = nil
	}
	return t, owner
}

// numberText is a number as JavaScript writes it: to know that as well takes Go 15 KB, compressed.
func numberText(f float64) string { return stringOf.Invoke(f).String() }

func (c *call) handle(i int) (any, *system) {
	handle := c.number(i, "handle")
	if c.err != nil {
		return nil, nil
	}
	e, stale := handles.find(handle)
	switch {
	case stale:
		c.fail(buffers.ErrDestroyed, "it is destroyed")
	case e == nil:
		c.fail(buffers.ErrType, numberText(handle)+" is not a handle")
	default:
		return e.object, e.owner
	}
	return nil, nil
}
