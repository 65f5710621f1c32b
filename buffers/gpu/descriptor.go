package gpu

// Descriptor describes a buffer to create.
type Descriptor struct {
	Label string
	// Size in bytes.
	Size  uint64
	Usage Usage
	// MappedAtCreation makes the buffer writable by the CPU from the start, whatever its usage.
	MappedAtCreation bool
}

// Validate checks the rules of https://www.w3.org/TR/webgpu/#dom-gpudevice-createbuffer, that the size is not 0, and
// that a buffer to be mapped can be mapped whole. The device decides which usages go with a map usage: see
// [Limits].MappablePrimaryBuffers.
func (d *Descriptor) Validate(limits Limits) error {
	switch {
	case d.Size == 0:
		return d.refuse(ErrRange, "size 0: a buffer has at least 1 byte")
	case d.Size > limits.MaxBufferSize:
		return d.refuse(ErrTooLarge, "size "+Decimal(d.Size)+" exceeds the device's maxBufferSize "+Decimal(limits.MaxBufferSize))
	case d.Usage == 0:
		return d.refuse(ErrUsage, "no usage")
	case d.Usage&^usageAll != 0:
		return d.refuse(ErrUsage, "usage "+d.Usage.String())
	case d.mappable() && d.Size%4 != 0:
		return d.refuse(ErrAlignment, "size "+Decimal(d.Size)+" is not a multiple of 4, as a buffer to be mapped must be")
	case limits.MappablePrimaryBuffers:
		return nil
	case d.Usage.Has(UsageMapRead) && d.Usage&^(UsageMapRead|UsageCopyDst) != 0:
		return d.refuse(ErrUsage, "usage "+d.Usage.String()+": "+UsageMapRead.String()+" goes with "+UsageCopyDst.String()+" only")
	case d.Usage.Has(UsageMapWrite) && d.Usage&^(UsageMapWrite|UsageCopySrc) != 0:
		return d.refuse(ErrUsage, "usage "+d.Usage.String()+": "+UsageMapWrite.String()+" goes with "+UsageCopySrc.String()+" only")
	}
	return nil
}

// ValidateMappable checks Validate's rules and that the buffer can be mapped at all.
func (d *Descriptor) ValidateMappable(limits Limits) error {
	if err := d.Validate(limits); err != nil {
		return err
	}
	if !d.mappable() {
		return d.refuse(ErrUsage, "usage "+d.Usage.String()+" cannot be mapped, and the buffer is not mapped at creation")
	}
	return nil
}

func (d *Descriptor) mappable() bool {
	return d.MappedAtCreation || d.Usage&(UsageMapRead|UsageMapWrite) != 0
}

func (d *Descriptor) refuse(reason error, detail string) error {
	return NewError("create", d.Label, reason, detail)
}
