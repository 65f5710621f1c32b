// Uploads from memory and from streams, on every path.
import { STORAGE, api, contents, ok, pattern, rejects, same, sameBytes, takePath, typed, withSystem } from "./check.js";

const MiB = 1 << 20;

const paths = ["queue write", "mapped ring, 2 MiB chunks", "mapped ring, 4 MiB chunks"];

/** Has every upload of a system take a path. */
function take(gpu, chosen) {
  takePath(gpu, paths, chosen);
  same(gpu.explain("upload", 8 * MiB).path, chosen, "the path");
}

/** Runs a test on each path, on a system of its own. */
async function onEachPath(test, options) {
  for (const path of paths) {
    await withSystem(async (gpu) => {
      take(gpu, path);
      await test(gpu, path);
    }, options);
  }
}

/** A stream of bytes in pieces of the lengths given, over and over; the pieces are taken one by one. */
function streamOf(bytes, lengths, log = {}) {
  let at = 0;
  let turn = 0;
  log.pulled = 0;
  return new ReadableStream(
    {
      async pull(controller) {
        await log.wait;
        if (at >= bytes.length) return controller.close();
        const n = lengths[turn++ % lengths.length];
        controller.enqueue(bytes.subarray(at, at + n));
        at += n;
        log.pulled = Math.min(at, bytes.length);
      },
      cancel(reason) {
        log.cancelled = reason;
      },
    },
    { highWaterMark: 0 },
  );
}

export const everySource = () =>
  onEachPath(async (gpu, path) => {
    for (const size of [4, 1000, 256 << 10, 3 * MiB + 4, 9 * MiB]) {
      const bytes = pattern(size, size);
      const b = gpu.createDeviceBuffer({ label: "b", size: size + 8, usage: STORAGE });
      const sources = {
        "a view": () => bytes,
        "an ArrayBuffer": () => bytes.buffer,
        "part of a view": () => pattern(size + 3, size).subarray(0, size),
        "an unaligned view": () => { const at1 = new Uint8Array(size + 1); at1.set(bytes, 1); return at1.subarray(1); },
        "a DataView": () => new DataView(bytes.buffer),
        "shared memory": () => { const shared = new Uint8Array(new SharedArrayBuffer(size)); shared.set(bytes); return shared; },
        Blob: () => new Blob([bytes]),
        Response: () => new Response(bytes),
        ReadableStream: () => streamOf(bytes, [MiB]),
      };
      for (const [name, source] of Object.entries(sources)) {
        for (const options of [undefined, { onProgress() {} }]) {
          b.write(0, new Uint8Array(size + 8));
          same(await b.upload(4, source(), options), size, `${name}: bytes`);
          const got = await contents(gpu, b);
          sameBytes(got.subarray(4, 4 + size), bytes, `${path}, ${name} of ${size}`);
          same([...got.subarray(0, 4), ...got.subarray(4 + size)], [0, 0, 0, 0, 0, 0, 0, 0], `${name}: the neighbours`);
        }
      }
      b.destroy();
    }
  });

export const piecesOfAnyLength = () =>
  onEachPath(async (gpu, path) => {
    for (const [lengths, size] of [[[1], 300], [[3, 0, 5], 1003], [[70001], 300001], [[MiB + 1, 1, 2 * MiB - 3], 9 * MiB + 2], [[5 * MiB - 1, 7], 16 * MiB + 3]]) {
      const bytes = pattern(size, lengths[0]);
      const b = gpu.createDeviceBuffer({ size, usage: STORAGE }); // whose last word the upload may end in
      const progress = [];
      same(await b.upload(0, streamOf(bytes, lengths), { size, onProgress: (n) => progress.push(n) }), size, "bytes");
      same([progress.at(-1), progress.every((n, i) => i === 0 || n >= progress[i - 1])], [size, true], "progress");
      sameBytes((await contents(gpu, b)).subarray(0, size), bytes, `${path}: pieces of ${lengths}`);
      b.destroy();
    }
    const b = gpu.createDeviceBuffer({ label: "ends", size: 2 * MiB, usage: STORAGE });
    b.write(0, pattern(2 * MiB, 8));
    await rejects("alignment", () => b.upload(0, pattern(MiB + 2)), "memory that ends within a word", "ends");
    sameBytes(await contents(gpu, b), pattern(2 * MiB, 8), "nothing was written");
    await rejects("alignment", () => b.upload(0, new Blob([pattern(MiB + 2)])), "a blob that ends within a word", "ends");
    sameBytes((await contents(gpu, b)).subarray(MiB + 2), pattern(2 * MiB, 8).subarray(MiB + 2), "the neighbours");
    b.destroy();
  });

