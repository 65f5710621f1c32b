import { badValues } from "./bad.js";
import { STORAGE, UNIFORM, api, contents, ok, pattern, rejects, same, sameBytes, takePath, throws, typed, withSystem } from "./check.js";

const MiB = 1 << 20;
const key = (name) => name.startsWith("gpubuffers calibration");
const kept = () => Object.keys(localStorage).filter(key);

/** What explain says of a buffer is what a write to it does: copies into it change that. */
export const explainedOfABuffer = () =>
  withSystem(async (gpu) => {
    const size = 8 * MiB;
    takePath(gpu, ["queue write", "mapped ring, 2 MiB chunks", "queue write where copies went"], "queue write");
    const data = pattern(size);
    const chunks = () => gpu.stats().uploads.hits + gpu.stats().uploads.misses;
    const b = gpu.createDeviceBuffer({ size, usage: STORAGE });
    for (const copied of [false, true]) {
      if (copied) {
        const staging = gpu.createImmediateStagingBuffer({ size: 16 });
        staging.write(pattern(16));
        const frame = gpu.frame();
        staging.uploadTo(frame.encoder, b);
        frame.submit();
        gpu.loadCalibration({ version: 1, copyCost: 0, rates: [4, 16, 64].map((n) => ({ operation: "upload", path: "mapped ring, 2 MiB chunks", size: n * MiB, bytesPerSecond: 1e9 })) });
      }
      await gpu.device.queue.onSubmittedWorkDone();
      const { path } = gpu.explain("upload", size, b);
      same(path.startsWith("mapped"), copied, `${path}: copied ${copied}`);
      const before = chunks();
      b.write(0, data);
      same(chunks() > before, copied, `${path}: it took chunks`);
    }
    same(gpu.explain("upload", size).path, "queue write", "of a new buffer");
  });

/** Runs test with what it needs of localStorage, and leaves none behind. */
async function withStorage(test) {
  kept().forEach((name) => localStorage.removeItem(name));
  try {
    await test();
  } finally {
    kept().forEach((name) => localStorage.removeItem(name));
  }
}

export const explained = () =>
  withSystem(async (gpu) => {
    const before = gpu.explain("upload", 16 * MiB);
    same([before.operation, before.size, before.alternatives, before.bytesPerSecond], ["upload", 16 * MiB, [], 0], "before anything was measured");
    ok(before.reason !== "" && before.path !== "" && before.copies > 0, "reason, path and copies");
    await gpu.calibrate();
    const after = gpu.explain("upload", MiB);
    ok(after.bytesPerSecond > 0, `a rate is known: ${JSON.stringify(after)}`);
    same(JSON.parse(JSON.stringify(after)), after, "plain data");
    for (const operation of ["upload", "flush", "readback", "burst", "frame"]) same(gpu.explain(operation, 1000).operation, operation, "operation");
    const copied = gpu.createDeviceBuffer({ size: 64, usage: STORAGE });
    const updates = gpu.createDynamicBuffer({ size: 256, usage: UNIFORM });
    for (const buffer of [undefined, copied, updates]) same(gpu.explain("upload", MiB, buffer).size, MiB, "of a buffer");
    const readback = gpu.createReadbackBuffer();
    for (const buffer of [null, 4, {}, readback, copied.gpuBuffer]) throws("type", () => gpu.explain("upload", 4, buffer), `of ${buffer}`);
    for (const buffer of [copied, updates, readback]) buffer.destroy();
    for (const operation of [undefined, "", "download", 3, {}]) throws("type", () => gpu.explain(operation, 4), String(operation));
    for (const [size, code] of [[undefined, "type"], [-1, "range"], [1.5, "type"], ["4", "type"]]) throws(code, () => gpu.explain("upload", size), String(size));
    const { kinds } = gpu.stats();
    same([kinds.DeviceBuffer.count, kinds.ReadbackBuffer.count], [0, 0], "the buffers of the calibration are gone");
  });

export const savedAndLoaded = () =>
  withSystem(async (gpu) => {
    await gpu.calibrate();
    const saved = JSON.parse(JSON.stringify(gpu.calibration()));
    ok(saved.rates.length > 0, "something was measured");
    const other = await api.open({ calibration: saved });
    for (const operation of ["upload", "readback"]) same(other.explain(operation, MiB).path, gpu.explain(operation, MiB).path, `path of ${operation}`);
    same(other.calibration().rates.length, saved.rates.length, "rates");
    ok(Math.abs(other.calibration().copyCost - saved.copyCost) < 1e-5, "the cost of a copy");
    other.destroy();
    await throwsNothing(() => gpu.loadCalibration({ version: 1, copyCost: 0, rates: [] }));
  });

