// Two programs that go on in turn: one for as long as the soak, and one that again and again loses its device, or ends
// with everything under way, and begins anew.
import { collectGo, memory, values } from "/gates/collect.js";
import { counts as buffers } from "/gates/counts.js";
import { MAP_READ, randomFrom } from "/module/check.js";
import { Mix } from "./mix.js";

const KiB = 1 << 10;
const lifetime = 400; // frames, of the program that does not last

const counts = {};
const kept = [];
let random, steady, mortal, leaks;

/** With leaking, something of each kind is left behind once in a hundred frames. */
export async function start(seed, leaking) {
  leaks = leaking;
  random = randomFrom(seed);
  steady = await Mix.open(random, counts);
  mortal = await Mix.open(random, counts);
}

export async function run(frames) {
  for (let i = 0; i < frames; i++) {
    await (random() < 7 / 8 ? steady : mortal).frame();
    if (leaks && i % 100 === 0) leak();
    if (random() < 1 / lifetime) await renew();
  }
}

function leak() {
  kept.push(new Array(8 * KiB).fill(1.5));
  for (let i = 0; i < 60; i++) kept.push(steady.gpu.createMappableBuffer({ size: 8, usage: MAP_READ }), {}); // more than the noise of so short a run
}

async function renew() {
  await mortal.die();
  mortal = await Mix.open(random, counts);
}

/** What there is now, but for JavaScript's heap: see soakInChrome. Sizes are in KiB. */
export async function measure() {
  await renew();
  await steady.rest();
  await unlessMeasuring(steady.gpu);
  await collectGo(steady.gpu);
  const { kinds, mappable, held, mapsPending, framesInFlight } = steady.gpu.stats();
  const objects = Object.values(kinds).reduce((sum, { count }) => sum + count, 0);
  return [memory() / KiB, values(), buffers.made - buffers.destroyed, objects, mappable / KiB, held / KiB, mapsPending, framesInFlight];
}

/** Waits until the engine measures nothing in the background, which it does if a program is idle, with memory of its own. */
async function unlessMeasuring(gpu) {
  for (let quiet = 0, i = 0; quiet < 3 && i < 100; i++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    gpu.trim();
    quiet = gpu.stats().mappable < 64 * KiB ? quiet + 1 : 0;
  }
}

export function finish() {
  steady.end();
  mortal.end();
  return counts;
}
