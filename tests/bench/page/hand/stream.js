import { workDone } from "../device.js";
import { streamOf } from "../workloads/stream.js";
import { pieces, rings, sizeName, target, writePieces } from "./paths.js";
import { UploadRing } from "./ring.js";

const mostMapped = 64 << 20;

export function stream(device, { bytes }, rounds) {
  const written = pieces(bytes.length).map((piece) => [`${sizeName(piece)} pieces`, (buffer) => inWindows(device, buffer, bytes, piece, rounds)]);
  return streamPaths(device, bytes.length, written, "mapped", ({ ring }, buffer) => throughRing(device, ring, buffer, bytes, rounds));
}

/** Each piece of the stream as it comes, or gathered, to 4 MiB or in the chunks of a ring. */
export function readable(device, { bytes }, rounds) {
  const written = [
    ["a piece", (buffer) => pieceByPiece(device, buffer, bytes, rounds)],
    ["gathered to 4 MiB", (buffer) => writeGathered(device, buffer, bytes, rounds)],
  ];
  return streamPaths(device, bytes.length, written, "gathered in mapped", ({ ring, size }, buffer) => gathered(device, ring, size, buffer, bytes, rounds));
}

/** Paths of queue writes, [name, run(buffer)] each, and one through each ring, with buffers of their own. */
function streamPaths(device, length, written, how, send) {
  const buffers = { written: target(device, length), copied: target(device, length) };
  const shapes = rings(length)
    .filter(({ k, size }) => k * size <= mostMapped)
    .map((shape) => ({ ...shape, ring: new UploadRing(device, shape.k, shape.size) }));
  const path = (name, buffer, run) => ({ name, run: () => run(buffer), target: () => buffer });
  return {
    paths: [
      ...written.map(([name, run]) => path(`writeBuffer, ${name}`, buffers.written, run)),
      ...shapes.map((shape) => path(`${how} ${shape.name}`, buffers.copied, (buffer) => send(shape, buffer))),
    ],
    destroy: () => [...Object.values(buffers), ...shapes.map(({ ring }) => ring)].forEach((made) => made.destroy()),
  };
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

async function gatherInto(ring, size, buffer, source) {
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
  for await (const piece of source) {
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
