// What it costs to make and destroy a buffer of 256 bytes while others live.
import { workDone } from "../device.js";
import { gather as gatherCases } from "../gather.js";

const live = { smoke: [100], quick: [100, 10_000], full: [100, 10_000, 100_000] };
const pairs = 1000;

export const cells = (plan) => live[plan].map((size) => ({ size }));

/** A path is { name, live(n), churn(n), clear() }: make n that stay, make and destroy n, destroy those that stayed. */
export const gather = (competitors, { size }) =>
  gatherCases(competitors, "lifetime", [], ({ device }, path) => lifetimeCase(device, path, size));

function lifetimeCase(device, path, size) {
  const settled = async (work) => {
    await work;
    await workDone(device);
  };
  return {
    operations: pairs,
    async prepare() {
      await settled(path.live(size));
      await settled(path.churn(pairs)); // what the live ones left to be collected is collected in it
    },
    run: () => settled(path.churn(pairs)),
    verify: () => settled(path.clear()),
  };
}

/** The part of a competitor that makes a buffer by make(), destroys it by drop(), and needs settle() after many. */
export function lifetimePart(name, make, drop, settle = () => {}) {
  let kept = [];
  const path = {
    name,
    live: (n) => void (kept = Array.from({ length: n }, make)),
    churn(n) {
      for (let i = 0; i < n; i++) drop(make());
      settle();
    },
    clear() {
      kept.forEach(drop);
      kept = [];
      settle();
    },
  };
  return { paths: [path], destroy: path.clear };
}
