// Programs that compile against gpubuffers.d.ts, and lines that must not: those follow a @ts-expect-error, which is an error
// itself if the line compiles.

import {
  AbortedError, BufferUsage, DeferredStagingBuffer, DeviceBuffer, Frame, GPUBufferError, GPUBufferSystem, MapMode, Struct, TextureUsage, open,
  struct,
  type AnyBuffer, type Calibration, type DynamicBuffer, type ErrorCode, type ImmediateStagingBuffer, type MappableBuffer,
  type ReadbackBuffer,
} from "../../../web/gpubuffers.js";

declare const device: GPUDevice;
declare const gpu: GPUBufferSystem;
declare const numbers: DeviceBuffer;
declare const staging: ImmediateStagingBuffer;
declare const deferred: DeferredStagingBuffer;
declare const readback: ReadbackBuffer;
declare const uniforms: DynamicBuffer;
declare const mappable: MappableBuffer;
declare const shared: SharedArrayBuffer;

export async function opens() {
  const own: GPUBufferSystem = await open();
  await open({ device });
  await open({ device: Promise.resolve(device), onBudget: "fail", calibration: "local", onLog: ({ level, fields }) => console.log(level, fields) });
  const kept: Calibration = JSON.parse(JSON.stringify(own.calibration()));
  await open({ calibration: kept });
  using disposed = own;
  // @ts-expect-error: a misspelt option
  await open({ budgt: 1 });
  // @ts-expect-error: no such policy
  await open({ onBudget: "waits" });
  // @ts-expect-error: a device, not an adapter
  await open({ device: await navigator.gpu.requestAdapter() });
  // @ts-expect-error: open gives a promise
  open().destroy();
  // @ts-expect-error
  own.device = device;
  return disposed;
}

export function makes() {
  gpu.createDeviceBuffer({ size: 4, usage: BufferUsage.STORAGE | BufferUsage.INDIRECT });
  gpu.createImmediateStagingBuffer({ size: 4, rowBytes: 4 });
  gpu.createReadbackBuffer();
  gpu.createReadbackBuffer({ policy: "latest", maxInFlight: 1 });
  gpu.createDynamicBuffer({ label: "frame", size: 4, usage: BufferUsage.UNIFORM, maxSlots: 4 });
  gpu.createMappableBuffer({ size: 4, usage: BufferUsage.MAP_READ | BufferUsage.COPY_DST, mappedAtCreation: true });
  // @ts-expect-error: a misspelt option
  gpu.createDeviceBuffer({ size: 4, usage: BufferUsage.STORAGE, lable: "numbers" });
  // @ts-expect-error: no usage
  gpu.createDeviceBuffer({ size: 4 });
  // @ts-expect-error: no size
  gpu.createImmediateStagingBuffer({});
  // @ts-expect-error: a DeviceBuffer is never mapped
  gpu.createDeviceBuffer({ size: 4, usage: BufferUsage.STORAGE, mappedAtCreation: true });
  // @ts-expect-error: numbers are not converted
  gpu.createDeviceBuffer({ size: "4", usage: BufferUsage.STORAGE });
  // @ts-expect-error: no such policy
  gpu.createReadbackBuffer({ policy: "newest" });
}

export function constructs() {
  const known: boolean = numbers instanceof DeviceBuffer;
  // @ts-expect-error: open makes it
  new GPUBufferSystem();
  // @ts-expect-error: a GPUBufferSystem makes it
  new DeviceBuffer();
  // @ts-expect-error
  new DeferredStagingBuffer();
  // @ts-expect-error
  new Frame();
  // @ts-expect-error
  new AbortedError("given up");
  return known;
}

export async function uploads(response: Response, stream: ReadableStream<Uint8Array>, texts: ReadableStream<string>) {
  for (const data of [new Float32Array(4), new DataView(new ArrayBuffer(4)), new ArrayBuffer(4), shared, new Uint8Array(shared)]) numbers.write(0, data);
  const bytes: number = await numbers.upload(0, response, { signal: AbortSignal.timeout(1), onProgress: (n: number) => n });
  await numbers.upload(bytes, stream);
  await numbers.upload(0, new Blob());
  await numbers.grow(8);
  const frame = await gpu.nextFrame();
  staging.uploadTo(frame.encoder, numbers, 4);
  await deferred.mapAsync();
  deferred.mappedRange().fill(1);
  frame.submit([device.createCommandEncoder(), device.createCommandEncoder().finish()]);
  // @ts-expect-error: an array is no memory
  numbers.write(0, [1, 2]);
  // @ts-expect-error: what it is written to comes first
  numbers.write(new Float32Array(4));
  // @ts-expect-error: a stream of text
  await numbers.upload(0, texts);
  // @ts-expect-error: a DeviceBuffer is never mapped
  await numbers.mapAsync(MapMode.WRITE);
  // @ts-expect-error
  numbers.mappedRange();
  // @ts-expect-error: it is writable at once
  await staging.mapAsync();
  // @ts-expect-error: it is made writable by mapAsync
  deferred.reset();
  // @ts-expect-error: a buffer that is staged from is no destination
  staging.uploadTo(frame.encoder, deferred);
}

