// 64 small reads of one buffer, asked for together: once after much was written, or ten times in a row. Cold, they are the
// first reads of a new reader, and one read alone is measured so too.
import { workDone } from "../device.js";
import { gather as gatherCases } from "../gather.js";
import { sizeName } from "../hand/paths.js";
import { digest, Pattern, same, wordsOf } from "../pattern.js";

export const read = { count: 64, size: 4096 };

const sourceSize = 16 << 20;
const adjacentOffsets = Array.from({ length: read.count }, (_, i) => i * read.size);
// 256 KiB apart, with some pages of jitter: too far for one copy to pay.
const scatteredOffsets = Array.from({ length: read.count }, (_, i) => (i * 64 + ((i * 37) % 48)) * read.size);

const workload = (offsets, inRow) => ({
  cells: () => [{ size: read.size, ...(inRow > 1 && { of: `64 of ${sizeName(read.size)}` }) }],
  bytes: () => read.count * read.size,
  gather: (competitors) => gather(competitors, offsets, inRow),
});

export const adjacent = workload(adjacentOffsets, 1);
export const scattered = workload(scatteredOffsets, 1);
export const adjacentInRow = workload(adjacentOffsets, 10);
export const scatteredInRow = workload(scatteredOffsets, 10);

/**
 * A path is { name, run() -> one piece of memory an offset, target() }. Instead of target() it may have
 * fill(), which brings the source to the GPU, and digest() instead of what run() gives. One that takes a second says
 * once: it is not made in a row.
 */
function gather(competitors, offsets, inRow) {
  const source = new Pattern(sourceSize);
  return gatherCases(competitors, "reads", [source, offsets], (competitor, path) => readsCase(competitor, path, { source, offsets, inRow }));
}

function readsCase({ device }, path, { source, offsets, inRow }) {
  const operations = path.once ? 1 : inRow;
  let got;
  return {
    operations,
    async prepare(seed) {
      source.stamp(seed);
      if (path.fill) path.fill();
      else device.queue.writeBuffer(await path.target(), 0, source.bytes);
      await workDone(device);
      return digestAll(piecesOf(source, offsets, read.size));
    },
    async run() {
      for (let i = 0; i < operations; i++) got = await path.run();
    },
    verify: async (expected) => same(expected, path.digest ? await path.digest() : digestAll(got)),
  };
}

const coldSizes = { smoke: [4096], quick: [256, 65536], full: [256, 4096, 65536] };

export const coldSingle = {
  cells: (plan) => coldSizes[plan].map((size) => ({ size, of: sizeName(size) })),
  bytes: ({ size }) => size,
  gather: (competitors, { size }) => gatherCold(competitors, new Pattern(size), [0], size),
};

const cold = (offsets) => ({
  cells: () => [{ size: read.size, of: `64 of ${sizeName(read.size)}` }],
  bytes: () => read.count * read.size,
  gather: (competitors) => gatherCold(competitors, new Pattern(sourceSize), offsets, read.size),
});

export const coldAdjacent = cold(adjacentOffsets);
export const coldScattered = cold(scatteredOffsets);

/** A path is { name, open() }, where open() makes the buffer and what reads it: { run(), target(), digest()?, destroy() }. */
function gatherCold(competitors, source, offsets, size) {
  return gatherCases(competitors, "coldReads", [source, offsets, size], (competitor, path) => coldCase(competitor, path, { source, offsets, size }));
}

function coldCase({ device }, path, { source, offsets, size }) {
  let made;
  let got;
  const destroy = async () => {
    await made?.destroy();
    made = undefined;
  };
  return {
    async prepare(seed) {
      source.stamp(seed);
      made = await path.open();
      device.queue.writeBuffer(await made.target(), 0, source.bytes);
      await workDone(device);
      return digestAll(piecesOf(source, offsets, size));
    },
    run: async () => void (got = await made.run()),
    async verify(expected) {
      same(expected, made.digest ? await made.digest() : digestAll(got));
      await destroy();
    },
    destroy,
  };
}

const piecesOf = (source, offsets, size) => offsets.map((at) => source.bytes.subarray(at, at + size));

function digestAll(pieces) {
  let sum = 0;
  let first = 0;
  for (const piece of pieces) {
    sum = (sum + digest(wordsOf(piece), first)) >>> 0;
    first += piece.byteLength / 4;
  }
  return sum;
}
