/**
 * A uniform block that is new each frame: bind group 0, binding 0, with a dynamic offset. The dynamic
 * buffer takes turns among a few GPUBuffers, so there is a bind group for each of them.
 */
export class Uniforms {
  #device;
  #buffer;
  #size;
  #groups = new WeakMap(); // by GPUBuffer

  /** buffer is a DynamicBuffer, shared and not owned; size is the block's in bytes. */
  constructor(device, buffer, size) {
    this.#device = device;
    this.#buffer = buffer;
    this.#size = size;
    this.layout = device.createBindGroupLayout({
      entries: [{
        binding: 0,
        visibility: GPUShaderStage.VERTEX | GPUShaderStage.FRAGMENT,
        buffer: { type: "uniform", hasDynamicOffset: true, minBindingSize: size },
      }],
    });
  }

  /** Writes the values of this frame and binds them. */
  bind(pass, values) {
    const offset = this.#buffer.write(values);
    pass.setBindGroup(0, this.#group(this.#buffer.gpuBuffer), [offset]);
  }

  #group(buffer) {
    let group = this.#groups.get(buffer);
    if (!group) {
      const resource = { buffer, size: this.#size };
      group = this.#device.createBindGroup({ layout: this.layout, entries: [{ binding: 0, resource }] });
      this.#groups.set(buffer, group);
    }
    return group;
  }
}
