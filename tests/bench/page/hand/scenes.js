import { flushes, writeEach, writeFlushed } from "./bursts.js";
import { sizeName, target } from "./paths.js";
import { Pool, Ring, sendThrough } from "./staging.js";

const M = 1 << 20;
const shapes = [[4, 4 * M], [8, 2 * M], [3, 16 * M]];
const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;

export function scenes(device, cold) {
  const staged = [
    ...shapes.map(([k, chunk]) => through(device, `ring ${k} x ${sizeName(chunk)}, shared`, () => new Ring(device, k, chunk), cold)),
    through(device, "pool of 4 MiB, shared", () => new Pool(device, 4 * M), cold),
  ];
  const paths = [
    { name: "mappedAtCreation, final buffers", load: (parts) => parts.map((bytes) => finalBuffer(device, bytes)) },
    { name: "createBuffer, writeBuffer", load: (parts) => filled(device, parts, (writes) => writeEach(device, writes)) },
    ...flushes(device).map(([name, flush]) => ({ name: `createBuffer, writeBuffer, ${name}`, load: (parts) => filled(device, parts, (writes) => writeFlushed(device, writes, flush)) })),
    ...staged,
  ];
  const drop = (buffers) => buffers.forEach((buffer) => buffer.destroy());
  return {
    paths: paths.map((path) => ({ ...path, drop, bufferOf: (buffer) => buffer })),
    destroy: () => staged.forEach((path) => path.destroy()),
  };
}

function through(device, name, make, cold) {
  let chunks;
  return {
    name,
    ready() {
      if (cold) chunks?.destroy();
      if (cold || !chunks) chunks = make();
    },
    load: (parts) => filled(device, parts, (writes) => sendThrough(device, chunks, writes)),
    destroy: () => chunks?.destroy(),
  };
}

function finalBuffer(device, bytes) {
  const buffer = device.createBuffer({ size: bytes.length, usage, mappedAtCreation: true });
  new Uint8Array(buffer.getMappedRange()).set(bytes);
  buffer.unmap();
  return buffer;
}

async function filled(device, parts, send) {
  const writes = parts.map((bytes) => ({ target: target(device, bytes.length), at: 0, bytes }));
  await send(writes);
  return writes.map((write) => write.target);
}
