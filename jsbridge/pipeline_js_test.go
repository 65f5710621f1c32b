//go:build js && wasm

package jsbridge

import (
	"context"
	"syscall/js"
	"testing"

	"github.com/stretchr/testify/require"
)

func compute(t *testing.T, d *Device) *ComputePipeline {
	module, err := d.CreateShaderModule(&ShaderModuleDescriptor{Label: "m", Code: "code"})
	require.NoError(t, err)
	p, err := d.CreateComputePipeline(&ComputePipelineDescriptor{
		Label: "double", Compute: ProgrammableStage{Module: module, EntryPoint: "main", Constants: map[string]float64{"k": 2}},
	})
	require.NoError(t, err)
	return p
}

func TestTheCompilerIsHeard(t *testing.T) {
	set(t, "messages", []any{
		map[string]any{"type": "error", "message": "no such type", "lineNum": 3, "linePos": 7, "offset": 40, "length": 2},
		map[string]any{"type": "info", "message": "all else is well"},
	})
	module, err := device(t).CreateShaderModule(&ShaderModuleDescriptor{Code: "?"})
	require.NoError(t, err)
	messages, err := module.CompilationInfo(patience(t))
	require.NoError(t, err)
	require.Equal(t, []CompilationMessage{
		{CompilationError, "no such type", 3, 7, 40, 2},
		{Type: CompilationNote, Message: "all else is well"},
	}, messages)
}

func TestACompiledModuleIsAsGoodAsOneThatWasCreated(t *testing.T) {
	d := device(t)
	module, err := d.CompileShaderModule(patience(t), &ShaderModuleDescriptor{Label: "m", Code: "code"})
	require.NoError(t, err)
	require.Equal(t, "m", module.JSValue().Get("label").String())
	require.Equal(t, "GPUDevice.createShaderModule({code:code,label:m})", calls())
}

func TestFaultsOfAShaderAreOneErrorWithTheirPlaces(t *testing.T) {
	set(t, "refuseModules", true)
	set(t, "messages", []any{
		map[string]any{"type": "warning", "message": "unreachable", "lineNum": 1, "linePos": 1},
		map[string]any{"type": "error", "message": "no such type", "lineNum": 3, "linePos": 7},
		map[string]any{"type": "error", "message": "nor that", "lineNum": 12, "linePos": 1},
	})
	d := device(t)
	d.OnUncapturedError(func(err *Error) { t.Error("heard by the device's handler:", err) })
	module, err := d.CompileShaderModule(patience(t), &ShaderModuleDescriptor{Label: "sky.wgsl", Code: "?"})
	require.Nil(t, module)
	var shader *ShaderError
	require.ErrorAs(t, err, &shader)
	require.ErrorIs(t, err, ErrValidation)
	require.Equal(t, "sky.wgsl", shader.Label)
	require.Equal(t, []uint64{3, 12}, []uint64{shader.Messages[0].Line, shader.Messages[1].Line})
	require.EqualError(t, err, "jsbridge: shader sky.wgsl:3:7: no such type\nsky.wgsl:12:1: nor that")
	require.ErrorIs(t, wait(t, d.PopErrorScope()), ErrOperation, "no scope is left open")
}

func TestAModuleThatIsRefusedWithoutAFaultIsTheDevicesError(t *testing.T) {
	set(t, "refuseModules", true)
	_, err := device(t).CompileShaderModule(patience(t), &ShaderModuleDescriptor{Code: "?"})
	require.ErrorIs(t, err, ErrValidation)
	require.ErrorContains(t, err, "no such module")
}

func TestAProgramGivesUpACompilation(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	d := device(t)
	_, err := d.CompileShaderModule(ctx, &ShaderModuleDescriptor{Code: "?"})
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, wait(t, d.PopErrorScope()), ErrOperation, "no scope is left open")
}

