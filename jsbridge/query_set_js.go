//go:build js && wasm

package jsbridge

import "syscall/js"

var (
	deviceCreateQuerySet = method{class: "GPUDevice", name: "createQuerySet"}
	querySetDestroy      = method{class: "GPUQuerySet", name: "destroy"}
)

// QueryType is what a query counts.
type QueryType string

// The types.
const (
	QueryOcclusion QueryType = "occlusion"
	QueryTimestamp QueryType = "timestamp" // needs the feature "timestamp-query"
)

// QuerySetDescriptor describes a set of queries.
//
// See https://www.w3.org/TR/webgpu/#dictdef-gpuquerysetdescriptor.
type QuerySetDescriptor struct {
	Label string
	Type  QueryType
	Count uint32
}

func (d *QuerySetDescriptor) value() js.Value {
	descriptor := newObject()
	descriptor.text("label", d.Label)
	descriptor.Set("type", string(d.Type))
	descriptor.Set("count", d.Count)
	return descriptor.Value
}

// QuerySet holds the results of queries.
//
// See https://www.w3.org/TR/webgpu/#gpuqueryset.
type QuerySet struct {
	v     js.Value
	count uint32
}

// CreateQuerySet makes a set of queries.
//
// See https://www.w3.org/TR/webgpu/#dom-gpudevice-createqueryset.
func (d *Device) CreateQuerySet(descriptor *QuerySetDescriptor) (*QuerySet, error) {
	v, err := d.create(&deviceCreateQuerySet, descriptor.value())
	if err != nil {
		return nil, err
	}
	return &QuerySet{v, descriptor.Count}, nil
}

// JSValue is the GPUQuerySet.
func (s *QuerySet) JSValue() js.Value { return s.v }

// Count is the number of queries.
func (s *QuerySet) Count() uint32 { return s.count }

// Destroy frees the set. It is idempotent.
//
// See https://www.w3.org/TR/webgpu/#dom-gpuqueryset-destroy.
func (s *QuerySet) Destroy() { _, _ = querySetDestroy.call(s.v) }
