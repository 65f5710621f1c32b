//go:build js && wasm

package jsbridge

// TextureFormat is the type of a texture's texels.
//
// See https://www.w3.org/TR/webgpu/#enumdef-gputextureformat.
type TextureFormat string

// The formats that aren't compressed.
const (
	TextureFormatR8Unorm              TextureFormat = "r8unorm"
	TextureFormatR8Snorm              TextureFormat = "r8snorm"
	TextureFormatR8Uint               TextureFormat = "r8uint"
	TextureFormatR8Sint               TextureFormat = "r8sint"
	TextureFormatR16Unorm             TextureFormat = "r16unorm"
	TextureFormatR16Snorm             TextureFormat = "r16snorm"
	TextureFormatR16Uint              TextureFormat = "r16uint"
	TextureFormatR16Sint              TextureFormat = "r16sint"
	TextureFormatR16Float             TextureFormat = "r16float"
	TextureFormatRG8Unorm             TextureFormat = "rg8unorm"
	TextureFormatRG8Snorm             TextureFormat = "rg8snorm"
	TextureFormatRG8Uint              TextureFormat = "rg8uint"
	TextureFormatRG8Sint              TextureFormat = "rg8sint"
	TextureFormatR32Uint              TextureFormat = "r32uint"
	TextureFormatR32Sint              TextureFormat = "r32sint"
	TextureFormatR32Float             TextureFormat = "r32float"
	TextureFormatRG16Unorm            TextureFormat = "rg16unorm"
	TextureFormatRG16Snorm            TextureFormat = "rg16snorm"
	TextureFormatRG16Uint             TextureFormat = "rg16uint"
	TextureFormatRG16Sint             TextureFormat = "rg16sint"
	TextureFormatRG16Float            TextureFormat = "rg16float"
	TextureFormatRGBA8Unorm           TextureFormat = "rgba8unorm"
	TextureFormatRGBA8UnormSRGB       TextureFormat = "rgba8unorm-srgb"
	TextureFormatRGBA8Snorm           TextureFormat = "rgba8snorm"
	TextureFormatRGBA8Uint            TextureFormat = "rgba8uint"
	TextureFormatRGBA8Sint            TextureFormat = "rgba8sint"
	TextureFormatBGRA8Unorm           TextureFormat = "bgra8unorm"
	TextureFormatBGRA8UnormSRGB       TextureFormat = "bgra8unorm-srgb"
	TextureFormatRGB9E5Ufloat         TextureFormat = "rgb9e5ufloat"
	TextureFormatRGB10A2Uint          TextureFormat = "rgb10a2uint"
	TextureFormatRGB10A2Unorm         TextureFormat = "rgb10a2unorm"
	TextureFormatRG11B10Ufloat        TextureFormat = "rg11b10ufloat"
	TextureFormatRG32Uint             TextureFormat = "rg32uint"
	TextureFormatRG32Sint             TextureFormat = "rg32sint"
	TextureFormatRG32Float            TextureFormat = "rg32float"
	TextureFormatRGBA16Unorm          TextureFormat = "rgba16unorm"
	TextureFormatRGBA16Snorm          TextureFormat = "rgba16snorm"
	TextureFormatRGBA16Uint           TextureFormat = "rgba16uint"
	TextureFormatRGBA16Sint           TextureFormat = "rgba16sint"
	TextureFormatRGBA16Float          TextureFormat = "rgba16float"
	TextureFormatRGBA32Uint           TextureFormat = "rgba32uint"
	TextureFormatRGBA32Sint           TextureFormat = "rgba32sint"
	TextureFormatRGBA32Float          TextureFormat = "rgba32float"
	TextureFormatStencil8             TextureFormat = "stencil8"
	TextureFormatDepth16Unorm         TextureFormat = "depth16unorm"
	TextureFormatDepth24Plus          TextureFormat = "depth24plus"
	TextureFormatDepth24PlusStencil8  TextureFormat = "depth24plus-stencil8"
	TextureFormatDepth32Float         TextureFormat = "depth32float"
	TextureFormatDepth32FloatStencil8 TextureFormat = "depth32float-stencil8"
)
