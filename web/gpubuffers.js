// GPU buffers for web pages; gpubuffers.d.ts says what each class does.
//
// The work is done by a WebAssembly module, whose functions take numbers and native objects and return
// an Error where they fail. This file loads it, gives its handles the form of classes, and throws.

export class GPUBufferError extends Error {
  constructor(code, operation, label, message, cause) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.operation = operation;
    this.label = label;
  }

  get name() {
    return this.constructor.name;
  }
}
export class StateError extends GPUBufferError {}
export class BoundsError extends GPUBufferError {}
export class UsageError extends GPUBufferError {}
export class MemoryError extends GPUBufferError {}
export class AbortedError extends GPUBufferError {}
export class DeviceLostError extends GPUBufferError {}

const errorClasses = new Map(
  [
    [StateError, ["mapped", "not-mapped", "map-pending", "destroyed", "state", "busy", "stale"]],
    [BoundsError, ["range", "alignment", "too-large"]],
    [UsageError, ["usage", "type", "layout", "wrong-device", "unsupported", "validation"]],
    [MemoryError, ["out-of-memory", "budget"]],
    [AbortedError, ["map-aborted"]],
    [DeviceLostError, ["device-lost"]],
  ].flatMap(([type, codes]) => codes.map((code) => [code, type])),
);

function makeError(code, operation, label, message, cause) {
  const type = errorClasses.get(code) ?? GPUBufferError;
  return new type(code, operation, label, message, cause);
}

/** An error in the words of the module's own. */
function refusal(code, operation, label, detail, cause) {
  const subject = label === "" ? operation : `${operation} ${JSON.stringify(label)}`;
  return makeError(code, operation, label, `buffers: ${subject}: ${detail}`, cause);
}

const rawName = "gpubuffersRaw";

/** A running WebAssembly module. Once it has ended, by a fault, every call fails. */
class Module {
  #raw;
  #ended = false;
  #cause;
  #waiting = new Set();

