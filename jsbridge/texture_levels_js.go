//go:build js && wasm

package jsbridge

var (
	textureMipLevels   = method{class: "GPUTexture", name: "mipLevelCount", attribute: true}
	textureSampleCount = method{class: "GPUTexture", name: "sampleCount", attribute: true}
)

// MipLevelCount asks the browser for the number of mip levels.
func (t *Texture) MipLevelCount() uint32 { return t.number(&textureMipLevels) }

// SampleCount asks the browser for the number of samples a texel.
func (t *Texture) SampleCount() uint32 { return t.number(&textureSampleCount) }
