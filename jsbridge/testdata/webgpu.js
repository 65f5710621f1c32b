// A stand-in for navigator.gpu, small enough to read: real classes with a
// check of their receiver, real bytes in buffers, detaching mapped ranges, and
// promises that a test can hold back. It enforces the rules that tests rely on
// and records the rest. Loading it defines the classes on globalThis and
// returns the controls.
"use strict";

const log = [];
const held = [];
let works = []; // that scopes are answered before
const controls = {
  log,
  holdMaps: false, // keep maps pending until release()
  holdWork: false, // the same with work
  scopesFirst: [], // how many scopes are answered before work of each turn is done; the last is for all others
  looksAtSubmits: false, // whether work is done at a submit, if it is not before
  rejectMaps: null, // the name of an error that every map fails with
  adapter: true, // whether requestAdapter finds one
  refuseMemory: false, // whether mappedAtCreation throws
  messages: [], // what every shader compiles to
  refuseModules: false, // whether every shader module is invalid
  lose: (device, message) => GPUDevice.lose(device, "unknown", message),
  report: (device, kind, message) => GPUDevice.report(device, new globalThis[kind](message)),
  // throws are functions that throw what no honest code would.
  throws: {
    error() { throw new RangeError("too far"); },
    number() { throw 42; },
    text() { throw "no"; },
    null() { throw null; },
    trap() { throw new Proxy({}, { get() { throw new Error("a getter that throws"); }, getPrototypeOf() { throw 1; } }); },
    silent() { throw { name: 7, message: {} }; },
  },
  // release settles the held map of this index, or all.
  release(index) {
    for (const settle of index === undefined ? held.splice(0) : held.splice(index, 1)) settle();
  },
  // take gives the calls recorded since it was last called.
  take() { return log.splice(0).join("\n"); },
};

const show = (value) => {
  if (value === undefined || value === null || typeof value !== "object") return String(value);
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return `bytes(${value.byteLength})`;
  if (Array.isArray(value)) return `[${value.map(show)}]`;
  if (![Object.prototype, null].includes(Object.getPrototypeOf(value))) return value.label || value.constructor.name;
  return `{${Object.keys(value).sort().map((k) => `${k}:${show(value[k])}`)}}`;
};
const record = (method, args) => { log.push(`${method}(${[...args].map(show)})`); };

const detach = (buffer) => { structuredClone(buffer, { transfer: [buffer] }); };
const fault = (name, message) => new DOMException(message, name);
const index = (value, what) => {
  const n = Number(value);
  if (!(n >= 0 && n <= Number.MAX_SAFE_INTEGER)) throw new TypeError(`${what} ${value} is outside the range of unsigned long long`);
  return Math.floor(n);
};

