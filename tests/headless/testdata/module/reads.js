import { COPY_DST, COPY_SRC, STORAGE, api, ok, pattern, rejects, same, sameBytes, withSystem } from "./check.js";

const K = 1024;
const M = K * K;

/** A buffer that holds a pattern, and the pattern. */
function filled(gpu, size, seed) {
  const buffer = gpu.createDeviceBuffer({ label: "source", size, usage: STORAGE });
  const bytes = pattern(size, seed);
  buffer.write(0, bytes);
  return [buffer, bytes];
}

/** Has methods of the browser's, given as [class, name], counted while f(counts) runs. */
async function counting(methods, f) {
  const counts = {};
  const originals = methods.map(([{ prototype }, name]) => [prototype, name, prototype[name]]);
  for (const [prototype, name, original] of originals) {
    counts[name] = 0;
    prototype[name] = function (...values) {
      counts[name]++;
      return original.apply(this, values);
    };
  }
  try {
    await f(counts);
  } finally {
    for (const [prototype, name, original] of originals) prototype[name] = original;
  }
}

const reasonOf = (promise) => promise.then(() => "none", (reason) => reason);

/** Tells the engine what it would measure in the background, by transfers of its own. */
const knowAll = (gpu) =>
  gpu.loadCalibration({ version: 1, copyCost: 0.001, rates: [{ operation: "upload", path: "queue write", size: 1 << 20, bytesPerSecond: 1e9 }] });

export const oneMapForATask = () => {
  const methods = [[GPUQueue, "submit"], [GPUBuffer, "mapAsync"], [GPUBuffer, "getMappedRange"], [GPUCommandEncoder, "copyBufferToBuffer"]];
  const wasm = "/gpubuffers.wasm?counted"; // a module of its own, which binds the methods as they are now
  return counting(methods, (counts) =>
    withSystem(async (gpu) => {
      knowAll(gpu);
      const [b, bytes] = filled(gpu, 1024 * K);
      const rb = gpu.createReadbackBuffer();
      const read = async (offsets) => {
        const into = offsets.map(() => new Uint8Array(K));
        const before = { ...counts };
        const results = await Promise.all(offsets.map((at, i) => rb.read(b, at, K, { into: into[i] })));
        results.forEach((result, i) => ok(result === into[i], "resolves with into"));
        results.forEach((result, i) => sameBytes(result, bytes.subarray(offsets[i], offsets[i] + K), `read ${i}`));
        return methods.map(([, name]) => counts[name] - before[name]);
      };
      const near = Array.from({ length: 32 }, (_, i) => (31 - i) * K);
      const far = Array.from({ length: 32 }, (_, i) => ((i * 13) % 32) * 32 * K);
      await read(near);
      same(await read(near), [1, 1, 1, 1], "submits, maps, ranges and copies of adjacent reads");
      same(await read(far), [1, 1, 1, 32], "of scattered ones");
    }, { wasm }));
};

/** Reads that touch, overlap, or are the same, which travel as one. */
export const neighbours = () =>
  withSystem(async (gpu) => {
    const [b, bytes] = filled(gpu, 512 * K);
    const rb = gpu.createReadbackBuffer();
    const places = [[0, 4], [4, 4], [2, 5], [4, 4], [1, 1], [0, 60 * K], [50 * K, 20 * K], [70 * K, 64 * K], [134 * K, 64 * K], [198 * K, 64 * K], [262 * K, 64 * K], [400 * K, 1], [512 * K - 4, 4]];
    for (const order of [places, [...places].reverse()]) {
      const results = await Promise.all(order.map(([at, n], i) => rb.read(b, at, n, i % 2 ? { into: new Uint8Array(n) } : undefined)));
      results.forEach((result, i) => sameBytes(result, bytes.subarray(order[i][0], order[i][0] + order[i][1]), `${order[i]}`));
    }
    for (const [at, n] of [[1, 1], [2, 5], [3, 66], [5, 3], [512 * K - 3, 3]]) sameBytes(await rb.read(b, at, n), bytes.subarray(at, at + n), `${n} bytes at ${at}, alone`);

    const controllers = Array.from({ length: 8 }, () => new AbortController());
    const read = (i) => rb.read(b, i * K, K, { signal: controllers[i].signal });
    const reads = controllers.map((_, i) => read(i));
    controllers[1].abort("before it is sent");
    await null;
    await null;
    controllers[3].abort("once it is sent");
    const results = await Promise.all(reads.map((r) => r.catch((reason) => reason)));
    same([results[1], results[3]], ["before it is sent", "once it is sent"], "of those that are aborted");
    for (const i of [0, 2, 4, 5, 6, 7]) sameBytes(results[i], bytes.subarray(i * K, i * K + K), `beside those: ${i}`);

    const both = new AbortController();
    const ended = [0, 1].map((i) => reasonOf(rb.read(b, i * K, K, { signal: both.signal })));
    await null;
    await null;
    both.abort("all of a run");
    same(await Promise.all(ended), ["all of a run", "all of a run"], "reasons");

    const into = [0, 1, 2].map(() => new Uint8Array(K));
    const parts = into.map((memory, i) => rb.read(b, i * K, K, { into: memory }));
    structuredClone(into[1].buffer, { transfer: [into[1].buffer] });
    await rejects("type", () => parts[1], "memory that went away");
    for (const i of [0, 2]) sameBytes(await parts[i], bytes.subarray(i * K, i * K + K), `beside it: ${i}`);

    const gone = gpu.createDeviceBuffer({ size: 2 * K, usage: STORAGE });
    const late = [rb.read(gone, 0, K), rb.read(gone, K, K), rb.read(b, 0, 4)];
    gone.destroy();
    for (const i of [0, 1]) await rejects("destroyed", () => late[i], `of a buffer that is destroyed: ${i}`);
    sameBytes(await late[2], bytes.subarray(0, 4), "of one that is not");
    const last = [rb.read(b, 0, 4), rb.read(b, 4, 4)];
    rb.destroy();
    for (const i of [0, 1]) await rejects("destroyed", () => last[i], `by a ReadbackBuffer that is destroyed: ${i}`);
  }, { chunkSize: 128 * K });

