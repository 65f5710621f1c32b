// What happens to a thousand operations that are pending when their device, or their system, ends.
import { COPY_DST, MAP_READ, STORAGE, api, ok, pattern, same, typed } from "./check.js";
import { everyPromise } from "./settled.js";

const many = 1_000;
const KiB = 1 << 10;

/** Each begins an operation of a kind that waits. */
const operations = [
  ({ readback, b }, i) => readback.read(b, 4 * i, 16 + (i % 7)),
  ({ readback, large }) => readback.read(large),
  ({ large }, i) => large.upload(0, pattern(KiB << (i % 9))),
  ({ large }, i) => large.upload(0, new Blob([pattern(KiB << (i % 9))])),
  ({ large }) => large.upload(0, new ReadableStream()),
  ({ gpu }) => gpu.createDeferredStagingBuffer({ size: 16 * KiB }).mapAsync(),
  ({ gpu }) => gpu.createMappableBuffer({ size: KiB, usage: MAP_READ | COPY_DST }).mapAsync(GPUMapMode.READ),
  ({ gpu }) => gpu.nextFrame(),
  ({ gpu }) => gpu.createDeviceBuffer({ size: KiB, usage: STORAGE }).grow(2 * KiB),
  ({ gpu }) => gpu.createImmediateStagingBuffer({ size: KiB }).readFrom(new ReadableStream()),
];

const enders = { "the device is destroyed": (gpu) => gpu.device.destroy(), "the system is destroyed": (gpu) => gpu.destroy() };

/** Milliseconds until all promises have settled that were pending at the end. */
async function settlesAll(ender) {
  const gpu = await api.open({ budget: 4 << 20, maxFramesInFlight: 1, onLog() {} });
  const [b, large] = [many * KiB, KiB << 8].map((size) => gpu.createDeviceBuffer({ size, usage: STORAGE }));
  const world = { gpu, b, large, readback: gpu.createReadbackBuffer() };
  gpu.frame().submit();
  const watch = everyPromise();
  for (let i = 0; i < many; i++) operations[i % operations.length](world, i)?.catch(() => {});
  const pending = watch.pending();
  const start = performance.now();
  enders[ender](gpu);
  const called = performance.now() - start;
  await watch.settled(20_000);
  const took = performance.now() - start;
  watch.end();
  gpu.destroy();
  return { pending, called, took };
}

export const aThousandPending = async () => {
  for (const ender of Object.keys(enders)) {
    const rounds = [];
    for (let i = 0; i < 5; i++) rounds.push(await settlesAll(ender));
    const text = (name) => rounds.map((round) => Math.round(round[name])).join(", ");
    ok(rounds.every(({ pending }) => pending > 0.9 * many), `pending: ${text("pending")}`);
    console.log(`${ender} with ${text("pending")} promises pending: all have settled after ${text("took")} ms; the call took ${text("called")}`);
  }
};
