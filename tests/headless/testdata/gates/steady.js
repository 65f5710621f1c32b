// In steady state nothing makes a GPUBuffer.
import { counts } from "./counts.js";
import { STORAGE, UNIFORM, ok, pattern, same, withSystem } from "/module/check.js";

const KiB = 1 << 10;
const MiB = 1 << 20;
const burst = 16; // how often an operation is done in a row, and must find all that it needs
const bursts = 20;

/**
 * Does an operation in bursts, and waits for the GPU after each. The first bursts, twice as long as those
 * after them, make what is kept.
 */
async function steady(gpu, what, operation, before) {
  await inBursts(gpu, 3, 2 * burst, operation, before);
  const { made, destroyed } = counts;
  ok(made > 0, "the buffers are counted");
  const { mappable } = gpu.stats();
  await inBursts(gpu, bursts, burst, operation, before);
  same([counts.made - made, counts.destroyed - destroyed], [0, 0], `${what}: buffers made and destroyed in ${bursts * burst} operations`);
  same(gpu.stats().mappable, mappable, `${what}: bytes of mappable memory`);
}

async function inBursts(gpu, times, length, operation, before) {
  for (let i = 0; i < times; i++) {
    before?.(); // each burst
    const later = [];
    for (let k = 0; k < length; k++) later.push((await operation())?.settled);
    await Promise.all(later);
    await idle(gpu);
  }
}

/** Waits for the GPU, and until the maps that it has granted are known. */
async function idle(gpu) {
  await gpu.device.queue.onSubmittedWorkDone();
  while (gpu.stats().mapsPending > 0) await new Promise((resolve) => setTimeout(resolve, 1));
}

const device = (gpu) => gpu.createDeviceBuffer({ label: "target", size: MiB, usage: STORAGE });

/** Has the next uploads of a system take a path, and the engine not look for another. */
function take(gpu, chosen) {
  const rates = [];
  for (const path of paths) {
    for (let size = 256 * KiB; size <= 64 * MiB; size *= 4) rates.push({ operation: "upload", path, size, bytesPerSecond: path === chosen ? 1e12 : 1e6 });
  }
  gpu.loadCalibration({ version: 1, copyCost: 0, rates });
  same(gpu.explain("upload", MiB).path, chosen, "the path");
}

const paths = ["queue write", "mapped ring, 1 MiB chunks"];

export const writes = () =>
  withSystem(async (gpu) => {
    const b = device(gpu);
    for (const size of [256, 64 * KiB]) {
      const bytes = pattern(size);
      await steady(gpu, `a write of ${size} bytes`, () => b.write(0, bytes));
    }
    const bytes = pattern(MiB);
    for (const path of paths) {
      await steady(gpu, `a write of 1 MiB by ${path}`, () => b.write(0, bytes), () => take(gpu, path));
    }
  });

export const uploads = () =>
  withSystem(async (gpu) => {
    const b = device(gpu);
    const bytes = pattern(MiB);
    for (const path of paths) {
      const before = () => take(gpu, path);
      await steady(gpu, `an upload of 1 MiB by ${path}`, async () => void (await b.upload(0, bytes)), before);
      await steady(gpu, `an upload of a stream of 1 MiB by ${path}`, async () => void (await b.upload(0, new Blob([bytes]))), before);
    }
  });

export const dynamicFrames = () =>
  withSystem(async (gpu) => {
    const dynamic = gpu.createDynamicBuffer({ label: "dynamic", size: 64 * KiB, usage: UNIFORM });
    const bytes = pattern(256);
    await steady(gpu, "a frame of 100 updates", async () => {
      const frame = await gpu.nextFrame();
      for (let i = 0; i < 100; i++) dynamic.write(bytes);
      frame.submit();
    });
  });

export const stagings = () =>
  withSystem(async (gpu) => {
    const b = device(gpu);
    const bytes = pattern(4 * KiB);
    const immediate = gpu.createImmediateStagingBuffer({ label: "immediate", size: 4 * KiB });
    await steady(gpu, "an immediate staging", async () => {
      immediate.reset();
      immediate.write(bytes);
      const frame = await gpu.nextFrame();
      immediate.uploadTo(frame.encoder, b);
      frame.submit();
    });
    const deferred = gpu.createDeferredStagingBuffer({ label: "deferred", size: 4 * KiB });
    await steady(gpu, "a deferred staging", async () => {
      await deferred.mapAsync();
      deferred.write(bytes);
      const encoder = gpu.device.createCommandEncoder();
      deferred.uploadTo(encoder, b);
      gpu.submit([encoder]);
    });
  });

export const reads = () =>
  withSystem(async (gpu) => {
    const b = device(gpu);
    const rb = gpu.createReadbackBuffer({ label: "results" });
    const into = Array.from({ length: 64 }, () => new Uint8Array(4 * KiB));
    const read = (memory, i) => rb.read(b, i * 16 * KiB, undefined, { into: memory });
    await steady(gpu, "a read", async () => ({ settled: read(into[0], 0) }));
    await steady(gpu, "64 reads", async () => ({ settled: Promise.all(into.map(read)) }));
  });
