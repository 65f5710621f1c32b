// In steady state nothing makes a GPUBuffer.
import { counts } from "./counts.js";
import { STORAGE, UNIFORM, harmlessCopies, ok, pattern, same, withSystem } from "/module/check.js";

const KiB = 1 << 10;
const MiB = 1 << 20;
const burst = 16; // how often an operation is done in a row, and must find all that it needs
const bursts = 20;

/**
 * Does an operation in bursts, and waits for the GPU after each. The first bursts, twice as long as those
 * after them, make what is kept.
 */
async function steady(gpu, what, operation) {
  await inBursts(gpu, 3, 2 * burst, operation);
  const { made, destroyed } = counts;
  ok(made > 0, "the buffers are counted");
  const { mappable } = gpu.stats();
  await inBursts(gpu, bursts, burst, operation);
  same([counts.made - made, counts.destroyed - destroyed], [0, 0], `${what}: buffers made and destroyed in ${bursts * burst} operations`);
  same(gpu.stats().mappable, mappable, `${what}: bytes of mappable memory`);
}

async function inBursts(gpu, times, length, operation) {
  for (let i = 0; i < times; i++) {
    const later = [];
    for (let k = 0; k < length; k++) later.push((await operation())?.settled);
    await Promise.all(later);
    await idle(gpu);
  }
}

/** Waits for the GPU, and until the maps that it has granted are known, and its chunks are back. */
async function idle(gpu) {
  await gpu.device.queue.onSubmittedWorkDone();
  const isBusy = ({ mapsPending, uploads }) => mapsPending > 0 || uploads.idleBytes < uploads.bytes;
  while (isBusy(gpu.stats())) await new Promise((resolve) => setTimeout(resolve, 1));
}

const device = (gpu) => gpu.createDeviceBuffer({ label: "target", size: MiB, usage: STORAGE });

/** Runs a test on each path of uploads, on a system whose engine knows of one that is much faster, and does not look for another. */
async function onEachPath(test) {
  for (const path of ["queue write", "mapped ring, 2 MiB chunks"]) {
    const rates = [...harmlessCopies, { operation: "upload", path, size: MiB, bytesPerSecond: 1e12 }];
    await withSystem((gpu) => test(gpu, device(gpu), path, () => gpu.loadCalibration({ version: 1, copyCost: 0, rates })));
  }
}

const streamOf = (bytes) =>
  new ReadableStream({
    start(controller) {
      for (let at = 0; at < bytes.length; at += 256 * KiB) controller.enqueue(bytes.subarray(at, at + 256 * KiB));
      controller.close();
    },
  });

export const shortWrites = () =>
  withSystem(async (gpu) => {
    const b = device(gpu);
    for (const size of [256, 64 * KiB]) {
      const bytes = pattern(size);
      await steady(gpu, `a write of ${size} bytes`, () => b.write(0, bytes));
    }
  });

export const longWrites = () =>
  onEachPath(async (gpu, b, path, choose) => {
    const bytes = pattern(MiB);
    await steady(gpu, `a write of 1 MiB by ${path}`, () => {
      choose();
      b.write(0, bytes);
    });
    same(gpu.explain("upload", MiB).path, path, "the path");
  });

export const uploads = () =>
  onEachPath(async (gpu, b, path, choose) => {
    const bytes = pattern(MiB);
    for (const [what, source] of [["memory", () => bytes], ["a stream", () => streamOf(bytes)]]) {
      await steady(gpu, `an upload of 1 MiB of ${what} by ${path}`, async () => {
        choose();
        await b.upload(0, source());
      });
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

export const fullFrames = () =>
  withSystem(
    async (gpu) => {
      const size = MiB - 4 * KiB; // no chunk is as long
      const dynamic = gpu.createDynamicBuffer({ label: "full", size, usage: UNIFORM });
      const bytes = pattern(size);
      await steady(gpu, "a frame that fills its page", async () => {
        const frame = await gpu.nextFrame();
        dynamic.write(bytes);
        frame.submit();
      });
      dynamic.update(size);
      same(dynamic.bytes.buffer.byteLength, MiB, "size of the mapped range that it is in");
    },
    { calibration: { version: 1, copyCost: 0, rates: framesInPlace } },
  );

const framesInPlace = [
  ...["frame", "flush"].map((operation) => ({ operation, path: "mapped chunk, filled in place", size: MiB, bytesPerSecond: 1e12 })),
  ...harmlessCopies,
];

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
