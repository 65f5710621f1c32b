// 64 small reads of one buffer, asked for together.
import { workDone } from "../device.js";
import { gather as gatherCases } from "../gather.js";
import { digest, Pattern, same, wordsOf } from "../pattern.js";

export const read = { count: 64, size: 4096 };

const sourceSize = 16 << 20;
const adjacentOffsets = Array.from({ length: read.count }, (_, i) => i * read.size);
// 256 KiB apart, with some pages of jitter: too far for one copy to pay.
const scatteredOffsets = Array.from({ length: read.count }, (_, i) => (i * 64 + ((i * 37) % 48)) * read.size);

const workload = (offsets) => ({
  cells: () => [{ size: read.size }],
  bytes: () => read.count * read.size,
  gather: (competitors) => gather(competitors, offsets),
});

export const adjacent = workload(adjacentOffsets);
export const scattered = workload(scatteredOffsets);

/**
 * A path is { name, run() -> one piece of memory an offset, target() }. Instead of target() it may have
 * fill(), which brings the source to the GPU, and digest() instead of what run() gives.
 */
function gather(competitors, offsets) {
  const source = new Pattern(sourceSize);
  return gatherCases(competitors, "reads", [source, offsets], (competitor, path) => readsCase(competitor, path, source, offsets));
}

function readsCase({ device }, path, source, offsets) {
  let got;
  return {
    async prepare(seed) {
      source.stamp(seed);
      if (path.fill) path.fill();
      else device.queue.writeBuffer(await path.target(), 0, source.bytes);
      await workDone(device);
      return digestAll(offsets.map((at) => source.bytes.subarray(at, at + read.size)));
    },
    run: async () => void (got = await path.run()),
    verify: async (expected) => same(expected, path.digest ? await path.digest() : digestAll(got)),
  };
}

function digestAll(pieces) {
  let sum = 0;
  pieces.forEach((piece, i) => (sum = (sum + digest(wordsOf(piece), (i * read.size) / 4)) >>> 0));
  return sum;
}
