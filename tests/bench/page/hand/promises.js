import { read } from "../workloads/reads.js";
import { target } from "./paths.js";
import { readChunk } from "./ring.js";

export function reads(device, source, offsets) {
  const made = opened(device, source, offsets, read.size);
  return { paths: [{ name: "one chunk, one map, 64 promises", run: made.run, target: made.target }], destroy: made.destroy };
}

export const coldReads = (device, source, offsets, size) => ({
  paths: [{ name: "one chunk, one map, a promise each", open: () => opened(device, source, offsets, size) }],
  destroy() {},
});

function opened(device, source, offsets, size) {
  const buffer = target(device, source.bytes.length);
  const chunk = readChunk(device, offsets.length * size);
  const into = offsets.map(() => new Uint8Array(size));
  return {
    run: () => readEach(device, buffer, chunk, offsets, into),
    target: () => buffer,
    destroy: () => [buffer, chunk].forEach((made) => made.destroy()),
  };
}

async function readEach(device, buffer, chunk, offsets, into) {
  const encoder = device.createCommandEncoder();
  offsets.forEach((at, i) => encoder.copyBufferToBuffer(buffer, at, chunk, i * into[i].length, into[i].length));
  device.queue.submit([encoder.finish()]);
  const mapped = chunk.mapAsync(GPUMapMode.READ).then(() => new Uint8Array(chunk.getMappedRange()));
  const got = await Promise.all(into.map((memory, i) => take(mapped, i, memory)));
  chunk.unmap();
  return got;
}

async function take(mapped, i, memory) {
  const range = await mapped;
  memory.set(range.subarray(i * memory.length, (i + 1) * memory.length));
  return memory;
}
