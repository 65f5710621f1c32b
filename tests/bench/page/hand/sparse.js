import { element } from "../workloads/sparse.js";
import { sizeName, target } from "./paths.js";
import { UploadRing } from "./ring.js";

const K = 1 << 10;
const M = 1 << 20;

export function sparse(device, { bytes, words }, count) {
  const written = target(device, bytes.length);
  const copied = target(device, bytes.length);
  const ring = new UploadRing(device, 8, M);
  const scatter = new Scatter(device, copied, count);
  const near = [0, K, 4 * K, 16 * K].map((gap) => ({
    name: gap === 0 ? "a write each, neighbours together" : `a write each, together if ${sizeName(gap)} apart`,
    update: (indices) => writeJoined(device, written, bytes, indices, gap),
    target: () => written,
  }));
  return {
    paths: [
      ...near,
      { name: "writeBuffer, whole", update: () => device.queue.writeBuffer(written, 0, bytes), target: () => written },
      { name: "ring 8 x 1 MiB, whole", update: () => ring.write(copied, bytes), target: () => copied },
      { name: "packed, and scattered by compute", update: (indices) => scatter.run(words, indices), target: () => copied },
    ],
    destroy: () => [written, copied, ring, scatter].forEach((made) => made.destroy()),
  };
}

function writeJoined(device, buffer, bytes, indices, gap) {
  const write = (start, end) => device.queue.writeBuffer(buffer, start, bytes, start, end - start);
  let start = indices[0] * element;
  let end = start;
  for (const i of indices) {
    const at = i * element;
    if (at > end + gap) {
      write(start, end);
      start = at;
    }
    end = at + element;
  }
  write(start, end);
}

const words = element / 4;

/** Sends changed elements with their indices, and has the GPU put each in its place. */
class Scatter {
  #device;
  #packed;
  #memory;
  #pipeline;
  #group;

  constructor(device, to, count) {
    this.#device = device;
    this.#memory = new Uint32Array(count * (1 + words));
    this.#packed = target(device, this.#memory.byteLength);
    const code = `
      @group(0) @binding(0) var<storage, read> packed: array<u32>;
      @group(0) @binding(1) var<storage, read_write> elements: array<u32>;
      @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
        if (id.x >= ${count * words}) { return; }
        elements[packed[id.x / ${words}] * ${words} + id.x % ${words}] = packed[${count} + id.x];
      }`;
    this.#pipeline = device.createComputePipeline({ layout: "auto", compute: { module: device.createShaderModule({ code }) } });
    const entries = [this.#packed, to].map((buffer, binding) => ({ binding, resource: { buffer } }));
    this.#group = device.createBindGroup({ layout: this.#pipeline.getBindGroupLayout(0), entries });
  }

  run(array, indices) {
    const memory = this.#memory;
    memory.set(indices);
    for (let i = 0; i < indices.length; i++) {
      const from = indices[i] * words;
      for (let k = 0; k < words; k++) memory[indices.length + i * words + k] = array[from + k];
    }
    this.#device.queue.writeBuffer(this.#packed, 0, memory);
    const encoder = this.#device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(this.#pipeline);
    pass.setBindGroup(0, this.#group);
    pass.dispatchWorkgroups(Math.ceil((indices.length * words) / 64));
    pass.end();
    this.#device.queue.submit([encoder.finish()]);
  }

  destroy() {
    this.#packed.destroy();
  }
}
