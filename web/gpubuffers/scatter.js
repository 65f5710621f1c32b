// Elements of an array that are sent packed, with their places, and put there by the GPU.

import { BufferUsage } from "./usages.js";

/** The most bytes that are sent at a time. */
const mostPacked = 4 << 20;
/** Words ahead of the places: those of an element, how many elements there are, and where the array begins in the buffer. */
const header = 4;
const groupSize = 64;

const code = `
@group(0) @binding(0) var<storage, read> packed: array<u32>;
@group(0) @binding(1) var<storage, read_write> words: array<u32>;
@compute @workgroup_size(${groupSize}) fn main(@builtin(global_invocation_id) id: vec3u) {
  let each = packed[0];
  let count = packed[1];
  if (id.x >= each * count) { return; }
  let place = packed[2] + packed[${header}u + id.x / each] + id.x % each;
  words[place] = packed[${header}u + count + id.x];
}`;

/** What puts elements to their places, for the buffers of one device. */
export class Scatter {
  #device;
  #pipeline; // undefined until it is made
  #isAsked = false; // for it
  #memory = new Uint32Array(0);
  #packed; // a GPUBuffer as large
  /** @type {WeakMap<GPUBuffer, GPUBindGroup>} */
  #groups = new WeakMap(); // of the GPUBuffers that elements went to, with the packed one

  /** @param {GPUDevice} device */
  constructor(device) {
    this.#device = device;
  }

  /**
   * Sends elements of some bytes, and says whether it did: not before the pipeline is made, which it asks for.
   * @param {GPUBuffer} to
   * @param {number} offset of the bytes in it
   * @param {Uint8Array} bytes
   * @param {ArrayLike<number>} ranges offset and size of each element in turn; all sizes are the same
   */
  write(to, offset, bytes, ranges) {
    const count = ranges.length / 2;
    const each = ranges[1] / 4;
    const size = header + count * (1 + each);
    if (!this.#takes(to, bytes, 4 * size) || !this.#isReady()) return false;
    this.#pack(offset, bytes, ranges, each, count, size);
    this.#send(to, size, each * count);
    return true;
  }

  #takes({ usage, size }, { byteOffset }, packed) {
    const { maxStorageBufferBindingSize: most } = this.#device.limits;
    return (usage & BufferUsage.STORAGE) !== 0 && size % 4 === 0 && size <= most && packed <= Math.min(mostPacked, most) && byteOffset % 4 === 0;
  }

  #isReady() {
    if (!this.#isAsked) {
      this.#isAsked = true;
      const module = this.#device.createShaderModule({ label: "gpubuffers scatter", code });
      this.#device.createComputePipelineAsync({ label: "gpubuffers scatter", layout: "auto", compute: { module } })
        .then((pipeline) => void (this.#pipeline = pipeline), () => {}); // then it is never ready
    }
    return this.#pipeline !== undefined;
  }

  #pack(offset, bytes, ranges, each, count, size) {
    if (this.#memory.length < size) this.#grow(size);
    const packed = this.#memory;
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.length / 4));
    packed[0] = each;
    packed[1] = count;
    packed[2] = offset / 4;
    let to = header + count;
    for (let i = 0; i < count; i++) {
      const from = ranges[2 * i] / 4;
      packed[header + i] = from;
      for (let k = 0; k < each; k++) packed[to++] = words[from + k];
    }
  }

  #grow(size) {
    this.destroy();
    const { STORAGE, COPY_DST } = BufferUsage;
    this.#memory = new Uint32Array(Math.min(mostPacked / 4, 2 ** Math.ceil(Math.log2(size))));
    this.#packed = this.#device.createBuffer({ label: "gpubuffers scatter", size: this.#memory.byteLength, usage: STORAGE | COPY_DST });
    this.#groups = new WeakMap();
  }

  #send(to, size, words) {
    const device = this.#device;
    device.queue.writeBuffer(this.#packed, 0, this.#memory, 0, size);
    const encoder = device.createCommandEncoder({ label: "gpubuffers scatter" });
    const pass = encoder.beginComputePass();
    pass.setPipeline(this.#pipeline);
    pass.setBindGroup(0, this.#groupOf(to));
    pass.dispatchWorkgroups(Math.ceil(words / groupSize));
    pass.end();
    device.queue.submit([encoder.finish()]);
  }

  #groupOf(to) {
    let group = this.#groups.get(to);
    if (group === undefined) {
      const entries = [this.#packed, to].map((buffer, binding) => ({ binding, resource: { buffer } }));
      group = this.#device.createBindGroup({ layout: this.#pipeline.getBindGroupLayout(0), entries });
      this.#groups.set(to, group);
    }
    return group;
  }

  /** Gives the memory back. It is made anew if it is needed again. */
  destroy() {
    this.#packed?.destroy();
    this.#packed = undefined;
    this.#memory = new Uint32Array(0);
  }
}
