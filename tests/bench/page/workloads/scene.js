// The load of a scene: many buffers are made and filled, until the GPU has all of them. Their sizes are spread as those
// of glTF scenes are, a few large ones among many small. They are destroyed when the clock has stopped. Cold, what a
// competitor keeps is made anew before each load: most pages load a scene first of all.
import { workDone } from "../device.js";
import { gather as gatherCases } from "../gather.js";
import { gpuDigestOf } from "../gpudigest.js";
import { sizeName } from "../hand/paths.js";
import { Pattern, same } from "../pattern.js";
import { normal, random } from "../random.js";

const M = 1 << 20;
const scenes = { smoke: [20, 4 * M], quick: [100, 64 * M], full: [500, 400 * M] };

const workload = (cold) => ({
  cells(plan) {
    const [count, size] = scenes[plan];
    return [{ size, count, of: `${count} buffers, ${sizeName(size)}` }];
  },
  bytes: ({ size }) => size,
  gather: (competitors, cell) => gather(competitors, cell, cold),
});

export const warm = workload(false);
const first = workload(true);
export { first as cold };

/**
 * A path is { name, load(parts) -> buffers, bufferOf(made) -> GPUBuffer, drop(buffers), stamp(seed)? }, of parts that are typed
 * arrays of bytes. What they return may be a promise. stamp() is for a path that has the data in memory of its own.
 */
function gather(competitors, { size, count }, cold) {
  const source = new Pattern(size);
  const parts = cut(source.bytes, count);
  return gatherCases(competitors, "scenes", [cold, parts], (competitor, path) => sceneCase(competitor, path, source, parts));
}

function sceneCase({ device }, path, source, parts) {
  let made = [];
  const drop = async () => {
    await path.drop(made);
    made = [];
    await workDone(device);
  };
  return {
    prepare: (seed) => (path.stamp ? path.stamp(seed) : source.stamp(seed)),
    async run() {
      made = await path.load(parts);
      await workDone(device);
    },
    async verify(expected) {
      const buffers = await Promise.all(made.map(path.bufferOf));
      const placed = buffers.map((buffer, i) => ({ buffer, offset: 0, size: parts[i].length }));
      const found = await gpuDigestOf(device, placed);
      await drop();
      same(expected, found);
    },
  };
}

const least = 2 << 10;
const most = 8 * M;

/** Cuts memory into count parts whose sizes are log-normal, from 2 KiB to 8 MiB, and the same each time. */
function cut(memory, count) {
  const next = random(1);
  const drawn = Array.from({ length: count }, () => Math.exp(1.6 * normal(next)));
  // The scale with which they fill the memory, found by halving.
  const sizes = (scale) => drawn.map((size) => 4 * Math.round(Math.min(most, Math.max(least, size * scale)) / 4));
  const sum = (list) => list.reduce((total, n) => total + n, 0);
  let low = 1;
  let high = most;
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2;
    if (sum(sizes(middle)) <= memory.length) low = middle;
    else high = middle;
  }
  const fitting = sizes(low);
  let rest = memory.length - sum(fitting);
  for (let i = 0; rest > 0; i++) {
    const more = Math.min(rest, most - fitting[i]);
    fitting[i] += more;
    rest -= more;
  }
  let at = 0;
  return fitting.map((size) => memory.subarray(at, (at += size)));
}
