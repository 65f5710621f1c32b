// Names and choices that several families share.
const units = [[1 << 30, "GiB"], [1 << 20, "MiB"], [1 << 10, "KiB"]];

export function sizeName(n) {
  for (const [unit, name] of units) if (n >= unit) return `${+(n / unit).toFixed(1)} ${name}`;
  return `${n} B`;
}

const K = 1 << 10;
const M = 1 << 20;

/** The pieces that a write of size bytes is cut into, besides the whole. Under 4 MiB Chrome writes by another way than from there on. */
export const pieces = (size) => [64 * K, M, 4 * M - 64 * K, 4 * M, 16 * M].filter((piece) => piece < size);

/** Rings { k, size } for a transfer of size bytes. */
export function rings(size) {
  const fit = [[1, M], [3, M], [8, M], [3, 4 * M], [4, 4 * M], [4, 16 * M]].filter(([, chunk]) => chunk < size);
  const whole = size <= 16 * M ? [[3, size]] : [[2, size]];
  return [...fit, ...whole].map(([k, chunk]) => ({ k, size: chunk, name: `ring ${k} x ${sizeName(chunk)}` }));
}

/**
 * A buffer to transfer to. Give each kind of path its own: on SwiftShader a buffer that was once the target
 * of a copy from a mapped buffer has been seen to stay slow for writeBuffer.
 */
export const target = (device, size) =>
  device.createBuffer({ size, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC });

/** Writes bytes to the buffer at an offset, in pieces of the given size. */
export function writePieces(device, buffer, bytes, piece, offset = 0) {
  for (let at = 0; at < bytes.length; at += piece) {
    device.queue.writeBuffer(buffer, offset + at, bytes, at, Math.min(piece, bytes.length - at));
  }
}
