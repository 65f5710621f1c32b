import { fillArena, update } from "../workloads/update.js";
import { target } from "./paths.js";
import { UploadRing } from "./ring.js";

export function frames(device, count, inFlight) {
  const size = count * update.size;
  const arena = new Float32Array(size / 4);
  const slots = Array.from({ length: 3 }, () => target(device, size));
  const copied = target(device, size);
  const rings = [3, 4].map((k) => new UploadRing(device, k, size));
  const fill = (floats, number) => fillArena(floats, count, number);

  const written = (name, targets, send) => {
    let last;
    const frame = (number) => {
      fill(arena, number);
      last = targets[number % targets.length];
      send(device, last, arena);
    };
    return { name, frame, target: () => last };
  };
  const ringed = (name, ring, put) => {
    const frame = async (number) => {
      const chunk = await ring.next();
      put(new Float32Array(chunk.buffer.getMappedRange()), number);
      ring.send(chunk, copied, 0, size);
    };
    return { name, frame, target: () => copied };
  };
  const throughArena = (floats, number) => {
    fill(arena, number);
    floats.set(arena);
  };

  const paths = [
    written("an arena, one writeBuffer", slots.slice(0, 1), whole),
    written("an arena, one writeBuffer, three slots", slots, whole),
    ringed("an arena, one set into a mapped ring of 3", rings[0], throughArena),
    ringed("an arena, one set into a mapped ring of 4", rings[1], throughArena),
    ringed("a mapped ring of 3, filled directly", rings[0], fill),
  ];
  if (!inFlight || count <= 10_000) paths.push(written("a writeBuffer an update", slots.slice(0, 1), apart));
  return { paths, destroy: () => [...slots, copied, ...rings].forEach((made) => made.destroy()) };
}

const whole = (device, slot, arena) => device.queue.writeBuffer(slot, 0, arena);

function apart(device, slot, arena) {
  const n = update.size / 4;
  for (let at = 0; at < arena.length; at += n) device.queue.writeBuffer(slot, at * 4, arena, at, n);
}
