// GPUBuffers of the page's, written to, uploaded to and read from by the module.
import { COPY_DST, COPY_SRC, STORAGE, bytesOf, ok, pattern, randomFrom, rejects, same, sameBytes, takePath, throws, typed, withSystem } from "./check.js";

const KiB = 1 << 10;
const MiB = 1 << 20;
const plain = COPY_SRC | COPY_DST | STORAGE;

const theirs = (gpu, size, usage = plain, label = "theirs") => gpu.device.createBuffer({ label, size, usage });

/** What a GPUBuffer holds, as the page reads it. */
async function seen(gpu, buffer) {
  const into = gpu.device.createBuffer({ size: buffer.size, usage: GPUBufferUsage.MAP_READ | COPY_DST });
  const encoder = gpu.device.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, 0, into, 0, buffer.size);
  gpu.device.queue.submit([encoder.finish()]);
  await into.mapAsync(GPUMapMode.READ);
  const bytes = new Uint8Array(into.getMappedRange()).slice();
  into.destroy();
  return bytes;
}

export const aWrappedBufferIsWrittenAndRead = () =>
  withSystem(async (gpu) => {
    const random = randomFrom(3);
    const paths = ["queue write", "mapped ring, 2 MiB chunks"];
    const reader = gpu.createReadbackBuffer();
    for (const [i, size] of [64, 100 * KiB, 300 * KiB, 5 * MiB].entries()) {
      for (const path of paths) {
        takePath(gpu, paths, path);
        const buffer = theirs(gpu, size);
        const b = gpu.wrap(buffer);
        same([b.label, b.size, b.usage, b.gpuBuffer === buffer, b.state, b.valid, b.generation], ["theirs", size, plain, true, "ready", true, 0], "properties");
        const at = 4 * Math.floor((random() * size) / 8);
        const ways = {
          write: (p) => b.write(at, p),
          writeRanges: (p) => b.writeRanges(at, p, [0, 16, p.length - 4, 4]),
          upload: (p) => b.upload(at, p),
          "upload of a stream": (p) => b.upload(at, new Blob([p]).stream()),
          "uploads at once": (p) => Promise.all([b.upload(at, p.subarray(0, 16)), b.upload(at + 16, p.subarray(16))]),
        };
        const want = new Uint8Array(size);
        for (const [name, write] of Object.entries(ways)) {
          const p = want.slice(at);
          if (name === "writeRanges") {
            p.set(pattern(16, i), 0);
            p.set(pattern(4, i + 1), p.length - 4);
          } else p.set(pattern(p.length, i + name.length));
          await write(p);
          want.set(p, at);
          sameBytes(await seen(gpu, buffer), want, `${path}: ${name} of ${size}, as the page sees it`);
          sameBytes(bytesOf(await reader.read(b, 0, size)), want, `${path}: ${name} of ${size}`);
        }
        b.destroy();
        same(b.state, "destroyed", "state");
        sameBytes(await seen(gpu, buffer), want, "after destroy");
        buffer.destroy();
      }
    }
  });