export const everyKindOfMemory = () =>
  withSystem(async (gpu) => {
    const [b, bytes] = filled(gpu, 256);
    const rb = gpu.createReadbackBuffer();
    const kinds = {
      ArrayBuffer: new ArrayBuffer(64),
      SharedArrayBuffer: new SharedArrayBuffer(64),
      Float64Array: new Float64Array(8),
      DataView: new DataView(new ArrayBuffer(80), 9, 64),
      "an odd part": new Uint8Array(80).subarray(3, 67),
      resizable: new ArrayBuffer(64, { maxByteLength: 128 }),
      "a view that follows the length": new Uint8Array(new ArrayBuffer(64, { maxByteLength: 128 })),
      BigInt64Array: new BigInt64Array(8),
    };
    const names = Object.keys(kinds);
    const results = await Promise.all(names.map((name, i) => rb.read(b, i, undefined, { into: kinds[name] })));
    results.forEach((result, i) => {
      ok(result === kinds[names[i]], `${names[i]}: resolves with into`);
      sameBytes(result, bytes.subarray(i, i + 64), names[i]);
    });
    sameBytes(new Uint8Array(kinds.DataView.buffer, 0, 9), new Uint8Array(9), "bytes before into");
    sameBytes(new Uint8Array(kinds.DataView.buffer, 73), new Uint8Array(7), "bytes after into");
  });

export const memoryThatGoesAway = () =>
  withSystem(async (gpu) => {
    const [b, bytes] = filled(gpu, 256 * K);
    const rb = gpu.createReadbackBuffer({ label: "results" });
    const gone = new ArrayBuffer(64);
    gone.transfer();
    await rejects("type", () => rb.read(b, 0, 64, { into: gone }), "detached", "results");
    await rejects("type", () => rb.read(b, 0, undefined, { into: gone }), "detached, of no size", "results");
    const view = new DataView(new ArrayBuffer(64));
    view.buffer.transfer();
    await rejects("type", () => rb.read(b, 0, 64, { into: view }), "a view of it", "results");
    const leaves = new ArrayBuffer(64);
    const shrinks = new ArrayBuffer(64, { maxByteLength: 64 });
    const grows = new ArrayBuffer(64, { maxByteLength: 128 });
    const long = new ArrayBuffer(256 * K);
    const lost = [rb.read(b, 0, 64, { into: leaves }), rb.read(b, 0, 64, { into: shrinks }), rb.read(b, 0, undefined, { into: long })];
    const kept = [rb.read(b, 0, 64), rb.read(b, 0, 64, { into: grows })];
    leaves.transfer();
    shrinks.resize(63);
    grows.resize(128);
    long.transfer();
    for (const promise of lost) promise.catch(() => {}); // which may come before it is waited for
    for (const [i, promise] of lost.entries()) await rejects("type", () => promise, `memory that goes away (${i})`, "results");
    for (const promise of kept) sameBytes(new Uint8Array(await promise, 0, 64), bytes.subarray(0, 64), "another read of the chunk");
    sameBytes(await rb.read(b), bytes, "a read afterwards");
  }, { chunkSize: 64 * K });

/** What is still to come of a read that has failed reaches nobody else, and so not the next read, which has its number. */
export const restOfAReadThatFailed = () =>
  withSystem(async (gpu) => {
    const [b] = filled(gpu, M);
    const [next, bytes] = filled(gpu, 64 * K, 7);
    const rb = gpu.createReadbackBuffer({ label: "results" });
    for (let turn = 0; turn < 4; turn++) {
      const into = new ArrayBuffer(M - 8);
      const lost = rb.read(b, 1, into.byteLength, { into }); // out of step with words: it comes chunk by chunk
      into.transfer();
      await rejects("type", () => lost, "its memory goes away", "results");
      sameBytes(await rb.read(next), bytes, `the read behind it, turn ${turn}`);
    }
  }, { chunkSize: 64 * K });

