// Good calls of everything that gpubuffers.d.ts declares, made from it: of a method that is new by the types of its
// parameters alone, unless it needs an object in another state, or another value, than stands here.
import { COPY_DST, COPY_SRC, MAP_READ, MAP_WRITE, STORAGE, api, pattern } from "./check.js";
import { isForged } from "./bad.js";

export const table = await (await fetch("/module/api.json")).json();
export const dispose = Symbol.dispose ?? Symbol.for("Symbol.dispose");

/** Whatever is called, and all that good arguments are made of, until it is released. */
export class World {
  #made = [];
  #frame;

  constructor(gpu, random) {
    this.gpu = gpu;
    this.device = gpu.device;
    this.random = random;
  }

  pick(list) {
    return list[Math.floor(this.random() * list.length)];
  }

  get isEnded() {
    try {
      return !this.gpu.explain("upload", 4);
    } catch {
      return true;
    }
  }

  own(object) {
    this.#made.push(object);
    return object;
  }

  /** The frame, of which there is one at a time. */
  async openFrame() {
    this.#frame ??= this.own(await this.gpu.nextFrame());
    return this.#frame;
  }

  /** Ends what was made; memory that is in encoders which nobody submits goes with a submit. */
  release() {
    for (const object of this.#made.splice(0).reverse()) end(object);
    this.#frame = undefined;
  }
}

export function end(object) {
  if (object instanceof GPUBuffer || object instanceof GPUTexture) object.destroy();
  else object?.[dispose]?.();
}

/** Listeners that hear what the console would be told else. */
export const quiet = { onLog() {}, onError() {} };

export const streamOf = (...pieces) => new ReadableStream({ start: (c) => (pieces.forEach((piece) => c.enqueue(piece)), c.close()) });

function immediate(w, rowBytes) {
  const staging = w.own(w.gpu.createImmediateStagingBuffer({ label: "it", size: 64, rowBytes }));
  staging.write(pattern(32));
  return staging;
}

async function deferred(w, rowBytes) {
  const staging = w.own(w.gpu.createDeferredStagingBuffer({ label: "it", size: 64, rowBytes }));
  await staging.mapAsync();
  staging.write(pattern(32));
  return staging;
}

function dynamic(w) {
  const buffer = w.own(w.gpu.createDynamicBuffer({ label: "it", size: 65536, usage: STORAGE }));
  buffer.update(16);
  return buffer;
}

const mappable = (w, mappedAtCreation) => w.own(w.gpu.createMappableBuffer({ label: "it", size: 64, usage: MAP_WRITE | COPY_SRC, mappedAtCreation }));
export const nativeBuffer = (w) => w.device.createBuffer({ size: 64, usage: COPY_SRC | COPY_DST });
export const nativeTexture = (w) => w.device.createTexture({ size: [4, 2], format: "rgba8unorm", usage: GPUTextureUsage.COPY_SRC | GPUTextureUsage.COPY_DST });
const imageTexture = (w) => w.device.createTexture({ size: [4, 2], format: "rgba8unorm", usage: GPUTextureUsage.COPY_SRC | GPUTextureUsage.COPY_DST | GPUTextureUsage.RENDER_ATTACHMENT | GPUTextureUsage.TEXTURE_BINDING });

function drawn() {
  const canvas = new OffscreenCanvas(4, 2);
  canvas.getContext("2d").fillRect(0, 0, 2, 2);
  return canvas;
}

const another = (w) => api.open({ device: w.device, ...quiet });

/** What there is of each type; a member may need another object to be called on. */
export const objects = {
  number: () => 0,
  string: () => "it",
  boolean: () => false,
  function: () => () => {},
  ArrayBuffer: () => pattern(16).buffer,
  SharedArrayBuffer: () => new SharedArrayBuffer(16),
  ArrayBufferView: () => new Float32Array(4),
  Blob: () => new Blob([pattern(16)]),
  Response: () => new Response(pattern(16)),
  AbortSignal: () => new AbortController().signal,
  GPUBuffer: (w) => (w.buffer ??= nativeBuffer(w)),
  GPUTexture: (w) => (w.texture ??= nativeTexture(w)),
  GPUCommandEncoder: (w) => w.device.createCommandEncoder(),
  GPUCommandBuffer: (w) => w.device.createCommandEncoder().finish(),
  GPUBufferSystem: (w) => w.gpu,
  "GPUBufferSystem.destroy": another,
  "GPUBufferSystem.[Symbol.dispose]": another,
  DeviceBuffer: (w) => w.own(w.gpu.createDeviceBuffer({ label: "it", size: 64, usage: STORAGE })),
  ImmediateStagingBuffer: (w) => immediate(w),
  "ImmediateStagingBuffer.uploadToTexture": (w) => immediate(w, 16),
  DeferredStagingBuffer: (w) => deferred(w),
  "DeferredStagingBuffer.uploadToTexture": (w) => deferred(w, 16),
  "DeferredStagingBuffer.mapAsync": (w) => w.own(w.gpu.createDeferredStagingBuffer({ label: "it", size: 64 })),
  ReadbackBuffer: (w) => w.own(w.gpu.createReadbackBuffer({ label: "it" })),
  DynamicBuffer: dynamic,
  MappableBuffer: (w) => mappable(w, false),
  "MappableBuffer.mappedRange": (w) => mappable(w, true),
  "MappableBuffer.unmap": (w) => mappable(w, true),
  Frame: (w) => w.openFrame(),
  Struct: () => api.struct({ it: "f32" }, "It"),
};

/** Good values by the names of parameters and options, or by more of where they stand. */
const goodValues = {
  size: () => 16,
  "grow.size": () => 128,
  "destination.size": () => [4, 2, 1],
  "region.size": () => [4, 2, 1],
  origin: () => [0, 0, 0],
  aspect: () => "all",
  "readTexture.options.into": () => new Uint8Array(32),
  usage: () => STORAGE,
  "createMappableBuffer.descriptor.usage": () => MAP_READ | COPY_DST,
  "writeRanges.ranges": () => [0, 4],
  "uploadImage.texture": (w) => (w.imageTexture ??= imageTexture(w)),
  "uploadImage.source": (w) => w.pick([() => new ImageData(4, 2), drawn])(w),
  "screenshot.source": (w) => objects.GPUTexture(w),
  "uploadTo.destination": (w) => w.pick([objects.DeviceBuffer, objects.GPUBuffer])(w),
  "struct.members": () => ({ it: "f32" }),
  "struct.name": () => "It",
  "encode.value": () => ({ it: 1 }),
  "decode.offset": () => 4,
  rowBytes: () => 16,
  maxSlots: () => 3,
  maxInFlight: () => 2,
  mode: () => GPUMapMode.WRITE,
  device: (w) => w.device,
  wasm: () => undefined, // the page's own
  adapterOptions: () => undefined,
  deviceDescriptor: () => undefined,
  budget: () => 1 << 20,
  chunkSize: () => 4096,
  maxFramesInFlight: () => 2,
  calibration: () => ({ version: 1, copyCost: 0, rates: [{ operation: "upload", path: "queue write", size: 1 << 20, bytesPerSecond: 1e9 }] }),
};

function goodValue(w, field, names) {
  const known = names.map((_, i) => names.slice(i).join(".")).find((name) => name in goodValues);
  if (known) return goodValues[known](w);
  const type = w.pick(field.type);
  if (typeof type === "string") return objects[type](w);
  if (type.options) return goodOptions(w, type.options, names);
  if (type.elements) return [goodValue(w, { type: type.elements }, names)];
  return type.pieces ? streamOf(pattern(8), pattern(8)) : type.value;
}

function goodOptions(w, fields, names) {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, goodValue(w, field, [...names, name])]));
}

