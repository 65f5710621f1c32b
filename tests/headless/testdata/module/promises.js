// What the types and the documents promise, and no other file of these tests is about.
import { COPY_DST, COPY_SRC, MAP_READ, STORAGE, UNIFORM, VERTEX, api, bytesOf, contents, ok, pattern, rejects, same, sameBytes, throws, withSystem } from "./check.js";
import { makeAll } from "./objects.js";

const KiB = 1 << 10, MiB = 1 << 20;
const filled = (size, value) => new Uint8Array(size).fill(value);
const buffer = (gpu, size, value) => {
  const b = gpu.createDeviceBuffer({ size, usage: STORAGE });
  if (value !== undefined) b.write(0, filled(size, value));
  return b;
};

/** Replaces a method while test runs, and gives what it was called with. */
async function watching(prototype, name, test) {
  const calls = [];
  const own = prototype[name];
  prototype[name] = function (...args) {
    calls.push(args);
    return own.apply(this, args);
  };
  try {
    await test();
  } finally {
    prototype[name] = own;
  }
  return calls;
}

const loadersGlobals = ["Go", "fs", "process", "path", "gpubuffersRaw"];

/** The page's globals are its own, also those that Go's loader would take, and the module is not confused by them. */
export const globalsOfThePage = async () => {
  same(loadersGlobals.filter((name) => name in globalThis), [], "globals that earlier modules have left");
  const others = new Set(Object.getOwnPropertyNames(globalThis));
  await opens("?nothing");
  same(Object.getOwnPropertyNames(globalThis).filter((name) => !others.has(name)), [], "globals that a page is left with");

  let accessed = 0;
  const own = {
    Go: { value: class {}, writable: true, configurable: true, enumerable: true },
    fs: { value: { promises: {}, readFile() {} }, writable: true, configurable: false, enumerable: true }, // as var makes it
    process: { value: { env: {} }, writable: true, configurable: true, enumerable: false },
    path: { get: () => accessed++, configurable: true, enumerable: true },
    gpubuffersRaw: { value: "the page's", writable: true, configurable: true, enumerable: true },
  };
  Object.defineProperties(globalThis, own);
  const described = () => loadersGlobals.map((name) => Object.getOwnPropertyDescriptor(globalThis, name));
  const before = described();
  await opens("?own");
  for (const [i, now] of described().entries()) {
    for (const key of ["value", "get", "writable", "configurable", "enumerable"]) ok(now[key] === before[i][key], `${loadersGlobals[i]}: its ${key} is left alone`);
  }
  same(accessed, 0, "calls of the page's getter");
  globalThis.fs = undefined; // it cannot be deleted
  for (const name of loadersGlobals) if (name !== "fs") delete globalThis[name];
};

/** What a program says when it ends reaches the console, whatever the page calls fs. */
export const wordsOfAFault = async () => {
  const { instantiateStreaming } = WebAssembly;
  let write, memory;
  WebAssembly.instantiateStreaming = async (response, imports) => {
    const result = await instantiateStreaming(response, imports);
    write = imports.gojs["runtime.wasmWrite"];
    memory = result.instance.exports.mem;
    return result;
  };
  await opens("?fault");
  WebAssembly.instantiateStreaming = instantiateStreaming;

  const [place, text] = [64, new TextEncoder().encode("goodbye\n")];
  const view = new DataView(memory.buffer);
  [2, place, text.length].forEach((n, i) => view.setBigInt64(8 + 8 * i, BigInt(n), true)); // a file, an address, a length
  new Uint8Array(memory.buffer).set(text, place);
  const said = [];
  const { log } = console;
  console.log = (line) => said.push(line);
  globalThis.fs = {};
  try {
    write(0);
  } finally {
    console.log = log;
    globalThis.fs = undefined;
  }
  same(said, ["goodbye"], "said");
};