export const memoryThatCannotBeHad = () =>
  withSystem(async (gpu) => {
    const [b, bytes] = filled(gpu, 256 * K);
    const rb = gpu.createReadbackBuffer({ label: "results" });
    const { ArrayBuffer } = globalThis;
    globalThis.ArrayBuffer = class extends ArrayBuffer {
      constructor() {
        throw new RangeError("no memory");
      }
    };
    try {
      await rejects("out-of-memory", () => rb.read(b), "no memory for a result", "results");
    } finally {
      globalThis.ArrayBuffer = ArrayBuffer;
    }
    sameBytes(await rb.read(b), bytes, "a read afterwards");
  }, { chunkSize: 64 * K });

/** A result may have a getter named then, which ends the system: the others of its chunk have what was read. */
export const endedByAResult = async () => {
  const gpu = await api.open();
  const [b, bytes] = filled(gpu, 4 * K);
  const rb = gpu.createReadbackBuffer();
  const into = new Uint8Array(16);
  Object.defineProperty(into, "then", { get: () => void gpu.destroy() });
  const reads = [rb.read(b, 0, 16, { into }), rb.read(b, 64, 64), rb.read(b, 2 * K, 16)];
  sameBytes(await reads[0], bytes.subarray(0, 16), "the result");
  sameBytes(await reads[1], bytes.subarray(64, 128), "a neighbour");
  sameBytes(await reads[2], bytes.subarray(2 * K, 2 * K + 16), "one that is apart");
};

/** A result may have a property named then, which runs code of the page's. */
export const resultsWithThen = () =>
  withSystem(async (gpu) => {
    const [b, bytes] = filled(gpu, 256);
    const rb = gpu.createReadbackBuffer();
    const inner = [];
    const into = new Uint8Array(64);
    Object.defineProperty(into, "then", {
      get() {
        inner.push(rb.read(b, 4, 8));
        gpu.submit();
        gpu.stats();
        return undefined;
      },
    });
    ok((await rb.read(b, 0, 64, { into })) === into, "resolves");
    ok(inner.length > 0, "the getter ran");
    for (const read of inner) sameBytes(await read, bytes.subarray(4, 12), "a read that the getter asked for");
  });

export const oddArguments = () =>
  withSystem(async (gpu) => {
    const [b] = filled(gpu, 256);
    const rb = gpu.createReadbackBuffer({ label: "results" });
    for (const [code, ...values] of [
      ["range", 0, -1], ["range", -1, 4], ["type", 0, 1.5], ["type", 1.5, 4], ["type", NaN], ["type", 0, NaN], ["type", "0", 4], ["type", 0, "4"],
      ["range", 2 ** 60, 4], ["range", 0, 2 ** 60], ["type", 0n], ["type", null], ["range", 256, 1], ["range", 255, 2], ["type", 0, Infinity],
    ]) {
      await rejects(code, () => rb.read(b, ...values), `read of ${values.map(String)}`);
    }
    await rejects("type", () => rb.read(undefined), "no source", "results");
    await rejects("type", () => rb.read(rb), "a source that is no buffer", "results");
    await rejects("type", () => rb.read(b, 0, 4, { signal: {} }), "no signal", "results");
    await rejects("type", () => rb.read(b, 0, 4, { into: Object.create(Uint8Array.prototype) }), "no memory", "results");
    await rejects("type", () => rb.read(b, 0, 4, { into: Object.create(ArrayBuffer.prototype) }), "no memory either", "results");
    const impostor = Object.create(ArrayBuffer.prototype, { byteLength: { value: 4 }, length: { value: 4 } });
    await rejects("type", () => rb.read(b, 0, 4, { into: impostor }), "what says it is memory", "results");
    same(gpu.stats().mapLatency.count, 0, "maps for reads that are refused");
  });

export const aborts = () =>
  withSystem(async (gpu) => {
    const [b, bytes] = filled(gpu, 512 * K);
    const rb = gpu.createReadbackBuffer();
    const listeners = new Set();
    class Controller extends AbortController {
      constructor() {
        super();
        this.signal.addEventListener = function (type, f) {
          listeners.add(f);
          EventTarget.prototype.addEventListener.call(this, type, f);
        };
        this.signal.removeEventListener = function (type, f) {
          listeners.delete(f);
          EventTarget.prototype.removeEventListener.call(this, type, f);
        };
      }
    }
    const moments = {
      "at once": (controller) => controller.abort("enough"),
      "when it was sent": async (controller) => {
        await null;
        await null;
        controller.abort("enough");
      },
      "when others have arrived": async (controller, other) => {
        await other;
        controller.abort("enough");
      },
    };
    for (const [moment, abort] of Object.entries(moments)) {
      const controller = new Controller();
      const into = new Uint8Array(512 * K);
      const other = rb.read(b, 0, 8);
      const aborted = reasonOf(rb.read(b, 0, undefined, { into, signal: controller.signal }));
      await abort(controller, other);
      const outcome = await aborted;
      if (moment === "when others have arrived" && outcome === "none") sameBytes(into, bytes, "a read that arrived with the others");
      else same(outcome, "enough", `aborted ${moment}`);
      const then = into.slice();
      sameBytes(await rb.read(b), bytes, "a read of all, afterwards"); // by the numbers of those that were aborted
      sameBytes(into, then, `memory after the abort ${moment}`);
      sameBytes(await other, bytes.subarray(0, 8), "the other");
    }
    const done = new Controller();
    sameBytes(await rb.read(b, 0, 8, { signal: done.signal }), bytes.subarray(0, 8), "a signal that is not used");
    done.abort();
    const late = await reasonOf(rb.read(b, 0, 8, { signal: done.signal }));
    same(late.name, "AbortError", "aborted before");
    same(listeners.size, 0, "listeners that are left");
    const shared = new Controller();
    const many = Array.from({ length: 500 }, (_, i) => reasonOf(rb.read(b, i * 4, 4, { signal: shared.signal })));
    const kept = rb.read(b, 0, 4);
    shared.abort("all");
    same([...new Set(await Promise.all(many))], ["all"], "500 reads of one signal");
    sameBytes(await kept, bytes.subarray(0, 4), "one without it");
    same(listeners.size, 0, "listeners that are left of many");
  }, { chunkSize: 64 * K });

