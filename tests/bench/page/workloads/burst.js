// Writes in a row, each to its own part of a buffer or to a buffer of its own, until the GPU is done with all of them.
// None is waited for before the next. Warm, a competitor goes on with what it has. Cold, all is new each round.
import { workDone } from "../device.js";
import { gather as gatherCases } from "../gather.js";
import { gpuDigestOf } from "../gpudigest.js";
import { sizeName } from "../hand/paths.js";
import { Pattern, same } from "../pattern.js";

const K = 1 << 10;
const M = 1 << 20;

const shapes = {
  smoke: [[8, 16 * K], [4, M]],
  quick: [[64, 192 * K], [32, M], [2, 16 * M], [256, 16 * K]],
  full: [[128, 64 * K], [64, 192 * K], [32, 768 * K], [32, M], [8, 3 * M], [2, 16 * M], [256, 16 * K], [64, 256 * K], [16, 4 * M]],
};

const workload = (cold) => ({
  cells: (plan) => shapes[plan].map(([count, size]) => ({ size, count, of: `${count} x ${sizeName(size)}` })),
  bytes: ({ size }) => size,
  gather: (competitors, cell) => gather(competitors, cell, cold),
});

export const warm = workload(false);
const first = workload(true);
export { first as cold };

/**
 * A path is { name, open() }, where open() makes what the burst goes to and through:
 * { run(), target() -> a GPUBuffer, or one for each write, stamp(seed)?, waits?, destroy() }. run() may return a promise, and
 * waits says that it waits for the GPU itself.
 */
export function gather(competitors, { size, count }, cold) {
  const source = new Pattern(count * size);
  return gatherCases(competitors, "bursts", [source, size, cold], (competitor, path) => burstCase(competitor, path, { source, size, count, cold }));
}

function burstCase({ device }, path, { source, size, count, cold }) {
  let made;
  const destroy = async () => {
    await made?.destroy();
    made = undefined;
  };
  return {
    operations: count,
    async prepare(seed) {
      made ??= await path.open();
      const expected = await (made.stamp ? made.stamp(seed) : source.stamp(seed));
      await workDone(device);
      return expected;
    },
    async run() {
      await made.run();
      if (!made.waits) await workDone(device);
    },
    async verify(expected) {
      same(expected, await gpuDigestOf(device, partsOf(await made.target(), size, count)));
      if (cold) await destroy();
    },
    destroy,
  };
}

function partsOf(target, size, count) {
  if (!Array.isArray(target)) return [{ buffer: target, offset: 0, size: size * count }];
  return target.map((buffer) => ({ buffer, offset: 0, size }));
}

/** The writes of a burst: { at, bytes }, or words instead of bytes. */
export function writesOf(memory, size) {
  const n = size / memory.BYTES_PER_ELEMENT;
  return Array.from({ length: memory.length / n }, (_, i) => ({ at: i * size, bytes: memory.subarray(i * n, (i + 1) * n) }));
}
