// The checksum of what lies in a GPUBuffer, read back independently of every competitor.
import { digest } from "./pattern.js";

const piece = 16 << 20;
const staging = new WeakMap(); // device -> GPUBuffer

function stagingOf(device) {
  let buffer = staging.get(device);
  if (!buffer) {
    buffer = device.createBuffer({ label: "digest", size: piece, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
    staging.set(device, buffer);
  }
  return buffer;
}

export async function gpuDigest(device, buffer, size, offset = 0) {
  const kept = stagingOf(device);
  let sum = 0;
  for (let at = 0; at < size; at += piece) {
    const n = Math.min(piece, size - at);
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, offset + at, kept, 0, n);
    device.queue.submit([encoder.finish()]);
    await kept.mapAsync(GPUMapMode.READ, 0, n);
    sum = (sum + digest(new Uint32Array(kept.getMappedRange(0, n)), at / 4)) >>> 0;
    kept.unmap();
  }
  return sum;
}
