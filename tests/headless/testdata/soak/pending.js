// What happens to a thousand operations that are pending when their device, or their system, ends.
import { COPY_DST, MAP_READ, STORAGE, api, ok, pattern } from "/module/check.js";
import { everyPromise } from "/module/settled.js";
import { sleep, toGPU } from "./gpu.js";

const many = 1_000; // that are pending at least; of 2,200, more than 1,000 have nothing to end them but a GPU that goes on
const begun = (standsStill) => (standsStill ? 2_200 : many);
const KiB = 1 << 10;

/** Each begins an operation of a kind that waits. */
const operations = [
  ({ readback, b }, i) => readback.read(b, 4 * (i % many), 16 + (i % 7)),
  ({ readback, large }) => readback.read(large),
  ({ large }, i) => large.upload(0, pattern(KiB << (i % 9))),
  ({ large }, i) => large.upload(0, new Blob([pattern(KiB << (i % 9))])),
  ({ large }) => large.upload(0, new ReadableStream()),
  ({ gpu }) => gpu.createDeferredStagingBuffer({ size: 16 * KiB }).mapAsync(),
  ({ gpu }) => gpu.createMappableBuffer({ size: KiB, usage: MAP_READ | COPY_DST }).mapAsync(GPUMapMode.READ),
  ({ gpu }) => gpu.nextFrame(),
  ({ gpu }) => gpu.createDeviceBuffer({ size: KiB, usage: STORAGE }).grow(2 * KiB),
];

const endings = { "the device is destroyed": (gpu) => gpu.device.destroy(), "the system is destroyed": (gpu) => gpu.destroy() };

/**
 * Milliseconds until all promises have settled that were pending: from the call, which can come before they were sent, and
 * from when the browser tells of the loss. A GPU that stands still goes on after the call, since no loss is told without it.
 */
async function settlesAll(end, standsStill) {
  const gpu = await api.open({ budget: 8 << 20, maxFramesInFlight: 1, onLog() {} });
  const [b, large] = [8 * KiB, KiB << 8].map((size) => gpu.createDeviceBuffer({ size, usage: STORAGE }));
  const world = { gpu, b, large, readback: gpu.createReadbackBuffer() };
  gpu.frame().submit();
  if (standsStill) await toGPU("stop");
  const watch = everyPromise();
  try {
    for (let i = 0; i < begun(standsStill); i++) operations[i % operations.length](world, i).catch(() => {});
    if (standsStill) await sleep(500); // all that can be done without a GPU is
    const pending = watch.pending();
    const start = performance.now();
    let told = start;
    gpu.device.lost.then(() => (told = performance.now()));
    end(gpu);
    if (standsStill) await toGPU("continue");
    await watch.settled(20_000);
    const settled = performance.now();
    return { pending, took: settled - start, late: settled - told };
  } finally {
    await toGPU("continue");
    watch.end();
    gpu.destroy();
  }
}

const rounds = 3;

/** Prints how soon all have settled: the median of some rounds. */
export async function aThousandPending() {
  const lines = [];
  for (const [name, end] of Object.entries(endings)) {
    for (const standsStill of [false, true]) {
      const all = [];
      for (let i = 0; i < rounds; i++) all.push(await settlesAll(end, standsStill));
      const median = (what) => Math.round(all.map((round) => round[what]).sort((a, b) => a - b)[rounds >> 1]);
      ok(median("pending") >= many, `${median("pending")} are pending`);
      const when = standsStill ? "that wait for the GPU" : "that were just begun";
      lines.push(`${name} with ${median("pending")} promises pending ${when}: all have settled after ${median("took")} ms, ${median("late")} after the browser has told of the loss`);
    }
  }
  return lines;
}
