// Ranges of an array of the program's, written to a buffer that mirrors it.
import { STORAGE, contents, ok, pattern, randomFrom, same, sameBytes, takePath, throws, withSystem } from "./check.js";

const KiB = 1 << 10;
const MiB = 1 << 20;

/** What f writes by the queue, by offset and size. */
function queueWrites(f) {
  const { writeBuffer } = GPUQueue.prototype;
  const seen = [];
  GPUQueue.prototype.writeBuffer = function (buffer, offset, data, start, size) {
    seen.push([offset, size ?? data.byteLength]);
    return writeBuffer.call(this, buffer, offset, data, start, size);
  };
  try {
    f();
  } finally {
    GPUQueue.prototype.writeBuffer = writeBuffer;
  }
  return seen;
}

const every = (apart, length) => Array.from({ length: 2 * Math.ceil(length / apart) }, (_, i) => (i % 2 === 0 ? (i / 2) * apart : 64));

export const fewBytesAndFewWrites = () =>
  withSystem(async (gpu) => {
    const data = new Uint8Array(64 * KiB);
    const b = gpu.createDeviceBuffer({ label: "array", size: 64 * KiB + 16, usage: STORAGE });
    b.write(0, data.subarray(0, 4)); // the very first is the module's
    const far = 60 * KiB;
    const cases = [
      ["no range", [], []],
      ["an empty one", [8, 0], []],
      ["one alone", [8, 4], [[24, 4]]],
      ["neighbours are one", [0, 64, 64, 64], [[16, 128]]],
      ["ranges that overlap are one", [0, 64, 32, 64, 40, 8], [[16, 96]]],
      ["those near each other are one", [0, 4, 2052, 4, far, 4], [[16, 2056], [16 + far, 4]]],
      ["those farther apart are not", [0, 4, 2056, 4, far, 4], [[16, 4], [16 + 2056, 4], [16 + far, 4]]],
      ["two in less than twice the cost of two writes are one", [0, 4, 8196, 4], [[16, 8200]]],
      ["two in more are not", [0, 4, 8212, 4], [[16, 4], [16 + 8212, 4]]],
      ["out of order", [far, 4, 4, 4, 0, 4], [[16 + far, 4], [20, 4], [16, 4]]],
      ["many of many are all", every(3 * KiB, 64 * KiB), [[16, 21 * 3 * KiB + 64]]],
    ];
    for (const [what, ranges, writes] of cases) {
      for (const list of [ranges, Float64Array.from(ranges), Uint32Array.from(ranges)]) same(queueWrites(() => b.writeRanges(16, data, list)), writes, what);
    }
  });

export const rangesArrive = () =>
  withSystem(async (gpu) => {
    const random = randomFrom(11);
    const paths = ["queue write", "mapped ring, 2 MiB chunks"];
    for (let i = 0; i < 60; i++) {
      takePath(gpu, paths, paths[i % 2]);
      const size = MiB;
      const b = gpu.createDeviceBuffer({ label: "array", size, usage: STORAGE });
      const array = pattern(4 * Math.floor((random() * size) / 4), i);
      const offset = 4 * Math.floor((random() * (size - array.length)) / 4);
      b.write(offset, array);
      const ranges = [];
      for (let n = Math.floor(random() * 2 ** (10 * random())); n > 0; n--) {
        const at = 4 * Math.floor((random() * array.length) / 4);
        const bytes = Math.min(4 * Math.floor(2 ** (16 * random())), array.length - at);
        for (let k = at; k < at + bytes; k++) array[k] = 255 * random();
        ranges.push(at, bytes);
      }
      b.writeRanges(offset, array, ranges);
      const kept = array.slice();
      array.fill(7); // the call has taken the bytes
      const got = await contents(gpu, b);
      sameBytes(got.subarray(offset, offset + kept.length), kept, `array ${i}`);
      ok(got.subarray(0, offset).every((x) => x === 0) && got.subarray(offset + kept.length).every((x) => x === 0), `around array ${i}`);
      b.destroy();
    }
  });

export const rangesOfElements = () =>
  withSystem(async (gpu) => {
    const b = gpu.createDeviceBuffer({ label: "array", size: 64, usage: STORAGE });
    b.writeRanges(0, new Float32Array([1, 2, 3, 4]).subarray(1), [4, 4]); // in bytes, of the view
    same([...new Float32Array((await contents(gpu, b)).buffer)].slice(0, 4), [0, 3, 0, 0], "elements");
  });

export const wrongRanges = () =>
  withSystem((gpu) => {
    const b = gpu.createDeviceBuffer({ label: "array", size: 32 * KiB, usage: STORAGE });
    const data = new Uint8Array(36 * KiB);
    const end = data.length;
    b.write(0, data.subarray(0, 4));
    const cases = [
      ["begins within a word", 0, [0, 4, 2, 4], "alignment"],
      ["ends within a word", 0, [0, 4, 4, 6], "alignment"],
      ["an offset within a word", 2, [0, 4], "alignment"],
      ["begins behind the data", 0, [0, 4, end + 4, 0], "range"],
      ["exceeds the data", 0, [0, 4, end - 4, 8], "range"],
      ["exceeds every number", 0, [0, 4, end - 4, Number.MAX_SAFE_INTEGER - 3], "range"],
      ["is infinite", 0, [0, 4, end - 4, Infinity], "type"],
      ["is negative", 0, [0, 4, -4, 4], "range"],
      ["exceeds the buffer", 0, [0, 4, 32 * KiB, 4], "range"],
      ["an offset beyond the buffer", 32 * KiB + 4, [0, 4], "range"],
      ["an offset beyond the buffer, and no range", 32 * KiB + 4, [], "range"],
      ["a negative offset", -4, [0, 4], "range"],
      ["an odd list", 0, [0, 4, 8], "type"],
      ["a hole", 0, [0, 4, , 4], "type"], // eslint-disable-line no-sparse-arrays
      ["words", 0, [0, 4, "8", 4], "type"],
      ["big integers", 0, BigUint64Array.from([0n, 4n]), "type"],
      ["no list", 0, undefined, "type"],
      ["a list of another kind", 0, { length: 2, 0: 0, 1: 4 }, "type"],
      ["no offset", undefined, [0, 4], "type"],
    ];
    for (const [what, offset, ranges, code] of cases) {
      const written = queueWrites(() => {
        const error = throws(code, () => b.writeRanges(offset, data, ranges), what);
        same([error.operation, error.label], ["writeRanges", "array"], what);
      });
      same(written, [], `${what}: written`);
    }
    for (const offset of ["4", null, "", false, [4], 4n, Symbol("4"), { valueOf: () => 4 }, NaN, 1.5]) {
      const written = queueWrites(() => {
        const error = throws("type", () => b.writeRanges(offset, data, [0, 4, 20 * KiB, 4]), `offset ${String(offset)}`);
        same([error.operation, error.label], ["writeRanges", "array"], `offset ${String(offset)}`);
      });
      same(written, [], `offset ${String(offset)}: written`);
    }
    const list = Uint32Array.of(0, 4);
    structuredClone(list, { transfer: [list.buffer] });
    throws("type", () => b.writeRanges(0, data, list), "a list whose memory is gone");
    throws("type", () => b.writeRanges(0, "bytes", [0, 4]), "no memory");
    b.destroy();
    same(throws("destroyed", () => b.writeRanges(0, data, [0, 4]), "destroyed").operation, "writeRanges", "operation");
  });