/** What a prototype has under a name, and those above it. */
function functionsOf(prototype, name) {
  if (prototype === null) return [];
  const { get, value = get } = Object.getOwnPropertyDescriptor(prototype, name === "[Symbol.dispose]" ? dispose : name) ?? {};
  return [...(value ? [value] : []), ...functionsOf(Object.getPrototypeOf(prototype), name)];
}

/** A function of the module's, or a member that some classes have in common. */
class Member {
  constructor(type, name, { parameters = {}, promises = false, get = false }) {
    Object.assign(this, { type, name, parameters, promises, get });
    this.operation = name.replace(/[[\]]/g, "");
    this.path = type === "" ? name : `${type}.${name}`;
    this.f = type === "" ? api[name] : functionsOf(api[type].prototype, name)[0];
  }

  /** The classes that have it, perhaps below one of their own. */
  get types() {
    return classes.filter((type) => functionsOf(api[type].prototype, this.name).includes(this.f));
  }

  receiver(w) {
    return this.type === "" ? undefined : (objects[this.path] ?? objects[this.type])(w);
  }

  goodArguments(w) {
    return Object.values(goodOptions(w, this.parameters, [this.type, this.name]));
  }

  call(receiver, values) {
    return this.f.apply(receiver, values);
  }

  /** Everywhere in the arguments where a value stands: parameters, options, elements, and pieces of streams. */
  places() {
    return placesIn(this.parameters, Object.keys(this.parameters).keys(), []);
  }
}