/** What is aborted is not copied, and a long read stops. */
export const abortedReadsCostNothing = () =>
  withSystem(async (gpu) => {
    const [b] = filled(gpu, 8192 * K);
    const rb = gpu.createReadbackBuffer();
    const controller = new AbortController();
    const small = reasonOf(rb.read(b, 0, 4, { signal: controller.signal }));
    controller.abort("no");
    same(await small, "no", "reason");
    await new Promise((resolve) => setTimeout(resolve, 20));
    same(gpu.stats().mapLatency.count, 0, "maps for a read that was aborted before it was sent");
    const long = new AbortController();
    const into = new ArrayBuffer(8192 * K);
    const pending = [reasonOf(rb.read(b, 0, undefined, { signal: long.signal })), reasonOf(rb.read(b, 0, undefined, { into }))];
    await null;
    long.abort("no");
    into.transfer();
    await Promise.all(pending);
    await rb.read(b, 0, 4);
    await rb.read(b, 0, 4);
    ok(gpu.stats().mapLatency.count < 40, `${gpu.stats().mapLatency.count} maps, of 256 for both`);
  }, { chunkSize: 64 * K });

export const sourcesOfEveryKind = async () => {
  const device = await (await navigator.gpu.requestAdapter()).requestDevice();
  const [one, two] = await Promise.all([api.open({ device }), api.open({ device })]);
  const [b, bytes] = filled(one, 256, 1);
  const [other, otherBytes] = filled(two, 256, 2);
  const mappable = one.createMappableBuffer({ size: 64, usage: GPUBufferUsage.MAP_WRITE | COPY_SRC, mappedAtCreation: true });
  new Uint8Array(mappable.mappedRange()).set(pattern(64, 3));
  mappable.unmap();
  const native = device.createBuffer({ size: 64, usage: COPY_SRC | COPY_DST });
  device.queue.writeBuffer(native, 0, pattern(64, 4));
  const texture = device.createTexture({ size: [5, 3], format: "rgba8unorm", usage: GPUTextureUsage.COPY_SRC | GPUTextureUsage.COPY_DST });
  device.queue.writeTexture({ texture }, pattern(60, 5), { bytesPerRow: 20 }, [5, 3]);
  const rb = one.createReadbackBuffer({ label: "results" });
  const row = new Uint8Array(20);
  const results = await Promise.all([
    rb.read(b), rb.read(other, 8), rb.read(mappable), rb.read(native, 3, 5), rb.readTexture({ texture }),
    rb.readTexture({ texture, origin: [1, 2], size: [4, 1] }, { into: row }),
  ]);
  [bytes, otherBytes.subarray(8), pattern(64, 3), pattern(64, 4).subarray(3, 8), pattern(60, 5)].forEach((want, i) => sameBytes(results[i], want, `source ${i}`));
  ok(results[4] instanceof ArrayBuffer && results[5] === row, "results of textures");
  sameBytes(row, [...pattern(60, 5).subarray(44, 60), 0, 0, 0, 0], "a part of a texture");
  same(one.stats().mapLatency.count, 1, "maps");
  await rejects("range", () => rb.readTexture({ texture }, { into: row }), "texels into too little", "results");
  mappable.mapAsync(GPUMapMode.WRITE).catch(() => {});
  await rejects("map-pending", () => rb.read(mappable), "of a buffer with a map pending");
  one.destroy();
  two.destroy();
  device.destroy();
};

