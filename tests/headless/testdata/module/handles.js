// The functions of the global object, as a page without modules calls them.
import { badValues } from "./bad.js";
import { pattern, same, ok, typed } from "./check.js";

let loading;

/** The module on the page by itself, without gpubuffers.js. */
function rawModule() {
  loading ??= (async () => {
    await new Promise((resolve, reject) => {
      const script = Object.assign(document.createElement("script"), { src: "/wasm_exec.js", onload: resolve, onerror: reject });
      document.head.append(script);
    });
    const go = new Go();
    const { instance } = await WebAssembly.instantiateStreaming(fetch("/gpubuffers.wasm"), go.importObject);
    go.run(instance);
    const adapter = await navigator.gpu.requestAdapter();
    return { raw: globalThis.gpubuffersRaw, exports: instance.exports, device: await adapter.requestDevice() };
  })();
  return loading;
}

function isError(value, code, what) {
  ok(value instanceof Error, `${what}: returned ${typeof value} ${typeof value === "number" ? value : ""} instead of an Error`);
  for (const property of ["code", "operation", "label", "message"]) same(typeof value[property], "string", `${what}: ${property}`);
  if (code) same(value.code, code, `${what} (${value.message})`);
}

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
  raw.destroy(system);
  for (const [name, handle] of Object.entries({ buffer, staging, deferred, dynamic, readback, system })) {
    isError(raw.destroy(handle), "destroyed", `${name} of a destroyed system`);
  }
  same(exports.dynamicUpdate(dynamic, 8), -1, "an update of a destroyed system");
};

export const forgedHandles = async () => {
  const { raw, exports, device } = await rawModule();
  const system = raw.open(device);
  const buffer = raw.createDeviceBuffer(system, "b", 64, GPUBufferUsage.STORAGE);
  const dynamic = raw.createDynamicBuffer(system, "u", 256, GPUBufferUsage.UNIFORM);
  const forged = [0, -0, 1, -1, 0.5, buffer + 0.5, -buffer, buffer + 2 ** 24, buffer + 2 ** 40, system + 2 ** 24, 2 ** 24 + 12345, 2 ** 53, 2 ** 53 - 1, NaN, Infinity, 1e308];
  for (const handle of forged) {
    for (const name of ["state", "native", "stats", "mapStaging", "staged", "frameEncoder", "dynamicSlots", "destroy", "explainMap"]) {
      isError(raw[name](handle), "type", `${name}(${handle})`);
    }
    const refused = [exports.dynamicUpdate(handle, 16), exports.dynamicPage(handle), exports.createDeviceBuffer(handle, 64, 128, 0), exports.native(handle), exports.uploadAllow(handle, 4), exports.destroy(handle)];
    same(refused, [-1, -1, -1, -1, -1, -1], `exports of ${handle}`);
  }
  for (const handle of [system, buffer]) same([exports.dynamicUpdate(handle, 16), exports.uploadAllow(handle, 4)], [-1, -1], "another kind of object");
  same([exports.native(system), exports.createDeviceBuffer(buffer, 64, 128, 0)], [-1, -1], "another kind of object");
  for (const [size, usage] of [[0, 128], [-4, 128], [64.5, 128], [NaN, 128], [2 ** 53, 128], [64, -1], [64, 2 ** 40], [64, NaN]]) {
    same(exports.createDeviceBuffer(system, size, usage, 0), -1, `a buffer of ${size} bytes for ${usage}`);
  }
  isError(raw.write(system, 0, new Uint8Array(4)), "type", "a system is not a buffer");
  isError(raw.stats(buffer), "type", "a buffer is not a system");
  for (const size of [0, -1, 0.5, NaN, Infinity, 257, 2 ** 53, 2 ** 64]) same(exports.dynamicUpdate(dynamic, size), -1, `an update of ${size}`);

  raw.destroy(buffer);
  const next = raw.createDeviceBuffer(system, "next", 64, GPUBufferUsage.STORAGE);
  ok(next !== buffer, "a handle is never used again");
  isError(raw.state(buffer), "destroyed", "the old one");
  same(raw.state(next), "ready", "the new one");
  raw.forget(next);
  isError(raw.state(next), "destroyed", "forgotten");
  raw.destroy(system);
};

/** Every function, each argument in turn and all at once, on every kind of handle. */
export const badArguments = async () => {
  const { raw, exports, device } = await rawModule();
  const system = raw.open(device);
  const make = {
    system: () => raw.open(device),
    device: () => raw.createDeviceBuffer(system, "b", 64, GPUBufferUsage.STORAGE),
    immediate: () => raw.createImmediateStagingBuffer(system, "s", 16),
    deferred: () => raw.createDeferredStagingBuffer(system, "d", 16),
    readback: () => raw.createReadbackBuffer(system, "r"),
    dynamic: () => raw.createDynamicBuffer(system, "u", 256, GPUBufferUsage.UNIFORM),
    mappable: () => raw.createMappableBuffer(system, "m", 16, GPUBufferUsage.MAP_READ, false),
    frame: () => raw.beginFrame(system),
  };
  const calls = async (name, ...args) => {
    let result;
    try {
      result = raw[name](...args);
    } catch (error) {
      throw new Error(`${name} threw ${error.stack}`);
    }
    if (result instanceof Error) isError(result, undefined, name);
    if (result instanceof Promise && name !== "nextFrame") await result.catch((error) => isError(error, undefined, `${name} rejected`));
    return result;
  };
  let count = 0;
  device.pushErrorScope("validation");
  for (const name of Object.keys(raw)) {
    if (name === "setErrorFactory" || name === "attach") continue; // whose functions are trusted
    for (const [v, [what, value]] of badValues.entries()) {
      await calls(name, value(), value(), value(), value(), value(), value(), value(), value(), value());
      for (const [k, kind] of Object.keys(make).entries()) {
        if ((v + k) % 2 === 0) continue; // half of all pairs: they take long
        const handle = make[kind]();
        if (handle instanceof Error) throw handle;
        const result = await calls(name, handle, value(), value(), value(), value());
        if (result instanceof Error && result.code === "internal") throw new Error(`${name} of a ${kind} and ${what}: ${result.message}`);
        raw.discardFrame(result);
        raw.discardFrame(handle);
        if (kind === "system") raw.destroy(result);
        raw.destroy(handle);
        count++;
      }
    }
  }
  await device.popErrorScope();
  ok(count > 5000, `${count} calls`);
  const b = raw.createDeviceBuffer(system, "alive", 8, GPUBufferUsage.STORAGE);
  raw.write(b, 0, pattern(8));
  same([...new Uint8Array(await raw.read(raw.createReadbackBuffer(system), b))], [...pattern(8)], "the module lives");
  raw.destroy(system);
};

/** An error factory that fails does not lose the error. */
export const badErrorFactory = async () => {
  const { raw } = await rawModule();
  for (const factory of [() => { throw new Error("no"); }, () => 5, () => undefined]) {
    raw.setErrorFactory(factory);
    isError(raw.stats(1), "type", "with a bad factory");
  }
  isError(raw.setErrorFactory(5), "type", "no function");
  isError(raw.attach({}, () => {}, 5), "type", "no resolver");
  isError(raw.attach({}, () => {}, () => {}, 5), "type", "no way in");
  isError(raw.attach(5, () => {}, () => {}, () => {}), "type", "nothing to lend by");
  raw.setErrorFactory(undefined);
  isError(raw.stats(1), "type", "without a factory");
};
