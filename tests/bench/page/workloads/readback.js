// A GPU buffer to memory of the CPU, one read after the other.
import { workDone } from "../device.js";
import { gather as gatherCases } from "../gather.js";
import { digest, Pattern, same, wordsOf } from "../pattern.js";
import { sizes } from "./sizes.js";

export const cells = (plan) => sizes[plan].map((size) => ({ size }));
export const bytes = ({ size }) => size;

const callsOf = (size) => (size < 1 << 20 ? 20 : size < 16 << 20 ? 8 : 1);

/** A path is { name, target(), read() -> bytes }; or { name, target(), run(calls), digest() } where the memory is its own. */
export function gather(competitors, { size }) {
  const source = new Pattern(size);
  return gatherCases(competitors, "readback", [source], (competitor, path) => readbackCase(competitor, path, source));
}

function readbackCase({ device }, path, source) {
  const operations = callsOf(source.bytes.length);
  let got;
  return {
    operations,
    async prepare(seed) {
      const expected = source.stamp(seed);
      device.queue.writeBuffer(await path.target(), 0, source.bytes);
      await workDone(device);
      return expected;
    },
    async run() {
      if (path.run) return path.run(operations);
      for (let i = 0; i < operations; i++) got = await path.read();
    },
    verify: async (expected) => same(expected, path.digest ? await path.digest() : digest(wordsOf(got))),
  };
}
