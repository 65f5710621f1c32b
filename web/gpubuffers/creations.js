// GPUBuffers that JavaScript makes. The module is told of a DeviceBuffer when the task ends, or ahead of whatever else it is
// told: to tell it costs more than the GPUBuffer. One that is destroyed by then it is not told of.

import { told } from "./resource.js";
import { BufferUsage } from "./usages.js";

const { COPY_SRC, COPY_DST, INDEX, VERTEX, UNIFORM, STORAGE, INDIRECT, QUERY_RESOLVE } = BufferUsage;
const everywhere = COPY_SRC | COPY_DST;
const possible = everywhere | INDEX | VERTEX | UNIFORM | STORAGE | INDIRECT | QUERY_RESOLVE;

/** Its then runs a function as queueMicrotask does, in less time (measured in Chromium). */
const resolved = Promise.resolve();

/**
 * A GPUBuffer, and what it was made with.
 * @typedef {{ gpuBuffer: GPUBuffer, size: number, usage: number }} Creation
 */

/** The DeviceBuffers of a system that the module was not told of yet. */
export class Creations {
  #device;
  #module;
  #system; // its handle
  #keepChecked;
  #atOnce; // the module is told of each
  /** @type {Map<import("./devicebuffer.js").DeviceBuffer, Creation>} */
  #untold = new Map();
  #bytes = 0; // of them
  #most = 0; // of them at a time, since the module was told last,
  #mostBytes = 0; // bytes of them,
  #passed = 0; // and how many were destroyed
  #flush = () => this.flush();

  /**
   * @param {GPUDevice} device
   * @param {import("./module.js").Module} module
   */
  constructor(device, module, system, keepChecked, atOnce) {
    this.#device = device;
    this.#module = module;
    this.#system = system;
    this.#keepChecked = keepChecked;
    this.#atOnce = atOnce;
  }

  /**
   * Makes a GPUBuffer, unless it is large or the module refuses it.
   * @returns {Creation | undefined}
   */
  make(label, size, usage) {
    const { mostChecked, longestLabel } = this.#module.agreed;
    if (!Number.isInteger(size) || size <= 0 || size > mostChecked) return undefined;
    if (!Number.isInteger(usage) || usage <= 0 || usage > possible || (usage & ~possible) !== 0) return undefined;
    if (label.length > longestLabel) return undefined;
    const all = { label, size: (size + 3) & ~3, usage: usage | everywhere };
    return { gpuBuffer: this.#device.createBuffer(all), size: all.size, usage: all.usage };
  }

  /** Takes a DeviceBuffer that the module is to be told of. */
  add(buffer, creation) {
    if (this.#most === 0) {
      this.#module.untold.push(this);
      void resolved.then(this.#flush);
    }
    this.#untold.set(buffer, creation);
    this.#bytes += creation.size;
    this.#most = Math.max(this.#most, this.#untold.size);
    this.#mostBytes = Math.max(this.#mostBytes, this.#bytes);
    if (this.#atOnce) this.flush();
  }

  /** Destroys a DeviceBuffer that the module was not told of. */
  destroy(buffer) {
    const creation = this.#untold.get(buffer);
    if (creation === undefined) return; // the module has refused it
    this.#untold.delete(buffer);
    this.#bytes -= creation.size;
    this.#passed++;
    creation.gpuBuffer.destroy();
  }

  /** Tells the module. */
  flush() {
    if (this.#most === 0) return;
    const { untold } = this.#module;
    untold.splice(untold.indexOf(this), 1);
    const buffers = this.#untold;
    const passed = [this.#passed, this.#most, this.#mostBytes];
    this.#untold = new Map();
    this.#passed = this.#most = this.#mostBytes = this.#bytes = 0;
    if (passed[0] > 0) this.#module.aside("countPassed", this.#system, ...passed);
    buffers.forEach((creation, buffer) => this.#tell(buffer, creation));
  }

  #tell(buffer, { gpuBuffer, size, usage }) {
    const { label } = buffer;
    const handle = this.#module.asideWith({ label }, "tellDeviceBuffer", this.#system, size, usage, label.length);
    if (handle < 0) return void buffer[told](undefined, this.#module.refusal("createDeviceBuffer"));
    this.#keepChecked(this.#module.exports.toldNumber(), gpuBuffer);
    buffer[told](handle);
  }
}
