// Frames of many updates of 256 bytes each, every value new: the fill, the way to the GPU, and its end.
import { workDone } from "../device.js";
import { gather as gatherCases } from "../gather.js";
import { gpuDigest } from "../gpudigest.js";
import { digest, same } from "../pattern.js";
import { fillArena, update } from "./update.js";

const counts = { smoke: [1000], quick: [1000, 10_000], full: [1000, 10_000, 33_000, 100_000] };
const framesSent = { 1000: 100, 10_000: 30, 33_000: 12, 100_000: 6 };

const workload = (framesOf, inFlight) => ({
  cells: (plan) => counts[plan].map((size) => ({ size })),
  bytes: ({ size }) => size * update.size,
  gather: (competitors, { size }) => gather(competitors, size, framesOf(size), inFlight),
});

export const single = workload((count) => (count < 100_000 ? 4 : 2), false);
const several = workload((count) => framesSent[count], true);
export { several as inFlight };

/**
 * A path is { name, frame(number), target(), offset()? }, where frame() fills and sends one frame and may
 * return a promise to wait for before the next; or { name, run(first, frames, inFlight), target() }.
 */
function gather(competitors, count, frames, inFlight) {
  const setting = { count, frames, inFlight, arena: new Float32Array((count * update.size) / 4) };
  return gatherCases(competitors, "frames", [count, inFlight], (competitor, path) => frameCase(competitor, path, setting));
}

// Frames are numbered by the seed, so that each has values of its own. The last one is verified.
function frameCase({ device }, path, { count, frames, inFlight, arena }) {
  let first = 0;
  return {
    operations: frames,
    prepare(seed) {
      first = (seed * 128) % 65536;
      fillArena(arena, count, first + frames - 1);
      return digest(new Uint32Array(arena.buffer));
    },
    run: () => (path.run ? path.run(first, frames, inFlight) : repeat(device, path.frame, first, frames, inFlight)),
    verify: async (expected) => same(expected, await gpuDigest(device, await path.target(), arena.byteLength, (await path.offset?.()) ?? 0)),
  };
}

async function repeat(device, frame, first, frames, inFlight) {
  for (let number = first; number < first + frames; number++) {
    const ready = frame(number);
    if (ready) await ready;
    if (!inFlight) await workDone(device);
  }
  if (inFlight) await workDone(device);
}
