import { isBufferSource } from "./arguments.js";
import { call, keep, NativeBuffer } from "./resource.js";

export class DeviceBuffer extends NativeBuffer {
  #module;
  #handle;
  #queue;
  #gpuBuffer = this[call]("native");
  #generation = 0;

  constructor(key, core, handle, label) {
    super(key, core, handle, label);
    this.#module = core.module;
    this.#handle = handle;
    this.#queue = core.device.queue;
  }

  get size() {
    return this.#gpuBuffer.size;
  }

  get usage() {
    return this.#gpuBuffer.usage;
  }

  get generation() {
    return this.#generation;
  }

  get gpuBuffer() {
    this[keep]();
    return this.#gpuBuffer;
  }

  write(offset, data, dataOffset, size) {
    if (!this.#writes(offset, data, dataOffset, size)) this[call]("write", offset, data, dataOffset, size);
  }

  /** Does a write that is small, for which the GPUQueue is the best way, and in order; else does nothing. */
  #writes(offset, data, dataOffset = 0, size = undefined) {
    try {
      const memory = ArrayBuffer.isView(data) ? data.buffer : data;
      const start = memory === data ? 0 : data.byteOffset;
      const rest = data.byteLength - dataOffset;
      const n = size === undefined ? rest : size;
      if (typeof offset !== "number" || typeof dataOffset !== "number" || !(dataOffset >= 0 && n <= rest)) return false;
      if (typeof n !== "number" || !isBufferSource(data) || this.#module.exports.deviceWrite(this.#handle, offset, n) !== 1) return false;
      this.#queue.writeBuffer(this.#gpuBuffer, offset, memory, start + dataOffset, n);
      return true;
    } catch {
      return false; // the function of the module's says why
    }
  }

  grow(size) {
    const generation = this[call]("grow", size);
    if (generation === this.#generation) return;
    this.#generation = generation;
    this.#gpuBuffer = this[call]("native");
  }
}
