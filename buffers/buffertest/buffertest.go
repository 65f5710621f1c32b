// Package buffertest holds the rules of package gpu that every backend follows, as one list that
// runs over any of them.
//
// The rules are what WebGPU itself promises. A backend may be slow and may report an error of its own
// late, but what is misuse is refused by the call itself.
package buffertest

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

// Backend is what the rules run over.
type Backend struct {
	Name string
	// Open returns a device of its own for each call. The rules destroy it.
	Open func(t testing.TB) gpu.Device
	// NewTexture makes a texture of a format that the device has, labelled "texture", and a function that
	// destroys it. If it is nil the rules about textures are not run.
	NewTexture func(t testing.TB, device gpu.Device, info gpu.TextureInfo) (texture gpu.Texture, destroy func())
	// Has reports whether a device of Open has textures of a format that not every device has.
	Has func(format string) bool
	// NewForeign makes a buffer to copy from and to that an owner besides the device has, and a function by which
	// the owner destroys it, of which the device does not hear. If it is nil the rules about late refusals are
	// not run.
	NewForeign func(t testing.TB, device gpu.Device, size uint64) (b gpu.Buffer, destroy func())
	// NewHost makes host memory with p's content and a function that reads the content. If it is nil
	// the rules about host memory are not run.
	NewHost func(t testing.TB, p []byte) (h gpu.Host, content func() []byte)
	// Relays says that the device's Queue is a ChunkRelay for host memory. Else the rules about that are not
	// run.
	Relays bool
	// MapsBytes says that every MappableBuffer is a [gpu.ByteMapper]. Else the rules about that are not run.
	MapsBytes bool
	// Exhaust has the device find out after the call that it has no memory for the buffer that is created next, of the
	// size returned, at least 64. If it is nil the rules about that are not run.
	Exhaust func(device gpu.Device) (size uint64)
	// Lose loses the device in another way than Destroy. If it is nil the rules about that are not run.
	Lose func(device gpu.Device)
	// Hold keeps the GPU from making progress until release is called. A backend on which nothing can
	// settle as long as the test does not wait, as in a browser, needs none.
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
		writeRules, copyRules, scopeRules, chunkRules, relayRules, orderRules, submitRules,
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
