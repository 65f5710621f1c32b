// The module on a page by itself, without gpubuffers.js.
import { ok, same } from "./check.js";

let loader;
let loading;

/** The module that the tests of a page share. */
export function rawModule() {
  return (loading ??= newRawModule());
}

export async function newRawModule() {
  loader ??= new Promise((resolve, reject) => {
    const script = Object.assign(document.createElement("script"), { src: "/wasm_exec.js", onload: resolve, onerror: reject });
    document.head.append(script);
  });
  await loader;
  const go = new Go();
  const { instance } = await WebAssembly.instantiateStreaming(fetch("/gpubuffers.wasm"), go.importObject);
  go.run(instance);
  const adapter = await navigator.gpu.requestAdapter();
  return { raw: globalThis.gpubuffersRaw, exports: instance.exports, device: await adapter.requestDevice() };
}

export function isError(value, code, what) {
  ok(value instanceof Error, `${what}: returned ${typeof value} ${typeof value === "number" ? value : ""} instead of an Error`);
  for (const property of ["code", "operation", "label", "message"]) same(typeof value[property], "string", `${what}: ${property}`);
  if (code) same(value.code, code, `${what} (${value.message})`);
}

/** Functions that make one of each kind of thing that a handle stands for; uploads are of size bytes. */
export function makersOf({ raw, exports, device }, system, size = 64) {
  const buffer = () => raw.createDeviceBuffer(system, "b", size, GPUBufferUsage.STORAGE);
  return {
    system: () => raw.open(device),
    device: buffer,
    immediate: () => raw.createImmediateStagingBuffer(system, "s", 16),
    deferred: () => raw.createDeferredStagingBuffer(system, "d", 16),
    readback: () => raw.createReadbackBuffer(system, "r"),
    dynamic: () => raw.createDynamicBuffer(system, "u", 256, GPUBufferUsage.UNIFORM),
    mappable: () => raw.createMappableBuffer(system, "m", 16, GPUBufferUsage.MAP_READ, false),
    frame: () => raw.beginFrame(system),
    upload: () => exports.uploadStart(buffer(), 0, 0),
  };
}

/** Exports that the loader of Go calls. */
export const loaders = ["run", "resume", "getsp"];

/** What the ES module serves the module with, or something else in its place. */
export function hostOf({ exports }, given = {}) {
  const nothing = () => {};
  return {
    arguments: { memory: new ArrayBuffer(16), label: "lent", source: undefined, commands: [] },
    newError: (code, operation, label, text, cause) => Object.assign(new Error(text, { cause }), { code, operation, label }),
    callback: (number) => () => void (exports.gpubuffers_resolved(number) === 1 && exports.resume()),
    resume: () => queueMicrotask(exports.resume),
    ...Object.fromEntries(["settle", "mappedRange", "result", "refuse", "changed", "deliver", "fail", "lend"].map((name) => [name, nothing])),
    ...given,
  };
}

export function attach(module, given) {
  const { fused, ...sizes } = module.raw.attach(hostOf(module, given));
  ok(["poll", "pollAfter", "watch", "afterChecks", "keepChecked"].every((name) => typeof fused[name] === "function"), "the calls that the ES module makes");
  ok(Object.values(sizes).every((size) => Number.isSafeInteger(size)), "the sizes that both agree on");
}
