// A stream onto a buffer that is shorter, in rounds: of data that is there, or that a ReadableStream brings.
import { gather as gatherCases } from "../gather.js";
import { gpuDigest } from "../gpudigest.js";
import { Pattern, same } from "../pattern.js";

const lengths = {
  smoke: { size: 16 << 20, buffer: 4 << 20 },
  quick: { size: 64 << 20, buffer: 16 << 20 },
  full: { size: 1 << 30, buffer: 64 << 20 },
};

const workload = (family) => ({
  cells: (plan) => [lengths[plan]],
  bytes: ({ size }) => size,
  gather: (competitors, cell) => gather(competitors, family, cell),
});

export const stream = workload("stream");
export const readable = workload("readable");

/** The source is as long as the buffer. A path is { name, run() until the GPU is done, target(), stamp(seed)? }. */
function gather(competitors, family, { size, buffer }) {
  const source = new Pattern(buffer);
  return gatherCases(competitors, family, [source, size / buffer], ({ device }, path) => ({
    prepare: (seed) => (path.stamp ? path.stamp(seed) : source.stamp(seed)),
    run: path.run,
    verify: async (expected) => same(expected, await gpuDigest(device, await path.target(), buffer)),
  }));
}

/** Delivers bytes, 1 MiB at a time. */
export function streamOf(bytes) {
  const piece = 1 << 20;
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      controller.enqueue(bytes.subarray(at, at + piece));
      at += piece;
      if (at >= bytes.length) controller.close();
    },
  });
}
