import { workDone } from "../device.js";
import { streamOf } from "../workloads/stream.js";
import { pieces, rings, sizeName, target, writePieces } from "./paths.js";
import { UploadRing } from "./ring.js";

const mostMapped = 64 << 20;

export function stream(device, { bytes }, rounds) {
  const written = target(device, bytes.length);
  const copied = target(device, bytes.length);
  const shapes = ringsOf(device, bytes.length);
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

/** Each piece of the stream as it comes, or gathered in the chunks of a ring. */
export function readable(device, { bytes }, rounds) {
  const written = target(device, bytes.length);
  const copied = target(device, bytes.length);
  const shapes = ringsOf(device, bytes.length);
  return {
    paths: [
      { name: "writeBuffer, a piece", run: () => pieceByPiece(device, written, bytes, rounds), target: () => written },
      { name: "gathered, writeBuffer of 4 MiB", run: () => writeGathered(device, written, bytes, rounds), target: () => written },
      ...shapes.map(({ name, size, ring }) => ({
        name: `gathered in mapped ${name}`,
        run: () => gathered(device, ring, size, copied, bytes, rounds),
        target: () => copied,
      })),
    ],
    destroy: () => [written, copied, ...shapes.map(({ ring }) => ring)].forEach((made) => made.destroy()),
  };
}

function ringsOf(device, length) {
  return rings(length)
    .filter(({ k, size }) => k * size <= mostMapped)
    .map((shape) => ({ ...shape, ring: new UploadRing(device, shape.k, shape.size) }));
}

async function pieceByPiece(device, buffer, bytes, rounds) {
  for (let round = 0; round < rounds; round++) {
    let at = 0;
    for await (const piece of streamOf(bytes)) {
      device.queue.writeBuffer(buffer, at, piece);
      at += piece.length;
      if (at % mostMapped === 0) await workDone(device);
    }
  }
  await workDone(device);
}

async function writeGathered(device, buffer, bytes, rounds) {
  const room = new Uint8Array(4 << 20);
  for (let round = 0; round < rounds; round++) {
    let at = 0;
    let filled = 0;
    for await (const piece of streamOf(bytes)) {
      room.set(piece, filled); // four of them fill it
      filled += piece.length;
      if (filled < room.length && at + filled < bytes.length) continue;
      device.queue.writeBuffer(buffer, at, room, 0, filled);
      at += filled;
      filled = 0;
      if (at % mostMapped === 0) await workDone(device);
    }
  }
  await workDone(device);
}

async function gathered(device, ring, size, buffer, bytes, rounds) {
  for (let round = 0; round < rounds; round++) await gatherInto(ring, size, buffer, streamOf(bytes));
  await workDone(device);
}

async function gatherInto(ring, size, buffer, stream) {
  let sent = 0;
  let filled = 0;
  let chunk;
  let room;
  const send = () => {
    ring.send(chunk, buffer, sent, filled);
    sent += filled;
    filled = 0;
    chunk = undefined;
  };
  for await (const piece of stream) {
    for (let at = 0; at < piece.length; ) {
      if (!chunk) {
        chunk = await ring.next();
        room = new Uint8Array(chunk.buffer.getMappedRange());
      }
      const n = Math.min(piece.length - at, size - filled);
      room.set(piece.subarray(at, at + n), filled);
      filled += n;
      at += n;
      if (filled === size) send();
    }
  }
  if (filled > 0) send();
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
