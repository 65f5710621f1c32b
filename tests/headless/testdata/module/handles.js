// The functions of the global object, as a page without modules calls them.
import { ok, pattern, same } from "./check.js";
import { attach, hostOf, isError, newRawModule, rawModule } from "./raw.js";

/** All five buffers, by functions and numbers alone. */
export const withoutModules = async () => {
  const { raw, exports, device } = await rawModule();
  const system = raw.open(device);
  const buffer = raw.createDeviceBuffer(system, "b", 64, GPUBufferUsage.STORAGE);
  raw.write(buffer, 0, pattern(64, 1));
  ok(raw.native(buffer) instanceof GPUBuffer && raw.state(buffer) === "ready" && raw.valid(buffer), "a buffer");

  const staging = raw.createImmediateStagingBuffer(system, "s", 16);
  raw.stage(staging, pattern(8, 2));
  raw.stageAt(staging, 8, pattern(8, 3));
  const deferred = raw.createDeferredStagingBuffer(system, "d", 8);
  await raw.mapStaging(deferred);
  raw.stage(deferred, pattern(8, 4));
  const dynamic = raw.createDynamicBuffer(system, "u", 256, GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_SRC);
  const frame = raw.beginFrame(system);
  const encoder = raw.frameEncoder(frame);
  raw.uploadTo(staging, encoder, buffer, 16);
  raw.uploadTo(deferred, encoder, raw.native(buffer), 32);
  const update = exports.dynamicUpdate(dynamic, 8);
  raw.dynamicMemory(dynamic).set(pattern(8, 5), update % 2 ** 32);
  encoder.copyBufferToBuffer(raw.dynamicNative(dynamic), update % 2 ** 32, raw.native(buffer), 40, 8);
  raw.submitFrame(frame, []);
  const readback = raw.createReadbackBuffer(system, "r", "all");
  const got = new Uint8Array(await raw.read(readback, buffer, 0, 64));
  const want = pattern(64, 1);
  [[16, 2], [24, 3], [32, 4], [40, 5]].forEach(([at, seed]) => want.set(pattern(8, seed), at));
  same([...got], [...want], "contents");

  const mappable = raw.createMappableBuffer(system, "m", 16, GPUBufferUsage.MAP_READ, false);
  await raw.native(mappable).mapAsync(GPUMapMode.READ);
  same(raw.state(mappable), "mapped", "state of a buffer that JavaScript mapped");
  isError(raw.explainMap(mappable, GPUMapMode.READ, 4, 8), "alignment", "explainMap");
  raw.destroy(mappable);
  isError(raw.state(mappable), "destroyed", "a destroyed handle");
  const error = raw.write(buffer, 2, new Uint8Array(4));
  isError(error, "alignment", "write at 2");
  same([error.operation, error.label], ["write", "b"], "operation and label");
  isError(raw.write(buffer, 0, pattern(64).subarray(0, 16), 8, 12), "range", "a part that reaches over the end");
  raw.destroy(system);
  for (const [name, handle] of Object.entries({ buffer, staging, deferred, dynamic, readback, system })) {
    isError(raw.destroy(handle), "destroyed", `${name} of a destroyed system`);
  }
  same(exports.dynamicUpdate(dynamic, 8), -1, "an update of a destroyed system");
};

export const handlesAreNeverUsedAgain = async () => {
  const { raw, device } = await rawModule();
  const system = raw.open(device);
  const buffer = raw.createDeviceBuffer(system, "b", 64, GPUBufferUsage.STORAGE);
  raw.destroy(buffer);
  const next = raw.createDeviceBuffer(system, "next", 64, GPUBufferUsage.STORAGE);
  ok(next !== buffer, "another handle");
  isError(raw.state(buffer), "destroyed", "the old one");
  same(raw.state(next), "ready", "the new one");
  raw.forget(next);
  isError(raw.state(next), "destroyed", "forgotten");
  raw.destroy(system);
};

/** A maker of errors that fails does not lose the error, and a host that lacks something is refused. */
export const badHosts = async () => {
  const module = await newRawModule();
  const { raw } = module;
  for (const newError of [() => { throw new Error("no"); }, () => 5, () => undefined]) {
    attach(module, { newError });
    isError(raw.stats(1), "type", "with a bad maker of errors");
  }
  attach(module);
  for (const name of Object.keys(hostOf(module))) {
    for (const value of [5, undefined, null]) isError(raw.attach(hostOf(module, { [name]: value })), "type", `${name} ${value}`);
  }
  for (const host of [5, undefined, null]) isError(raw.attach(host), "type", `attach of ${host}`);
  isError(raw.stats(1), "type", "still attached");
};

/** The aspect stands behind the size of a region. */
export const textures = async () => {
  const { raw, device } = await rawModule();
  const system = raw.open(device);
  const texture = device.createTexture({ size: [8, 2], format: "depth24plus-stencil8", usage: GPUTextureUsage.COPY_SRC | GPUTextureUsage.COPY_DST });
  const staging = raw.createImmediateStagingBuffer(system, "texels", 16, 8);
  raw.stage(staging, pattern(16, 1));
  const encoder = device.createCommandEncoder();
  const whole = [texture, 0, 0, 0, 0, 8, 2, 1];
  isError(raw.uploadToTexture(staging, encoder, ...whole, "all"), "unsupported", "all aspects");
  isError(raw.uploadToTexture(staging, encoder, ...whole, "depth"), "type", "no aspect");
  same(raw.uploadToTexture(staging, encoder, ...whole, "stencil-only"), null, "an upload");
  raw.submit(system, [encoder]);
  const readback = raw.createReadbackBuffer(system, "texels");
  same([...new Uint8Array(await raw.readTexture(readback, ...whole, "stencil-only"))], [...pattern(16, 1)], "new memory");
  const into = new Uint8Array(16);
  same(await raw.readTexture(readback, ...whole, "stencil-only", into), into, "memory that was given");
  same([...into], [...pattern(16, 1)], "what is in it");
  raw.destroy(system);
};
