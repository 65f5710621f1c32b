// Every kind of data at every method that takes data, or fills it.
import { COPY_SRC, STORAGE, api, bytesOf, contents, ok, pattern, rejects, same, sameBytes, takePath, withSystem } from "./check.js";

const arrays = [
  Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array,
  BigInt64Array, BigUint64Array, globalThis.Float16Array,
].filter(Boolean);

/** Memory with the bytes from a place on. */
function at(offset, bytes, memory = new ArrayBuffer(offset + bytes.length + 8)) {
  new Uint8Array(memory).set(bytes, offset);
  return memory;
}

const resizable = (size, most = 2 * size) => new ArrayBuffer(size, { maxByteLength: most });
const growable = (size, most = 2 * size) => new SharedArrayBuffer(size, { maxByteLength: most });

/** Memory that had half its size, and a view of it made then that follows its length. */
function grown(memory, type, bytes) {
  const view = new type(memory);
  (memory.resize ?? memory.grow).call(memory, bytes.length);
  at(0, bytes, memory);
  return view;
}

/** Memory that had twice its size, and a view of it made then that follows its length. */
function shrunk(type, bytes) {
  const memory = resizable(2 * bytes.length);
  const view = new type(memory);
  memory.resize(bytes.length);
  at(0, bytes, memory);
  return view;
}

function wasmMemory(options) {
  return new WebAssembly.Memory({ initial: 64, ...options });
}

class Bytes extends Uint8Array {}
class Floats extends Float32Array {}
class Memory extends ArrayBuffer {}

/** A class whose objects say of themselves what is not so, as all that is asked for by their names would. */
const lying = (type) =>
  class extends type {
    get buffer() {
      return new ArrayBuffer(1 << 20);
    }
    get byteOffset() {
      return 4;
    }
    get byteLength() {
      return 8;
    }
    get length() {
      return 2;
    }
    get [Symbol.toStringTag]() {
      return "Uint8Array";
    }
  };

/** Data that says so itself. */
function claiming(data) {
  for (const [name, value] of [["byteLength", 1 << 20], ["byteOffset", 0], ["length", 1 << 20], ["buffer", new ArrayBuffer(1 << 20)], ["constructor", Float32Array]]) {
    Object.defineProperty(data, name, { value });
  }
  return data;
}

/** A window of its own, whose classes are others. */
function realm() {
  const frame = document.body.appendChild(document.createElement("iframe"));
  return frame.contentWindow;
}
const elsewhere = realm();

