// Devices that are lost at any moment of programs that go on: the GPU process is killed, stopped, or the device destroyed.
import { counts as buffers } from "/gates/counts.js";
import { COPY_DST, MAP_READ, STORAGE, api, ok, pattern, randomFrom, sameBytes } from "/module/check.js";
import { everyPromise } from "/module/settled.js";
import { sleep, toGPU } from "./gpu.js";
import { Mix } from "./mix.js";

const patience = 20_000; // milliseconds after which a promise is taken for one that never settles

/** Each ends what is under way. */
const endings = {
  "the GPU process is killed": () => toGPU("kill"),
  async "the GPU process is stopped, and killed"(_, random) {
    await toGPU("stop");
    await sleep(100 * random());
    await toGPU("kill");
  },
  async "the GPU process is stopped, the device destroyed"({ gpu }, random) {
    await toGPU("stop");
    await sleep(100 * random());
    gpu.device.destroy();
    await sleep(100 * random());
    await toGPU("continue");
  },
  async "the GPU process is stopped, the system destroyed"({ gpu }, random) {
    await toGPU("stop");
    await sleep(100 * random());
    gpu.destroy();
    await sleep(100 * random());
    await toGPU("continue");
  },
  async "the GPU process stands still for a while"(_, random) {
    await toGPU("stop");
    await sleep(300 * random());
    await toGPU("continue");
    await sleep(100 * random());
  },
  "the device is destroyed": ({ gpu }) => gpu.device.destroy(),
  "the system is destroyed": ({ gpu }) => gpu.destroy(),
};

/** What goes on at a time: each makes what it needs, and gives what is done again and again. */
const programs = [
  ({ gpu }, random) => {
    const b = gpu.createDeviceBuffer({ size: 1 << 20, usage: STORAGE });
    return () => b.upload(0, new Blob([pattern(4 * Math.floor(random() * (1 << 18)))]));
  },
  ({ gpu }) => {
    const staging = gpu.createDeferredStagingBuffer({ size: 4096 });
    return () => staging.mapAsync().then(() => staging.unmap());
  },
  ({ gpu }) => {
    const b = gpu.createMappableBuffer({ size: 64, usage: MAP_READ | COPY_DST });
    return () => b.mapAsync(GPUMapMode.READ).then(() => b.unmap());
  },
  ({ gpu }) => {
    const b = gpu.createDeviceBuffer({ size: 1 << 20, usage: STORAGE });
    const readback = gpu.createReadbackBuffer();
    return () => Promise.all([readback.read(b, 1, 5), readback.read(b), readback.read(b, 64, 4096)]);
  },
  (mix) => () => mix.frame(),
];

/** How programs end; the last is a MappableBuffer's own. */
const codes = ["device-lost", "destroyed", "map-aborted"];

/** Goes on until it fails, in tasks of their own: a map can be there at once, and what follows it ahead of all timers. */
async function forever(act) {
  for (;;) {
    await act();
    await sleep(0);
  }
}

/** Opens a system as soon as the browser has a GPU process again. */
async function opened(open) {
  for (let tries = 0; ; tries++) {
    try {
      return await open();
    } catch (error) {
      if (tries === 100) throw error;
      await sleep(50);
    }
  }
}

async function round(name, random) {
  const mix = await opened(() => Mix.open(random, {}));
  const watch = everyPromise();
  const ends = programs.map((make) => forever(make(mix, random)).catch((error) => error));
  await sleep(200 * random());
  await endings[name](mix, random);
  if (name === "the GPU process stands still for a while") mix.gpu.destroy();
  const all = Promise.all(ends);
  const ended = await Promise.race([all, sleep(patience)]);
  ok(ended, `${name}: a program goes on`);
  for (const error of ended) ok(codes.includes(error.code ?? error.cause?.code), `${name}: ${error.stack}`); // a fault that was waited for is cut short, too
  await watch.settled(patience);
  watch.end();
  mix.end();
  return watch.codes;
}

/** A device of now does what one does. */
async function answers() {
  const gpu = await opened(() => api.open());
  const b = gpu.createDeviceBuffer({ size: 4096, usage: STORAGE });
  await b.upload(0, pattern(4096));
  sameBytes(await gpu.createReadbackBuffer().read(b), pattern(4096), "a device after a loss");
  gpu.destroy();
}

let random;
let rounds = 0;
const counted = {}; // the codes with which promises reject

export function start(seed) {
  random = randomFrom(seed);
}

/** Loses a device, in the next way. */
export async function lose() {
  const names = Object.keys(endings);
  const ended = await round(names[rounds++ % names.length], random);
  for (const [code, n] of Object.entries(ended)) counted[code] = (counted[code] ?? 0) + n;
  await opened(answers);
}

/** Checks what all have left, and tells the codes. */
export async function finish() {
  await sleep(0);
  const left = buffers.made - buffers.destroyed;
  ok(left === 0, `${left} buffers are left`);
  return counted;
}
