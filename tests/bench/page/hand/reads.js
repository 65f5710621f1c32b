import { read } from "../workloads/reads.js";
import { target } from "./paths.js";
import { readChunk } from "./ring.js";

export function reads(device, source, offsets) {
  const buffer = target(device, source.bytes.length);
  const whole = read.count * read.size;
  const chunk = readChunk(device, whole);
  const kept = offsets.map(() => readChunk(device, read.size));
  const into = new Uint8Array(whole);
  const each = offsets.map((at) => [at, read.size]);
  const paths = [
    { name: "one chunk, 64 copies, one map", run: () => readChunked(device, buffer, chunk, into, each) },
    { name: "64 kept buffers, 64 maps", run: () => readApart(device, buffer, kept, offsets) },
    { name: "64 new buffers, 64 maps", run: () => readNew(device, buffer, offsets) },
  ];
  if (offsets.every((at, i) => at === i * read.size)) {
    paths.push({ name: "one copy of the whole, one map", run: () => readChunked(device, buffer, chunk, into, [[0, whole]], read.size) });
  }
  return {
    paths: paths.map((path) => ({ ...path, target: () => buffer })),
    destroy: () => [buffer, chunk, ...kept].forEach((made) => made.destroy()),
  };
}

/** Kept chunks that were never mapped before, or new ones. */
export function coldReads(device, source, offsets, size) {
  const open = (run) => () => {
    const buffer = target(device, source.bytes.length);
    const whole = offsets.length * size;
    const chunk = readChunk(device, whole);
    const kept = offsets.map(() => readChunk(device, size));
    const into = new Uint8Array(whole);
    return {
      run: () => run({ buffer, chunk, kept, into }),
      target: () => buffer,
      destroy: () => [buffer, chunk, ...kept].forEach((made) => made.destroy()),
    };
  };
  const each = offsets.map((at) => [at, size]);
  const paths = [
    { name: "one chunk, one map", open: open(({ buffer, chunk, into }) => readChunked(device, buffer, chunk, into, each)) },
    { name: "kept buffers, a map each", open: open(({ buffer, kept }) => readApart(device, buffer, kept, offsets)) },
    { name: "new buffers, a map each", open: open(({ buffer }) => readNew(device, buffer, offsets, size)) },
  ];
  if (offsets.length > 1 && offsets.every((at, i) => at === i * size)) {
    paths.push({ name: "one copy of the whole, one map", open: open(({ buffer, chunk, into }) => readChunked(device, buffer, chunk, into, [[0, into.length]], size)) });
  }
  return { paths, destroy() {} };
}

async function readChunked(device, buffer, chunk, into, copies, size = copies[0][1]) {
  const encoder = device.createCommandEncoder();
  let filled = 0;
  for (const [from, n] of copies) {
    encoder.copyBufferToBuffer(buffer, from, chunk, filled, n);
    filled += n;
  }
  device.queue.submit([encoder.finish()]);
  await chunk.mapAsync(GPUMapMode.READ);
  into.set(new Uint8Array(chunk.getMappedRange()));
  chunk.unmap();
  return Array.from({ length: into.length / size }, (_, i) => into.subarray(i * size, (i + 1) * size));
}

function readApart(device, buffer, chunks, offsets) {
  const encoder = device.createCommandEncoder();
  chunks.forEach((chunk, i) => encoder.copyBufferToBuffer(buffer, offsets[i], chunk, 0, chunk.size));
  device.queue.submit([encoder.finish()]);
  return Promise.all(chunks.map(take));
}

async function take(chunk) {
  await chunk.mapAsync(GPUMapMode.READ);
  const got = new Uint8Array(chunk.getMappedRange()).slice();
  chunk.unmap();
  return got;
}

async function readNew(device, buffer, offsets, size = read.size) {
  const chunks = offsets.map(() => readChunk(device, size));
  const got = await readApart(device, buffer, chunks, offsets);
  chunks.forEach((chunk) => chunk.destroy());
  return got;
}