globalThis.GPUError = class GPUError {
  #message;
  constructor(message) { this.#message = message; }
  get message() { return this.#message; }
};
globalThis.GPUValidationError = class GPUValidationError extends GPUError {};
globalThis.GPUOutOfMemoryError = class GPUOutOfMemoryError extends GPUError {};
globalThis.GPUInternalError = class GPUInternalError extends GPUError {};
globalThis.GPUPipelineError = class GPUPipelineError extends DOMException {
  constructor(message) { super(message, "GPUPipelineError"); }
};

// An object that a device makes: its label is read by a getter that checks
// its receiver, as the label of every WebGPU object is.
class Labelled {
  #label = "";
  constructor(descriptor) { this.#label = descriptor?.label ?? ""; }
  static read(object) { return object.#label; }
}

// define makes a class whose methods record themselves and whose results
// maps a method to the class that it gives.
const define = (name, methods, results = {}, Base = Labelled) => {
  const made = new WeakSet();
  const Class = { [name]: class extends Base {
    constructor(descriptor) { super(descriptor); made.add(this); }
    get label() {
      if (!made.has(this)) throw new TypeError("Illegal invocation");
      return Labelled.read(this);
    }
  } }[name];
  for (const method of methods) {
    Class.prototype[method] = function (...args) {
      if (!made.has(this)) throw new TypeError("Illegal invocation");
      record(`${name}.${method}`, args);
      if (results[method]) return new globalThis[results[method]](args[0]);
    };
  }
  globalThis[name] = Class;
  return Class;
};

define("GPUCommandBuffer", []);
define("GPUBindGroup", []);
define("GPUBindGroupLayout", []);
define("GPUPipelineLayout", []);
define("GPUTextureView", []);
define("GPUSampler", []);
define("GPUQuerySet", ["destroy"]);
define("GPUComputePipeline", ["getBindGroupLayout"], { getBindGroupLayout: "GPUBindGroupLayout" });
define("GPURenderPipeline", ["getBindGroupLayout"], { getBindGroupLayout: "GPUBindGroupLayout" });

const debug = ["pushDebugGroup", "popDebugGroup", "insertDebugMarker"];
define("GPUComputePassEncoder", ["setPipeline", "setBindGroup", "dispatchWorkgroups", "dispatchWorkgroupsIndirect", "end", ...debug]);
define("GPURenderPassEncoder", ["setPipeline", "setBindGroup", "setVertexBuffer", "setIndexBuffer", "draw", "drawIndexed",
  "drawIndirect", "drawIndexedIndirect", "setViewport", "setScissorRect", "setBlendConstant", "setStencilReference",
  "beginOcclusionQuery", "endOcclusionQuery", "end", ...debug]);
define("GPUCommandEncoder", ["copyBufferToBuffer", "copyBufferToTexture", "copyTextureToBuffer", "copyTextureToTexture",
  "clearBuffer", "resolveQuerySet", "beginComputePass", "beginRenderPass", "finish", ...debug],
{ beginComputePass: "GPUComputePassEncoder", beginRenderPass: "GPURenderPassEncoder", finish: "GPUCommandBuffer" });

// A dynamic offset is recorded by value, since its array is used again.
for (const pass of [GPUComputePassEncoder, GPURenderPassEncoder]) {
  const plain = pass.prototype.setBindGroup;
  pass.prototype.setBindGroup = function (at, group, offsets, start, length) {
    if (offsets === undefined) return plain.call(this, at, group);
    plain.call(this, at, group, Array.from(offsets.subarray(start, start + length)));
  };
}
// Copies run when they are recorded: no test looks between recording and submit.
const recordCopy = GPUCommandEncoder.prototype.copyBufferToBuffer;
GPUCommandEncoder.prototype.copyBufferToBuffer = function (from, fromOffset, to, toOffset, size) {
  recordCopy.call(this, from, fromOffset, to, toOffset, size);
  GPUBuffer.bytes(to).set(GPUBuffer.bytes(from).subarray(fromOffset, fromOffset + size), toOffset);
};

define("GPUShaderModule", []).prototype.getCompilationInfo = async function () {
  return { messages: controls.messages };
};

const Texture = define("GPUTexture", ["createView", "destroy"], { createView: "GPUTextureView" });
globalThis.GPUTexture = class GPUTexture extends Texture {
  #descriptor;
  constructor(descriptor) { super(descriptor); this.#descriptor = descriptor; }
  get width() { return this.#descriptor.size.width; }
  get height() { return this.#descriptor.size.height ?? 1; }
  get depthOrArrayLayers() { return this.#descriptor.size.depthOrArrayLayers ?? 1; }
  get format() { return this.#descriptor.format; }
  get dimension() { return this.#descriptor.dimension ?? "2d"; }
  get mipLevelCount() { return this.#descriptor.mipLevelCount ?? 1; }
  get sampleCount() { return this.#descriptor.sampleCount ?? 1; }
  get usage() { return this.#descriptor.usage; }
};

globalThis.GPUBuffer = class GPUBuffer {
  #device; #label; #size; #usage; #bytes; #map; #abort; #destroyed = false; #ranges = [];
  constructor(device, descriptor) {
    this.#device = device;
    this.#label = descriptor.label ?? "";
    this.#size = index(descriptor.size, "size");
    this.#usage = descriptor.usage;
    this.#bytes = new Uint8Array(this.#size);
    if (descriptor.mappedAtCreation) this.#map = { mode: 2, offset: 0, size: this.#size };
  }
  static bytes(buffer) { return buffer.#bytes; }
  static isDestroyed(buffer) { return buffer.#destroyed; }
  static lose(buffer) { buffer.#end("the device was lost", true); }
  get label() { return this.#label; }
  get size() { return this.#size; }
  get usage() { return this.#usage; }
  get mapState() { return this.#abort ? "pending" : this.#map ? "mapped" : "unmapped"; }
  mapAsync(mode, offset, size) {
    offset = index(offset, "offset"); size = index(size, "size");
    if (this.#abort || this.#map) return Promise.reject(fault("OperationError", "already mapped or pending"));
    if (offset % 8 || size % 4 || offset + size > this.#size) return Promise.reject(fault("OperationError", "range"));
    const { promise, resolve, reject } = Promise.withResolvers?.() ?? withResolvers();
    let over = false;
    const settle = () => {
      if (over) return;
      this.#abort = null;
      over = true;
      if (controls.rejectMaps) return reject(fault(controls.rejectMaps, "refused"));
      this.#map = { mode, offset, size };
      resolve();
    };
    // A cancelled map that is held back rejects late, as a slow browser's may.
    this.#abort = (why) => {
      over = true;
      this.#abort = null;
      const refuse = () => reject(fault("AbortError", why));
      const at = held.indexOf(settle);
      if (at < 0) refuse(); else held[at] = refuse;
    };
    if (controls.holdMaps) held.push(settle); else queueMicrotask(settle);
    return promise;
  }
  getMappedRange(offset, size) {
    const map = this.#map;
    if (!map || offset % 8 || size % 4 || offset < map.offset || offset + size > map.offset + map.size)
      throw fault("OperationError", `range ${offset}+${size} is not mapped`);
    if (this.#ranges.some((r) => offset < r.offset + r.buffer.byteLength && r.offset < offset + size))
      throw fault("OperationError", `range ${offset}+${size} overlaps another`);
    const buffer = this.#bytes.slice(offset, offset + size).buffer;
    this.#ranges.push({ offset, buffer });
    return buffer;
  }
  unmap() { this.#end("unmapped", false); }
  destroy() { this.#destroyed = true; this.#end("destroyed", false); }
  #end(why, lost) {
    this.#abort?.(why);
    for (const { offset, buffer } of this.#ranges.splice(0)) {
      if (!lost && this.#map.mode === 2) this.#bytes.set(new Uint8Array(buffer), offset);
      detach(buffer);
    }
    this.#map = null;
  }
};

const withResolvers = () => {
  const parts = {};
  parts.promise = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }));
  return parts;
};

globalThis.GPUQueue = class GPUQueue {
  #device; #label;
  constructor(device, label) { this.#device = device; this.#label = label ?? ""; }
  get label() { return this.#label; }
  submit(commands) {
    commands = [...commands];
    if (commands.some((c) => !(c instanceof GPUCommandBuffer))) throw new TypeError("not a GPUCommandBuffer");
    record("GPUQueue.submit", [commands]);
    if (controls.looksAtSubmits) for (const work of works.splice(0)) work.resolve();
    if (controls.refuse === "submit") GPUDevice.report(this.#device, new GPUValidationError("refused"));
    if (controls.refuse) controls.refuse = controls.refuse === "next" ? "submit" : "";
  }
  onSubmittedWorkDone() {
    if (controls.holdWork) return new Promise((resolve) => held.push(resolve));
    const [scopes] = controls.scopesFirst;
    if (controls.scopesFirst.length > 1) controls.scopesFirst.shift();
    if (scopes > 0) return new Promise((resolve) => works.push({ scopes, resolve }));
    return controls.rejectWorkDone ? Promise.reject(fault("OperationError", "lost")) : Promise.resolve();
  }
  writeBuffer(buffer, offset, data, dataOffset = 0, size) {
    record("GPUQueue.writeBuffer", [buffer, offset, data.constructor.name, size]);
    const view = data instanceof ArrayBuffer ? new Uint8Array(data) : data;
    if (view.buffer.byteLength === 0 && size > 0) throw new TypeError("the array is detached");
    const unit = view.BYTES_PER_ELEMENT ?? 1;
    size ??= view.byteLength / unit - dataOffset;
    if ((dataOffset + size) * unit > view.byteLength) throw fault("OperationError", "range of the data");
    if ((size * unit) % 4) throw fault("OperationError", "size is not a multiple of 4");
    const bytes = GPUBuffer.bytes(buffer);
    if (offset + size * unit > bytes.length) return GPUDevice.report(this.#device, new GPUValidationError("range of the buffer"));
    bytes.set(new Uint8Array(view.buffer, view.byteOffset + dataOffset * unit, size * unit), offset);
  }
  writeTexture(destination, data, layout, size) {
    if (data.byteLength === 0) throw new TypeError("the array is detached");
    record("GPUQueue.writeTexture", [destination, data, layout, size]);
    controls.texels = new Uint8Array(data.buffer ?? data, data.byteOffset, data.byteLength).slice();
  }
  copyExternalImageToTexture(...args) { record("GPUQueue.copyExternalImageToTexture", args); }
};

const limits = { maxBufferSize: 1 << 28, minUniformBufferOffsetAlignment: 256, maxTextureDimension2D: 8192 };
const kinds = { validation: GPUValidationError, "out-of-memory": GPUOutOfMemoryError, internal: GPUInternalError };

globalThis.GPUDevice = class GPUDevice extends EventTarget {
  #label; #queue; #features; #limits; #lost = withResolvers(); #scopes = []; #buffers = [];
  constructor(descriptor = {}) {
    super();
    this.#label = descriptor.label ?? "";
    this.#features = new Set(descriptor.requiredFeatures);
    this.#limits = { ...limits, ...descriptor.requiredLimits };
    this.#queue = new GPUQueue(this, descriptor.defaultQueue?.label);
  }
  get label() { return this.#label; }
  get queue() { return this.#queue; }
  get features() { return this.#features; }
  get limits() { return this.#limits; }
  get adapterInfo() { return { vendor: "acme", architecture: "paper", isFallbackAdapter: true }; }
  get lost() { return this.#lost.promise; }
  static report(device, error) {
    const scope = device.#scopes.findLast((s) => error instanceof kinds[s.filter]);
    if (scope) { scope.error ??= error; return; }
    const event = new Event("uncapturederror");
    event.error = error;
    device.dispatchEvent(event);
  }
  static lose(device, reason, message) {
    for (const buffer of device.#buffers) GPUBuffer.lose(buffer);
    device.#lost.resolve({ reason, message });
  }
  pushErrorScope(filter) {
    if (!(filter in kinds)) throw new TypeError(`'${filter}' is not a valid enum value of type GPUErrorFilter`);
    this.#scopes.push({ filter, error: null });
  }
  async popErrorScope() {
    if (controls.recordScopes) record("GPUDevice.popErrorScope", []);
    works = works.filter((work) => work.scopes-- > 1 || work.resolve());
    if (this.#scopes.length === 0) throw fault("OperationError", "no scope is open");
    return this.#scopes.pop().error;
  }
  destroy() { record("GPUDevice.destroy", []); GPUDevice.lose(this, "destroyed", "destroy() was called"); }
  createBuffer(descriptor) {
    if (descriptor.mappedAtCreation && controls.refuseMemory) throw new RangeError("no memory");
    const buffer = new GPUBuffer(this, descriptor);
    this.#buffers.push(buffer);
    if (descriptor.size > this.#limits.maxBufferSize) GPUDevice.report(this, new GPUOutOfMemoryError("too large"));
    return buffer;
  }
  async createComputePipelineAsync(descriptor) { return pipeline(GPUComputePipeline, descriptor); }
  async createRenderPipelineAsync(descriptor) { return pipeline(GPURenderPipeline, descriptor); }
};

const pipeline = (Class, descriptor) => {
  record(`create ${Class.name}`, [descriptor]);
  if (descriptor.label === "broken") throw new GPUPipelineError("does not compile");
  return new Class(descriptor);
};

for (const name of ["CommandEncoder", "ShaderModule", "ComputePipeline", "RenderPipeline", "PipelineLayout",
  "BindGroup", "BindGroupLayout", "Texture", "Sampler", "QuerySet"]) {
  GPUDevice.prototype[`create${name}`] = function (descriptor) {
    record(`GPUDevice.create${name}`, descriptor === undefined ? [] : [descriptor]);
    return new globalThis[`GPU${name}`](descriptor);
  };
}

// A command on a buffer that the device could not make is an error when the encoder finishes.
const devices = new WeakMap(); // of encoders
const createCommandEncoder = GPUDevice.prototype.createCommandEncoder;
GPUDevice.prototype.createCommandEncoder = function (...args) {
  const encoder = createCommandEncoder.apply(this, args);
  devices.set(encoder, this);
  return encoder;
};
const faulty = new WeakSet(); // encoders
const { clearBuffer, finish } = GPUCommandEncoder.prototype;
GPUCommandEncoder.prototype.clearBuffer = function (buffer, ...args) {
  if (buffer.size > devices.get(this)?.limits.maxBufferSize) faulty.add(this);
  return clearBuffer.call(this, buffer, ...args);
};
GPUCommandEncoder.prototype.finish = function (...args) {
  if (faulty.has(this)) GPUDevice.report(devices.get(this), new GPUValidationError("an invalid buffer"));
  return finish.apply(this, args);
};

const createShaderModule = GPUDevice.prototype.createShaderModule;
GPUDevice.prototype.createShaderModule = function (descriptor) {
  if (controls.refuseModules) GPUDevice.report(this, new GPUValidationError("no such module"));
  return createShaderModule.call(this, descriptor);
};

globalThis.GPUAdapter = class GPUAdapter {
  #features = new Set(["timestamp-query", "shader-f16"]);
  get info() { this.#features; return { vendor: "acme", architecture: "paper", device: "", description: "a stand-in", isFallbackAdapter: true }; }
  get features() { return this.#features; }
  get limits() { this.#features; return limits; }
  async requestDevice(descriptor) {
    record("GPUAdapter.requestDevice", [descriptor]);
    for (const feature of descriptor?.requiredFeatures ?? [])
      if (!this.#features.has(feature)) throw new TypeError(`unsupported feature: ${feature}`);
    await controls.deviceGate;
    return new GPUDevice(descriptor);
  }
};

globalThis.GPU = class GPU {
  async requestAdapter(options) {
    record("GPU.requestAdapter", options === undefined ? [] : [options]);
    return controls.adapter ? new GPUAdapter() : null;
  }
  getPreferredCanvasFormat() { return "bgra8unorm"; }
};

globalThis.GPUCanvasContext = class GPUCanvasContext {
  #canvas;
  constructor(canvas) { this.#canvas = canvas; }
  get canvas() { return this.#canvas; }
  configure(configuration) { record("GPUCanvasContext.configure", [configuration]); }
  unconfigure() { record("GPUCanvasContext.unconfigure", []); }
  getCurrentTexture() { return new GPUTexture({ label: "canvas", size: { width: 300, height: 150 }, format: "bgra8unorm" }); }
};
globalThis.HTMLCanvasElement = class HTMLCanvasElement {
  #context = new GPUCanvasContext(this);
  getContext(kind) { return kind === "webgpu" ? this.#context : null; }
};
globalThis.Document = class Document {
  #canvas = new HTMLCanvasElement();
  getElementById(id) { return id === "canvas" ? this.#canvas : null; }
};
globalThis.document = new Document();

Object.defineProperty(globalThis, "navigator", { value: { gpu: new GPU() }, configurable: true, writable: true });
module.exports = controls;