export const readsThatEndEarly = () =>
  withSystem(async (gpu) => {
    const [b, bytes] = filled(gpu, 256);
    const [gone] = filled(gpu, 256);
    const [kept, destroyed] = [gpu.createReadbackBuffer({ label: "kept" }), gpu.createReadbackBuffer({ label: "destroyed" })];
    const reads = [destroyed.read(b), kept.read(gone), kept.read(b)];
    destroyed.destroy();
    gone.destroy();
    await rejects("destroyed", () => reads[0], "of a ReadbackBuffer that is destroyed");
    await rejects("destroyed", () => reads[1], "of a source that is destroyed");
    sameBytes(await reads[2], bytes, "another");
    const latest = gpu.createReadbackBuffer({ policy: "latest" });
    const many = Array.from({ length: 10 }, () => reasonOf(latest.read(b)));
    const reasons = await Promise.all(many);
    same(reasons.map((reason) => reason.code ?? reason), [...Array(9).fill("stale"), "none"], "the latest of many");
  });

/** Results come in the order in which the reads were asked for, of one range. */
export const orderOfResults = () =>
  withSystem(async (gpu) => {
    const [b] = filled(gpu, 4);
    const rb = gpu.createReadbackBuffer();
    const order = [];
    await Promise.all(Array.from({ length: 40 }, (_, i) => rb.read(b).then(() => order.push(i))));
    same(order, Array.from({ length: 40 }, (_, i) => i), "order");
  });

/** Nothing piles up: neither memory of the module's, nor buffers. */
export const manyReads = () =>
  withSystem(async (gpu) => {
    knowAll(gpu);
    const [b, bytes] = filled(gpu, 64 * K);
    const rb = gpu.createReadbackBuffer();
    const into = Array.from({ length: 64 }, () => new Uint8Array(64));
    const round = () => Promise.all(into.map((memory, i) => rb.read(b, i * 1000, 64, { into: memory })));
    for (let i = 0; i < 50; i++) await round();
    const before = gpu.stats().reads.misses;
    for (let i = 0; i < 200; i++) await round();
    into.forEach((memory, i) => sameBytes(memory, bytes.subarray(i * 1000, i * 1000 + 64), `read ${i}`));
    ok(gpu.stats().reads.misses - before <= 1, "buffers made in steady state");
  });

/** Reads that go piece by piece, of any place, beside each other and beside short ones. */
export const longReads = () =>
  withSystem(async (gpu) => {
    const [b, bytes] = filled(gpu, 4096 * K);
    const rb = gpu.createReadbackBuffer();
    for (const [offset, size] of [[0, 4096 * K], [4, 1024 * K], [256 * K, 256 * K + 4], [1, 512 * K], [8, 512 * K + 3]]) {
      const want = bytes.subarray(offset, offset + size);
      sameBytes(await rb.read(b, offset, size), want, `${size} bytes at ${offset}`);
      const into = new Uint8Array(size);
      await rb.read(b, offset, size, { into });
      sameBytes(into, want, `${size} bytes at ${offset}, into memory`);
    }
    const order = [];
    const long = [0, 1].map((i) => rb.read(b, i * 4, 4000 * K).then((got) => (order.push("long"), sameBytes(got, bytes.subarray(i * 4, i * 4 + 4000 * K), `read ${i} of two`))));
    await null;
    const short = rb.read(b, 12, 8).then((got) => (order.push("short"), sameBytes(got, bytes.subarray(12, 20), "a short one beside them")));
    await Promise.all([...long, short]);
    same(order[0], "short", "what arrives first");
    const { reads } = gpu.stats();
    same(reads.bytes, reads.idleBytes, "bytes that are idle at the end");
  }, { chunkSize: 64 * K });

/** Has the numbers of each call of an export noted, by name, of a module that is loaded meanwhile. */
async function notingExports(f) {
  const calls = {};
  const original = WebAssembly.instantiateStreaming;
  WebAssembly.instantiateStreaming = async (...values) => {
    const { instance } = await original(...values);
    const noted = ([name, value]) => [name, typeof value !== "function" ? value : (...numbers) => (((calls[name] ??= []).push(numbers)), value(...numbers))];
    const exports = Object.fromEntries(Object.entries(instance.exports).map(noted));
    return { instance: new Proxy(instance, { get: (target, name) => (name === "exports" ? exports : target[name]) }) };
  };
  try {
    await f(calls);
  } finally {
    WebAssembly.instantiateStreaming = original;
  }
}