function placesIn(fields, keys, above) {
  return Object.entries(fields).flatMap(([name, field]) => placesOf(name, field, [...above, keys.next().value]));
}

function placesOf(name, field, path, names = []) {
  const inside = field.type.flatMap(({ options, elements, names: tuple = [name], pieces }) => {
    if (options) return placesIn(options, Object.keys(options).values(), path);
    if (elements) return tuple.flatMap((element, i) => placesOf(...elementOf(element, elements), [...path, i], [name]));
    return pieces ? [{ name, path, field: { type: pieces }, names: [name], wrap: streamOf }] : [];
  });
  return [{ name, path, field, names: [name, ...names, ...inside.map((place) => place.name)], wrap: (value) => value }, ...inside];
}

/** An element's name and field: those of a tuple can be left out if a mark says so. */
const elementOf = (name, type) => [name.replace("?", ""), { type, optional: name.endsWith("?") }];

/** Has a value stand at a place, and gives the one that stood there. */
export function put(values, { path, wrap }, value) {
  const holder = path.slice(0, -1).reduce((inside, key) => inside[key], values);
  const before = holder[path.at(-1)];
  holder[path.at(-1)] = wrap(value);
  return before;
}

const isMade = (name) => name in api && !(api[name].prototype instanceof Error);
export const classes = Object.keys(table.classes).filter(isMade);
export const members = [];
for (const [type, declared] of [["", table.functions], ...classes.map((name) => [name, table.classes[name]])]) {
  for (const [name, signature] of Object.entries(declared)) {
    const member = new Member(type, name, signature);
    if (!members.some(({ f }) => f === member.f)) members.push(member);
  }
}

const isObject = (value) => value !== null && ["object", "function"].includes(typeof value);
const primitive = (name) => (value) => typeof value === name;
const types = {
  number: primitive("number"),
  string: primitive("string"),
  boolean: primitive("boolean"),
  function: primitive("function"),
  ArrayBufferView: ArrayBuffer.isView,
  PromiseLike: (value) => isObject(value) && typeof value.then === "function",
  Module: (value) => value instanceof WebAssembly.Module,
  GPURequestAdapterOptions: isObject,
  GPUDeviceDescriptor: isObject,
};

/** Whether TypeScript would take a value. */
export function accepts({ type, optional }, value) {
  return (optional && value === undefined) || type.some((alternative) => isOf(alternative, value));
}

function isOf(type, value) {
  try {
    if (typeof type === "string") return types[type]?.(value) ?? (value instanceof (api[type] ?? globalThis[type]) && !isForged(value));
    if (type.options) return isObject(value) && hasOptions(type.options, value);
    if (type.elements) return hasElements(type, takeSome(value));
    return type.pieces ? value instanceof ReadableStream : value === type.value;
  } catch {
    return false;
  }
}

function hasOptions(fields, value) {
  return Object.keys(value).every((name) => name in fields) && Object.entries(fields).every(([name, field]) => accepts(field, value[name]));
}

function hasElements({ elements, names }, list) {
  if (names) return list.length <= names.length && names.every((name, i) => accepts(elementOf(name, elements)[1], list[i]));
  return list.every((element) => accepts({ type: elements }, element));
}

/** The elements of an iterable, but no more than anything takes. */
function takeSome(iterable) {
  const some = [];
  for (const element of iterable) if (some.push(element) > 65536) throw new RangeError("too many");
  return some;
}
