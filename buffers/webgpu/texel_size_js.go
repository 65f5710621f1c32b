//go:build js && wasm

package webgpu

import "github.com/gpubuffers/gpubuffers/jsbridge"

// texelSizes are the bytes of a texel of every format that is copied texel by texel. Compressed formats
// are copied by blocks; of depth24plus the size is not known, and of the formats with depth and stencil
// each aspect has its own.
// https://www.w3.org/TR/webgpu/#texture-format-caps
var texelSizes = map[jsbridge.TextureFormat]uint64{
	jsbridge.TextureFormatR8Unorm: 1,
	jsbridge.TextureFormatR8Snorm: 1,
	jsbridge.TextureFormatR8Uint:  1,
	jsbridge.TextureFormatR8Sint:  1,

	jsbridge.TextureFormatR16Unorm: 2,
	jsbridge.TextureFormatR16Snorm: 2,
	jsbridge.TextureFormatR16Uint:  2,
	jsbridge.TextureFormatR16Sint:  2,
	jsbridge.TextureFormatR16Float: 2,
	jsbridge.TextureFormatRG8Unorm: 2,
	jsbridge.TextureFormatRG8Snorm: 2,
	jsbridge.TextureFormatRG8Uint:  2,
	jsbridge.TextureFormatRG8Sint:  2,

	jsbridge.TextureFormatR32Uint:        4,
	jsbridge.TextureFormatR32Sint:        4,
	jsbridge.TextureFormatR32Float:       4,
	jsbridge.TextureFormatRG16Unorm:      4,
	jsbridge.TextureFormatRG16Snorm:      4,
	jsbridge.TextureFormatRG16Uint:       4,
	jsbridge.TextureFormatRG16Sint:       4,
	jsbridge.TextureFormatRG16Float:      4,
	jsbridge.TextureFormatRGBA8Unorm:     4,
	jsbridge.TextureFormatRGBA8UnormSRGB: 4,
	jsbridge.TextureFormatRGBA8Snorm:     4,
	jsbridge.TextureFormatRGBA8Uint:      4,
	jsbridge.TextureFormatRGBA8Sint:      4,
	jsbridge.TextureFormatBGRA8Unorm:     4,
	jsbridge.TextureFormatBGRA8UnormSRGB: 4,
	jsbridge.TextureFormatRGB9E5Ufloat:   4,
	jsbridge.TextureFormatRGB10A2Uint:    4,
	jsbridge.TextureFormatRGB10A2Unorm:   4,
	jsbridge.TextureFormatRG11B10Ufloat:  4,

	jsbridge.TextureFormatRG32Uint:    8,
	jsbridge.TextureFormatRG32Sint:    8,
	jsbridge.TextureFormatRG32Float:   8,
	jsbridge.TextureFormatRGBA16Unorm: 8,
	jsbridge.TextureFormatRGBA16Snorm: 8,
	jsbridge.TextureFormatRGBA16Uint:  8,
	jsbridge.TextureFormatRGBA16Sint:  8,
	jsbridge.TextureFormatRGBA16Float: 8,

	jsbridge.TextureFormatRGBA32Uint:  16,
	jsbridge.TextureFormatRGBA32Sint:  16,
	jsbridge.TextureFormatRGBA32Float: 16,

	jsbridge.TextureFormatStencil8:     1,
	jsbridge.TextureFormatDepth16Unorm: 2,
	jsbridge.TextureFormatDepth32Float: 4, // may be copied to a buffer, not from one
}
