package buffers

// roundUp4 leaves n alone if it would overflow.
func roundUp4(n uint64) uint64 { return max(n, (n+3)&^3) }

// rowPitch is the distance between rows in a buffer that is copied to or from a texture.
// https://www.w3.org/TR/webgpu/#abstract-opdef-validating-gputexelcopybufferinfo
func rowPitch(rowBytes uint64) uint64 { return (rowBytes + 255) &^ 255 }

// chunkSize rounds up so that chunks fit more than one request: to a quarter of the power of two below.
func chunkSize(need uint64) uint64 {
	step := uint64(4 << 10)
	for step*8 < need {
		step *= 2
	}
	return (need + step - 1) / step * step
}

var zeros [64 << 10]byte