/** A stream much longer than the memory for it. Its pieces are made when they are asked for. */
function longStream(size, piece, log) {
  const bytes = pattern(piece);
  let left = size;
  return new ReadableStream(
    {
      async pull(controller) {
        log.ahead = Math.max(log.ahead, size - left - log.taken);
        if (left === 0) return controller.close();
        const n = Math.min(piece, left);
        controller.enqueue(bytes.subarray(0, n));
        left -= n;
      },
    },
    { highWaterMark: 0 },
  );
}

export const boundedMemory = () =>
  onEachPath(
    async (gpu, path) => {
      const size = 16 * MiB;
      const piece = 999_999;
      const b = gpu.createDeviceBuffer({ size, usage: STORAGE });
      const heap = [];
      for (let round = 0; round < 6; round++) {
        const log = { ahead: 0, taken: 0 };
        await b.upload(0, longStream(size, piece, log), { onProgress: (n) => (log.taken = n) });
        same([log.ahead, log.taken], [0, size], `${path}: bytes that the stream was asked for before the last were taken`);
        ok(gpu.stats().uploads.bytes <= 24 * MiB, `${path}: ${gpu.stats().uploads.bytes} bytes of chunks`);
        await new Promise((resolve) => setTimeout(resolve));
        globalThis.gc();
        heap.push(performance.memory.usedJSHeapSize);
      }
      const { peak } = gpu.stats();
      ok(peak <= 24 * MiB, `${path}: peak of ${peak} bytes`);
      ok(heap.at(-1) - heap[1] < MiB, `${path}: the heap grows: ${heap}`);
      const want = new Uint8Array(size);
      for (let at = 0; at < size; at += piece) want.set(pattern(piece).subarray(0, Math.min(piece, size - at)), at);
      sameBytes(await contents(gpu, b), want, path);
    },
    { budget: 48 * MiB },
  );

/** Memory that the page gives away meanwhile fails its upload, and the error is that of the upload, not of a chunk. */
export const memoryGivenAway = () =>
  onEachPath(async (gpu, path) => {
    const b = gpu.createDeviceBuffer({ label: "b", size: 48 * MiB, usage: STORAGE });
    const bytes = new Uint8Array(48 * MiB);
    const outcome = b.upload(0, bytes).then(() => undefined, (error) => error);
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    const error = await outcome;
    if (error !== undefined) same([error.operation, error.label], ["upload", "b"], `${path}: ${error.message}`);
    if (path.includes("ring")) ok(error !== undefined, `${path}: an upload of memory that is gone resolves`);
  });

/** What is gathered of one stream is not taken for another's, though memory to gather in is used again. */
/** The data of an upload that waits for memory is given away. */
export const memoryGivenAwayMeanwhile = () =>
  withSystem(
    async (gpu) => {
      const size = MiB;
      const giveAway = (bytes) => structuredClone(bytes, { transfer: [bytes.buffer] });
      const ways = {
        "a piece of a stream": (b, bytes) => b.upload(0, new ReadableStream({ start: (c) => (c.enqueue(bytes), c.enqueue(pattern(size, 3)), c.close()) })),
        memory: (b, bytes) => b.upload(0, bytes),
        "memory with a signal": (b, bytes) => b.upload(0, bytes, { signal: new AbortController().signal }),
        "two at once": (b, bytes) => Promise.all([b.upload(0, bytes.subarray(0, MiB / 2)), b.upload(MiB / 2, bytes.subarray(MiB / 2))]),
      };
      for (const path of paths) {
        let waited = 0;
        for (const [what, upload] of Object.entries(ways)) {
          takePath(gpu, paths, path);
          const b = gpu.createDeviceBuffer({ label: "given away", size: 2 * size, usage: STORAGE });
          b.write(0, new Uint8Array(4));
          const holder = gpu.createDeferredStagingBuffer({ size: gpu.stats().budget });
          gpu.trim();
          await holder.mapAsync();
          const bytes = pattern(size, 1);
          const outcome = upload(b, bytes).then(() => undefined, (error) => error);
          await new Promise((resolve) => setTimeout(resolve, 5));
          giveAway(bytes);
          holder.destroy();
          const error = await outcome;
          if (error === undefined) sameBytes((await contents(gpu, b)).subarray(0, size), pattern(size, 1), `${path}: ${what}, which was sent before`);
          else typed(error, "type", `${path}: ${what}`);
          if (error !== undefined) waited++;
          b.destroy();
        }
        same(waited > 0, path !== "queue write", `${path}: some wait`);
      }
    },
    { budget: 4 * MiB },
  );