/** Making memory takes longer than any path: reads that do say nothing of one. */
export const newMemoryTellsNothing = () =>
  withSystem(async (gpu) => {
    const size = 16 * MiB;
    const b = gpu.createDeviceBuffer({ size, usage: STORAGE });
    b.write(0, new Uint8Array(size));
    const reader = gpu.createReadbackBuffer();
    const rate = { operation: "readback", path: "mapped ring, 4 MiB chunks", size, bytesPerSecond: 1 };
    gpu.loadCalibration({ version: 1, copyCost: 0, rates: [rate] });
    const known = () => gpu.calibration().rates.filter(({ operation }) => operation === "readback");
    for (let i = 0; i < 24; i++) await reader.read(b, 0, size);
    same(known(), [rate], "into new memory");
    const into = new Uint8Array(size);
    for (let i = 0; i < 24; i++) await reader.read(b, 0, size, { into });
    ok(known().length > 1, "into memory of the caller's");
  });

/** What a call by numbers starts goes on, though nothing else is called. */
export const learnedFromFramesAlone = async () => {
  const { writeBuffer } = GPUQueue.prototype;
  let written = 0;
  GPUQueue.prototype.writeBuffer = function (...args) {
    written++;
    return writeBuffer.apply(this, args);
  };
  try {
    const gpu = await api.open({ wasm: "/gpubuffers.wasm?counted" }); // which looks for the function when it is needed
    const dynamic = gpu.createDynamicBuffer({ size: MiB, usage: STORAGE });
    const frame = await gpu.nextFrame();
    dynamic.update(MiB);
    frame.submit();
    await new Promise((resolve) => setTimeout(resolve));
    for (const before = written; written === before; ) await new Promise((resolve) => setTimeout(resolve, 10));
    gpu.destroy();
  } finally {
    GPUQueue.prototype.writeBuffer = writeBuffer;
  }
};

/** While the paths are measured, what the page itself writes to the same queue arrives whole, and the last of it. */
export const ownWritesMeanwhile = () =>
  withSystem(async (gpu) => {
    const { queue } = gpu.device;
    const words = new Uint32Array(640_000);
    const own = gpu.device.createBuffer({ size: words.byteLength, usage: GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST });
    let frame = 0;
    for (let round = 0; round < 4; round++) {
      const measured = gpu.calibrate();
      for (let i = 0; i < 30; i++) {
        words.fill(++frame);
        queue.writeBuffer(own, 0, words);
        if (i % 8 === 0) await new Promise((resolve) => setTimeout(resolve));
      }
      const got = new Uint32Array((await contents(gpu, own)).buffer);
      const wrong = got.findIndex((word) => word !== frame);
      same(wrong < 0 ? "" : `word ${wrong} is ${got[wrong]}`, "", `frame ${frame}`);
      await measured;
    }
    own.destroy();
  });

async function throwsNothing(f) {
  f();
}

/** What a stranger wrote: refused, or passed over, and the transfers go on. */
export const strangersCalibrations = () =>
  withSystem(async (gpu) => {
    const good = { operation: "upload", path: "queue write", size: 4 * MiB, bytesPerSecond: 1e9 };
    for (const [what, make] of badValues) {
      for (const property of ["whole", "version", "copyCost", "rates", "rate", ...Object.keys(good)]) {
        const calibration = { version: 1, copyCost: 0.01, rates: [{ ...good }] };
        if (property === "rate") calibration.rates[0] = make();
        else if (property in good) calibration.rates[0][property] = make();
        else calibration[property] = make();
        try {
          gpu.loadCalibration(property === "whole" ? make() : calibration);
        } catch (error) {
          typed(error, undefined, `${property} is ${what}`);
          ok(error.code !== "internal", `${property} is ${what}: ${error}`);
        }
      }
    }
    const numbers = [-1, 0, 1e-300, 1e300, NaN, Infinity, 2 ** 53, 2 ** 64];
    for (const size of numbers) for (const bytesPerSecond of numbers) gpu.loadCalibration({ version: 1, copyCost: size, rates: [{ ...good, size, bytesPerSecond }, { ...good, path: "by carrier pigeon" }] });
    gpu.loadCalibration({ version: 1, copyCost: 1e300, rates: Array.from({ length: 100_000 }, () => good) });
    throws("unsupported", () => gpu.loadCalibration({ version: 2, copyCost: 0, rates: [] }), "another version");
    const b = gpu.createDeviceBuffer({ size: 2 * MiB, usage: STORAGE });
    b.write(0, pattern(2 * MiB));
    await b.upload(4, new Blob([pattern(MiB, 2)]));
    const want = pattern(2 * MiB);
    want.set(pattern(MiB, 2), 4);
    sameBytes(await contents(gpu, b), want, "transfers");
  });

