// What it costs to make and destroy a buffer of 256 bytes while others live, and to bind it in between.
import { workDone } from "../device.js";
import { gather as gatherCases } from "../gather.js";

const live = { smoke: [100], quick: [100, 10_000], full: [100, 10_000, 100_000] };
const pairs = 1000;

const workload = (bound) => ({
  cells: (plan) => live[plan].map((size) => ({ size })),
  gather: (competitors, { size }) => gather(competitors, size, bound),
});

export const plain = workload(false);
const withGroup = workload(true);
export { withGroup as bound };

/** A path is { name, live(n), churn(n), clear() }: make n that stay, make and destroy n, destroy those that stayed. */
const gather = (competitors, size, bound) =>
  gatherCases(competitors, "lifetime", [bound], ({ device }, path) => lifetimeCase(device, path, size));

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

/**
 * The part of a competitor that makes a buffer by make(), destroys it by drop(), and needs settle() after many. If bound,
 * each buffer, whose GPUBuffer is native(buffer), gets a bind group on the device.
 */
export function lifetimePart({ name, make, drop, native = (buffer) => buffer, settle = () => {} }, device, bound) {
  const makeOne = bound ? binding(device, make, native) : make;
  let kept = [];
  const path = {
    name,
    live: (n) => void (kept = Array.from({ length: n }, makeOne)),
    churn(n) {
      for (let i = 0; i < n; i++) drop(makeOne());
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

function binding(device, make, native) {
  const layout = device.createBindGroupLayout({
    entries: [{ binding: 0, visibility: GPUShaderStage.COMPUTE, buffer: { type: "read-only-storage" } }],
  });
  return () => {
    const made = make();
    device.createBindGroup({ layout, entries: [{ binding: 0, resource: { buffer: native(made) } }] });
    return made;
  };
}
