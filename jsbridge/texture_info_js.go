//go:build js && wasm

package jsbridge

var (
	textureMipLevels   = method{class: "GPUTexture", name: "mipLevelCount", attribute: true}
	textureSampleCount = method{class: "GPUTexture", name: "sampleCount", attribute: true}
	textureUsage       = method{class: "GPUTexture", name: "usage", attribute: true}
)

// MipLevelCount asks the browser for the number of mip levels.
func (t *Texture) MipLevelCount() uint32 { return t.number(&textureMipLevels) }

// SampleCount asks the browser for the number of samples a texel.
func (t *Texture) SampleCount() uint32 { return t.number(&textureSampleCount) }

// Usage asks the browser for the usage bits.
func (t *Texture) Usage() TextureUsage { return TextureUsage(t.number(&textureUsage)) }

// Dimension is the number of dimensions.
func (t *Texture) Dimension() TextureDimension {
	if t.dimension == "" {
		return TextureDimension2D
	}
	return t.dimension
}