export async function reads(texture: GPUTexture) {
  const fresh: ArrayBuffer = await readback.read(numbers);
  const filled: Float32Array = await readback.read(numbers, 0, undefined, { into: new Float32Array(4) });
  const texels: Uint8Array = await readback.readTexture({ texture, origin: [1], size: [2, 2] }, { into: new Uint8Array(16) });
  await readback.read(mappable.gpuBuffer, 4, 8, { signal: AbortSignal.timeout(1) });
  // @ts-expect-error: a readback is never written
  readback.write(0, fresh);
  // @ts-expect-error: a read gives bytes
  const floats: Float32Array = await readback.read(numbers);
  // @ts-expect-error: a DynamicBuffer is no source
  await readback.read(uniforms);
  // @ts-expect-error: an origin has at least one number
  await readback.readTexture({ texture, origin: [] });
  // @ts-expect-error: no such option
  await readback.read(numbers, 0, 4, { abort: new AbortController() });
  return [fresh, filled, texels, floats];
}

export async function mapsByHand() {
  await mappable.mapAsync(MapMode.READ, 0, 8);
  const range: ArrayBuffer = mappable.mappedRange(0, 8);
  const state: GPUBufferMapState = mappable.mapState;
  // @ts-expect-error: a mode is needed
  await mappable.mapAsync();
  return [range, state];
}

export function updates() {
  const offset: number = uniforms.write(new Float32Array(4));
  uniforms.floats[uniforms.update(16) / 4] = 1;
  // @ts-expect-error: no offset is given, one is returned
  uniforms.write(0, new Float32Array(4));
  // @ts-expect-error
  uniforms.floats = new Float32Array(4);
  return offset;
}

export function explains() {
  gpu.explain("upload", 4, numbers);
  // @ts-expect-error: no such operation
  gpu.explain("write", 4);
}

export function catches(error: unknown): ErrorCode | undefined {
  if (error instanceof AbortedError || error instanceof GPUBufferError) return error.code;
  // @ts-expect-error
  const code: ErrorCode = "lost";
  return code;
}

export function names(any: AnyBuffer, staged: ImmediateStagingBuffer) {
  gpu.frame().use(any, numbers, mappable, numbers.gpuBuffer);
  // @ts-expect-error: nothing is staged from by commands
  gpu.frame().use(staged);
}

export const flags: [GPUBufferUsageFlags, GPUMapModeFlags, GPUTextureUsageFlags] = [BufferUsage.STORAGE, MapMode.READ, TextureUsage.COPY_DST];
// @ts-expect-error: it is frozen
BufferUsage.STORAGE = 0;
// @ts-expect-error: of a texture
BufferUsage.TEXTURE_BINDING;

const Light = struct({ position: "vec3f", power: "f32" }, "Light");
const Scene = struct({ model: "mat4x4<f32>", lights: [Light, 8], count: "u32", index: { type: "vec2i", align: 16 }, tail: ["vec4f"] });
const lights = Array.from({ length: 8 }, () => ({ position: [1, 2, 3], power: 4 }));
const bytes: Uint8Array = Scene.encode({ model: new Float32Array(16), lights, count: 1, index: [1, 2], tail: new Float64Array(8) });
const decoded = Scene.decode(bytes, Scene.offsets.model);
export const typed: [number, Float32Array, Float32Array, Int32Array, string] = [decoded.count, decoded.lights[0]!.position, decoded.model, decoded.index, Scene.wgsl];
// @ts-expect-error: a member is misspelt
Scene.encode({ model: new Float32Array(16), light: lights, count: 1, index: [1, 2], tail: [] });
// @ts-expect-error: a vector is no number
Scene.encode({ model: 1, lights, count: 1, index: [1, 2], tail: [] });
// @ts-expect-error: no buffer can hold a bool
struct({ a: "bool" });
// @ts-expect-error: a vector has two to four
struct({ a: "vec5f" });
// @ts-expect-error: there is no such member
void Scene.offsets.camera;
// @ts-expect-error: it is no list
void decoded.count.length;
// @ts-expect-error: struct() makes it
new Struct();