func TestPipelinesAndWhatTheyNeedAreDescribed(t *testing.T) {
	d := device(t)
	compute(t, d)
	module := &ShaderModule{buffer(t, d, 4).value()}
	layout, err := d.CreateBindGroupLayout(&BindGroupLayoutDescriptor{Label: "bgl", Entries: []BindGroupLayoutEntry{
		{Binding: 0, Visibility: ShaderStageVertex | ShaderStageCompute, Buffer: &BufferBindingLayout{BindStorage, true, 16}},
		{Binding: 1, Visibility: ShaderStageFragment, Sampler: &SamplerBindingLayout{SamplerComparison}},
		{Binding: 2, Visibility: ShaderStageFragment, Texture: &TextureBindingLayout{SampleDepth, TextureViewDimensionCube, true}},
		{Binding: 3, Visibility: ShaderStageCompute, StorageTexture: &StorageTextureBindingLayout{StorageReadWrite, TextureFormatR32Uint, TextureViewDimension2D}},
	}})
	require.NoError(t, err)
	joined, err := d.CreatePipelineLayout(&PipelineLayoutDescriptor{Label: "pl", BindGroupLayouts: []*BindGroupLayout{layout, nil}})
	require.NoError(t, err)
	sampler, err := d.CreateSampler(&SamplerDescriptor{Label: "s", AddressModeU: Repeat, MagFilter: FilterLinear, LodMaxClamp: 4, Compare: CompareLess, MaxAnisotropy: 8})
	require.NoError(t, err)
	_, err = d.CreateSampler(nil)
	require.NoError(t, err)
	_, err = d.CreateBindGroup(&BindGroupDescriptor{Label: "bg", Layout: layout, Entries: []BindGroupEntry{
		{Binding: 0, Buffer: buffer(t, d, 512), Offset: 256, Size: 16},
		{Binding: 1, Sampler: sampler},
		{Binding: 2, Buffer: buffer(t, d, 512), Size: WholeSize},
	}})
	require.NoError(t, err)
	_, err = d.CreateBindGroup(&BindGroupDescriptor{Layout: layout})
	require.NoError(t, err)
	_, err = d.CreateRenderPipeline(&RenderPipelineDescriptor{
		Label: "rp", Layout: joined,
		Vertex: VertexState{ProgrammableStage{Module: module, EntryPoint: "vs"}, []VertexBufferLayout{
			{ArrayStride: 12, StepMode: StepInstance, Attributes: []VertexAttribute{{VertexFormatFloat32x3, 4, 2}}},
		}},
		Primitive:    PrimitiveState{Topology: TriangleStrip, StripIndexFormat: IndexFormatUint16, CullMode: CullBack},
		DepthStencil: &DepthStencilState{Format: TextureFormatDepth24Plus, DepthWriteEnabled: true, DepthCompare: CompareLess, StencilFront: StencilFaceState{PassOp: StencilReplace}},
		Multisample:  MultisampleState{Count: 4},
		Fragment: &FragmentState{ProgrammableStage{Module: module}, []ColorTargetState{
			{Format: TextureFormatBGRA8Unorm, Blend: &BlendState{Color: BlendComponent{BlendAdd, BlendFactorSrcAlpha, BlendFactorOneMinusSrcAlpha}}, WriteMask: ColorWriteNone},
			{},
		}},
	})
	require.NoError(t, err)
	require.Equal(t, lines(
		"GPUDevice.createShaderModule({code:code,label:m})",
		"GPUDevice.createComputePipeline({compute:{constants:{k:2},entryPoint:main,module:m},label:double,layout:auto})",
		"GPUDevice.createBindGroupLayout({entries:["+
			"{binding:0,buffer:{hasDynamicOffset:true,minBindingSize:16,type:storage},visibility:5},"+
			"{binding:1,sampler:{type:comparison},visibility:2},"+
			"{binding:2,texture:{multisampled:true,sampleType:depth,viewDimension:cube},visibility:2},"+
			"{binding:3,storageTexture:{access:read-write,format:r32uint,viewDimension:2d},visibility:4}],label:bgl})",
		"GPUDevice.createPipelineLayout({bindGroupLayouts:[bgl,null],label:pl})",
		"GPUDevice.createSampler({addressModeU:repeat,compare:less,label:s,lodMaxClamp:4,magFilter:linear,maxAnisotropy:8})",
		"GPUDevice.createSampler()",
		"GPUDevice.createBindGroup({entries:[{binding:0,resource:{buffer:b,offset:256,size:16}},{binding:1,resource:s},{binding:2,resource:{buffer:b}}],label:bg,layout:bgl})",
		"GPUDevice.createBindGroup({entries:[],label:undefined,layout:bgl})",
		"GPUDevice.createRenderPipeline({depthStencil:{depthCompare:less,depthWriteEnabled:true,format:depth24plus,stencilBack:{},stencilFront:{passOp:replace}},"+
			"fragment:{module:b,targets:[{blend:{alpha:{},color:{dstFactor:one-minus-src-alpha,operation:add,srcFactor:src-alpha}},format:bgra8unorm,writeMask:0},null]},"+
			"label:rp,layout:pl,multisample:{count:4},primitive:{cullMode:back,stripIndexFormat:uint16,topology:triangle-strip},"+
			"vertex:{buffers:[{arrayStride:12,attributes:[{format:float32x3,offset:4,shaderLocation:2}],stepMode:instance}],entryPoint:vs,module:b}})",
	), calls())
}