/** [name, data with the bytes, whose number is a multiple of 8] */
const taken = [
  ...arrays.map((type) => [type.name, (bytes) => new type(at(0, bytes, new ArrayBuffer(bytes.length)))]),
  ["DataView", (bytes) => new DataView(at(0, bytes, new ArrayBuffer(bytes.length)))],
  ["ArrayBuffer", (bytes) => at(0, bytes, new ArrayBuffer(bytes.length))],
  ["a Uint8Array from 3 on", (bytes) => new Uint8Array(at(3, bytes), 3, bytes.length)],
  ["a Uint16Array from 2 on", (bytes) => new Uint16Array(at(2, bytes), 2, bytes.length / 2)],
  ["a Float32Array from 4 on", (bytes) => new Float32Array(at(4, bytes), 4, bytes.length / 4)],
  ["a BigInt64Array from 8 on", (bytes) => new BigInt64Array(at(8, bytes), 8, bytes.length / 8)],
  ["a DataView from 5 on", (bytes) => new DataView(at(5, bytes), 5, bytes.length)],
  ["SharedArrayBuffer", (bytes) => at(0, bytes, new SharedArrayBuffer(bytes.length))],
  ["shared Int16Array", (bytes) => new Int16Array(at(6, bytes, new SharedArrayBuffer(bytes.length + 8)), 6, bytes.length / 2)],
  ["shared DataView", (bytes) => new DataView(at(1, bytes, new SharedArrayBuffer(bytes.length + 1)), 1)],
  ["resizable ArrayBuffer", (bytes) => at(0, bytes, resizable(bytes.length))],
  ["a part of resizable memory", (bytes) => new Uint32Array(at(4, bytes, resizable(bytes.length + 8)), 4, bytes.length / 4)],
  ["the rest of resizable memory", (bytes) => new Uint8Array(at(7, bytes, resizable(bytes.length + 7)), 7)],
  ["a DataView on resizable memory", (bytes) => new DataView(at(0, bytes, resizable(bytes.length)))],
  ["resizable memory that grew", (bytes) => grown(resizable(bytes.length / 2, bytes.length), Uint8Array, bytes)],
  ["resizable memory that shrank", (bytes) => shrunk(Float32Array, bytes)],
  ["growable SharedArrayBuffer", (bytes) => at(0, bytes, growable(bytes.length))],
  ["shared memory that grew", (bytes) => grown(growable(bytes.length / 2, bytes.length), Int32Array, bytes)],
  ["a DataView on shared memory that grew", (bytes) => grown(growable(bytes.length / 2, bytes.length), DataView, bytes)],
  ["a subclass of Uint8Array", (bytes) => new Bytes(at(2, bytes), 2, bytes.length)],
  ["a subclass of Float32Array", (bytes) => new Floats(at(0, bytes), 0, bytes.length / 4)],
  ["a subclass of ArrayBuffer", (bytes) => at(0, bytes, new Memory(bytes.length))],
  ...[Uint8Array, Float32Array, Int16Array, DataView].map((type) => [`a ${type.name} that lies`, (bytes) => new (lying(type))(at(0, bytes, new ArrayBuffer(bytes.length)))]),
  ...[Uint8Array, Float32Array, DataView].map((type) => [`a ${type.name} that claims more`, (bytes) => claiming(new type(at(8, bytes), 8, bytes.length / (type.BYTES_PER_ELEMENT ?? 1)))]),
  ["memory that lies", (bytes) => at(0, bytes, new (lying(ArrayBuffer))(bytes.length))],
  ["a view of memory that lies", (bytes) => new Uint8Array(at(8, bytes, new (lying(ArrayBuffer))(bytes.length + 8)), 8)],
  ["a Float64Array of another prototype", (bytes) => Object.setPrototypeOf(new Float64Array(at(0, bytes, new ArrayBuffer(bytes.length))), Float32Array.prototype)],
  ["WebAssembly memory", (bytes) => new Uint8Array(at(1000, bytes, wasmMemory().buffer), 1000, bytes.length)],
  ["shared WebAssembly memory", (bytes) => new Uint8Array(at(1000, bytes, wasmMemory({ maximum: 64, shared: true }).buffer), 1000, bytes.length)],
  ["an ArrayBuffer of another window", (bytes) => at(0, bytes, new elsewhere.ArrayBuffer(bytes.length))],
  ["a view of another window", (bytes) => new elsewhere.Float32Array(at(0, bytes, new elsewhere.ArrayBuffer(bytes.length)))],
];

function detached(data) {
  structuredClone(undefined, { transfer: [data.buffer ?? data] });
  return data;
}

/** A view of memory that is smaller by now than where the view begins. */
function outside(type, ...length) {
  const memory = resizable(64);
  const view = new type(memory, 32, ...length);
  memory.resize(16);
  return view;
}

const refused = [
  ["a detached ArrayBuffer", () => detached(new ArrayBuffer(64))],
  ["a detached Uint8Array", () => detached(new Uint8Array(64))],
  ["a detached BigInt64Array", () => detached(new BigInt64Array(8))],
  ["a detached DataView", () => detached(new DataView(new ArrayBuffer(64)))],
  ["detached resizable memory", () => detached(resizable(64))],
  ["a view outside of its memory", () => outside(Uint8Array, 16)],
  ["a Float32Array outside of its memory", () => outside(Float32Array, 4)],
  ["the rest of memory that is gone", () => outside(Uint8Array)],
  ["a DataView outside of its memory", () => outside(DataView, 16)],
  ["null", () => null],
  ["a number", () => 64],
  ["a string", () => "0123456789abcdef"],
  ["an Array", () => [1, 2, 3, 4]],
  ["an object", () => ({ byteLength: 16, byteOffset: 0, buffer: new ArrayBuffer(16) })],
  ["a fake view", () => Object.create(Uint8Array.prototype)],
  ["a fake ArrayBuffer", () => Object.create(ArrayBuffer.prototype)],
  ["a Proxy of a view", () => new Proxy(new Uint8Array(16), {})],
  ["a Proxy that answers", () => new Proxy(new Float32Array(4), { get: (view, name) => view[name] })],
];