  constructor(go, instance) {
    this.memory = instance.exports.mem;
    this.exports = instance.exports;
    const others = globalThis[rawName];
    go.run(instance).then(() => this.#end(), (cause) => this.#end(cause));
    this.#raw = globalThis[rawName];
    globalThis[rawName] = others;
    if (others === undefined) delete globalThis[rawName];
    if (this.#raw === undefined || this.#raw === others) throw refusal("internal", "open", "", "the WebAssembly file is not that of gpubuffers");
    this.#raw.setErrorFactory(makeError);
  }

  get ended() {
    return this.#ended;
  }

  check(operation) {
    if (this.#ended) throw this.#endedError(operation);
  }

  call(name, ...values) {
    this.check(name);
    let result;
    try {
      result = this.#raw[name](...values);
    } catch (cause) {
      this.#end(cause);
      throw this.#endedError(name);
    }
    if (result instanceof Error) throw result;
    return result;
  }

  /** Calls a function that gives a Promise; everything that fails rejects it. */
  ask(name, ...values) {
    return new Promise((resolve, reject) => {
      const settled = this.call(name, ...values);
      this.#waiting.add(reject);
      settled.then(resolve, reject).finally(() => this.#waiting.delete(reject));
    });
  }

  fault(cause) {
    this.#end(cause);
  }

  #end(cause) {
    if (this.#ended) return;
    this.#ended = true;
    this.#cause = cause;
    this.exports = { dynamicUpdate: () => -1, dynamicAddress: () => -1, deviceWrite: () => -1 };
    for (const reject of this.#waiting) reject(this.#endedError("wait"));
    this.#waiting.clear();
  }

  #endedError(operation) {
    return refusal("internal", operation, "", "the WebAssembly module has ended", this.#cause);
  }
}

const modules = { byAddress: new Map(), byObject: new WeakMap() };

/** The module of a source, the same for all who give the same one. */
function moduleOf(source) {
  const byAddress = isAddress(source);
  if (!byAddress && (source === null || typeof source !== "object")) {
    throw refusal("type", "open", "", `wasm cannot be loaded from a ${typeof source}`);
  }
  const known = byAddress ? modules.byAddress : modules.byObject;
  const key = byAddress ? String(source) : source;
  const loading = known.get(key)?.then((module) => (module.ended ? undefined : module)) ?? Promise.resolve();
  const module = loading.then((module) => module ?? load(source));
  known.set(key, module);
  module.catch(() => known.delete(key));
  return module;
}

function isAddress(source) {
  return typeof source === "string" || isA(source, URL);
}

async function load(source) {
  try {
    const Go = await loader();
    const go = new Go();
    return new Module(go, await instantiate(source, go.importObject));
  } catch (cause) {
    throw cause instanceof GPUBufferError ? cause : refusal("internal", "open", "", "the WebAssembly module could not be loaded", cause);
  }
}

let loaded;

/** The class of wasm_exec.js, which sets a global and leaves what the page has there alone. */
function loader() {
  loaded ??= (async () => {
    const others = globalThis.Go;
    await import(new URL("./wasm_exec.js", import.meta.url));
    const { Go } = globalThis;
    if (others !== undefined) globalThis.Go = others;
    return Go;
  })();
  return loaded;
}

async function instantiate(source, imports) {
  if (isA(source, WebAssembly.Module)) return WebAssembly.instantiate(source, imports);
  if (isBufferSource(source)) return (await WebAssembly.instantiate(source, imports)).instance;
  const response = await (isAddress(source) ? fetch(source) : source);
  if (!isA(response, Response)) throw refusal("type", "open", "", "wasm is none of the kinds that can be loaded");
  if (!response.ok) throw refusal("internal", "open", "", `${response.url} answers ${response.status}`);
  const streams = response.headers.get("Content-Type")?.split(";")[0].trim().toLowerCase() === "application/wasm";
  const result = streams
    ? await WebAssembly.instantiateStreaming(response, imports)
    : await WebAssembly.instantiate(await response.arrayBuffer(), imports);
  return result.instance;
}

function isBufferSource(value) {
  return ArrayBuffer.isView(value) || isA(value, globalThis.ArrayBuffer) || isA(value, globalThis.SharedArrayBuffer);
}

/** value instanceof type, of which a Proxy can make anything; type may be missing. */
function isA(value, type) {
  try {
    return type !== undefined && value instanceof type;
  } catch {
    return false;
  }
}

/** Reads properties of a dictionary; what a getter throws is the cause of a type error. */
function fields(operation, dictionary, ...names) {
  if (dictionary === undefined) return [];
  if (dictionary === null || (typeof dictionary !== "object" && typeof dictionary !== "function")) {
    throw refusal("type", operation, "", `an object is needed, not ${dictionary === null ? "null" : `a ${typeof dictionary}`}`);
  }
  try {
    return names.map((name) => dictionary[name]);
  } catch (cause) {
    throw refusal("type", operation, "", "a property cannot be read", cause);
  }
}

/** The elements of an iterable; none where it is left out. */
function elements(operation, name, iterable) {
  if (iterable === undefined) return [];
  try {
    return [...iterable];
  } catch (cause) {
    throw refusal("type", operation, "", `${name} cannot be iterated`, cause);
  }
}

/** A texture, mip level, origin and size as eight values. */
function region(operation, descriptor) {
  const [texture, mipLevel, origin, size] = fields(operation, descriptor, "texture", "mipLevel", "origin", "size");
  const [x, y, layer] = elements(operation, "origin", origin);
  const [width, height, layers] = elements(operation, "size", size);
  return [texture, mipLevel, x, y, layer, width, height, layers];
}

/** Loads the module and opens a system. */
export async function open(options) {
  const [given, adapterOptions, deviceDescriptor, wasm, ...settings] = fields(
    "open", options, "device", "adapterOptions", "deviceDescriptor", "wasm",
    "budget", "onBudget", "chunkSize", "maxFramesInFlight", "logLevel", "onLog", "onError",
  );
  const module = await moduleOf(wasm === undefined ? new URL("./gpubuffers.wasm", import.meta.url) : wasm);
  const device = given === undefined ? await requestDevice(adapterOptions, deviceDescriptor) : given;
  try {
    return new GPUBufferSystem(made, module, module.call("open", device, ...settings), device, given === undefined);
  } catch (error) {
    if (given === undefined) device.destroy();
    throw error;
  }
}

async function requestDevice(adapterOptions = { powerPreference: "high-performance" }, descriptor) {
  const gpu = globalThis.navigator?.gpu;
  if (!gpu) throw refusal("unsupported", "open", "", "there is no WebGPU in this browser, or on this page");
  try {
    const adapter = await gpu.requestAdapter(adapterOptions);
    if (!adapter) throw refusal("unsupported", "open", "", "there is no WebGPU adapter");
    return await adapter.requestDevice(descriptor ?? { requiredLimits: sizeLimits(adapter.limits) });
  } catch (cause) {
    if (cause instanceof GPUBufferError) throw cause;
    throw refusal(cause instanceof TypeError ? "type" : "unsupported", "open", "", "the device was refused", cause);
  }
}

/** Buffers as large as the adapter allows. */
function sizeLimits({ maxBufferSize, maxStorageBufferBindingSize, maxUniformBufferBindingSize }) {
  return { maxBufferSize, maxStorageBufferBindingSize, maxUniformBufferBindingSize };
}

/** Held by this file alone: what a constructor is called with by it. */
const made = Symbol("made");
const call = Symbol("call");
const ask = Symbol("ask");
const keep = Symbol("keep");
const running = Symbol("running");
const destroyed = Symbol("destroyed");
const dispose = Symbol.dispose ?? Symbol.for("Symbol.dispose");

function guard(key, type) {
  if (key !== made) throw refusal("type", "new", "", `a ${type.name} is made by a GPUBufferSystem`);
}

/** Tells the module of objects that were dropped without being destroyed. */
const dropped = new FinalizationRegistry(({ core, handle }) => {
  if (!core.destroyed && !core.module.ended) core.module.call("forget", handle);
});

/** The handle of an object of this file's; every other value as it is. */
let handleOf;

/** What a system makes: a handle of the module's, until it is destroyed. */
class Resource {
  #core;
  #handle;
  #label;
  #destroyed = false;

  static {
    handleOf = (value) => (value !== null && typeof value === "object" && #handle in value ? value.#handle : value);
  }

  constructor(key, core, handle, label = "") {
    guard(key, new.target);
    this.#core = core;
    this.#handle = handle;
    this.#label = label;
    dropped.register(this, { core, handle }, this);
  }

  get label() {
    return this.#label;
  }

  destroy() {
    if (this[destroyed]) return;
    this.#destroyed = true;
    dropped.unregister(this);
    if (!this.#core.module.ended) this.#core.module.call("destroy", this.#handle);
  }

  [dispose]() {
    this.destroy();
  }

  get [destroyed]() {
    return this.#destroyed || this.#core.destroyed;
  }

  [call](name, ...values) {
    if (this[destroyed]) throw refusal("destroyed", name, this.#label, "it is destroyed");
    return this.#core.module.call(name, this.#handle, ...values);
  }

  [ask](name, ...values) {
    if (this[destroyed]) return Promise.reject(refusal("destroyed", name, this.#label, "it is destroyed"));
    return this.#core.module.ask(name, this.#handle, ...values);
  }

  /** Throws where the module has ended. */
  [running](name) {
    this.#core.module.check(name);
  }

  /** Has it live until it is destroyed, since a native object of it may be used elsewhere. */
  [keep]() {
    dropped.unregister(this);
  }
}

/** GPU memory behind one GPUBuffer. */
class NativeBuffer extends Resource {
  get state() {
    return this[destroyed] ? "destroyed" : this[call]("state");
  }

  get valid() {
    return !this[destroyed] && this[call]("valid");
  }
}

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

class StagingBuffer extends Resource {
  #size;

  constructor(key, core, handle, label, size) {
    super(key, core, handle, label);
    this.#size = size;
  }

  get size() {
    return this.#size;
  }

  get written() {
    return this[call]("staged");
  }

  write(data) {
    this[call]("stage", data);
  }

  writeAt(offset, data) {
    this[call]("stageAt", offset, data);
  }

  async readFrom(source, options) {
    const [signal, onProgress] = fields("readFrom", options, "signal", "onProgress");
    checkSignal(signal);
    checkProgress(onProgress);
    signal?.throwIfAborted();
    const reader = readerOf(source);
    const abort = () => reader.cancel(signal.reason).catch(() => {});
    signal?.addEventListener("abort", abort);
    try {
      return await this.#readAll(reader, signal, onProgress);
    } catch (error) {
      reader.cancel(error).catch(() => {});
      throw error;
    } finally {
      signal?.removeEventListener("abort", abort);
      reader.releaseLock();
    }
  }

  async #readAll(reader, signal, onProgress) {
    for (let total = 0; ; ) {
      const { done, value } = await reader.read();
      signal?.throwIfAborted();
      if (done) return total;
      this.write(value);
      total += value.byteLength;
      onProgress?.(total);
    }
  }

  mappedRange() {
    return this[call]("stagingRange");
  }

  uploadTo(encoder, destination, offset) {
    this[call]("uploadTo", encoder, handleOf(destination), offset);
  }

  uploadToTexture(encoder, destination) {
    this[call]("uploadToTexture", encoder, ...region("uploadToTexture", destination));
  }
}

function readerOf(source) {
  try {
    const stream = isA(source, Blob) ? source.stream() : isA(source, Response) ? (source.body ?? new Blob().stream()) : source;
    if (isA(stream, ReadableStream)) return stream.getReader();
  } catch (cause) {
    throw refusal("type", "readFrom", "", "the source cannot be read", cause);
  }
  throw refusal("type", "readFrom", "", "the source is none of ReadableStream, Blob and Response");
}

function checkSignal(signal) {
  if (signal === undefined) return;
  if (!isA(signal, AbortSignal)) throw refusal("type", "readFrom", "", "signal is not an AbortSignal");
  fields("readFrom", signal, "aborted"); // throws where it only pretends to be one
}

function checkProgress(onProgress) {
  if (onProgress !== undefined && typeof onProgress !== "function") {
    throw refusal("type", "readFrom", "", "onProgress is not a function");
  }
}

export class ImmediateStagingBuffer extends StagingBuffer {
  reset() {
    this[call]("resetStaging");
  }
}

export class DeferredStagingBuffer extends StagingBuffer {
  mapAsync() {
    return this[ask]("mapStaging");
  }

  unmap() {
    this[call]("unmapStaging");
  }
}

export class ReadbackBuffer extends Resource {
  async read(source, offset, size, options) {
    const [into, signal] = fields("read", options, "into", "signal");
    return this[ask]("read", handleOf(source), offset, size, into, signal);
  }

  async readTexture(texels, options) {
    const [into, signal] = fields("readTexture", options, "into", "signal");
    return this[ask]("readTexture", ...region("readTexture", texels), into, signal);
  }
}

const none = new Uint8Array(0);

/**
 * update and the views make no object and cross into the module by numbers alone, as long as the update
 * is in the same buffer as the last one.
 */
export class DynamicBuffer extends Resource {
  #module;
  #handle;
  #pageSize;
  #alignment = this[call]("dynamicAlignment");
  #page = 0; // number of the latest update's buffer; 0 is none
  #gpuBuffers = new Map(); // by number
  #kept = false;
  #gpuBuffer;
  #bytes = none;
  #floats;
  #uints;

  constructor(key, core, handle, label, pageSize) {
    super(key, core, handle, label);
    this.#module = core.module;
    this.#handle = handle;
    this.#pageSize = pageSize;
  }

  get pageSize() {
    return this.#pageSize;
  }

  get alignment() {
    return this.#alignment;
  }

  get slots() {
    return this[call]("dynamicSlots");
  }

  update(size) {
    let update = -1;
    try {
      if (typeof size === "number") update = this.#module.exports.dynamicUpdate(this.#handle, size);
    } catch (cause) {
      this.#module.fault(cause);
    }
    if (update < 0) update = this[call]("dynamicUpdate", size); // throws, with the reason
    const page = Math.floor(update / 2 ** 32);
    if (page !== this.#page) this.#turn(page);
    return update - page * 2 ** 32;
  }

  write(data) {
    try {
      const source = this.#viewed(data);
      const offset = this.update(source.byteLength);
      if (source instanceof Float32Array) this.floats.set(source, offset / 4);
      else this.bytes.set(source, offset);
      return offset;
    } catch (error) {
      throw error instanceof GPUBufferError ? error : refusal("type", "write", this.label, "data is not what it seems", error);
    }
  }

  get gpuBuffer() {
    if (this.#page === 0 || this[destroyed]) this[call]("dynamicNative"); // throws
    if (!this.#kept) this[keep]();
    this.#kept = true;
    return this.#gpuBuffer;
  }

  get bytes() {
    if (this.#bytes.byteLength === 0 || this[destroyed]) this.#view();
    return this.#bytes;
  }

  get floats() {
    if (this.#bytes.byteLength === 0 || this[destroyed]) this.#view();
    return this.#floats;
  }

  get uints() {
    if (this.#bytes.byteLength === 0 || this[destroyed]) this.#view();
    return this.#uints;
  }

  destroy() {
    super.destroy();
    this.#page = 0;
    this.#bytes = none;
    this.#gpuBuffers.clear();
  }

  /** The data as an array that the views can take; copies nothing. */
  #viewed(data) {
    if (!isBufferSource(data)) throw refusal("type", "write", this.label, "data is to be an ArrayBuffer or a view");
    if (!ArrayBuffer.isView(data)) return new Uint8Array(data);
    if (data instanceof Float32Array || data instanceof Uint8Array) return data;
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }

  /** Goes on in another buffer. */
  #turn(page) {
    if (this.#gpuBuffers.size > 64) this.#gpuBuffers.clear();
    if (!this.#gpuBuffers.has(page)) this.#gpuBuffers.set(page, this[call]("dynamicNative"));
    this.#page = page;
    this.#gpuBuffer = this.#gpuBuffers.get(page);
    if (this.#module.exports.dynamicAddress(this.#handle) !== this.#bytes.byteOffset) this.#bytes = none;
  }

  /** Views the page's memory, which growth of the module's memory takes away. */
  #view() {
    if (this.#page === 0 || this[destroyed]) this[call]("dynamicNative"); // throws
    const { buffer } = this.#module.memory;
    const address = this.#module.exports.dynamicAddress(this.#handle);
    if (address < 0) this[call]("dynamicNative"); // throws
    this.#bytes = new Uint8Array(buffer, address, this.#pageSize);
    this.#floats = new Float32Array(buffer, address, this.#pageSize / 4);
    this.#uints = new Uint32Array(buffer, address, this.#pageSize / 4);
  }
}

/**
 * The GPUBuffer itself does the mapping, so that promises settle, and states change, when the browser
 * says so.
 */
export class MappableBuffer extends NativeBuffer {
  #device;
  #gpuBuffer = this[call]("native");
  #pending; // the latest map: was it cancelled by this object?

  constructor(key, core, handle, label) {
    super(key, core, handle, label);
    this.#device = core.device;
  }

  get size() {
    return this.#gpuBuffer.size;
  }

  get usage() {
    return this.#gpuBuffer.usage;
  }

  get mapState() {
    return this.#gpuBuffer.mapState;
  }

  get gpuBuffer() {
    this[keep]();
    return this.#gpuBuffer;
  }

  async mapAsync(mode, offset, size) {
    this[running]("map");
    const before = this[destroyed] ? "destroyed" : this.mapState;
    const map = { cancelled: false };
    if (before === "unmapped") this.#pending = map;
    try {
      await this.#gpuBuffer.mapAsync(mode, offset, size);
    } catch (cause) {
      throw await this.#mapError(cause, before, map, [mode, offset, size]);
    }
  }

  mappedRange(offset, size) {
    this[running]("mapped range");
    try {
      return this.#gpuBuffer.getMappedRange(offset, size);
    } catch (cause) {
      throw this.#rangeError(cause, offset, size);
    }
  }

  unmap() {
    this[running]("unmap");
    if (this[destroyed]) throw refusal("destroyed", "unmap", this.label, "it is destroyed");
    if (this.mapState === "unmapped") throw refusal("not-mapped", "unmap", this.label, "it is not mapped");
    this.#cancel();
    this.#gpuBuffer.unmap();
  }

  destroy() {
    this.#cancel();
    super.destroy();
  }

  #cancel() {
    if (this.#pending) this.#pending.cancelled = true;
  }

  /** Says in the module's words why the browser refused or ended a map. */
  async #mapError(cause, before, map, [mode, offset, size]) {
    const refuse = (code, detail) => refusal(code, "map", this.label, detail, cause);
    if (!(cause instanceof DOMException)) return refuse("type", "an argument is not a number in its range");
    if (before === "pending") return refuse("map-pending", "a map of it is pending");
    if (before === "mapped") return refuse("mapped", "it is mapped");
    const aborted = cause.name === "AbortError";
    if (before === "destroyed") return refuse("destroyed", "it is destroyed");
    if (map.cancelled || this[destroyed]) return refuse("map-aborted", "the map was cancelled by an unmap or a destroy");
    const broken = this.#brokenRule(mode, offset, size);
    if (broken) return makeError(broken.code, "map", this.label, broken.message, cause);
    if (await isLost(this.#device)) return refuse("device-lost", "the device is lost");
    if (aborted) return refuse("map-aborted", "the map was cancelled");
    return refuse("validation", "the browser refused it");
  }

  #brokenRule(...values) {
    try {
      this[call]("explainMap", ...values);
    } catch (error) {
      return error;
    }
  }

  #rangeError(cause, offset = 0, size = 0) {
    const refuse = (code, detail) => refusal(code, "mapped range", this.label, detail, cause);
    if (this[destroyed]) return refuse("destroyed", "it is destroyed");
    if (!(cause instanceof DOMException)) return refuse("type", "an argument is not a number in its range");
    if (this.mapState !== "mapped") return refuse("not-mapped", "it is not mapped");
    if (offset % 8 !== 0 || size % 4 !== 0) return refuse("alignment", `${size} bytes at ${offset}: offsets are multiples of 8, sizes of 4`);
    return refuse("range", `${size} bytes at ${offset} are outside of the mapped range, or overlap a range that was taken before`);
  }
}

/** How long after it aborted the maps of a device a browser may take to report its loss. */
const lossDelay = 1000;

function isLost(device) {
  return Promise.race([
    device.lost.then(() => true),
    new Promise((resolve) => setTimeout(resolve, lossDelay, false)),
  ]);
}

export class Frame {
  #core;
  #handle;
  #encoder;

  constructor(key, core, handle) {
    guard(key, new.target);
    this.#core = core;
    this.#handle = handle;
  }

  get encoder() {
    return (this.#encoder ??= this.#call("frameEncoder"));
  }

  use(...buffers) {
    this.#call("use", buffers.map(handleOf));
  }

  submit(commands) {
    this.#call("submitFrame", elements("submit", "commands", commands));
    this.#encoder = undefined;
  }

  discard() {
    this.#call("discardFrame");
    this.#encoder = undefined;
  }

  #call(name, ...values) {
    if (this.#core.destroyed) throw refusal("destroyed", name, "", "the system is destroyed");
    return this.#core.module.call(name, this.#handle, ...values);
  }
}

export class GPUBufferSystem {
  #core;
  #handle;
  #owned;
  #end;
  #lost;

  constructor(key, module, handle, device, owned) {
    guard(key, new.target);
    this.#core = { module, device, destroyed: false };
    this.#handle = handle;
    this.#owned = owned;
    const end = new Promise((resolve) => (this.#end = resolve));
    this.#lost = Promise.race([end, device.lost.then(({ reason, message }) => ({ reason, message }))]);
  }

  get device() {
    return this.#core.device;
  }

  get lost() {
    return this.#lost;
  }

  createDeviceBuffer(descriptor) {
    const [label, size, usage] = fields("create", descriptor, "label", "size", "usage");
    return this.#make("createDeviceBuffer", DeviceBuffer, label, size, usage);
  }

  createImmediateStagingBuffer(descriptor) {
    return this.#makeStaging("createImmediateStagingBuffer", ImmediateStagingBuffer, descriptor);
  }

  createDeferredStagingBuffer(descriptor) {
    return this.#makeStaging("createDeferredStagingBuffer", DeferredStagingBuffer, descriptor);
  }

  createReadbackBuffer(descriptor) {
    const [label, policy, maxInFlight] = fields("create", descriptor, "label", "policy", "maxInFlight");
    return this.#make("createReadbackBuffer", ReadbackBuffer, label, policy, maxInFlight);
  }

  createDynamicBuffer(descriptor) {
    const [label, size, usage, maxSlots] = fields("create", descriptor, "label", "size", "usage", "maxSlots");
    return this.#make("createDynamicBuffer", DynamicBuffer, label, size, usage, maxSlots);
  }

  createMappableBuffer(descriptor) {
    const [label, size, usage, mapped] = fields("create", descriptor, "label", "size", "usage", "mappedAtCreation");
    return this.#make("createMappableBuffer", MappableBuffer, label, size, usage, mapped);
  }

  #makeStaging(name, type, descriptor) {
    const [label, size, rowBytes] = fields("create", descriptor, "label", "size", "rowBytes");
    return this.#make(name, type, label, size, rowBytes);
  }

  #make(name, type, label, ...values) {
    const handle = this.#call(name, label, ...values);
    return new type(made, this.#core, handle, label, values[0]);
  }

  frame() {
    return new Frame(made, this.#core, this.#call("beginFrame"));
  }

  async nextFrame() {
    this.#usable("nextFrame");
    return new Frame(made, this.#core, await this.#core.module.ask("nextFrame", this.#handle));
  }

  submit(commands) {
    this.#call("submit", elements("submit", "commands", commands));
  }

  stats() {
    return this.#call("stats");
  }

  trim() {
    this.#call("trim");
  }

  destroy() {
    if (this.#core.destroyed) return;
    this.#core.destroyed = true;
    if (!this.#core.module.ended) this.#core.module.call("destroy", this.#handle);
    this.#end({ reason: "destroyed", message: "the system was destroyed" });
    if (this.#owned) this.#core.device.destroy();
  }

  [dispose]() {
    this.destroy();
  }

  #usable(name) {
    if (this.#core.destroyed) throw refusal("destroyed", name, "", "the system is destroyed");
  }

  #call(name, ...values) {
    this.#usable(name);
    return this.#core.module.call(name, this.#handle, ...values);
  }
}
