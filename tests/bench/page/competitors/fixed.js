// This project's module without a choice: one path after the other, where the engine has several. What it chooses
// by itself is to be as fast as the best of these.
import { open as openGPUBuffers } from "/gpubuffers.js";
import { chosen, frameOperation } from "./ours.js";
import { update } from "../workloads/update.js";

// What is fixed, by operation. Which queue writes a buffer gets depends on what went into it before.
const uploads = [["queue write", "queue write where copies went"], ["mapped ring, 2 MiB chunks"], ["mapped ring, 4 MiB chunks"]];
const flushes = [["queue write"], ["mapped chunk", "mapped chunk, filled in place"]];
export const fixed = {
  upload: uploads,
  burst: uploads,
  flush: flushes,
  frame: flushes,
  readback: [["mapped ring, 4 MiB chunks"], ["mapped ring, 1 MiB chunks"], ["mapped ring, 16 MiB chunks"]],
};
const operations = { upload: "upload", bursts: "burst", scenes: "burst", stream: "upload", readback: "readback" }; // of the parts
const operationOf = (family, args) => operations[family] ?? frameOperation(args[1]);

export async function open(device) {
  const systems = await Promise.all([0, 1, 2].map(async (turn) => openFixed(device, namesOf(turn))));
  return { device, ...Object.fromEntries(Object.keys(chosen).map((family) => [family, (...args) => partOf(systems, family, args)])) };
}

const namesOf = (turn) => Object.fromEntries(Object.entries(fixed).map(([operation, all]) => [operation, all[turn % all.length]]));

/** names are the paths of each operation that are fixed. */
export const openFixed = async (device, names) => new Fixed(await openGPUBuffers({ device }), names);

/**
 * A system in which one path of each operation is far faster than all others, or so it is told. It is told so of rates
 * that any adapter has: if the path turned out slower than it is known to be, the engine would measure each transfer.
 */
class Fixed {
  #calibration;

  constructor(gpu, names) {
    this.gpu = gpu;
    this.names = names;
    this.#calibration = { version: 1, copyCost: 0, rates: Object.keys(fixed).flatMap((operation) => this.#rates(operation)) };
    this.fix();
  }

  #rates(operation) {
    const rates = [];
    for (const path of fixed[operation].flat()) {
      const bytesPerSecond = this.names[operation].includes(path) ? 1e6 : 1;
      for (let size = 64 << 10; size <= 64 << 20; size *= 4) rates.push({ operation, path, size, bytesPerSecond });
    }
    return rates;
  }

  /** Makes it forget what it has measured since. */
  fix() {
    this.gpu.loadCalibration(this.#calibration);
  }

  /** The path for size, where it is that which is fixed. */
  pathFor(operation, size) {
    const { path } = this.gpu.explain(operation, size);
    return this.names[operation].includes(path) ? path : undefined;
  }
}

/** What one transfer of a part moves, if not all of its source. A burst that is cold is that of a system without rates. */
const sizeOf = { frames: (count) => count * update.size, bursts: (_, size, cold) => (cold ? 0 : size), scenes: (cold) => (cold ? 0 : 1 << 20) };

/** One part with the paths of all systems that differ, each under the name of what is fixed. */
function partOf(systems, family, args) {
  const size = sizeOf[family]?.(...args) ?? args[0].bytes.length;
  const byPath = new Map(systems.map((system) => [system.pathFor(operationOf(family, args), size), system]).reverse());
  byPath.delete(undefined);
  if (byPath.size < 2) return { paths: [], destroy() {} };
  const parts = [...byPath].map(([path, system]) => ({ path, system, ...chosen[family](system.gpu, ...args) }));
  return {
    paths: parts.flatMap(({ path, system, paths }) => paths.map((one) => ({ ...one, name: `${path}: ${one.name}`, ready: () => system.fix() }))),
    destroy: () => parts.forEach((part) => part.destroy()),
  };
}
