import { writesOf } from "../workloads/burst.js";
import { sizeName, target } from "./paths.js";
import { Pool, Ring, sendNew, sendThrough } from "./staging.js";

const M = 1 << 20;
const shapes = [[4, M], [16, M], [8, 2 * M], [4, 4 * M], [3, 16 * M], [2, 64 * M]];

export function bursts(device, { bytes }, size) {
  const path = (name, send, make) => ({ name, open: () => opened(device, bytes, size, send, make) });
  const through = (name, make, together) => path(name, (writes, chunks) => sendThrough(device, chunks, writes, together), make);
  const rings = shapes.filter(([, chunk]) => chunk <= bytes.length);
  return {
    paths: [
      path("writeBuffer each", (writes) => writeEach(device, writes)),
      ...flushes(device).map(([name, flush]) => path(`writeBuffer each, ${name}`, (writes) => writeFlushed(device, writes, flush))),
      ...rings.map(([k, chunk]) => through(`ring ${k} x ${sizeName(chunk)}, shared`, () => new Ring(device, k, chunk))),
      through("pool, a chunk and a submit a write", () => new Pool(device, size)),
      through("pool of 4 MiB, shared", () => new Pool(device, 4 * M)),
      through("pool of 4 MiB, shared, one submit", () => new Pool(device, 4 * M), true),
      path("mappedAtCreation staging each", (writes) => sendNew(device, writes)),
    ],
    destroy() {},
  };
}

function opened(device, bytes, size, send, make) {
  const buffer = target(device, bytes.length);
  const chunks = make?.();
  const writes = writesOf(bytes, size).map((write) => ({ ...write, target: buffer }));
  return {
    run: () => send(writes, chunks),
    target: () => buffer,
    destroy() {
      chunks?.destroy();
      buffer.destroy();
    },
  };
}

/** What has a browser hand queue writes on to the GPU's process before the task ends. */
export const flushes = ({ queue }) => [["a submit each MiB", () => queue.submit([])], ["a microtask each MiB", () => Promise.resolve()]];

export async function writeFlushed({ queue }, writes, flush) {
  let kept = 0;
  for (const { target: to, at, bytes } of writes) {
    if (kept >= M) {
      const flushed = flush();
      if (flushed) await flushed;
      kept = 0;
    }
    queue.writeBuffer(to, at, bytes);
    kept += bytes.length;
  }
}

export function writeEach(device, writes) {
  for (const { target: to, at, bytes } of writes) device.queue.writeBuffer(to, at, bytes);
}