const empty = [
  ["an empty ArrayBuffer", () => new ArrayBuffer(0)],
  ["an empty Float64Array", () => new Float64Array(0)],
  ["an empty DataView", () => new DataView(new ArrayBuffer(8), 8)],
  ["the end of a view", () => new Uint8Array(64).subarray(64)],
  ["empty shared memory", () => new SharedArrayBuffer(0)],
  ["empty resizable memory", () => resizable(0, 64)],
  ["a view that has become empty", () => { const view = new Uint8Array(resizable(64)); view.buffer.resize(0); return view; }],
];

const streamOf = (...pieces) => new ReadableStream({ start: (c) => (pieces.forEach((piece) => c.enqueue(piece)), c.close()) });

/** What a DeviceBuffer of size bytes holds when write has written to it. */
async function written(gpu, size, write) {
  const b = gpu.createDeviceBuffer({ size: Math.max(size, 4), usage: STORAGE });
  await write(b);
  return (await contents(gpu, b)).subarray(0, size);
}

/** What size bytes of staging memory bring. */
async function staged(gpu, size, stage, rowBytes) {
  const staging = gpu.createImmediateStagingBuffer({ size: Math.max(size, 8), rowBytes });
  try {
    await stage(staging);
    if (rowBytes === undefined) {
      return await written(gpu, size, (b) => {
        const encoder = gpu.device.createCommandEncoder();
        staging.uploadTo(encoder, b);
        gpu.submit([encoder]);
      });
    }
    const texture = texels(gpu, size);
    const encoder = gpu.device.createCommandEncoder();
    staging.uploadToTexture(encoder, { texture });
    gpu.submit([encoder]);
    return bytesOf(await gpu.createReadbackBuffer().readTexture({ texture }));
  } finally {
    staging.destroy();
  }
}

const texels = (gpu, size) =>
  gpu.device.createTexture({ size: [4, size / 16], format: "rgba8unorm", usage: GPUTextureUsage.COPY_SRC | GPUTextureUsage.COPY_DST });

/** What an update of size bytes brings. */
function updated(gpu, size, update) {
  const d = gpu.createDynamicBuffer({ size: 1 << 20, usage: STORAGE | COPY_SRC });
  return written(gpu, size, (b) => {
    const offset = update(d);
    if (size > 0) {
      const encoder = gpu.device.createCommandEncoder();
      encoder.copyBufferToBuffer(d.gpuBuffer, offset, b.gpuBuffer, 0, size);
      gpu.submit([encoder]);
    }
    d.destroy();
  });
}

/** The data as filled by a read of what holds the bytes. */
async function filled(gpu, data, bytes, read) {
  const rb = gpu.createReadbackBuffer();
  const b = gpu.createDeviceBuffer({ size: bytes.length + 8, usage: STORAGE });
  b.write(0, bytes);
  same((await read(rb, b)) === data, true, "resolves with into");
  rb.destroy();
  b.destroy();
  return bytesOf(data);
}

async function filledByTexture(gpu, data, bytes) {
  const texture = texels(gpu, Math.max(bytes.length, 16));
  gpu.device.queue.writeTexture({ texture }, bytes.length ? bytes : new Uint8Array(16), { bytesPerRow: 16 }, [4, Math.max(bytes.length, 16) / 16]);
  await gpu.createReadbackBuffer().readTexture({ texture }, { into: data });
  return bytesOf(data);
}

