//go:build js && wasm

package jsbridge

import (
	"context"
	"syscall/js"
)

var (
	deviceCreateShaderModule = method{class: "GPUDevice", name: "createShaderModule"}
	shaderCompilationInfo    = method{class: "GPUShaderModule", name: "getCompilationInfo"}
)

// ShaderModuleDescriptor holds WGSL source.
//
// See https://www.w3.org/TR/webgpu/#gpushadermoduledescriptor.
type ShaderModuleDescriptor struct {
	Label string
	Code  string
}

func (d *ShaderModuleDescriptor) value() js.Value {
	descriptor := newObject()
	descriptor.text("label", d.Label)
	descriptor.Set("code", d.Code)
	return descriptor.Value
}

// ShaderModule is compiled WGSL.
//
// See https://www.w3.org/TR/webgpu/#gpushadermodule.
type ShaderModule struct{ v js.Value }

// CreateShaderModule compiles WGSL. Faults in the source are reported through
// error scopes, and in full by CompilationInfo.
//
// See https://www.w3.org/TR/webgpu/#dom-gpudevice-createshadermodule.
func (d *Device) CreateShaderModule(descriptor *ShaderModuleDescriptor) (*ShaderModule, error) {
	v, err := d.create(&deviceCreateShaderModule, descriptor.value())
	if err != nil {
		return nil, err
	}
	return &ShaderModule{v}, nil
}

// JSValue is the GPUShaderModule.
func (m *ShaderModule) JSValue() js.Value { return m.v }

// CompilationMessageType is how bad a message is.
type CompilationMessageType string

// The types.
const (
	CompilationError   CompilationMessageType = "error"
	CompilationWarning CompilationMessageType = "warning"
	CompilationNote    CompilationMessageType = "info"
)

// CompilationMessage is one remark of the compiler.
//
// See https://www.w3.org/TR/webgpu/#gpucompilationmessage.
type CompilationMessage struct {
	Type    CompilationMessageType
	Message string
	Line    uint64 // from 1; 0 where the message is about no place
	Column  uint64 // from 1, in UTF-16 code units
	Offset  uint64 // from the beginning, in UTF-16 code units
	Length  uint64 // in UTF-16 code units
}

// CompilationInfo waits for the compiler and returns what it has to say.
//
// See https://www.w3.org/TR/webgpu/#dom-gpushadermodule-getcompilationinfo.
func (m *ShaderModule) CompilationInfo(ctx context.Context) ([]CompilationMessage, error) {
	info, err := await(ctx, nil, &shaderCompilationInfo, m.v)
	if err != nil {
		return nil, err
	}
	array, err := property(info, "messages")
	if err != nil {
		return nil, err
	}
	messages := make([]CompilationMessage, array.Length())
	for i := range messages {
		messages[i] = messageOf(array.Index(i))
	}
	return messages, nil
}

func messageOf(v js.Value) CompilationMessage {
	return CompilationMessage{
		Type:    CompilationMessageType(textOf(v, "type")),
		Message: textOf(v, "message"),
		Line:    numberOf(v, "lineNum"),
		Column:  numberOf(v, "linePos"),
		Offset:  numberOf(v, "offset"),
		Length:  numberOf(v, "length"),
	}
}
