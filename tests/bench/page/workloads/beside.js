// Bursts and uploads on a page that is not alone with the device: see crowd.js.
import { Crowd } from "../crowd.js";
import { sizeName } from "../hand/paths.js";
import * as bursts from "./burst.js";
import { pause } from "../timing.js";
import * as upload from "./upload.js";

const K = 1 << 10;
const M = 1 << 20;

const shapes = { smoke: [[4, M]], quick: [[32, M]], full: [[128, 64 * K], [32, M], [2, 16 * M]] };
const sizes = { smoke: [64 * K], quick: [M], full: [64 * K, M, 16 * M] };

const beside = (workload, cells, name) => ({
  cells,
  bytes: workload.bytes,
  gather: async (competitors, cell, plan) => crowded(await workload.gather(competitors, cell, plan), name),
});

const burstCells = (plan) => shapes[plan].map(([count, size]) => ({ size, count, of: `${count} x ${sizeName(size)}` }));
const uploadCells = (plan) => sizes[plan].map((size) => ({ size, of: sizeName(size) }));

export const burstBeside = (name) => beside(bursts.warm, burstCells, name);
export const uploadBeside = (name) => beside(upload, uploadCells, name);

/** The same cases, each while a crowd is at work on its device. One device has a crowd at a time, also between the runs of cases that share it. */
function crowded({ cases, destroy }, name) {
  const made = new Map(); // device -> Crowd
  let working;
  const occupy = async (device) => {
    if (!made.has(device)) made.set(device, new Crowd(device, name));
    const crowd = made.get(device);
    if (working !== crowd) working?.stop();
    working = crowd;
    await crowd.start();
  };
  const joined = cases.map((one) => ({
    ...one,
    async prepare(seed) {
      const expected = await one.prepare?.(seed);
      if (one.device) await occupy(one.device);
      await pause(5 * Math.random()); // else some would always meet the crowd at the same moment
      return expected;
    },
  }));
  return {
    cases: joined,
    async destroy() {
      for (const crowd of made.values()) crowd.destroy();
      await destroy();
    },
  };
}