/** [name, (gpu, data, size) => what was moved]. */
const sources = [
  ["write", (gpu, data, size) => written(gpu, size, (b) => b.write(0, data))],
  ["write after a write", (gpu, data, size) => written(gpu, size, (b) => (b.write(0, new Uint8Array(4)), b.write(0, data)))],
  ["write with options", (gpu, data, size) => written(gpu, size, (b) => b.write(0, data, 0, size))],
  ["upload", (gpu, data, size) => written(gpu, size, (b) => b.upload(0, data).then((n) => same(n, size, "resolves with")))],
  ["upload with options", (gpu, data, size) => written(gpu, size, (b) => b.upload(0, data, { onProgress() {} }).then((n) => same(n, size, "resolves with")))],
  ["upload of a stream", (gpu, data, size) => written(gpu, size, (b) => b.upload(0, streamOf(data)).then((n) => same(n, size, "resolves with")))],
  ["staging write", (gpu, data, size) => staged(gpu, size, (s) => s.write(data))],
  ["staging writeAt", (gpu, data, size) => staged(gpu, size, (s) => s.writeAt(0, data))],
  ["staging readFrom", (gpu, data, size) => staged(gpu, size, (s) => s.readFrom(streamOf(data)).then((n) => same(n, size, "resolves with")))],
  ["dynamic write", (gpu, data, size) => updated(gpu, size, (d) => d.write(data))],
];
/** [name, (gpu, data, what it is to be filled with) => what it holds]. */
const sinks = [
  ["into of read", (gpu, data, bytes) => filled(gpu, data, bytes, (rb, b) => rb.read(b, 0, undefined, { into: data }))],
  ["into of read of a part", (gpu, data, bytes) => filled(gpu, data, bytes, (rb, b) => rb.read(b, 0, bytes.length, { into: data }))],
  ["into of read of a GPUBuffer", (gpu, data, bytes) => filled(gpu, data, bytes, (rb, b) => rb.read(b.gpuBuffer, 0, bytes.length, { into: data }))],
];
const textures = [
  ["staging rows", (gpu, data, size) => staged(gpu, size, (s) => s.write(data), 16)],
];
const textureSinks = [["into of readTexture", filledByTexture]];

/** Checks every kind that is taken at each entry, by the bytes. */
async function moves(gpu, entries, fills, size) {
  const bytes = pattern(size, 3);
  for (const [kind, make] of taken) {
    for (const [entry, move] of entries) {
      sameBytes(await named(`${entry} of ${kind}`, () => move(gpu, make(bytes), size)), bytes, `${entry} of ${kind}`);
    }
    for (const [entry, fill] of fills) {
      sameBytes(await named(`${entry}: ${kind}`, () => fill(gpu, make(new Uint8Array(size)), bytes)), bytes, `${entry}: ${kind}`);
    }
  }
}

async function named(what, f) {
  try {
    return await f();
  } catch (error) {
    throw new Error(`${what}: ${error?.stack ?? error}`, { cause: error });
  }
}

export const small = () => withSystem((gpu) => moves(gpu, [...sources, ...textures], [...sinks, ...textureSinks], 64));

const large = 768 << 10;
const paths = ["queue write", "mapped ring, 2 MiB chunks"];

/** From 256 KiB on a write may go through mapped memory; queue writes are cut. */
export const largeByQueue = () => withSystem((gpu) => (takePath(gpu, paths, paths[0]), moves(gpu, sources, [], large)));
export const largeByMappedMemory = () => withSystem((gpu) => (takePath(gpu, paths, paths[1]), moves(gpu, sources, sinks, large)));

/** A long read is made by JavaScript, an upload of more than 32 MiB by the module. */
export const long = () =>
  withSystem(async (gpu) => {
    takePath(gpu, paths, paths[0]);
    const bytes = pattern(36 << 20, 5);
    const data = new Uint32Array(at(0, bytes, resizable(bytes.length)));
    sameBytes(await written(gpu, bytes.length, (b) => b.upload(0, data)), bytes, "upload of resizable memory");
    const into = new DataView(growable(bytes.length));
    sameBytes(await filled(gpu, into, bytes, (rb, b) => rb.read(b, 0, undefined, { into })), bytes, "into of shared memory");
  });

export const refusals = () =>
  withSystem(async (gpu) => {
    for (const [kind, make] of refused) {
      for (const [entry, move] of [...sources, ...textures]) await rejects("type", async () => move(gpu, make(), 16), `${entry} of ${kind}`);
      for (const [entry, fill] of [...sinks, ...textureSinks]) await rejects("type", async () => fill(gpu, make(), new Uint8Array(16)), `${entry}: ${kind}`);
    }
  });

