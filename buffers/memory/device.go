package memory

import (
	"sync"
	"time"

	"github.com/gpubuffers/gpubuffers/buffers/gpu"
)

// Device is a GPU in memory.
type Device struct {
	options Options
	queue   Queue
	start   time.Time
	lost    chan struct{}
	signal  chan struct{} // wakes the timeline

	mu       sync.Mutex
	onError  func(error)
	loss     Loss
	buffers  map[*Buffer]struct{} // created and not destroyed
	bytes    uint64
	timeline timeline
	channels channels
	faults   faults
	store    store
	encoders []*Encoder // submitted, oldest first
}

var _ gpu.Device = (*Device)(nil)

// Open starts a GPU. It runs until it is destroyed or lost.
func Open(options Options) *Device {
	if options.Limits == (gpu.Limits{}) {
		options.Limits = gpu.DefaultLimits()
	}
	d := &Device{
		options: options,
		start:   time.Now(),
		lost:    make(chan struct{}),
		signal:  make(chan struct{}, 1),
		buffers: map[*Buffer]struct{}{},
	}
	d.queue.device = d
	go d.run()
	return d
}

// CreateBuffer makes a buffer that only the GPU can use.
func (d *Device) CreateBuffer(desc *gpu.Descriptor) (gpu.Buffer, error) {
	b := &Buffer{}
	if err := d.create(desc, desc.Validate, b); err != nil {
		return nil, err
	}
	return b, nil
}

// CreateMappableBuffer makes a buffer that can be mapped.
func (d *Device) CreateMappableBuffer(desc *gpu.Descriptor) (gpu.MappableBuffer, error) {
	b := &MappableBuffer{}
	if err := d.create(desc, desc.ValidateMappable, &b.Buffer); err != nil {
		return nil, err
	}
	return b, nil
}

func (d *Device) create(desc *gpu.Descriptor, validate func(gpu.Limits) error, b *Buffer) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.enter("create", desc.Label); err != nil {
		return err
	}
	if err := validate(d.options.Limits); err != nil {
		return err
	}
	failure := d.allocate(desc)
	if failure != nil && !d.options.LateErrors {
		return failure
	}
	b.device, b.descriptor, b.failure = d, *desc, failure
	b.init()
	d.buffers[b] = struct{}{}
	if failure != nil {
		t := d.timeline.task()
		t.buffer, t.report = b, failure
		d.enqueueBeside(t, 0)
	}
	return nil
}

// allocate takes a buffer's bytes from the device's memory.
func (d *Device) allocate(desc *gpu.Descriptor) error {
	if err := d.faults.creation(desc.Label); err != nil {
		return err
	}
	if d.options.Memory != 0 && d.bytes+desc.Size > d.options.Memory {
		return outOfMemory(desc.Label)
	}
	d.bytes += desc.Size
	return nil
}

func outOfMemory(label string) error {
	return gpu.NewError("create", label, gpu.ErrOutOfMemory, "")
}

// Queue takes work to the GPU.
func (d *Device) Queue() gpu.Queue {
	if d.options.Notifies {
		return notifier{&d.queue}
	}
	return &d.queue
}

// Limits returns the limits of the Options.
func (d *Device) Limits() gpu.Limits { return d.options.Limits }

// Lost is closed when the device is lost or destroyed. Every pending map has settled by then.
func (d *Device) Lost() <-chan struct{} { return d.lost }

// OnError sets the function that takes late errors. It is called from the GPU's goroutine, or from that of Step, and
// may call the device.
func (d *Device) OnError(f func(error)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.onError = f
}

// Destroy loses the device as [Destroyed].
func (d *Device) Destroy() { d.Lose(Destroyed) }

// Bytes is the size of all buffers together. A destroyed buffer counts until the GPU is done with it.
func (d *Device) Bytes() uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.bytes
}

// Buffers lists the labels of the buffers that were created and not destroyed, in no order.
func (d *Device) Buffers() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var labels []string
	for b := range d.buffers {
		labels = append(labels, b.Label())
	}
	return labels
}

// report calls OnError, without the lock held.
func (d *Device) report(err error) {
	d.mu.Lock()
	f := d.onError
	d.mu.Unlock()
	if f != nil {
		f(err)
	}
}
