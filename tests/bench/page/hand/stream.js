import { workDone } from "../device.js";
import { pieces, rings, sizeName, target, writePieces } from "./paths.js";
import { UploadRing } from "./ring.js";

const mostMapped = 64 << 20;

export function stream(device, { bytes }, rounds) {
  const written = target(device, bytes.length);
  const copied = target(device, bytes.length);
  const shapes = rings(bytes.length)
    .filter(({ k, size }) => k * size <= mostMapped)
    .map((shape) => ({ ...shape, ring: new UploadRing(device, shape.k, shape.size) }));
  return {
    paths: [
      ...pieces(bytes.length).map((piece) => ({
        name: `writeBuffer, ${sizeName(piece)} pieces`,
        run: () => inWindows(device, written, bytes, piece, rounds),
        target: () => written,
      })),
      ...shapes.map(({ name, ring }) => ({
        name: `mapped ${name}`,
        run: () => throughRing(device, ring, copied, bytes, rounds),
        target: () => copied,
      })),
    ],
    destroy: () => [written, copied, ...shapes.map(({ ring }) => ring)].forEach((made) => made.destroy()),
  };
}

// Waits for the GPU after each 64 MiB: nothing else bounds the bytes that writeBuffer piles up in the browser.
async function inWindows(device, buffer, bytes, piece, rounds) {
  for (let round = 0; round < rounds; round++) {
    for (let at = 0; at < bytes.length; at += mostMapped) {
      writePieces(device, buffer, bytes.subarray(at, at + mostMapped), piece, at);
      await workDone(device);
    }
  }
}

async function throughRing(device, ring, buffer, bytes, rounds) {
  for (let round = 0; round < rounds; round++) await ring.write(buffer, bytes);
  await workDone(device);
}
