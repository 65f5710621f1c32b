// In steady state nothing makes a GPUBuffer.
import { counts } from "./counts.js";
import { STORAGE, UNIFORM, harmlessCopies, ok, pattern, same, takePath, withSystem } from "/module/check.js";

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

const uploadPaths = ["queue write", "mapped ring, 2 MiB chunks"];

/** Runs a test on each path of uploads. choose has the engine know of it as much faster than the others, which are not worth a try. */
async function onEachPath(test) {
  for (const path of uploadPaths) await withSystem((gpu) => test(gpu, device(gpu), path, () => takePath(gpu, uploadPaths, path)));
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
    const size = 64 * KiB;
    const dynamic = gpu.createDynamicBuffer({ label: "dynamic", size, usage: UNIFORM });
    const bytes = pattern(256);
    await fillSlots(gpu, dynamic, size);
    await steady(gpu, "a frame of 100 updates", async () => {
      const frame = await gpu.nextFrame();
      for (let i = 0; i < 100; i++) dynamic.write(bytes);
      frame.submit();
    });
  });

export const fullFrames = () =>
  withSystem(async (gpu) => {
    const size = MiB - 4 * KiB; // no chunk is as long
    const dynamic = gpu.createDynamicBuffer({ label: "full", size, usage: UNIFORM });
    const bytes = pattern(size);
    const choose = () => gpu.loadCalibration({ version: 1, copyCost: 0, rates: framesInPlace });
    choose();
    await fillSlots(gpu, dynamic, size);
    await steady(gpu, "a frame that fills its page", async () => {
      choose();
      const frame = await gpu.nextFrame();
      dynamic.write(bytes);
      frame.submit();
    });
    dynamic.update(size);
    same(dynamic.bytes.buffer.byteLength, MiB, "size of the mapped range that it is in");
  });

/**
 * Has dynamic make all the slots that it can have, and the pool two chunks for each: how many are in use later depends on how
 * fast the GPU is, and on which of a slot and its chunk is back first.
 */
async function fillSlots(gpu, dynamic, size) {
  const other = gpu.createDynamicBuffer({ label: "other", size, usage: UNIFORM });
  const bytes = pattern(size);
  for (let frames = 0; frames < 2; frames++) { // the first finds no page that was full before
    const frame = await gpu.nextFrame();
    for (let slots = 0; slots < 8; slots++) {
      if (slots > 0) gpu.submit([]);
      for (const buffer of [dynamic, other]) buffer.write(bytes);
    }
    frame.submit();
    await idle(gpu);
  }
  other.destroy();
}

const flushPaths = ["queue write", "mapped chunk", "mapped chunk, filled in place"];

const framesInPlace = [
  ...["frame", "flush"].flatMap((operation) => flushPaths.map((path, i) => ({ operation, path, size: MiB, bytesPerSecond: i === 2 ? 1e12 : 1e6 }))),
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