export const streamsBesideEachOther = () =>
  withSystem(async (gpu) => {
    const all = [1, 2, 3].map((seed) => pattern(60000, seed));
    const slowly = (bytes) => {
      let at = 0;
      return new ReadableStream({
        async pull(controller) {
          await new Promise((resolve) => setTimeout(resolve));
          if (at < bytes.length) controller.enqueue(bytes.slice(at, (at += 6000)));
          else controller.close();
        },
      }, { highWaterMark: 0 });
    };
    for (let turn = 0; turn < 2; turn++) { // the first leaves memory behind
      const buffers = all.map((bytes) => gpu.createDeviceBuffer({ size: bytes.length, usage: STORAGE }));
      await Promise.all(all.map((bytes, i) => buffers[i].upload(0, slowly(bytes))));
      for (const [i, bytes] of all.entries()) sameBytes(await contents(gpu, buffers[i]), bytes, `stream ${i}, turn ${turn}`);
    }
  });

/** With less memory than a chunk the uploads wait for each other, and all arrive. */
export const uploadsShareTheBudget = () =>
  withSystem(
    async (gpu) => {
      take(gpu, "mapped ring, 2 MiB chunks");
      const all = Array.from({ length: 5 }, (_, i) => {
        const b = gpu.createDeviceBuffer({ size: 5 * MiB, usage: STORAGE });
        return { b, bytes: pattern(5 * MiB, i + 1) };
      });
      await Promise.all(all.map(({ b, bytes }, i) => b.upload(0, i % 2 ? bytes : streamOf(bytes, [333_333]))));
      ok(gpu.stats().peak <= 2 * MiB, `peak of ${gpu.stats().peak}`);
      for (const { b, bytes } of all) sameBytes(await contents(gpu, b), bytes, "each of several");
    },
    { budget: 2 * MiB, chunkSize: 64 << 10 },
  );

export const refusedUploads = () =>
  onEachPath(async (gpu, path) => {
    const b = gpu.createDeviceBuffer({ label: "small", size: MiB, usage: STORAGE });
    for (const [name, offset, data] of [["memory", 0, new Uint8Array(MiB + 4)], ["memory at an offset", 4, new Uint8Array(MiB)]]) {
      await rejects("range", () => b.upload(offset, data), name, "small");
      await rejects("range", () => b.upload(offset, data, { onProgress() {} }), name, "small");
    }
    const log = {};
    const long = streamOf(pattern(2 * MiB), [100_000], log);
    typed(await b.upload(8, long).catch((error) => error), "range", "a stream", "small");
    ok(!long.locked && log.cancelled instanceof api.BoundsError, "the stream is cancelled and free");
    ok(log.pulled < 2 * MiB, "and not read to the end");
    await rejects("alignment", () => b.upload(2, pattern(4)), "an odd offset", "small");
    await rejects("alignment", () => b.upload(2, new Blob(["abcd"])), "an odd offset", "small");
    const locked = streamOf(pattern(8), [8]);
    locked.getReader();
    await rejects("type", () => b.upload(0, locked), "a locked stream", "small");
    await rejects("type", () => b.upload(0, new ReadableStream({ start: (c) => c.enqueue("text") })), "text", "small");
    const used = new Response(pattern(8));
    await used.arrayBuffer();
    await rejects("type", () => b.upload(0, used), "a response that was read", "small");
    for (const source of [undefined, null, {}, "text", 5]) await rejects("type", () => b.upload(0, source), String(source), "small");
    const broken = new Error("the source broke");
    let sent = false;
    const breaks = new ReadableStream({ pull: (c) => (sent ? c.error(broken) : ((sent = true), c.enqueue(pattern(300_000)))) }, { highWaterMark: 0 });
    same((await b.upload(0, breaks).catch((error) => error)) === broken, true, "an error of the source's");
    const thrown = new Error("of the caller's");
    same((await b.upload(0, new Blob([pattern(300_000)]), { onProgress() { throw thrown; } }).catch((error) => error)) === thrown, true, "an error of onProgress");
    same([await b.upload(0, new Blob()), await b.upload(0, new Response(null)), await b.upload(MiB, new Uint8Array(0))], [0, 0, 0], "nothing to upload");
    b.destroy();
    await rejects("destroyed", () => b.upload(0, pattern(4)), "destroyed", "small");
    await rejects("destroyed", () => b.upload(0, new Blob(["abcd"])), "destroyed", "small");
    ok(gpu.stats().uploads.bytes === gpu.stats().uploads.idleBytes || gpu.stats().mapsPending > 0, `${path}: nothing stays lent`);
    await idle(gpu);
  });

