// Bytes of the CPU to a GPU buffer, until the GPU is done.
import { workDone } from "../device.js";
import { gather as gatherCases } from "../gather.js";
import { gpuDigest } from "../gpudigest.js";
import { Pattern, same } from "../pattern.js";
import { callsOf, sizes, waitsEach } from "./sizes.js";

export const cells = (plan) => sizes[plan].map((size) => ({ size }));
export const bytes = ({ size }) => size;

/** A path is { name, write(), target() }; or, where data and loop are its own, { name, run(calls, each), stamp(seed), target() }. */
export function gather(competitors, { size }) {
  const source = new Pattern(size);
  return gatherCases(competitors, "upload", [source], (competitor, path) => uploadCase(competitor, path, source));
}

function uploadCase({ device }, path, source) {
  const size = source.bytes.length;
  const operations = callsOf(size);
  const each = waitsEach(size);
  return {
    operations,
    prepare: (seed) => (path.stamp ? path.stamp(seed) : source.stamp(seed)),
    run: () => (path.run ? path.run(operations, each) : repeat(device, path.write, operations, each)),
    verify: async (expected) => same(expected, await gpuDigest(device, await path.target(), size)),
  };
}

async function repeat(device, write, operations, each) {
  for (let i = 0; i < operations; i++) {
    const taken = write();
    if (taken) await taken;
    if (each) await workDone(device);
  }
  if (!each) await workDone(device);
}
