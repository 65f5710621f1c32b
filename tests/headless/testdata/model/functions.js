// The functions of the WebAssembly module, on a page by itself, in the form of the ES module as far as the operations need
// it. MappableBuffers are left to the browser: no function maps them.
import { newRawModule } from "../module/raw.js";
import { bytesOfBlobs } from "./operations.js";

let loading;

export async function open({ device, budget, onBudget, chunkSize, maxFramesInFlight, onLog, onError }) {
  const { raw } = await (loading ??= newRawModule());
  const call = (name, ...values) => wellOf(raw[name](...values));
  return new System(call, device, call("open", device, budget, onBudget, chunkSize, maxFramesInFlight, undefined, onLog, onError));
}

/** A result that is no error. */
function wellOf(result) {
  if (result instanceof Error) throw result;
  return result;
}

const boxOf = ({ texture, origin, size }) => [texture, 0, ...origin, 0, ...size, 1];

/** What a handle stands for. */
class Thing {
  constructor(system, handle) {
    this.system = system;
    this.handle = handle;
  }

  call(name, ...values) {
    return this.system.call(name, this.handle, ...values);
  }

  /** What the functions take for a buffer: a handle of the same system, or a GPUBuffer. */
  known(buffer) {
    if (buffer instanceof GPUBuffer) return buffer;
    return buffer.system === this.system ? buffer.handle : buffer.gpuBuffer;
  }

  destroy() {
    if (!this.gone && !this.system.gone) this.call("destroy");
    this.gone = true;
  }
}

class System {
  constructor(call, device, handle) {
    this.call = call;
    this.device = device;
    this.handle = handle;
  }

  #make(type, name, ...values) {
    return new type(this, this.call(name, this.handle, "", ...values));
  }

  createDeviceBuffer({ size, usage }) {
    return Object.assign(this.#make(DeviceBuffer, "createDeviceBuffer", size, usage), { usage: usage | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST });
  }

  createImmediateStagingBuffer({ size, rowBytes }) {
    return this.#make(StagingBuffer, "createImmediateStagingBuffer", size, rowBytes);
  }

  createDeferredStagingBuffer({ size, rowBytes }) {
    return this.#make(StagingBuffer, "createDeferredStagingBuffer", size, rowBytes);
  }

  createReadbackBuffer({ policy }) {
    return this.#make(ReadbackBuffer, "createReadbackBuffer", policy);
  }

  createDynamicBuffer({ size, usage }) {
    return this.#make(DynamicBuffer, "createDynamicBuffer", size, usage);
  }

  createMappableBuffer({ size, usage, mappedAtCreation }) {
    return Object.assign(this.#make(NativeBuffer, "createMappableBuffer", size, usage, mappedAtCreation), { size, usage });
  }

  async nextFrame() {
    return new Frame(this, wellOf(await this.call("nextFrame", this.handle)));
  }

  async calibrate() {
    wellOf(await this.call("calibrate", this.handle));
  }

  submit(commands) {
    this.call("submit", this.handle, commands);
  }

  stats() {
    return this.call("stats", this.handle);
  }

  trim() {
    this.call("trim", this.handle);
  }

  destroy() {
    if (!this.gone) this.call("destroy", this.handle);
    this.gone = true;
  }
}

class NativeBuffer extends Thing {
  get state() {
    return this.gone || this.system.gone ? "destroyed" : this.call("state");
  }

  get gpuBuffer() {
    return this.call("native");
  }
}

class DeviceBuffer extends NativeBuffer {
  get size() {
    return this.gpuBuffer.size;
  }

  write(at, data) {
    this.call("write", at, data);
  }

  grow(size) {
    this.call("grow", size);
    const grown = this.call("awaitGrow");
    grown.catch(() => {});
    return grown;
  }

  async upload(at, source) {
    if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) return this.call("upload", at, source);
    if (source instanceof Blob) return this.call("upload", at, bytesOfBlobs.get(source)); // no function takes one,
    const pieces = await Array.fromAsync(source); // or a stream
    return this.call("upload", at, Uint8Array.from(pieces.flatMap((piece) => [...piece])));
  }
}

class StagingBuffer extends Thing {
  write(data) {
    this.call("stage", data);
  }

  writeAt(at, data) {
    this.call("stageAt", at, data);
  }

  reset() {
    this.call("resetStaging");
  }

  async mapAsync() {
    await this.call("mapStaging");
  }

  unmap() {
    this.call("unmapStaging");
  }

  uploadTo(encoder, buffer, to) {
    this.call("uploadTo", encoder, this.known(buffer), to);
  }

  uploadToTexture(encoder, box) {
    this.call("uploadToTexture", encoder, ...boxOf(box));
  }
}

class ReadbackBuffer extends Thing {
  async read(source, at, size) {
    return this.call("read", this.known(source), at, size);
  }

  async readTexture(box) {
    return this.call("readTexture", ...boxOf(box));
  }
}

class DynamicBuffer extends Thing {
  update(size) {
    return this.call("dynamicUpdate", size) % 2 ** 32;
  }

  get bytes() {
    return this.call("dynamicMemory");
  }

  get gpuBuffer() {
    return this.call("dynamicNative");
  }
}

class Frame extends Thing {
  get encoder() {
    return this.call("frameEncoder");
  }

  use(buffer) {
    this.call("use", [this.known(buffer)]);
  }

  submit(commands) {
    this.call("submitFrame", commands);
  }

  [Symbol.dispose]() {
    try {
      this.call("discardFrame");
    } catch (error) {
      if (error.code !== "state") throw error; // it was submitted
    }
  }
}
