// Package buffertest holds the rules of package gpu that every backend follows, as one list that
// runs over any of them.
//
// The rules are WebGPU's own promises. A backend may be slow and may report an error of its own late, but
// the call itself must refuse misuse.
package buffertest

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

// Backend opens the devices that the rules run over, and says what they can do.
type Backend struct {
	Name string
	// Open returns a device of its own for each call. The rules destroy it.
	Open func(t testing.TB) gpu.Device
	// NewTexture makes a texture labelled "texture", of a format that the device has. destroy destroys it. If
	// NewTexture is nil, the rules about textures are not run.
	NewTexture func(t testing.TB, device gpu.Device, info gpu.TextureInfo) (texture gpu.Texture, destroy func())
	// Has reports whether a device of Open has textures of a format that not every device has.
	Has func(format string) bool
	// NewForeign makes a buffer to copy from and to that has an owner besides the device. The owner destroys it
	// by destroy, and the device does not hear of that. If NewForeign is nil, the rules about late refusals are
	// not run.
	NewForeign func(t testing.TB, device gpu.Device, size uint64) (b gpu.Buffer, destroy func())
	// NewHost makes host memory with p's content and a function that reads the content. If it is nil,
	// the rules about host memory are not run.
	NewHost func(t testing.TB, p []byte) (h gpu.Host, content func() []byte)
	// Relays says that the device's Queue is a ChunkRelay for host memory. If it is not, the rules about
	// relays are not run.
	Relays bool
	// MapsBytes says that every MappableBuffer is a [gpu.ByteMapper]. If not, the rules about that are not run.
	MapsBytes bool
	// Exhaust leaves the device no memory for the next buffer, which has the size returned, at least 64. The device
	// finds that out after the buffer's creation. If Exhaust is nil, the rules about that are not run.
	Exhaust func(device gpu.Device) (size uint64)
	// Lose loses the device in another way than Destroy. If it is nil, the rules about that are not run.
	Lose func(device gpu.Device)
	// Hold keeps the GPU from making progress until release is called. A backend needs none if nothing can
	// settle as long as the test does not wait, as in a browser.
	Hold func(device gpu.Device) (release func())
	// Patience is how long something may take before it counts as never; 0 means a minute.
	Patience time.Duration
}

// rule is a promise, named by a sentence.
type rule struct {
	name string
	// why says what goes wrong for a program if the rule is broken.
	why string
	f   func(*trial)
	// needs returns what b lacks for the rule to run, or "".
	needs func(b *Backend) string
}

func rules() []rule {
	return slices.Concat(
		creationRules, stateRules, mapRules, accessRules, byteRules, cancelRules, hostRules,
		writeRules, copyRules, scopedRules, foreignRules, chunkRules, relayRules, orderRules, submitRules,
		textureRules, textureFormatRules, blockRules,
		destroyRules, lossRules, errorRules, invalidRules,
	)
}

// Run runs every rule as a test of its own and prints how many ran.
func Run(t *testing.T, b Backend) {
	ran := 0
	missing := map[string]int{}
	for _, r := range rules() {
		if lack := r.lacks(&b); lack != "" {
			missing[lack]++
			continue
		}
		t.Run(r.name, func(t *testing.T) {
			ran++
			r.try(t, &b)
		})
	}
	fmt.Printf("buffertest: %d rules ran on %s\n", ran, b.Name)
	for _, lack := range slices.Sorted(maps.Keys(missing)) {
		fmt.Printf("buffertest: %d rules did not run on %s: %s\n", missing[lack], b.Name, lack)
	}
}

func (r *rule) lacks(b *Backend) string {
	if r.needs == nil {
		return ""
	}
	return r.needs(b)
}

// try runs the rule on a device of its own.
func (r *rule) try(tb testing.TB, b *Backend) {
	tb.Helper()
	defer func() {
		if tb.Failed() {
			tb.Logf("broken on %s: %s\nwhy it matters: %s", b.Name, r.name, r.why)
		}
	}()
	t := newTrial(tb, b)
	defer t.end()
	r.f(t)
	t.expectNoLateErrors()
}
