// The checksum of what lies in GPUBuffers, read back independently of every competitor.
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

export const gpuDigest = (device, buffer, size, offset = 0) => gpuDigestOf(device, [{ buffer, offset, size }]);

/** The digest of parts { buffer, offset, size } as if they lay one after the other. */
export async function gpuDigestOf(device, parts) {
  const kept = stagingOf(device);
  let sum = 0;
  let first = 0; // byte of the whole that lies at the start of kept
  for (const copies of fillings(parts)) {
    const encoder = device.createCommandEncoder();
    let filled = 0;
    for (const { buffer, offset, size } of copies) {
      encoder.copyBufferToBuffer(buffer, offset, kept, filled, size);
      filled += size;
    }
    device.queue.submit([encoder.finish()]);
    await kept.mapAsync(GPUMapMode.READ, 0, filled);
    sum = (sum + digest(new Uint32Array(kept.getMappedRange(0, filled)), first / 4)) >>> 0;
    kept.unmap();
    first += filled;
  }
  return sum;
}

/** The parts, cut so that each list of them fills a piece. */
function* fillings(parts) {
  let list = [];
  let room = piece;
  for (const part of parts) {
    for (let at = 0; at < part.size; ) {
      const size = Math.min(part.size - at, room);
      list.push({ ...part, offset: part.offset + at, size });
      at += size;
      room -= size;
      if (room > 0) continue;
      yield list;
      list = [];
      room = piece;
    }
  }
  if (list.length > 0) yield list;
}
