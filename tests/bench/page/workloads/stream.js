// A stream onto a buffer that is shorter, in rounds.
import { gather as gatherCases } from "../gather.js";
import { gpuDigest } from "../gpudigest.js";
import { Pattern, same } from "../pattern.js";

const lengths = {
  smoke: { size: 16 << 20, buffer: 4 << 20 },
  quick: { size: 64 << 20, buffer: 16 << 20 },
  full: { size: 1 << 30, buffer: 64 << 20 },
};

export const cells = (plan) => [lengths[plan]];
export const bytes = ({ size }) => size;

/** The source is as long as the buffer. A path is { name, run() until the GPU is done, target(), stamp(seed)? }. */
export function gather(competitors, { size, buffer }) {
  const source = new Pattern(buffer);
  return gatherCases(competitors, "stream", [source, size / buffer], ({ device }, path) => ({
    prepare: (seed) => (path.stamp ? path.stamp(seed) : source.stamp(seed)),
    run: path.run,
    verify: async (expected) => same(expected, await gpuDigest(device, await path.target(), buffer)),
  }));
}