/** No bytes are as good as others: nothing is moved, and the place is checked all the same. */
export const noBytes = () =>
  withSystem(async (gpu) => {
    for (const [kind, make] of empty) {
      for (const [entry, move] of sources) same((await named(`${entry} of ${kind}`, () => move(gpu, make(), 0))).length, 0, `${entry} of ${kind}`);
      for (const [entry, fill] of sinks) same((await named(`${entry}: ${kind}`, () => fill(gpu, make(), new Uint8Array(0)))).length, 0, `${entry}: ${kind}`);
      const b = gpu.createDeviceBuffer({ size: 8, usage: STORAGE });
      const staging = gpu.createImmediateStagingBuffer({ size: 8 });
      for (const place of [12, 2 ** 40]) {
        await rejects("range", async () => b.write(place, make()), `write of ${kind} at ${place}`);
        await rejects("range", () => b.upload(place, make()), `upload of ${kind} at ${place}`);
        await rejects("range", async () => staging.writeAt(place, make()), `writeAt of ${kind} at ${place}`);
        await rejects("range", () => gpu.createReadbackBuffer().read(b, place, undefined, { into: make() }), `read into ${kind} at ${place}`);
      }
    }
    const b = gpu.createDeviceBuffer({ size: 8, usage: STORAGE });
    const rb = gpu.createReadbackBuffer();
    same([(await rb.read(b, 8)).byteLength, (await rb.read(b, 0, 0)).byteLength], [0, 0], "reads of no bytes");
    const d = gpu.createDynamicBuffer({ size: 512, usage: STORAGE });
    const offsets = [d.write(new Uint8Array(0)), d.write(new Uint8Array(4)), d.write(new ArrayBuffer(0))];
    ok(offsets.every((offset) => offset >= 0 && offset < 512 && offset % d.alignment === 0), `updates of no bytes: ${offsets}`);
  });

/** No place or size stands for something else than itself. */
export const places = () =>
  withSystem(async (gpu) => {
    const b = gpu.createDeviceBuffer({ label: "b", size: 64, usage: STORAGE });
    for (const untouched of [true, false]) {
      for (const [dataOffset, size] of [[9], [12], [0, -1], [0, -4], [8, -8], [9, -1], [8, 4], [-4, 4], [-4], [2 ** 53, 0]]) {
        await rejects("range", async () => b.write(0, new Uint8Array(8), dataOffset, size), `untouched ${untouched}: write from ${dataOffset} of ${size}`, "b");
      }
      const part = new Uint8Array(32).fill(7).subarray(8, 16); // the memory goes on
      for (const [dataOffset, size] of [[0, 12], [4, 8], [8, 4], [12, 4]]) {
        await rejects("range", async () => b.write(0, part, dataOffset, size), `untouched ${untouched}: write of a view from ${dataOffset} of ${size}`, "b");
      }
      for (const [dataOffset, size] of [[1.5, 4], [NaN], [0, NaN], [0, 0.5], ["4", 4], [0, "4"], [null], [0, null], [0n], [Infinity]]) {
        await rejects("type", async () => b.write(0, new Uint8Array(8), dataOffset, size), `untouched ${untouched}: write from ${String(dataOffset)} of ${String(size)}`, "b");
      }
      for (const offset of [-1, -4, 68, 2 ** 53]) {
        await rejects("range", async () => b.write(offset, new Uint8Array(4)), `write at ${offset}`);
        await rejects("range", () => b.upload(offset, new Uint8Array(4)), `upload at ${offset}`);
        await rejects("range", () => gpu.createReadbackBuffer().read(b, offset), `read at ${offset}`);
        await rejects("range", () => gpu.createReadbackBuffer().read(b, 0, offset), `read of ${offset}`);
      }
      b.write(0, new Uint8Array(4));
    }
    sameBytes(await contents(gpu, b), new Uint8Array(64), "nothing was written");
    for (const option of ["budget", "chunkSize", "maxFramesInFlight"]) await rejects("range", () => api.open({ device: gpu.device, [option]: 0 }), `${option} 0`);
    await rejects("range", async () => gpu.createReadbackBuffer({ maxInFlight: 0 }), "maxInFlight 0");
    await rejects("range", async () => gpu.createDynamicBuffer({ size: 256, usage: STORAGE, maxSlots: 0 }), "maxSlots 0");
    await rejects("range", async () => gpu.createImmediateStagingBuffer({ size: 256, rowBytes: 0 }), "rowBytes 0");
  });