/** Waits until every chunk of the uploads is idle, which none is that is still lent. */
async function idle(gpu) {
  for (let i = 0; ; i++) {
    await gpu.device.queue.onSubmittedWorkDone();
    gpu.trim();
    const { uploads, mappable } = gpu.stats();
    if (uploads.bytes === 0) return;
    if (i > 200) throw new Error(`${uploads.bytes} bytes of chunks stay lent, of ${mappable}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export const aborted = () =>
  onEachPath(async (gpu) => {
    const b = gpu.createDeviceBuffer({ label: "b", size: 8 * MiB, usage: STORAGE });
    const reason = new Error("changed my mind");
    for (const when of [0, 1, 3]) {
      const log = {};
      const controller = new AbortController();
      let pieces = 0;
      const stream = streamOf(pattern(8 * MiB), [MiB + 1], log);
      const upload = b.upload(0, stream, { signal: controller.signal, onProgress: () => ++pieces === when && controller.abort(reason) });
      if (when === 0) controller.abort(reason);
      same((await upload.catch((error) => error)) === reason, true, `aborted after ${when} pieces`);
      same([log.cancelled === reason, stream.locked, pieces], [true, false, when], "the stream is cancelled");
    }
    const controller = new AbortController();
    const memory = b.upload(0, pattern(8 * MiB), { signal: controller.signal });
    controller.abort(reason);
    same((await memory.catch((error) => error)) === reason, true, "memory");
    same((await b.upload(0, pattern(4), { signal: AbortSignal.abort(reason) }).catch((error) => error)) === reason, true, "before");
    const endless = new AbortController();
    const waits = b.upload(0, new ReadableStream({ pull: () => new Promise(() => {}) }), { signal: endless.signal });
    setTimeout(() => endless.abort(reason), 5);
    same((await waits.catch((error) => error)) === reason, true, "while the stream waits");
    await idle(gpu);
    await b.upload(0, pattern(8 * MiB, 5));
    sameBytes(await contents(gpu, b), pattern(8 * MiB, 5), "the next upload");
  });

/** A signal that lives on knows nothing of what has ended, however that did. */
export const listenersOfASignal = () =>
  onEachPath(async (gpu, path) => {
    const b = gpu.createDeviceBuffer({ label: "b", size: 8 * MiB, usage: STORAGE });
    const staging = gpu.createImmediateStagingBuffer({ size: MiB });
    const { signal } = new AbortController();
    const listeners = new Set();
    signal.addEventListener = (type, f) => void listeners.add(f);
    signal.removeEventListener = (type, f) => void listeners.delete(f);
    const broken = () => new ReadableStream({ pull: (c) => c.error(new Error("broken")) });
    const watched = (promise) => (same(listeners.size, 1, "while it is under way"), promise.catch(() => {}));
    await watched(b.upload(0, pattern(8 * MiB), { signal }));
    await watched(b.upload(0, new Blob([pattern(MiB)]), { signal }));
    await watched(b.upload(0, broken(), { signal }));
    await watched(staging.readFrom(new Blob([pattern(16)]), { signal }));
    await watched(staging.readFrom(broken(), { signal }));
    same(listeners.size, 0, `on the path ${path}`);
  });

/** An abort ends an upload that waits for memory which nobody gives back. */
export const abortedWhileItWaitsForMemory = () =>
  withSystem(
    async (gpu) => {
      take(gpu, "mapped ring, 2 MiB chunks");
      const b = gpu.createDeviceBuffer({ label: "b", size: 4 * MiB, usage: STORAGE });
      const hog = gpu.createMappableBuffer({ size: MiB, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
      const reason = new Error("enough");
      const controller = new AbortController();
      const log = {};
      const stream = streamOf(pattern(4 * MiB), [MiB], log);
      const upload = b.upload(0, stream, { signal: controller.signal });
      let before;
      setTimeout(() => ((before = gpu.stats().bytesUp), controller.abort(reason)), 20);
      same((await upload.catch((error) => error)) === reason, true, "aborted");
      same([log.cancelled === reason, log.pulled], [true, MiB], "it waited with the first piece");
      same(gpu.stats().bytesUp, before, "and sent no more of it");
      hog.destroy();
      same(await b.upload(0, pattern(4 * MiB)), 4 * MiB, "afterwards");
      sameBytes(await contents(gpu, b), pattern(4 * MiB), "afterwards");
    },
    { budget: 2 * MiB + (256 << 10), chunkSize: 64 << 10 },
  );

/** Waits until the module, too, has heard that the device is lost. */
async function heard(gpu) {
  await gpu.device.lost;
  await new Promise((resolve) => setTimeout(resolve, 20));
}

export const endedMidway = async () => {
  for (const path of paths) {
    for (const [what, code, end] of [
      ["the buffer", "destroyed", (gpu, b) => b.destroy()],
      ["the system", "destroyed", (gpu) => gpu.destroy()],
      ["the device", undefined, (gpu) => (gpu.device.destroy(), heard(gpu))],
    ]) {
      const gpu = await api.open();
      take(gpu, path);
      const b = gpu.createDeviceBuffer({ label: "b", size: 16 * MiB, usage: STORAGE });
      const log = {};
      const stream = streamOf(pattern(16 * MiB), [MiB - 1], log);
      let pieces = 0;
      const failure = await b.upload(0, stream, { onProgress: () => ++pieces === 2 && (log.wait = end(gpu, b)) }).catch((error) => error);
      typed(failure, code, `${path}: ${what} destroyed midway`);
      ok(["destroyed", "device-lost"].includes(failure.code), `${path}, ${what}: ${failure.code}`);
      same([stream.locked, log.cancelled === failure], [false, true], `${path}, ${what}: the stream is cancelled (${failure}, ${log.pulled}, ${log.cancelled})`);
      gpu.destroy();
    }
  }
};

/** A small upload is as good as a write, and in order with writes. */
export const inOrder = () =>
  onEachPath(async (gpu, path) => {
    const b = gpu.createDeviceBuffer({ size: MiB, usage: STORAGE });
    b.write(0, pattern(MiB, 1));
    const first = b.upload(0, pattern(MiB / 2, 2));
    const second = b.upload(64, pattern(256, 3));
    b.write(128, pattern(64, 4));
    await Promise.all([first, second]);
    const want = pattern(MiB, 1);
    want.set(pattern(MiB / 2, 2));
    want.set(pattern(256, 3), 64);
    want.set(pattern(64, 4), 128);
    sameBytes(await contents(gpu, b), want, path);
    same(gpu.stats().leaks, 0, "leaks");
  });

/** Uploads of data that are so long that most of it goes on by itself, chunk after chunk. */
const long = 40 * MiB;

export const longOnesAtATime = () =>
  onEachPath(async (gpu, path) => {
    for (const seeds of [[1], [2, 3]]) {
      const uploads = seeds.map((seed) => ({ bytes: pattern(long, seed), buffer: gpu.createDeviceBuffer({ size: long + 8, usage: STORAGE }) }));
      await Promise.all(uploads.map(({ buffer, bytes }) => buffer.upload(4, bytes)));
      for (const { buffer, bytes } of uploads) {
        const got = await contents(gpu, buffer);
        sameBytes(got.subarray(4, 4 + long), bytes, `${path}, ${seeds.length} at a time`);
        same([...got.subarray(0, 4), ...got.subarray(4 + long)], [0, 0, 0, 0, 0, 0, 0, 0], "the neighbours");
        buffer.destroy();
      }
    }
    ok(gpu.stats().uploads.bytes <= 16 * MiB, `${path}: ${gpu.stats().uploads.bytes} bytes of chunks`);
  });

/** What ends such an upload in the middle has it reject, and leaves the system as it was. */
export const longOnesThatEndMidway = () =>
  onEachPath(async (gpu, path) => {
    if (path === "queue write") return; // it is over at once
    for (const [what, code, end] of [
      ["destroyed buffer", "destroyed", (buffer) => buffer.destroy()],
      ["memory given away", undefined, (buffer, bytes) => structuredClone(bytes, { transfer: [bytes.buffer] })],
    ]) {
      const buffer = gpu.createDeviceBuffer({ label: "ended", size: long, usage: STORAGE });
      const bytes = pattern(long);
      const pending = buffer.upload(0, bytes).then(() => undefined, (error) => error);
      end(buffer, bytes);
      typed(await pending, code, `${path}: ${what}`);
      take(gpu, path);
      const after = gpu.createDeviceBuffer({ size: long, usage: STORAGE });
      await after.upload(0, pattern(long, 3));
      sameBytes(await contents(gpu, after), pattern(long, 3), `${path}, after a ${what}`);
      buffer.destroy();
      after.destroy();
    }
  });