export const whatAWrappedBufferIsNot = () =>
  withSystem(async (gpu) => {
    const before = gpu.stats().kinds.DeviceBuffer;
    const b = gpu.wrap(theirs(gpu, 64), { label: "mesh" });
    same(b.label, "mesh", "label");
    same(gpu.stats().kinds.DeviceBuffer.bytes, before.bytes, "bytes");
    same(gpu.stats().kinds.DeviceBuffer.count, before.count + 1, "count");
    const grow = throws("unsupported", () => b.grow(128), "grow");
    same([grow.operation, grow.label], ["grow", "mesh"], "grow");
    for (const [what, value] of Object.entries({
      nothing: undefined, null: null, "a number": 3, "an object": {}, "a DeviceBuffer": b,
      "a texture": gpu.device.createTexture({ size: [4], format: "r8unorm", usage: GPUTextureUsage.COPY_DST }),
      "an imitation": Object.create(GPUBuffer.prototype),
    })) same(throws("type", () => gpu.wrap(value), what).operation, "wrap", what);
    throws("type", () => gpu.wrap(theirs(gpu, 64), { label: 3 }), "a label that is none");
    throws("type", () => gpu.wrap(theirs(gpu, 64), { lable: "x" }), "an option that is none");

    const source = gpu.wrap(theirs(gpu, 64, COPY_SRC));
    same(throws("usage", () => source.write(0, new Uint8Array(4)), "a write without COPY_DST").label, "theirs", "label");
    await rejects("usage", () => source.upload(0, new Uint8Array(4)), "an upload without COPY_DST");
    throws("usage", () => source.writeRanges(0, new Uint8Array(4), [0, 4]), "ranges without COPY_DST");
    const reader = gpu.createReadbackBuffer();
    await rejects("usage", () => reader.read(gpu.wrap(theirs(gpu, 64, COPY_DST)), 0, 4), "a read without COPY_SRC");
  });

export const aWrappedBufferThatIsMapped = () =>
  withSystem(async (gpu) => {
    const buffer = theirs(gpu, 64, GPUBufferUsage.MAP_READ | COPY_DST);
    const b = gpu.wrap(buffer);
    b.write(0, pattern(64, 1));
    b.write(0, pattern(64, 2)); // which the module is not asked about
    const mapped = buffer.mapAsync(GPUMapMode.READ);
    for (const [name, write] of Object.entries({ write: () => b.write(0, pattern(64, 3)), writeRanges: () => b.writeRanges(0, pattern(64, 3), [0, 4]) })) {
      throws("map-pending", write, `${name} while a map is pending`);
    }
    await rejects("map-pending", () => b.upload(0, pattern(64, 3)), "an upload while a map is pending");
    await mapped;
    throws("mapped", () => b.write(0, pattern(64, 3)), "a write while it is mapped");
    await rejects("mapped", () => b.upload(0, pattern(64, 3)), "an upload while it is mapped");
    sameBytes(new Uint8Array(buffer.getMappedRange()), pattern(64, 2), "bytes");
    buffer.unmap();
    b.write(0, pattern(64, 4));
    await buffer.mapAsync(GPUMapMode.READ);
    sameBytes(new Uint8Array(buffer.getMappedRange()), pattern(64, 4), "bytes after the unmap");
  });

export const aWrappedBufferThatItsOwnerDestroysTakesNoUploadAlong = () =>
  withSystem(async (gpu) => {
    takePath(gpu, ["queue write", "mapped ring, 2 MiB chunks"], "mapped ring, 2 MiB chunks");
    const buffers = ["one", "gone", "three"].map((label) => theirs(gpu, MiB, plain, label));
    const wrapped = buffers.map((buffer) => gpu.wrap(buffer));
    for (const b of wrapped) b.write(0, pattern(4, 1));
    const uploads = wrapped.map((b, i) => b.upload(0, pattern(200 * KiB, i)));
    buffers[1].destroy();
    same(await Promise.all(uploads), [200 * KiB, 200 * KiB, 200 * KiB], "bytes");
    for (const i of [0, 2]) sameBytes((await seen(gpu, buffers[i])).subarray(0, 200 * KiB), pattern(200 * KiB, i), `buffer ${i}`);
  }, { onError() {} });

export const theEndOfItsSystemLeavesAWrappedBuffer = async () => {
  let buffer;
  await withSystem(async (gpu) => {
    buffer = theirs(gpu, 64);
    const b = gpu.wrap(buffer);
    b.write(0, pattern(64, 5));
    gpu.destroy();
    ok(typed(throws("destroyed", () => b.write(0, pattern(64, 5)), "a write"), "destroyed"), "typed");
    throws("destroyed", () => gpu.wrap(buffer), "wrap");
  });
};