/** Opens a system of a module that is loaded for it. */
async function opens(query) {
  const gpu = await api.open({ wasm: `/gpubuffers.wasm${query}` });
  gpu.createDeviceBuffer({ size: 16, usage: GPUBufferUsage.VERTEX });
  gpu.destroy();
}

// --- open

export const requestedDevices = async () => {
  const options = { powerPreference: "low-power" };
  const descriptor = { label: "theirs" };
  let limits;
  const devices = await watching(GPUAdapter.prototype, "requestDevice", async () => {
    const adapters = await watching(GPU.prototype, "requestAdapter", async () => {
      const gpu = await api.open();
      ({ limits } = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" }));
      gpu.destroy();
      const lost = await Promise.race([gpu.device.lost, new Promise((resolve) => setTimeout(resolve, 5000, {}))]);
      same(lost.reason, "destroyed", "a device that was requested ends with the system");
      (await api.open({ adapterOptions: options, deviceDescriptor: descriptor })).destroy();
    });
    same([adapters[0], adapters[2][0] === options], [[{ powerPreference: "high-performance" }], true], "adapters asked for");
  });
  for (const name of ["maxBufferSize", "maxStorageBufferBindingSize", "maxUniformBufferBindingSize"]) {
    same(devices[0][0].requiredLimits[name], limits[name], `${name} by default`);
  }
  ok(devices[1][0] === descriptor, "the descriptor that was given");
};

/** No chunk is larger than the size that was asked for, and longer reads take several. */
export const sizeOfReadbackChunks = async () => {
  for (const chunkSize of [4 * KiB, 64 * KiB]) {
    await withSystem(async (gpu) => {
      const size = 4 * chunkSize, b = buffer(gpu, size, 1), readback = gpu.createReadbackBuffer();
      const whole = () => {
        const { chunks, bytes } = gpu.stats().reads;
        ok(chunks > 0 && bytes <= chunks * chunkSize, `${chunks} chunks of ${chunkSize} have ${bytes} bytes`);
        return chunks;
      };
      const short = Array.from({ length: 8 }, (_, i) => readback.read(b, i * chunkSize / 4, chunkSize / 4));
      await Promise.all(short);
      whole();
      sameBytes(await readback.read(b), filled(size, 1), "a long read");
      ok(whole() > 1, "chunks of a long read");
    }, { chunkSize });
  }
};

/** Within a task nothing is heard of the GPU: eight frames are with it. */
export const framesWithTheGPU = () =>
  withSystem(async (gpu) => {
    for (let i = 0; i < 8; i++) {
      gpu.frame().submit();
      same(gpu.stats().framesInFlight, i + 1, "frames in flight");
    }
    throws("busy", () => gpu.frame(), "a ninth frame");
    (await gpu.nextFrame()).discard();
  });

export const logsByDefault = async () => {
  const levels = async (options) => {
    const seen = new Set();
    await withSystem(async (gpu) => {
      await gpu.calibrate();
      for (let i = 0; i < 4; i++) await gpu.createReadbackBuffer().read(buffer(gpu, 5 * MiB, i));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }, { ...options, onLog: ({ level }) => seen.add(level) });
    return seen;
  };
  ok((await levels({ logLevel: "debug" })).has("debug"), "there is something to debug");
  ok(!(await levels()).has("debug"), "info by default");
};

/** Calls f, and gives what was said by each method of the console meanwhile. */
async function saying(f) {
  const said = [];
  const methods = ["debug", "log", "info", "warn", "error"].map((name) => [name, console[name]]);
  for (const [name] of methods) console[name] = (...values) => said.push([name, ...values]);
  try {
    await f();
  } finally {
    Object.assign(console, Object.fromEntries(methods));
  }
  return said;
}

/** A page without onLog finds in its console what is wrong, and nothing else. */
export const theConsoleOfThePage = async () => {
  const device = await (await navigator.gpu.requestAdapter()).requestDevice();
  device.onuncapturederror = (event) => event.preventDefault();
  const kept = []; // so that none is reported as dropped
  const use = (options) => saying(async () => {
    const gpu = await api.open({ device, ...options });
    const [b, readback] = [buffer(gpu, 64), gpu.createReadbackBuffer()];
    kept.push(b, readback);
    const frame = gpu.frame();
    const read = readback.read(b);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    frame.submit();
    await read;
    device.createBuffer({ label: "no such usage", size: 4, usage: 1 << 20 });
    await device.queue.onSubmittedWorkDone();
    await new Promise((resolve) => setTimeout(resolve, 20));
    gpu.destroy();
    await null;
  });
  const told = (said) => said.map(([method, message]) => `${method} ${message}`);
  const frame = "warn gpubuffers: a read waits for the frame that is open: submit the frame, then wait for the read";
  const reported = "error gpubuffers: the device reported an error";
  for (const logLevel of [undefined, "debug", "info", "warn"]) {
    const said = await use({ logLevel });
    same(told(said), [frame, reported, "warn gpubuffers: system closed"], `level ${logLevel}`);
    same(said.at(-1)[2], { reason: "the system is destroyed", alive: 2 }, "fields");
  }
  same(told(await use({ logLevel: "error" })), [reported], "errors alone");
  const errors = [];
  same(told(await use({ onError: (error) => errors.push(error) })), [frame, "warn gpubuffers: system closed"], "errors have a listener");
  same(errors.length, 1, "which hears of them");
  const records = [];
  same(told(await use({ onLog: ({ message }) => records.push(message) })), [], "with a listener");
  ok(records.includes("system closed"), "which hears of it");
  same(told(await saying(async () => {
    const gpu = await api.open();
    const all = [buffer(gpu, 5 * MiB, 1), gpu.createReadbackBuffer()];
    await all[1].read(all[0]);
    for (const b of all) b.destroy();
    gpu.destroy();
    await null;
  })), [], "of what goes well");
  same(kept.length, 14, "all that was made");
  device.destroy();
};

export const localStorageOfThePage = async () => {
  const uses = (option) => watching(Storage.prototype, "setItem", async () => {
    const read = await watching(Storage.prototype, "getItem", async () => (await api.open({ calibration: option })).destroy());
    same(read.length > 0, option === "local", `localStorage is read with ${option}`);
  });
  same((await uses(undefined)).length, 0, "writes without calibration");
  same((await uses(true)).length, 0, "writes with true");
  const written = await uses("local");
  ok(written.length > 0, "local writes");
  for (const [key] of written) localStorage.removeItem(key);
};

/** Errors that no call returned reach onError, and the page's own handler too, which stays. */
export const errorsOfThePage = async () => {
  const adapter = await navigator.gpu.requestAdapter();
  const device = await adapter.requestDevice();
  const heard = { page: [], module: [] };
  const handler = (event) => {
    event.preventDefault();
    heard.page.push(event.error.message);
  };
  device.onuncapturederror = handler;
  const gpu = await api.open({ device, onError: (error) => heard.module.push(error) });
  ok(device.onuncapturederror === handler, "the page's handler stays");
  device.createBuffer({ label: "no such usage", size: 4, usage: 1 << 20 });
  await device.queue.onSubmittedWorkDone();
  await new Promise((resolve) => setTimeout(resolve, 20));
  same([heard.page.length, heard.module.length], [1, 1], "both hear");
  ok(heard.module[0] instanceof api.GPUBufferError && heard.module[0].cause instanceof GPUError, "a typed error with the browser's as cause");
  gpu.destroy();
  ok(device.onuncapturederror === handler, "and stays afterwards");
  device.destroy();
};

export const lostOnce = async () => {
  for (const end of ["destroy", "device"]) {
    const gpu = await api.open();
    const { lost, device } = gpu;
    if (end === "destroy") gpu.destroy();
    device.destroy();
    gpu.destroy();
    const how = await lost;
    same([Object.keys(how), how.reason, typeof how.message], [["reason", "message"], "destroyed", "string"], end);
    ok(gpu.lost === lost, `${end}: the same promise`);
    same(await gpu.lost, how, `${end}: nothing changes it`);
  }
};

/** What the module needs of its buffers is added to the usages asked for, and nothing else. */
export const usagesThatAreAdded = () =>
  withSystem((gpu) => {
    const dynamic = gpu.createDynamicBuffer({ size: 256, usage: UNIFORM });
    gpu.frame();
    dynamic.update(4);
    same(gpu.createDeviceBuffer({ size: 5, usage: VERTEX }).gpuBuffer.usage, VERTEX | COPY_SRC | COPY_DST, "DeviceBuffer");
    same(dynamic.gpuBuffer.usage, UNIFORM | COPY_DST, "DynamicBuffer");
    same(gpu.createMappableBuffer({ size: 4, usage: MAP_READ }).gpuBuffer.usage, MAP_READ, "MappableBuffer");
  });

// --- data

/** Data that is changed as soon as the call has returned was copied before. */
export const dataIsCopied = () =>
  withSystem(async (gpu) => {
    for (const size of [256, 1 * MiB, 9 * MiB]) {
      const data = pattern(size), want = data.slice();
      const call = async (name, f) => {
        data.set(want);
        const b = buffer(gpu, size);
        const frame = await gpu.nextFrame();
        await f(b, frame, () => data.fill(0));
        frame.submit();
        sameBytes(await contents(gpu, b), want, `${name} of ${size} bytes`);
        b.destroy();
      };
      await call("write", (b, _, change) => (b.write(0, data), change()));
      await call("staging", (b, frame, change) => {
        const staging = gpu.createImmediateStagingBuffer({ size });
        staging.write(data.subarray(0, size / 2));
        staging.writeAt(size / 2, data.subarray(size / 2));
        change();
        staging.uploadTo(frame.encoder, b);
      });
      await call("dynamic", (b, frame, change) => {
        const dynamic = gpu.createDynamicBuffer({ size, usage: UNIFORM | COPY_SRC });
        const offset = dynamic.write(data);
        change();
        frame.encoder.copyBufferToBuffer(dynamic.gpuBuffer, offset, b.gpuBuffer, 0, size);
      });
    }
  });

/** Of memory that has more, only what was named is written, and nothing beside it. */
export const neighboursOfAWrite = async () => {
  const memory = pattern(24 * MiB, 3), margin = 4 * MiB;
  const ways = {
    write: (b, at, size) => b.write(margin, memory, at, size),
    "write of a view": (b, at, size) => b.write(margin, memory.subarray(at, at + size)),
    upload: (b, at, size) => b.upload(margin, memory.subarray(at, at + size)),
    "upload with options": (b, at, size) => b.upload(margin, memory.subarray(at, at + size), {}),
  };
  const paths = ["queue write", "mapped ring, 2 MiB chunks", "mapped ring, 4 MiB chunks"];
  for (const best of paths) {
    await withSystem(async (gpu) => {
      const rates = [256 * KiB, MiB, 4 * MiB, 16 * MiB].flatMap((size) => paths.map((path) => ({ operation: "upload", path, size, bytesPerSecond: path === best ? 1e12 : 1e6 })));
      gpu.loadCalibration({ version: 1, copyCost: 0, rates });
      for (const size of [8, 256 * KiB, 5 * MiB + 4, 9 * MiB]) {
        for (const [name, move] of Object.entries(ways)) {
          const b = buffer(gpu, size + 2 * margin);
          for (let at = 0; at < b.size; at += margin) b.write(at, filled(Math.min(margin, b.size - at), 9)); // each in one piece
          await move(b, 1000, size);
          const got = bytesOf(await contents(gpu, b)), what = `${name} of ${size} bytes, best by ${best}`;
          sameBytes(got.subarray(margin, margin + size), memory.subarray(1000, 1000 + size), what);
          ok(got.subarray(0, margin).every((byte) => byte === 9), `${what}: before it`);
          ok(got.subarray(margin + size).every((byte) => byte === 9), `${what}: behind it`);
          b.destroy();
        }
      }
    });
  }
};

/** What an upload that fails has not brought is as it was. */
export const partsOfAnUpload = () =>
  withSystem(async (gpu) => {
    const size = 3 * MiB, b = buffer(gpu, size, 1);
    let pieces = 0;
    const source = new ReadableStream({
      pull(controller) {
        if (++pieces > 4) controller.error(new Error("torn"));
        else controller.enqueue(filled(500000, 2));
      },
    });
    const error = await b.upload(0, source).then(() => undefined, (e) => e);
    same(error?.message, "torn", "the source's own error");
    ok((await contents(gpu, b)).every((byte) => byte === 1 || byte === 2), "old bytes or new");
  });

/** A source that is given up is cancelled, with the reason, and unlocked. */
export const sourcesAreCancelled = () =>
  withSystem(async (gpu) => {
    const targets = {
      upload: (stream, signal) => buffer(gpu, 1024).upload(0, stream, { signal }),
      readFrom: (stream, signal) => gpu.createImmediateStagingBuffer({ size: 1024 }).readFrom(stream, { signal }),
    };
    for (const [name, take] of Object.entries(targets)) {
      for (const way of ["too long", "aborted"]) {
        const cancelled = [], controller = new AbortController();
        const stream = new ReadableStream({
          pull(c) {
            c.enqueue(filled(512, 1));
            if (way === "aborted") controller.abort(new Error("enough"));
          },
          cancel: (reason) => void cancelled.push(reason),
        });
        const error = await take(stream, controller.signal).then(() => undefined, (e) => e);
        ok(error instanceof Error, `${name}, ${way}: rejects`);
        same([cancelled.length, cancelled[0] === error, stream.locked], [1, true, false], `${name}, ${way}: cancelled, with the error, unlocked`);
      }
    }
  });

/** A size that is expected binds nobody. */
export const expectedSizes = () =>
  withSystem(async (gpu) => {
    for (const size of [undefined, 0, 4, 2 * MiB, 64 * MiB]) {
      const b = buffer(gpu, MiB, 1);
      const stream = new Blob([filled(MiB, 7)]).stream();
      same(await b.upload(0, stream, size === undefined ? {} : { size }), MiB, `expected ${size}: bytes`);
      ok((await contents(gpu, b)).every((byte) => byte === 7), `expected ${size}: all arrive`);
    }
  });

/** No call leaves a listener with a signal, however it ends. */
export const listenersOfSignals = () =>
  withSystem(async (gpu) => {
    const b = buffer(gpu, MiB, 1), readback = gpu.createReadbackBuffer();
    const staging = () => gpu.createImmediateStagingBuffer({ size: 16 });
    const torn = () => new ReadableStream({ pull: (controller) => controller.error(new Error("torn")) });
    const uses = {
      upload: (signal) => b.upload(0, filled(MiB, 2), { signal }),
      "upload of a stream": (signal) => b.upload(0, new Blob([filled(MiB, 2)]).stream(), { signal }),
      "upload that fails": (signal) => b.upload(0, torn(), { signal }),
      readFrom: (signal) => staging().readFrom(new Blob([filled(16, 1)]), { signal }),
      "readFrom that fails": (signal) => staging().readFrom(torn(), { signal }),
      read: (signal) => readback.read(b, 0, 4, { signal }),
      "long read": (signal) => readback.read(b, 0, MiB, { signal }),
      "read that is refused": (signal) => readback.read(b, 1, 3, { signal }),
    };
    for (const [name, use] of Object.entries(uses)) {
      const { signal } = new AbortController();
      let listening = 0;
      signal.addEventListener = function (...args) { listening++; return EventTarget.prototype.addEventListener.apply(this, args); };
      signal.removeEventListener = function (...args) { listening--; return EventTarget.prototype.removeEventListener.apply(this, args); };
      await use(signal).catch(() => {});
      same(listening, 0, `${name}: listeners`);
    }
  });

// --- frames

/** Commands may come in anything that can be iterated over, once. */
export const iterablesOfCommands = () =>
  withSystem(async (gpu) => {
    const from = [1, 2, 3].map((value) => buffer(gpu, 4, value));
    const copy = (i, to) => {
      const encoder = gpu.device.createCommandEncoder();
      encoder.copyBufferToBuffer(from[i].gpuBuffer, 0, to.gpuBuffer, 4 * i, 4);
      return i === 1 ? encoder.finish() : encoder;
    };
    const forms = {
      array: (all) => all,
      set: (all) => new Set(all),
      *generator(all) { yield* all; },
      iterator: (all) => all.values(),
      "own iterable": (all) => ({ [Symbol.iterator]: () => all.values() }),
    };
    for (const [name, form] of Object.entries(forms)) {
      for (const sender of ["system", "frame"]) {
        const to = buffer(gpu, 12);
        const submitter = sender === "frame" ? await gpu.nextFrame() : gpu;
        submitter.submit(form([0, 1, 2].map((i) => copy(i, to))));
        same([...await contents(gpu, to)], [1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3], `${name} to a ${sender}`);
      }
    }
  });

/** So many elements are looked at, and one more is too many. */
export const theMostElementsOfAList = () =>
  withSystem((gpu) => {
    const most = 65536, nothings = (n) => new Array(n).fill({});
    const frame = gpu.frame();
    const takers = { submit: (list) => gpu.submit(list), "submit of a frame": (list) => frame.submit(list) };
    for (const [name, take] of Object.entries(takers)) {
      throws("type", () => take(nothings(most)), `${name} of ${most}`);
      throws("range", () => take(nothings(most + 1)), `${name} of one more`);
    }
  });

export const orderOfAFrame = () =>
  withSystem(async (gpu) => {
    const [one, x, y] = [buffer(gpu, 4, 1), buffer(gpu, 4, 9), buffer(gpu, 4, 9)];
    const readback = gpu.createReadbackBuffer();
    const frame = gpu.frame();
    const reads = [readback.read(x), readback.read(y)]; // sent last all the same
    const [first, second] = [0, 1].map(() => gpu.device.createCommandEncoder());
    second.clearBuffer(x.gpuBuffer);
    first.copyBufferToBuffer(x.gpuBuffer, 0, y.gpuBuffer, 0, 4);
    frame.encoder.copyBufferToBuffer(one.gpuBuffer, 0, x.gpuBuffer, 0, 4);
    frame.submit([first, second.finish()]);
    same((await Promise.all(reads)).map((r) => bytesOf(r)[0]), [0, 1], "x and y: encoder, first, second, reads");
  });

/** A submit that throws has done nothing, and the frame goes on. */
export const submitsThatThrow = () =>
  withSystem(async (gpu) => {
    const [one, x] = [buffer(gpu, 4, 1), buffer(gpu, 4, 9)];
    const dynamic = gpu.createDynamicBuffer({ size: 256, usage: UNIFORM | COPY_SRC });
    const gone = buffer(gpu, 4, 1);
    const frame = gpu.frame();
    frame.encoder.copyBufferToBuffer(one.gpuBuffer, 0, x.gpuBuffer, 0, 4);
    const read = gpu.createReadbackBuffer().read(x);
    const at = dynamic.write(filled(4, 5));
    const { submits } = gpu.stats();
    throws("type", () => frame.submit([{}]), "no command buffer");
    throws("type", () => frame.submit(3), "nothing to iterate over");
    frame.use(gone);
    gone.destroy();
    throws("destroyed", () => frame.submit(), "a buffer that is destroyed");
    same(gpu.stats().submits, submits, "submits");
    frame.discard();
    same(bytesOf(await read)[0], 9, "the copy was not sent");

    const disposed = gpu.frame();
    throws("type", () => disposed.submit([null]), "no command buffer");
    throws("type", () => disposed.submit([{}]), "an object");
    disposed[Symbol.dispose ?? Symbol.for("Symbol.dispose")]();

    const next = gpu.frame();
    throws("type", () => next.submit([null]), "no command buffer");
    const again = dynamic.write(filled(4, 6));
    next.encoder.copyBufferToBuffer(dynamic.gpuBuffer, again, x.gpuBuffer, 0, 4);
    next.submit();
    same([at >= 0, (await contents(gpu, x))[0]], [true, 6], "the frame that went on");
  });

export const readsOfAFrameShareAMap = () =>
  withSystem(async (gpu) => {
    const all = Array.from({ length: 10 }, (_, i) => buffer(gpu, 256, i));
    await contents(gpu, all[0]);
    const { mapLatency } = gpu.stats();
    const frame = gpu.frame(), got = [];
    for (const readback of [gpu.createReadbackBuffer(), gpu.createReadbackBuffer()]) for (const b of all) got.push(readback.read(b));
    frame.submit();
    same((await Promise.all(got)).map((r) => bytesOf(r)[255]), [...all.keys(), ...all.keys()], "bytes");
    same(gpu.stats().mapLatency.count - mapLatency.count, 1, "maps");
  });

/** Of reads with the policy "latest" so many are with the GPU, which have their bytes, and of those that wait only the newest. */
export const latestReads = async () => {
  for (const maxInFlight of [undefined, 1, 3]) {
    await withSystem(async (gpu) => {
      const b = buffer(gpu, 4), readback = gpu.createReadbackBuffer({ policy: "latest", maxInFlight });
      const other = gpu.createReadbackBuffer(), reads = [], others = [];
      for (let i = 1; i <= 8; i++) { // within a task, in which nothing is heard of the GPU
        b.write(0, filled(4, i));
        others.push(other.read(b).then((read) => bytesOf(read)[0]));
        reads.push(readback.read(b).then((read) => bytesOf(read)[0], (error) => error.code));
        gpu.submit();
      }
      const flying = maxInFlight ?? 2;
      same(await Promise.all(reads), [1, 2, 3, 4, 5, 6, 7, 8].map((i) => (i <= flying || i === 8 ? i : "stale")), `${maxInFlight} in flight`);
      same(await Promise.all(others), [1, 2, 3, 4, 5, 6, 7, 8], "reads of another ReadbackBuffer");
    });
  }
};

/** Statistics are those of the moment. */
export const statisticsAtOnce = () =>
  withSystem(async (gpu) => {
    const b = buffer(gpu, 4096);
    const before = gpu.stats();
    b.write(0, filled(4096, 1));
    same(gpu.stats().bytesUp - before.bytesUp, 4096, "a write");
    b.write(0, filled(256, 1));
    same(gpu.stats().bytesUp - before.bytesUp, 4352, "the next");
    gpu.submit();
    same(gpu.stats().submits - before.submits, 1, "a submit");
    await gpu.createReadbackBuffer().read(b, 0, 64);
    same(gpu.stats().bytesDown - before.bytesDown, 64, "a read");
    const { count, bytes } = gpu.stats().kinds.DeviceBuffer;
    b.destroy();
    same([gpu.stats().kinds.DeviceBuffer.count, gpu.stats().kinds.DeviceBuffer.bytes], [count - 1, bytes - 4096], "a destroy");
  });

// --- the end

/** destroy and dispose can be called again and again, in every state, in any order. */
export const destroyedAgain = async () => {
  const dispose = Symbol.dispose ?? Symbol.for("Symbol.dispose");
  const states = {
    "fresh": () => {},
    "in use": (gpu, all) => {
      const frame = gpu.frame();
      all.staging.write(filled(4, 1));
      all.staging.uploadTo(frame.encoder, all.buffer);
      frame.submit();
    },
    "pending": (_, all) => ["mappable", "deferred"].map((name) => (name === "mappable" ? all.mappable.mapAsync(GPUMapMode.READ) : all.deferred.mapAsync()).catch(() => {})),
    "mapped": async (_, all) => void (await all.mappable.mapAsync(GPUMapMode.READ), await all.deferred.mapAsync()),
    "asked for": (_, all) => [all.buffer.gpuBuffer, all.mappable.gpuBuffer, all.dynamic.gpuBuffer],
    "of a destroyed system": (gpu) => gpu.destroy(),
    "of a lost device": async (gpu) => (gpu.device.destroy(), gpu.lost),
  };
  for (const [state, enter] of Object.entries(states)) {
    for (const ends of [["destroy", "destroy", dispose], [dispose, dispose, "destroy"]]) {
      const gpu = await api.open();
      const all = makeAll(gpu);
      await enter(gpu, all);
      for (const [name, object] of Object.entries({ ...all, system: gpu })) {
        for (const end of ends) same(object[end](), undefined, `${name}, ${state}: ${String(end)}`);
        if (name !== "system" && object.state !== undefined) same(object.state, "destroyed", `${name}, ${state}`);
      }
      if (state === "fresh") await rejects("destroyed", async () => gpu.stats(), "a system that is destroyed");
    }
  }
};

// --- what was measured

export const calibrationsAtATime = () =>
  withSystem(async (gpu) => {
    const first = gpu.calibrate();
    await rejects("busy", () => gpu.calibrate(), "while an earlier one measures");
    await first;
    await gpu.calibrate();
  });

/** A rate is for transfers from its size on. */
export const sizesOfRates = () =>
  withSystem(async (gpu) => {
    same(gpu.calibration().copyCost, 0, "the cost of a copy that was not measured");
    const path = gpu.explain("upload", 64 * MiB).path;
    gpu.loadCalibration({ version: 1, copyCost: 0, rates: [{ operation: "upload", path, size: 4 * MiB, bytesPerSecond: 123456789 }] });
    const [rate, burst, ...others] = gpu.calibration().rates;
    same([rate.operation, rate.path, rate.bytesPerSecond, others], ["upload", path, 123456789, []], "the rate");
    same(burst, { ...rate, operation: "burst" }, "where bursts were not told apart, their rate is the same");
    for (const size of [rate.size, 2 * rate.size]) same(gpu.explain("upload", size).bytesPerSecond, 123456789, `a transfer of ${size} bytes`);
    await gpu.calibrate();
    for (const { size, bytesPerSecond } of gpu.calibration().rates) {
      ok([64 * KiB, 256 * KiB, MiB, 4 * MiB, 16 * MiB, 64 * MiB].includes(size) && bytesPerSecond > 0, `${bytesPerSecond} from ${size} bytes on`);
    }
  });

/** Small transfers go by queue writes, whatever is known of larger ones. */
export const smallTransfers = () =>
  withSystem(async (gpu) => {
    const fastest = { upload: "mapped ring, 2 MiB chunks", flush: "mapped chunk, filled in place" }, least = { upload: 256 * KiB, flush: 128 * KiB };
    const rates = Object.entries(fastest).flatMap(([operation, best]) => [[best, 1e10], ["queue write", 1e6]].map(([path, bytesPerSecond]) => ({ operation, path, size: 256 * KiB, bytesPerSecond })));
    gpu.loadCalibration({ version: 1, copyCost: 0, rates });
    for (const [operation, path] of Object.entries(fastest)) {
      same(gpu.explain(operation, least[operation] - 4).path, "queue write", `${operation} of little`);
      same(gpu.explain(operation, 2 * least[operation]).path, path, `${operation} of more`);
    }
  });