export const atOpen = async () => {
  const gpu = await api.open({ calibration: true });
  ok(gpu.calibration().rates.length > 0, "calibrated");
  gpu.destroy();
  const plain = await api.open({ calibration: false });
  same(plain.calibration().rates, [], "not calibrated");
  plain.destroy();
  for (const calibration of [null, "global", "", 1, () => {}]) await rejects("type", () => api.open({ calibration }), String(calibration));
  await rejects("unsupported", () => api.open({ calibration: {} }), "an empty object");
};

export const keptInLocalStorage = () =>
  withStorage(async () => {
    const first = await api.open({ calibration: "local" });
    const [name, ...others] = kept();
    same(others, [], "one entry");
    const { vendor, architecture } = first.device.adapterInfo;
    ok(name.includes(JSON.stringify(vendor)) && name.includes(JSON.stringify(architecture)), `the key names the adapter: ${name}`);
    const stored = JSON.parse(localStorage.getItem(name));
    ok(stored.rates.length > 0, "it was calibrated");
    const b = first.createDeviceBuffer({ size: 16 * MiB, usage: STORAGE });
    for (let i = 0; i < 12; i++) {
      b.write(0, new Uint8Array(16 * MiB));
      await first.device.queue.onSubmittedWorkDone();
    }
    const learned = first.calibration();
    first.destroy();
    same(JSON.parse(localStorage.getItem(name)), learned, "destroy stores what was learned");

    const rate = { path: "mapped ring, 2 MiB chunks", size: MiB, bytesPerSecond: 3e9 };
    const fake = { version: 1, copyCost: 0.25, rates: [{ operation: "upload", ...rate }, { operation: "burst", ...rate }] };
    localStorage.setItem(name, JSON.stringify(fake));
    const second = await api.open({ calibration: "local" });
    same(second.calibration(), fake, "what is kept is loaded, and nothing measured");
    second.destroy();

    for (const spoiled of ["", "{", "null", "[]", '{"version":99,"rates":[]}', '{"version":1,"rates":[{}]}', '{"version":1,"rates":{"length":1e9}}']) {
      localStorage.setItem(name, spoiled);
      const gpu = await api.open({ calibration: "local" });
      ok(gpu.calibration().rates.length > 0, `calibrated in place of ${spoiled}`);
      ok(JSON.parse(localStorage.getItem(name)).rates.length > 0, `stored in place of ${spoiled}`);
      gpu.destroy();
    }
  });

export const withoutLocalStorage = async () => {
  const own = Object.getOwnPropertyDescriptor(globalThis, "localStorage");
  const full = { getItem: () => null, setItem() { throw new DOMException("full", "QuotaExceededError"); } };
  const blocked = () => { throw new DOMException("blocked", "SecurityError"); };
  for (const [what, get] of [["missing", () => undefined], ["blocked", blocked], ["full", () => full]]) {
    Object.defineProperty(globalThis, "localStorage", { configurable: true, get });
    try {
      const gpu = await api.open({ calibration: "local" });
      ok(gpu.calibration().rates.length > 0, what);
      gpu.destroy();
    } finally {
      Object.defineProperty(globalThis, "localStorage", own);
    }
  }
};

/** Keeps the device given: it is not the system's to destroy. */
export const ownDevice = () =>
  withStorage(async () => {
    const device = await (await navigator.gpu.requestAdapter()).requestDevice();
    const gpu = await api.open({ device, calibration: "local" });
    same(kept().length, 1, "kept");
    device.destroy();
    await gpu.lost;
    gpu.destroy();
    ok(JSON.parse(localStorage.getItem(kept()[0])).rates.length > 0, "what was kept is not lost with the device");
  });
