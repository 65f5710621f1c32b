import { rings, target } from "./paths.js";
import { copyOut, readChunk, ReadRing } from "./ring.js";

export function readback(device, { bytes }) {
  const size = bytes.length;
  const buffer = target(device, size);
  const into = new Uint8Array(size);
  const kept = readChunk(device, size);
  const shapes = rings(size)
    .filter((shape) => shape.k > 1 && shape.size < size)
    .map((shape) => ({ ...shape, ring: new ReadRing(device, shape.k, shape.size) }));
  const paths = [
    { name: "kept buffer, one map, into kept memory", read: () => readWith(device, buffer, kept, (range) => (into.set(range), into)) },
    { name: "kept buffer, one map, into new memory", read: () => readWith(device, buffer, kept, (range) => range.slice()) },
    { name: "new buffer, one map, into new memory", read: () => readNew(device, buffer, size) },
    ...shapes.map(({ name, ring }) => ({ name: `${name}, into kept memory`, read: () => ring.read(buffer, into) })),
  ];
  return {
    paths: paths.map((path) => ({ ...path, target: () => buffer })),
    destroy: () => [buffer, kept, ...shapes.map(({ ring }) => ring)].forEach((made) => made.destroy()),
  };
}

async function readWith(device, buffer, chunk, take) {
  await copyOut(device, buffer, 0, chunk, chunk.size);
  const got = take(new Uint8Array(chunk.getMappedRange()));
  chunk.unmap();
  return got;
}

async function readNew(device, buffer, size) {
  const chunk = readChunk(device, size);
  const got = await readWith(device, buffer, chunk, (range) => range.slice());
  chunk.destroy();
  return got;
}
