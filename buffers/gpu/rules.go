package gpu

// The rules of WebGPU for buffers, written once. Each backend calls them before it acts, so that misuse is the same
// error on every backend, at once, with label and numbers.

// CheckWrite checks a queue write of size bytes at offset.
// https://www.w3.org/TR/webgpu/#dom-gpuqueue-writebuffer
func CheckWrite(dst Buffer, offset, size uint64) error {
	if err := CheckUse("write", dst, UsageCopyDst); err != nil {
		return err
	}
	return CheckSpan("write", dst, offset, size, 4, 4)
}

// CheckCopy checks a copy between buffers, but for their states: a mapped buffer may be recorded. [Encoder].Check and
// Submit call [CheckUse] for each recorded buffer, and return the first error.
// https://www.w3.org/TR/webgpu/#dom-gpucommandencoder-copybuffertobuffer
func CheckCopy(src Buffer, srcOffset uint64, dst Buffer, dstOffset, size uint64) error {
	if src == dst {
		return NewError("copy", src.Label(), ErrRange, "source and destination are the same buffer")
	}
	if err := checkRecord("copy", src, UsageCopySrc); err != nil {
		return err
	}
	if err := checkRecord("copy", dst, UsageCopyDst); err != nil {
		return err
	}
	if err := CheckSpan("copy", src, srcOffset, size, 4, 4); err != nil {
		return err
	}
	return CheckSpan("copy", dst, dstOffset, size, 4, 4)
}

// CheckSend checks that the first size bytes of an unmapped chunk may be copied to dst and submitted at once.
func CheckSend(chunk Buffer, size uint64, dst Buffer, offset uint64) error {
	if err := CheckCopy(chunk, 0, dst, offset, size); err != nil {
		return err
	}
	return CheckUse("copy", dst, UsageCopyDst)
}

// CheckClear checks the zeroing of a range, but for the state of the buffer: see [CheckCopy].
// https://www.w3.org/TR/webgpu/#dom-gpucommandencoder-clearbuffer
func CheckClear(dst Buffer, offset, size uint64) error {
	if err := checkRecord("clear", dst, UsageCopyDst); err != nil {
		return err
	}
	return CheckSpan("clear", dst, offset, size, 4, 4)
}

// CheckUse checks that the GPU may use b now, and that it has the usage.
func CheckUse(op string, b Buffer, usage Usage) error {
	if _, err := b.State().Next(EventUse); err != nil {
		return NewError(op, b.Label(), err, "")
	}
	return checkUsable(op, b, usage)
}

// checkRecord is CheckUse at the time of recording: a mapped buffer may be recorded, since only its submit needs it
// unmapped.
func checkRecord(op string, b Buffer, usage Usage) error {
	if b.State() == Destroyed {
		return NewError(op, b.Label(), ErrDestroyed, "")
	}
	return checkUsable(op, b, usage)
}

func checkUsable(op string, b Buffer, usage Usage) error {
	if err := CheckCreated(op, b); err != nil {
		return err
	}
	return checkUsage(op, b, usage)
}

// CheckCreated checks that b's creation has not failed, as far as that is known.
func CheckCreated(op string, b Buffer) error {
	failure, _ := b.Failure().(*Error)
	if failure == nil {
		return nil
	}
	return &Error{Op: op, Label: b.Label(), Reason: failure.Reason, Detail: "the creation of the buffer failed", Cause: failure.Cause}
}

func checkUsage(op string, b Buffer, usage Usage) error {
	if !b.Usage().Has(usage) {
		return NewError(op, b.Label(), ErrUsage, "usage "+b.Usage().String()+" lacks "+(usage&^b.Usage()).String())
	}
	return nil
}

// CheckSpan checks that [offset, offset+size) is aligned and inside of b, without overflow.
func CheckSpan(op string, b Buffer, offset, size, offsetAlign, sizeAlign uint64) error {
	switch {
	case offset%offsetAlign != 0:
		return NewError(op, b.Label(), ErrAlignment, "offset "+Decimal(offset)+" is not a multiple of "+Decimal(offsetAlign))
	case size%sizeAlign != 0:
		return NewError(op, b.Label(), ErrAlignment, Decimal(size)+" bytes is not a multiple of "+Decimal(sizeAlign))
	case offset > b.Size() || size > b.Size()-offset:
		return NewError(op, b.Label(), ErrRange, Decimal(size)+" bytes at "+Decimal(offset)+" exceed size "+Decimal(b.Size()))
	}
	return nil
}