/** JavaScript makes short reads, and the module hears of their beginning and their end. */
export const shortReads = () =>
  notingExports((calls) =>
    withSystem(async (gpu) => {
      knowAll(gpu);
      const [[b, bytes], [other, otherBytes]] = [filled(gpu, 5 * M), filled(gpu, 64, 2)];
      const rb = gpu.createReadbackBuffer();
      const callsOf = async (...places) => {
        for (const name in calls) delete calls[name];
        const results = await Promise.all(places.map(([source, at, n]) => rb.read(source, at, n)));
        await new Promise((resolve) => setTimeout(resolve));
        gpu.trim(); // before which the module hears of all
        results.forEach((result, i) => {
          const [source, at, n] = places[i];
          sameBytes(result, (source === b ? bytes : otherBytes).subarray(at, at + n), `read ${i} of ${n} bytes at ${at}`);
        });
        return Object.keys(calls).filter((name) => name.startsWith("read")).sort();
      };
      const byJavaScript = ["readEnded", "readLend", "readMade"];
      await callsOf([b, 0, 4]);
      const { bytesDown, mapLatency: { count } } = gpu.stats();
      same(await callsOf([b, 0, 4]), byJavaScript, "calls for 4 bytes");
      same(await callsOf([b, 5 * M - 5, 1], [b, 7, 64 * K], [other, 3, 61], [b, 300 * K + 2, 2]), byJavaScript, "for four places, none aligned");
      same(await callsOf([b, 2, 5], [b, 5, 10], [b, 12, 1], [b, 13, 3]), byJavaScript, "for neighbours");
      same(gpu.stats().mapLatency.count - count, 3, "maps");
      same(gpu.stats().bytesDown - bytesDown, 4 + (4 + (64 * K + 4) + 64 + 4) + 16, "bytes, in whole words");
      same(gpu.stats().mapsPending, 0, "maps that are pending at the end");
      const byModule = (names, what) => ok(names.includes("readStart") && !names.includes("readEnded"), `${what}: ${names}`);
      const places = (n, apart, size) => Array.from({ length: n }, (_, i) => [b, i * apart + 3, size]);
      const bytesOf = async (...all) => {
        const before = gpu.stats().bytesDown;
        same(await callsOf(...all), ["readEnded", "readGap", "readLend", "readMade"], `for ${all.length} places`);
        return gpu.stats().bytesDown - before;
      };
      same(await bytesOf(...places(5, 64 * K, 4)), 5 * 8, "bytes of five places far apart");
      same(await bytesOf(...places(40, 64 * K, 4)), 40 * 8, "of forty");
      same(await bytesOf(...places(5, 200, 4)), 4 * 200 + 8, "of five that are near");
      byModule(await callsOf(...places(70, 72 * K, 64 * K)), "for more than a chunk takes");
      byModule(await callsOf([b, 0, 200 * K]), "for a long one");
      const frame = gpu.frame();
      const reads = callsOf([b, 0, 4]);
      await null;
      frame.submit();
      byModule(await reads, "for one that waits for a frame");
      same(await callsOf([b, 0, 4]), byJavaScript, "after all of those");
      ok(calls.readLend[0][2] < 71, `number ${calls.readLend[0][2]}, which are used again`);
    }, { wasm: "/gpubuffers.wasm?exports" }));

/** Reads one after another use one chunk, and the module hears of them later. */
export const readsInARow = () =>
  notingExports((calls) =>
    withSystem(async (gpu) => {
      knowAll(gpu);
      const [b, bytes] = filled(gpu, 256 * K);
      const rb = gpu.createReadbackBuffer();
      const forget = () => Object.keys(calls).forEach((name) => delete calls[name]);
      const counts = () => ["readLend", "readGap", "readStart", "readMade", "readEnded"].map((name) => calls[name]?.length ?? 0);
      const read = async (at, n, reader = rb) => sameBytes(await reader.read(b, at, n), bytes.subarray(at, at + n), `${n} bytes at ${at}`);
      const scattered = async () => void (await Promise.all(Array.from({ length: 10 }, (_, i) => read(i * 24 * K, 8))));
      await read(0, 4);
      for (const what of ["of a buffer of the module's own", "of one that the page has"]) {
        const { bytesDown, submits, mapLatency } = gpu.stats();
        forget();
        for (let i = 0; i < 10; i++) await read(i * 8, 8);
        same(counts(), [1, 0, 0, 0, 0], `calls for ten reads ${what}`);
        const after = gpu.stats();
        same(counts(), [1, 0, 0, 10, 1], "with those that tell of them");
        same([after.bytesDown - bytesDown, after.submits - submits, after.mapLatency.count - mapLatency.count, after.mapsPending], [80, 10, 10, 0], "what they count for");
        ok(b.gpuBuffer instanceof GPUBuffer, "it is handed out");
      }
      forget();
      for (let i = 0; i < 3; i++) await scattered();
      same(counts(), [1, 1, 0, 0, 0], "calls for ten places, three times");
      for (const [what, other] of [["a longer one", () => read(0, 60 * K)], ["one by another ReadbackBuffer", () => read(0, 8, gpu.createReadbackBuffer())]]) {
        gpu.trim();
        await read(0, 8);
        forget();
        await other();
        same(counts(), [1, 0, 0, 1, 1], `calls for ${what}`);
      }
      gpu.trim();
      forget();
      for (let i = 0; i < 200; i++) await read(i * 4, 4);
      ok(calls.readLend.length > 2 && calls.readEnded.length > 1, `${calls.readEnded.length} times others may have had the chunk`);
      forget();
      await read(0, 4); // the chunk of the last one may be back by now
      while (calls.readEnded === undefined) await new Promise((resolve) => setTimeout(resolve, 20)); // by itself
    }, { wasm: "/gpubuffers.wasm?row" }));

