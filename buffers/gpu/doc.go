// Package gpu is the contract of a backend, and the rules of WebGPU for buffers and textures, without policy.
//
// A backend implements [Device], [Queue], [Encoder], [Buffer] and [MappableBuffer]. It calls the Check functions and
// keeps a [Lifecycle] in each buffer, so that misuse is the same [*Error] everywhere. Package buffertest holds the rules
// that every backend keeps; package buffers is the engine above.
//
// Everything else is an ability, found by a type assertion. The engine does without missing ones.
//
//	ability         of               without it
//	HostMapper      MappableBuffer   Go memory only
//	RangeMapper     MappableBuffer   no MappedRange of the backend's own
//	ByteMapper      MappableBuffer   WriteAt and ReadAt alone; for programs, which find it behind Unwrap
//	ChunkQueue      Queue            the engine takes the same steps itself: Steps
//	ChunkRelay      ChunkQueue       a call for each chunk
//	Poller          Queue            the host tells by itself when the GPU is done
//	Flusher         Queue            writes begin at once
//	AccessTracker   Encoder          the API tracks its buffers itself
//	ForeignEncoder  Encoder          every encoder is the device's own
//	Hardware        Device           a processor may stand in for the GPU
//	Timers          Device           timers of package time
//	Waker           Device           goroutines run by themselves
//
// A backend without textures returns [ErrUnsupported] from the methods that take one.
//
// # Other APIs
//
// The contract is WebGPU's. In the terms of APIs that leave more to their programs it says:
//
//	here                     WebGPU                     Vulkan                          Direct3D 12
//	CreateBuffer             createBuffer               VkBuffer, memory of a block     placed resource in a heap
//	CreateMappableBuffer     createBuffer, map usage    host-visible, kept mapped       upload or readback heap, kept mapped
//	MapAsync                 mapAsync                   fence of the last use, then     fence of the last use, then
//	                                                    vkInvalidateMappedMemoryRanges  Map with the range to read
//	Unmap                    unmap                      vkFlushMappedMemoryRanges       Unmap with the range written
//	ByteMapper               none                       the mapped pointer              the mapped pointer
//	WriteBuffer              writeBuffer                copy from the backend's ring    copy from the backend's ring
//	CreateEncoder            createCommandEncoder       command buffer, recording       command list and allocator
//	Copy..., ClearBuffer     the same                   vkCmdCopy..., vkCmdFillBuffer   Copy...Region
//	AccessTracker.Use        none: tracked              access masks of a barrier       states of a resource barrier
//	Submit                   finish, submit             vkQueueSubmit with a fence      ExecuteCommandLists, Signal
//	SubmitScoped             an error scope around it   Submit: nothing is found later  Submit: nothing is found later
//	WorkDone                 onSubmittedWorkDone        the fence of the last submit    the fence's value reached
//	Lost                     device.lost                VK_ERROR_DEVICE_LOST            DXGI_ERROR_DEVICE_REMOVED
//	Texture.Info             its attributes             VkImageCreateInfo               D3D12_RESOURCE_DESC
//	MappablePrimaryBuffers   false                      device-local and host-visible   UMA, CacheCoherentUMA
//
// Suballocation is below CreateBuffer: a Buffer may be a part of a larger resource. Flush and invalidate are below Unmap
// and the settling of a map, for memory that is not coherent. [Queue] is one order: a backend that spreads work over
// several queues makes them wait for each other so that the order holds.
package gpu
