//go:build js && wasm

package jsbridge

import (
	"context"
	"slices"
	"strconv"
	"strings"
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

// CompileShaderModule creates a module and waits for the compiler. Faults in
// the source are a [*ShaderError], and no error scope of the caller's and no
// handler of the device's hears of them. It is the specification's
// createShaderModule and getCompilationInfo, within an error scope.
func (d *Device) CompileShaderModule(ctx context.Context, descriptor *ShaderModuleDescriptor) (*ShaderModule, error) {
	if err := d.PushErrorScope(FilterValidation); err != nil {
		return nil, err
	}
	module, err := d.CreateShaderModule(descriptor)
	refused := d.PopErrorScope()
	if err != nil {
		return nil, err
	}
	select {
	case err = <-refused:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		return nil, module.explain(ctx, err)
	}
	return module, nil
}

// CreateShaderModule compiles WGSL. Faults in the source are reported through
// error scopes, and in full by CompilationInfo: [Device.CompileShaderModule]
// returns them.
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
	Line    uint64 // from 1; 0 if the message is about no place
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

// ShaderError has the faults that the compiler found in a module, by place.
type ShaderError struct {
	Label    string               // of the module
	Messages []CompilationMessage // those of type [CompilationError], at least one
}

// Error has one line for each message: label, line and column, as compilers
// have it for a file.
func (e *ShaderError) Error() string {
	lines := make([]string, len(e.Messages))
	for i, m := range e.Messages {
		lines[i] = e.Label + ":" + decimal(m.Line) + ":" + decimal(m.Column) + ": " + m.Message
	}
	return "jsbridge: shader " + strings.Join(lines, "\n")
}

// Is makes it an [ErrValidation], as the device calls it.
func (e *ShaderError) Is(target error) bool { return target == ErrValidation }

func decimal(n uint64) string { return strconv.FormatUint(n, 10) }

// explain is the error of a module that the device refused, with places if the
// compiler names any.
func (m *ShaderModule) explain(ctx context.Context, refused error) error {
	messages, err := m.CompilationInfo(ctx)
	if err != nil {
		return refused
	}
	faults := slices.DeleteFunc(messages, func(m CompilationMessage) bool { return m.Type != CompilationError })
	if len(faults) == 0 {
		return refused
	}
	return &ShaderError{Label: textOf(m.v, "label"), Messages: faults}
}