/** A read that needs no call of the module's is behind what was asked for before it. */
export const readsInARowAreBehindUploads = () =>
  withSystem(async (gpu) => {
    const size = 256 << 10; // of an upload that shares a chunk, if there is another
    const [b] = filled(gpu, size);
    const rb = gpu.createReadbackBuffer();
    const read = (n) => rb.read(b, 0, n);
    await read(256);
    for (let i = 2; i < 6; i++) {
      await read(256); // after which its chunk lies ready
      const [first, uploaded, second] = [read(4), b.upload(0, pattern(size, i)), read(256)];
      sameBytes(await second, pattern(size, i).subarray(0, 256), `upload ${i}`);
      await Promise.all([first, uploaded]);
    }
  });

/** What ends reads ends also those whose chunk lies ready. */
export const readsInARowThatEnd = async () => {
  const ends = {
    "its ReadbackBuffer is destroyed": ["destroyed", ({ rb }) => rb.destroy()],
    "the system is destroyed": ["destroyed", ({ gpu }) => gpu.destroy()],
    "the device is being lost": ["device-lost", ({ gpu }) => gpu.device.destroy()],
    "the device is lost": ["device-lost", async ({ gpu }) => {
      gpu.device.destroy();
      await gpu.lost;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }],
    "the page has destroyed the buffer": ["validation", ({ b }) => b.gpuBuffer.destroy()],
  };
  for (const [when, [code, end]] of Object.entries(ends)) {
    const gpu = await api.open({ onError() {} });
    const [b] = filled(gpu, 256);
    const rb = gpu.createReadbackBuffer();
    const into = new Uint8Array(256);
    for (let i = 0; i < 3; i++) await rb.read(b, 0, 256);
    await end({ gpu, rb, b });
    await rejects(code, () => rb.read(b, 0, 256, { into }), when);
    same([...into], [...new Uint8Array(256)], `memory when ${when}`);
    gpu.destroy();
  }
};

