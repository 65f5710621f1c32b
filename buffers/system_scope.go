package buffers

import "context"

// Scope destroys the buffers made in it, newest first:
//
//	scope := system.NewScope()
//	defer scope.Destroy()
//	vertices, err := scope.NewDeviceBuffer(...)
type Scope struct {
	sys  *System
	made []destroyer
}

type destroyer interface{ Destroy() }

// NewScope returns an empty scope.
func (s *System) NewScope() *Scope { return &Scope{sys: s} }

// Keep adds a buffer made elsewhere.
func (c *Scope) Keep(d destroyer) { c.made = append(c.made, d) }

// Destroy destroys everything in the scope, which is empty afterwards.
func (c *Scope) Destroy() {
	for i := len(c.made) - 1; i >= 0; i-- {
		c.made[i].Destroy()
	}
	c.made = nil
}

// NewDeviceBuffer is that of [System], in the scope.
func (c *Scope) NewDeviceBuffer(d Descriptor) (*DeviceBuffer, error) {
	b, err := c.sys.NewDeviceBuffer(d)
	return inScope(c, b, err)
}

// NewImmediateStagingBuffer is that of [System], in the scope.
func (c *Scope) NewImmediateStagingBuffer(ctx context.Context, d StagingDescriptor) (*ImmediateStagingBuffer, error) {
	b, err := c.sys.NewImmediateStagingBuffer(ctx, d)
	return inScope(c, b, err)
}

// NewDeferredStagingBuffer is that of [System], in the scope.
func (c *Scope) NewDeferredStagingBuffer(d StagingDescriptor) (*DeferredStagingBuffer, error) {
	b, err := c.sys.NewDeferredStagingBuffer(d)
	return inScope(c, b, err)
}

// NewReadbackBuffer is that of [System], in the scope.
func (c *Scope) NewReadbackBuffer(d ReadbackDescriptor) (*ReadbackBuffer, error) {
	b, err := c.sys.NewReadbackBuffer(d)
	return inScope(c, b, err)
}

// NewDynamicBuffer is that of [System], in the scope.
func (c *Scope) NewDynamicBuffer(d DynamicDescriptor) (*DynamicBuffer, error) {
	b, err := c.sys.NewDynamicBuffer(d)
	return inScope(c, b, err)
}

// NewMappableBuffer is that of [System], in the scope.
func (c *Scope) NewMappableBuffer(d Descriptor) (MappableBuffer, error) {
	b, err := c.sys.NewMappableBuffer(d)
	return inScope(c, b, err)
}

func inScope[B destroyer](c *Scope, b B, err error) (B, error) {
	if err == nil {
		c.Keep(b)
	}
	return b, err
}
