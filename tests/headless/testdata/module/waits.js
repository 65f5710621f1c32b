// Whatever waits comes to an end, and says what has ended it.
import { COPY_DST, STORAGE, api, bytesOf, contents, ok, pattern, same, sameBytes, throws, typed } from "./check.js";

const budget = 8 << 20;
const ring = { version: 1, copyCost: 0, rates: ratesOf("mapped ring, 2 MiB chunks") };

/** Rates by which uploads of every size take a path. */
function ratesOf(best) {
  const rates = [];
  for (let size = 256 << 10; size <= 64 << 20; size *= 4) {
    for (const path of ["queue write", "mapped ring, 2 MiB chunks", "mapped ring, 4 MiB chunks"]) {
      rates.push({ operation: "upload", path, size, bytesPerSecond: path === best ? 1e12 : 1e6 });
    }
  }
  return rates;
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** The error that a promise rejects with; it is a failure of the test if it does not settle. */
async function errorOf(promise, what) {
  const late = sleep(10_000).then(() => "nothing in ten seconds");
  const error = await Promise.race([promise.then((value) => `the value ${value}`, (error) => error), late]);
  ok(typeof error !== "string", `${what}: got ${error}, want an error`);
  return error;
}

/** A stream that delivers some bytes, and then nothing. */
function stalled(bytes) {
  const seen = { stream: undefined, cancelled: undefined };
  seen.stream = new ReadableStream({
    start: (controller) => bytes > 0 && controller.enqueue(new Uint8Array(bytes)),
    pull: () => new Promise(() => {}),
    cancel: (reason) => void (seen.cancelled = reason),
  });
  return seen;
}

/** Takes the whole budget, until what it returns is destroyed, or dropped and collected. */
function hold(gpu) {
  const holder = gpu.createImmediateStagingBuffer({ label: "holder", size: budget });
  holder.write(new Uint8Array(4));
  return holder;
}

function streaming(bytes, begin) {
  return (gpu) => {
    const seen = stalled(bytes);
    return { ...begin(gpu, seen.stream), seen };
  };
}

function uploading(gpu, source, options) {
  const owner = gpu.createDeviceBuffer({ label: "owner", size: 16 << 20, usage: STORAGE });
  return { owner, promise: owner.upload(0, source, options) };
}

/**
 * What can wait: { promise, owner, seen, holder } of a system that has nothing else. Without an owner it waits for the
 * system's sake; a holder has the memory that it waits for.
 */
const waits = {
  "an upload of a stream that never delivers": streaming(0, uploading),
  "an upload of a stream that stalls": streaming(100, uploading),
  "an upload of a stream that stalls along a ring": streaming(3 << 20, (gpu, stream) => {
    gpu.loadCalibration(ring);
    return uploading(gpu, stream);
  }),
  "readFrom": streaming(100, (gpu, stream) => {
    const owner = gpu.createImmediateStagingBuffer({ label: "owner", size: 4096 });
    return { owner, promise: owner.readFrom(stream) };
  }),
  "an upload of bytes, for memory": (gpu) => {
    gpu.loadCalibration(ring);
    return { holder: hold(gpu), ...uploading(gpu, new Uint8Array(1 << 20)) };
  },
  "an upload of bytes with options, for memory": (gpu) => {
    gpu.loadCalibration(ring);
    return { holder: hold(gpu), ...uploading(gpu, new Uint8Array(1 << 20), {}) };
  },
  "an upload of a blob, for memory": (gpu) => {
    gpu.loadCalibration(ring);
    return { holder: hold(gpu), ...uploading(gpu, new Blob([new Uint8Array(1 << 20)])) };
  },
  "mapAsync, for memory": (gpu) => {
    const holder = hold(gpu);
    const owner = gpu.createDeferredStagingBuffer({ label: "owner", size: 4096 });
    return { holder, owner, promise: owner.mapAsync(), code: "map-aborted" };
  },
  "nextFrame": (gpu) => {
    gpu.frame().submit();
    return { promise: gpu.nextFrame() };
  },
  "calibrate": (gpu) => ({ promise: gpu.calibrate() }),
};

const enders = {
  "its owner is destroyed": (gpu, { owner }) => owner.destroy(),
  "the system is destroyed": (gpu) => gpu.destroy(),
  "the device is lost": (gpu) => gpu.device.destroy(),
};

async function ends(wait, ender, later) {
  const gpu = await api.open({ budget, maxFramesInFlight: 1 });
  try {
    const what = `${wait}; ${ender}${later ? ", later" : ""}`;
    const waiting = waits[wait](gpu);
    if (later || waiting.seen) await sleep(20); // what a stream delivers at once was taken
    enders[ender](gpu, waiting);
    const code = ender === "the device is lost" ? "device-lost" : ender === "its owner is destroyed" ? (waiting.code ?? "destroyed") : "destroyed";
    const error = typed(await errorOf(waiting.promise, what), code, what, waiting.owner ? "owner" : "");
    ok(!error.message.includes("canceled"), `${what}: says "${error.message}", and nobody has cancelled anything`);
    waiting.holder?.destroy(); // and not before, by the page's collector
    if (waiting.seen) same([waiting.seen.cancelled === error, waiting.seen.stream.locked], [true, false], `${what}: the stream is cancelled and unlocked`);
  } finally {
    gpu.destroy();
  }
}

export const everyWaitEnds = async () => {
  for (const wait of Object.keys(waits)) {
    const withoutOwner = ["nextFrame", "calibrate"].includes(wait);
    for (const ender of Object.keys(enders)) {
      if (withoutOwner && ender === "its owner is destroyed") continue;
      await ends(wait, ender, false);
      if (!withoutOwner) await ends(wait, ender, true); // these may be over by then
    }
  }
};

export const openingEndsWithItsDevice = async () => {
  for (const delay of [undefined, 0, 5]) {
    const device = await (await navigator.gpu.requestAdapter()).requestDevice();
    const opening = api.open({ device, calibration: true });
    if (delay !== undefined) await sleep(delay);
    device.destroy();
    const opened = await Promise.race([opening.then((gpu) => gpu, (error) => error), sleep(10_000)]);
    typed(opened, "device-lost", `open, and the device is destroyed after ${delay} ms`);
  }
};

/** A map that was given up never resolves, though its memory was there at once. */
export const aMapThatIsGivenUpRejects = async () => {
  const codes = { unmap: "map-aborted", destroy: "map-aborted" };
  for (const [giveUp, code] of Object.entries(codes)) {
    const gpu = await api.open();
    const d = gpu.createDeferredStagingBuffer({ label: "d", size: 64 });
    const mapped = d.mapAsync();
    d[giveUp]();
    typed(await errorOf(mapped, giveUp), code, giveUp, "d");
    gpu.destroy();
  }
  const gpu = await api.open();
  const mapped = gpu.createDeferredStagingBuffer({ label: "d", size: 64 }).mapAsync();
  gpu.destroy();
  typed(await errorOf(mapped, "gpu.destroy"), "destroyed", "gpu.destroy", "d");
};

export const aMapThatWasHeardOfIsTheirs = async () => {
  const gpu = await api.open();
  const d = gpu.createDeferredStagingBuffer({ size: 64 });
  for (let i = 0; i < 3; i++) {
    await d.mapAsync();
    d.write(new Uint8Array(4));
    d.unmap();
    throws("not-mapped", () => d.unmap(), "unmapped twice");
  }
  const again = d.mapAsync();
  d.unmap();
  const third = d.mapAsync();
  typed(await errorOf(again, "the first of two"), "map-aborted", "the first of two");
  await third;
  gpu.destroy();
};

/** What each call does for which the budget has no room. */
export const policies = async () => {
  for (const onBudget of ["wait", "fail", "fallback"]) {
    const gpu = await api.open({ budget, onBudget });
    gpu.loadCalibration(ring);
    const bytes = pattern(3 << 20);
    const b = gpu.createDeviceBuffer({ label: "b", size: bytes.length, usage: STORAGE });
    const code = (promise) => promise.then((value) => value, (error) => error.code);
    let holder = hold(gpu);
    for (const [name, source] of Object.entries({ bytes, blob: new Blob([bytes]) })) {
      const uploaded = code(b.upload(0, source));
      if (onBudget === "wait") {
        same(await Promise.race([uploaded, sleep(50)]), undefined, `${name} waits`);
        holder.destroy();
      }
      same(await uploaded, onBudget === "fail" ? "budget" : bytes.length, `${name} under ${onBudget}`);
      holder.destroy();
      if (onBudget !== "fail") sameBytes(await contents(gpu, b), bytes, `${name} under ${onBudget}`);
      gpu.trim();
      holder = hold(gpu);
    }
    ok(gpu.explain("upload", bytes.length).path.startsWith("mapped ring"), "a ring that lacked memory does not hang");
    if (onBudget !== "wait") {
      for (const create of [() => gpu.createImmediateStagingBuffer({ size: 64 }), () => gpu.createMappableBuffer({ size: 64, usage: 2 | 4 })]) {
        const error = throws("budget", create, `${create} under ${onBudget}`);
        ok(!error.message.includes("canceled"), error.message);
      }
      same(await code(gpu.createDeferredStagingBuffer({ size: 64 }).mapAsync()), "budget", `mapAsync under ${onBudget}`);
    }
    const never = await code(gpu.createDeferredStagingBuffer({ size: budget + 4 }).mapAsync());
    same(never, "budget", `what can never fit, under ${onBudget}`);
    holder.destroy();
    gpu.destroy();
  }
};

/** The table of onBudget in the types, but for uploads, which policies is about; each call finds the whole budget taken. */
export const callsWithoutMemory = async () => {
  const bytes = pattern(64), usage = GPUBufferUsage.MAP_READ | COPY_DST;
  const calls = {
    mapAsync: [["waits", "budget", "budget"], async (_, { deferred }) => void (await deferred.mapAsync())],
    createImmediateStagingBuffer: [["budget", "budget", "budget"], async (gpu) => void gpu.createImmediateStagingBuffer({ size: 64 })],
    reset: [["budget", "budget", "budget"], async (_, { staging }) => void staging.reset()],
    createMappableBuffer: [["budget", "budget", "budget"], async (gpu) => void gpu.createMappableBuffer({ size: 64, usage })],
    read: [["waits", "budget", "budget"], async (_, { readback, b }) => sameBytes(await readback.read(b), bytes, "read")],
    readTexture: [["waits", "budget", "budget"], async (_, { readback, texture }) => same((await readback.readTexture({ texture })).byteLength, 64, "texels")],
    write: [["done", "done", "done"], async (_, { b }) => b.write(0, bytes)],
    "the updates of a frame": [["done", "done", "done"], async (gpu, { dynamic }) => {
      const frame = gpu.frame();
      dynamic.write(bytes);
      frame.submit();
    }],
  };
  for (const [i, onBudget] of ["wait", "fail", "fallback"].entries()) {
    for (const [name, [outcomes, call]] of Object.entries(calls)) {
      const gpu = await api.open({ budget, onBudget });
      const made = {
        b: gpu.createDeviceBuffer({ size: 64, usage: STORAGE }),
        texture: gpu.device.createTexture({ size: [4, 4], format: "rgba8unorm", usage: GPUTextureUsage.COPY_SRC }),
        staging: gpu.createImmediateStagingBuffer({ size: 64 }),
        deferred: gpu.createDeferredStagingBuffer({ size: 64 }),
        readback: gpu.createReadbackBuffer(),
        dynamic: gpu.createDynamicBuffer({ size: 1024, usage: GPUBufferUsage.UNIFORM }),
      };
      made.b.write(0, bytes);
      const encoder = gpu.device.createCommandEncoder();
      made.staging.uploadTo(encoder, made.b);
      gpu.submit([encoder]);
      await gpu.device.queue.onSubmittedWorkDone();
      gpu.trim();
      const holder = hold(gpu);
      const outcome = call(gpu, made).then(() => "done", (error) => error.code ?? error);
      const got = await Promise.race([outcome, sleep(50).then(() => "waits")]);
      same(String(got), outcomes[i], `${name} under ${onBudget}`);
      holder.destroy();
      if (got === "waits") same(await outcome, "done", `${name} under ${onBudget}, once there is memory`);
      gpu.destroy();
    }
  }
};

export const aWriteNeverWaits = async () => {
  for (const onBudget of ["wait", "fail", "fallback"]) {
    const gpu = await api.open({ budget, onBudget });
    gpu.loadCalibration(ring);
    const bytes = pattern(3 << 20);
    const b = gpu.createDeviceBuffer({ size: bytes.length, usage: STORAGE });
    const holder = hold(gpu);
    b.write(0, bytes);
    holder.destroy();
    sameBytes(bytesOf(await contents(gpu, b)), bytes, onBudget);
    gpu.destroy();
  }
};

export const aFrameThatIsRefusedSaysHowMany = async () => {
  const gpu = await api.open({ maxFramesInFlight: 2 });
  for (let i = 0; i < 2; i++) gpu.frame().submit();
  const error = throws("busy", () => gpu.frame(), "a third frame");
  ok(/which is 2$/.test(error.message), error.message);
  gpu.destroy();
};

export const aReadThatWaitsForAnOpenFrameIsLogged = async () => {
  let logged;
  const told = new Promise((resolve) => (logged = resolve));
  const gpu = await api.open({ onLog: (record) => record.message.includes("frame that is open") && logged(record) });
  const b = gpu.createDeviceBuffer({ size: 64, usage: STORAGE });
  const frame = gpu.frame();
  const read = gpu.createReadbackBuffer().read(b);
  const record = await Promise.race([told, sleep(10_000)]);
  same(record?.level, "warn", "the log");
  frame.submit();
  same((await read).byteLength, 64, "and the read works");
  gpu.destroy();
};
