// What the tests of the module have in common.
import * as api from "/gpubuffers.js";

export { api };

/** Runs one test on a system of its own, and destroys it. */
export async function withSystem(test, options) {
  const errors = [];
  const gpu = await api.open({ onError: (error) => errors.push(error), ...options });
  try {
    await test(gpu);
    await gpu.device.queue.onSubmittedWorkDone().catch(() => {});
    same(errors.map(String), [], "late errors");
  } finally {
    gpu.destroy();
  }
}

export function ok(condition, what) {
  if (!condition) throw new Error(what);
}

export function same(got, want, what) {
  const [a, b] = [JSON.stringify(got), JSON.stringify(want)];
  if (a !== b) throw new Error(`${what}: got ${a}, want ${b}`);
}

export function sameBytes(got, want, what) {
  const [a, b] = [bytesOf(got), bytesOf(want)];
  if (a.length !== b.length) throw new Error(`${what}: ${a.length} bytes, want ${b.length}`);
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) throw new Error(`${what}: byte ${i} is ${a[i]}, want ${b[i]}`);
  }
}

/** The bytes of data by the browser's own getters, whatever data says of itself. */
export function bytesOf(data) {
  if (!ArrayBuffer.isView(data)) return new Uint8Array(data);
  const typedArray = Object.getPrototypeOf(Uint8Array.prototype);
  const isArray = Object.getOwnPropertyDescriptor(typedArray, Symbol.toStringTag).get.call(data) !== undefined;
  const own = (name) => Object.getOwnPropertyDescriptor(isArray ? typedArray : DataView.prototype, name).get.call(data);
  return new Uint8Array(own("buffer"), own("byteOffset"), own("byteLength"));
}

/** Bytes that differ from place to place and from seed to seed. */
export function pattern(size, seed = 1) {
  const bytes = new Uint8Array(size);
  for (let i = 0, x = seed * 2654435761; i < size; i++) {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    bytes[i] = x >>> 24;
  }
  return bytes;
}

/** Numbers from 0 to 1 that a seed determines. */
export function randomFrom(seed) {
  return () => {
    seed = (seed + 0x9e3779b9) | 0;
    let x = Math.imul(seed ^ (seed >>> 16), 0x21f0aaad);
    x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
    return ((x ^ (x >>> 15)) >>> 0) / 2 ** 32;
  };
}

/** The codes of each class of errors. */
export const classes = {
  StateError: ["mapped", "not-mapped", "map-pending", "destroyed", "state", "busy", "stale"],
  BoundsError: ["range", "alignment", "too-large"],
  UsageError: ["usage", "type", "layout", "wrong-device", "unsupported", "validation"],
  MemoryError: ["out-of-memory", "budget"],
  AbortedError: ["map-aborted"],
  DeviceLostError: ["device-lost"],
  GPUBufferError: ["internal"],
};

/** Checks that an error is one of the module's, of the right class, with every property. */
export function typed(error, code, what, label) {
  if (!(error instanceof api.GPUBufferError)) throw new Error(`${what}: got ${error?.stack ?? String(error)}, want an error of the module with code ${code}`);
  const want = Object.keys(classes).find((name) => classes[name].includes(error.code));
  same([error.name, error.constructor === api[want]], [want, true], `${what}: class of ${error.code}`);
  if (code !== undefined && error.code !== code) throw new Error(`${what} (${error.message}): got code ${error.code}, want ${code}`, { cause: error });
  if (label !== undefined) same(error.label, label, `${what} (${error.message}): label`);
  for (const property of ["operation", "label", "message"]) same(typeof error[property], "string", `${what}: ${property}`);
  ok(error.operation !== "" && error.message !== "", `${what}: operation and message are there`);
  return error;
}

export function throws(code, f, what = String(f), label) {
  let result;
  try {
    result = f();
  } catch (error) {
    return typed(error, code, what, label);
  }
  throw new Error(`${what}: did not throw ${code}, returned ${String(result)}`);
}

export async function rejects(code, f, what = String(f), label) {
  let promise;
  try {
    promise = f();
  } catch (error) {
    throw new Error(`${what}: threw ${error} instead of rejecting`, { cause: error });
  }
  try {
    await promise;
  } catch (error) {
    return typed(error, code, what, label);
  }
  throw new Error(`${what}: did not reject with ${code}`);
}

/** Has every upload of a system take one of some paths. */
export function takePath(gpu, paths, chosen) {
  const rates = [...harmlessCopies];
  for (const path of paths) {
    for (let size = 256 << 10; size <= 64 << 20; size *= 4) rates.push({ operation: "upload", path, size, bytesPerSecond: path === chosen ? 1e12 : 1e6 });
  }
  gpu.loadCalibration({ version: 1, copyCost: 0, rates });
}

/** Rates of an adapter on which copies spoil no buffer for queue writes. */
export const harmlessCopies = ["queue write", "queue write where copies went"].map((path, i) => ({ operation: "upload", path, size: 16 << 20, bytesPerSecond: [1, 1e12][i] }));

/** What buffer holds, in as many reads as the budget takes. */
export async function contents(gpu, buffer, offset = 0, size = buffer.size - offset) {
  const readback = gpu.createReadbackBuffer({ label: "contents" });
  const most = Math.floor(gpu.stats().budget / 8) * 4;
  const bytes = new Uint8Array(size);
  try {
    for (let at = 0; at < size; at += most) {
      const n = Math.min(most, size - at);
      await readback.read(buffer, offset + at, n, { into: bytes.subarray(at, at + n) });
    }
    return bytes;
  } finally {
    readback.destroy();
  }
}

export const { COPY_SRC, COPY_DST, MAP_READ, MAP_WRITE, VERTEX, UNIFORM, STORAGE, QUERY_RESOLVE } = GPUBufferUsage;