func TestAsynchronousPipelinesArriveOrFail(t *testing.T) {
	d := device(t)
	stage := ProgrammableStage{Module: &ShaderModule{js.Null()}}
	p, err := d.CreateComputePipelineAsync(patience(t), &ComputePipelineDescriptor{Compute: stage})
	require.NoError(t, err)
	_, err = p.BindGroupLayout(0)
	require.NoError(t, err)
	_, err = d.CreateComputePipelineAsync(patience(t), &ComputePipelineDescriptor{Label: "broken", Compute: stage})
	require.ErrorIs(t, err, ErrPipeline)

	r, err := d.CreateRenderPipelineAsync(patience(t), &RenderPipelineDescriptor{Vertex: VertexState{ProgrammableStage: stage}})
	require.NoError(t, err)
	_, err = r.BindGroupLayout(1)
	require.NoError(t, err)
	_, err = d.CreateRenderPipelineAsync(patience(t), &RenderPipelineDescriptor{Label: "broken", Vertex: VertexState{ProgrammableStage: stage}})
	require.ErrorIs(t, err, ErrPipeline)
}

func TestACanvasIsConfiguredAndGivesTextures(t *testing.T) {
	d := device(t)
	c, err := CanvasContextByID("canvas")
	require.NoError(t, err)
	require.NoError(t, c.Configure(&CanvasConfiguration{Device: d, AlphaMode: AlphaPremultiplied}))
	require.Equal(t, "GPUCanvasContext.configure({alphaMode:premultiplied,device:test,format:bgra8unorm,viewFormats:[]})", calls())
	require.NoError(t, c.Configure(&CanvasConfiguration{
		Device: d, Format: TextureFormatRGBA16Float, Usage: TextureUsageCopySrc, ViewFormats: []TextureFormat{TextureFormatRGBA8Unorm}, ColorSpace: "display-p3",
	}))
	require.Equal(t, "GPUCanvasContext.configure({colorSpace:display-p3,device:test,format:rgba16float,usage:1,viewFormats:[rgba8unorm]})", calls())
	texture, err := c.CurrentTexture()
	require.NoError(t, err)
	require.Equal(t, Extent3D{300, 150, 1}, texture.Size())
	c.Unconfigure()
	require.Equal(t, "GPUCanvasContext.unconfigure()", calls())

	_, err = CanvasContextByID("nothing")
	require.ErrorIs(t, err, ErrType)
	_, err = CanvasContextOf(js.ValueOf(7))
	require.ErrorIs(t, err, ErrType)
}