/** What ends a short read that is under way ends it, once, and nothing is written to its memory afterwards. */
export const shortReadsThatEndEarly = async () => {
  const controller = new AbortController();
  const ends = {
    "its ReadbackBuffer is destroyed": ["destroyed", ({ rb }) => rb.destroy()],
    "the system is destroyed": ["destroyed", ({ gpu }) => gpu.destroy()],
    "the device is lost": ["device-lost", ({ gpu }) => gpu.device.destroy()],
    "it is aborted": ["stop", () => controller.abort({ code: "stop" })],
  };
  for (const [when, [code, end]] of Object.entries(ends)) {
    const gpu = await api.open();
    const [b, bytes] = filled(gpu, 256);
    const [rb, another] = [gpu.createReadbackBuffer(), gpu.createReadbackBuffer()];
    const into = new Uint8Array(256);
    const reason = reasonOf(rb.read(b, 0, 256, { into, signal: controller.signal }));
    await null;
    await null;
    end({ gpu, rb });
    same((await reason).code, code, `reason when ${when}`);
    if (when.includes("Readback") || when.includes("aborted")) sameBytes(await another.read(b), bytes, `the next read when ${when}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    same([...into], [...new Uint8Array(256)], `memory after ${when}`);
    gpu.destroy();
  }
};

/** Sources that share no submit need a chunk each. If there is one alone it is given back, and the module makes the reads. */
export const groupsWithoutChunks = () =>
  withSystem(async (gpu) => {
    const [[b, bytes], [known, knownBytes]] = [filled(gpu, 16 * K, 1), filled(gpu, 16 * K, 2)];
    sameBytes(await gpu.createReadbackBuffer().read(b, 0, 4), bytes.subarray(0, 4), "a first read");
    ok(known.gpuBuffer instanceof GPUBuffer, "one is handed out");
    const rb = gpu.createReadbackBuffer();
    for (let i = 0; i < 3; i++) {
      const results = await Promise.all([rb.read(b), rb.read(known)]);
      sameBytes(results[0], bytes, "the module's own");
      sameBytes(results[1], knownBytes, "what the page has");
    }
    same([gpu.stats().mapsPending, gpu.stats().reads.idleBytes], [0, gpu.stats().reads.bytes], "maps that are pending, and bytes that are idle");
  }, { chunkSize: 16 * K, budget: 20 * K, onBudget: "fail" });

/** A map that the browser refuses fails the reads that wait for it, and none after them. */
export const mapsThatAreRefused = () =>
  withSystem(async (gpu) => {
    const [b, bytes] = filled(gpu, 1024 * K);
    const rb = gpu.createReadbackBuffer();
    const original = GPUBuffer.prototype.mapAsync;
    for (const size of [4, 1024 * K]) {
      GPUBuffer.prototype.mapAsync = () => Promise.reject(new DOMException("no", "OperationError"));
      const reason = reasonOf(rb.read(b, 0, size));
      await null;
      await null;
      GPUBuffer.prototype.mapAsync = original;
      same((await reason).code, "device-lost", `a read of ${size} bytes`);
      sameBytes(await rb.read(b, 0, size), bytes.subarray(0, size), `the next one of ${size}`);
    }
    const { reads } = gpu.stats();
    same(reads.idleBytes, reads.bytes, "bytes that are idle");
  }, { chunkSize: 64 * K });

/** How many error scopes were opened. The module takes the browser's methods as they are when it starts. */
let scopes = 0;
const { pushErrorScope } = GPUDevice.prototype;
GPUDevice.prototype.pushErrorScope = function (filter) {
  scopes++;
  pushErrorScope.call(this, filter);
};

/** Once a short read was late, the browser is made to look whether the GPU is done as long as one waits for it. */
export const pollsForShortReads = () =>
  withSystem(async (gpu) => {
    knowAll(gpu);
    const n = 32 * K;
    const [b, bytes] = filled(gpu, 2 * n);
    const rb = gpu.createReadbackBuffer();
    const pause = () => new Promise((resolve) => setTimeout(resolve, 20));
    await rb.read(b, 0, 4);
    await pause();
    const { mapAsync } = GPUBuffer.prototype;
    let release;
    try {
      GPUBuffer.prototype.mapAsync = async function (...values) {
        await pause();
        await mapAsync.apply(this, values);
      };
      await rb.read(b, 0, 4);
      GPUBuffer.prototype.mapAsync = mapAsync;
      const start = scopes;
      const first = rb.read(b, 0, n);
      await null;
      GPUBuffer.prototype.mapAsync = async function (...values) {
        await mapAsync.apply(this, values);
        await new Promise((resolve) => (release = resolve));
      };
      const second = rb.read(b, n, n);
      await null;
      ok(scopes > start, "looks when they are sent");
      sameBytes(await first, bytes.subarray(0, n), "the first");
      const before = scopes;
      await pause();
      ok(scopes > before, "looks for the second");
      release();
      sameBytes(await second, bytes.subarray(n), "the second");
      const after = scopes;
      await pause();
      same(scopes, after, "looks when both are there");
    } finally {
      GPUBuffer.prototype.mapAsync = mapAsync;
    }
  });

/** A buffer that is destroyed as soon as its read resolves harms no other read. */
export const readbackBuffersForOneRead = () =>
  withSystem(async (gpu) => {
    const [b, bytes] = filled(gpu, 256);
    for (let i = 0; i < 20; i++) {
      const once = gpu.createReadbackBuffer();
      const got = await once.read(b, i, 4);
      once.destroy();
      sameBytes(got, bytes.subarray(i, i + 4), `read ${i}`);
    }
    const { reads, mapsPending } = gpu.stats();
    ok(reads.misses < 4, `${reads.misses} buffers for 20 reads`);
    same(mapsPending, 0, "maps that are pending");
  });

/** What ends a long read ends it, once, and nothing is written to its memory afterwards. */
export const longReadsThatEndEarly = async () => {
  const ends = {
    "it is given up": [undefined, ({ controller }) => controller.abort("enough")],
    "its ReadbackBuffer is destroyed": ["destroyed", ({ rb }) => rb.destroy()],
    "the system is destroyed": ["destroyed", ({ gpu }) => gpu.destroy()],
    "the device is lost": ["device-lost", ({ gpu }) => gpu.device.destroy()],
  };
  for (const [when, [code, end]] of Object.entries(ends)) {
    const gpu = await api.open({ chunkSize: 64 * K });
    const size = 4096 * K;
    const [b] = filled(gpu, size);
    const rb = gpu.createReadbackBuffer();
    const into = new Uint8Array(size);
    const controller = new AbortController();
    const read = rb.read(b, 0, size, { into, signal: controller.signal });
    read.catch(() => {});
    await null;
    await null;
    await end({ gpu, rb, controller });
    if (code) await rejects(code, () => read, when);
    else same(await reasonOf(read), "enough", when);
    const then = into.slice();
    if (when.includes("given up")) { // the number of the read that ended is another's now
      const [other, bytes] = filled(gpu, size, 2);
      sameBytes(await rb.read(other), bytes, "the next read");
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
    sameBytes(into, then, `memory after ${when}`);
    gpu.destroy();
  }
};

/** A read that was sent has its bytes, whatever becomes of its source. */
export const longReadsOutliveTheirSource = () =>
  withSystem(async (gpu) => {
    const size = 4096 * K;
    const rb = gpu.createReadbackBuffer();
    for (const end of [(b) => b.destroy(), (b) => b.write(0, new Uint8Array(size)), (b) => b.grow(2 * size)]) {
      const [b, bytes] = filled(gpu, size);
      const read = rb.read(b);
      await null;
      await null;
      end(b);
      sameBytes(await read, bytes, String(end));
    }
  }, { chunkSize: 64 * K });

/** A discard sends what was asked for in its frame: later writes are not read, nor is a destruction noticed. */
export const sentByADiscard = () =>
  withSystem(async (gpu) => {
    const b = gpu.createDeviceBuffer({ size: 16, usage: STORAGE });
    b.write(0, pattern(16, 1));
    const readback = gpu.createReadbackBuffer();
    const frame = gpu.frame();
    const read = readback.read(b, 0, 16);
    frame.discard();
    b.write(0, pattern(16, 2));
    b.destroy();
    sameBytes(await read, pattern(16, 1), "as it was");
  });
