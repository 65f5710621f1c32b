import { pieces, rings, sizeName, target, writePieces } from "./paths.js";
import { UploadRing } from "./ring.js";

export function upload(device, { bytes }) {
  const written = target(device, bytes.length);
  const copied = target(device, bytes.length);
  const shapes = rings(bytes.length).map((shape) => ({ ...shape, ring: new UploadRing(device, shape.k, shape.size) }));
  const final = finalBuffer(device, bytes);
  return {
    paths: [
      { name: "writeBuffer, whole", write: () => device.queue.writeBuffer(written, 0, bytes), target: () => written },
      ...pieces(bytes.length).map((piece) => ({
        name: `writeBuffer, ${sizeName(piece)} pieces`,
        write: () => writePieces(device, written, bytes, piece),
        target: () => written,
      })),
      ...shapes.map(({ name, ring }) => ({ name: `mapped ${name}`, write: () => ring.write(copied, bytes), target: () => copied })),
      final,
    ],
    destroy: () => [written, copied, final, ...shapes.map(({ ring }) => ring)].forEach((made) => made.destroy()),
  };
}

// The final buffer itself is made anew each time, with the data in it.
function finalBuffer(device, bytes) {
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC;
  let buffer;
  return {
    name: "mappedAtCreation, final buffer",
    write() {
      buffer?.destroy();
      buffer = device.createBuffer({ size: bytes.length, usage, mappedAtCreation: true });
      new Uint8Array(buffer.getMappedRange()).set(bytes);
      buffer.unmap();
    },
    target: () => buffer,
    destroy: () => buffer?.destroy(),
  };
}
