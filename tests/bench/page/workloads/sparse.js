// A few of many elements have changed: an array of the program's, to the buffer that mirrors it, until the GPU is done.
import { workDone } from "../device.js";
import { gather as gatherCases } from "../gather.js";
import { gpuDigest } from "../gpudigest.js";
import { digest, Pattern, same } from "../pattern.js";
import { random } from "../random.js";

export const element = 64; // bytes
const elements = 100_000;
const changed = { smoke: [20], quick: [500, 10_000], full: [100, 500, 2_000, 10_000, 40_000] };

export const cells = (plan) => changed[plan].map((count) => ({ size: count * element, count, of: `${count} of ${elements} elements of ${element} B` }));
export const bytes = ({ size }) => size;

/** A path is { name, update(indices) -> maybe a promise, target() }. indices are those of the changed elements, in order. */
export function gather(competitors, { count }) {
  const source = new Pattern(elements * element);
  return gatherCases(competitors, "sparse", [source, count], (competitor, path) => sparseCase(competitor, path, source, count));
}

function sparseCase({ device }, path, source, count) {
  let indices;
  return {
    async prepare(seed) {
      device.queue.writeBuffer(path.target(), 0, source.bytes); // what the other cases have changed
      indices = drawn(seed, count);
      for (const i of indices) source.words[(i * element) / 4 + (seed % 16)] = seed + i;
      await workDone(device);
      return digest(source.words);
    },
    async run() {
      await path.update(indices);
      await workDone(device);
    },
    verify: async (expected) => same(expected, await gpuDigest(device, path.target(), source.bytes.length)),
  };
}

/** Different indices, in order. */
function drawn(seed, count) {
  const next = random(seed);
  const all = new Set();
  while (all.size < count) all.add(Math.floor(next() * elements));
  return Uint32Array.from(all).sort();
}
