// PlayCanvas: storage buffers of its own graphics device, and its UploadStream. What they record goes to the
// GPU with the device's submit.
import { BUFFERUSAGE_COPY_DST, BUFFERUSAGE_COPY_SRC, createGraphicsDevice, DEVICETYPE_WEBGPU, StorageBuffer, version } from "playcanvas";
import { UploadStream } from "playcanvas/build/playcanvas/src/platform/graphics/upload-stream.js"; // the index leaves it out
import { bind } from "../bind.js";
import { workDone } from "../device.js";
import { writesOf } from "../workloads/burst.js";
import { wordsOf } from "../pattern.js";
import { lifetimePart } from "../workloads/lifetime.js";
import { read } from "../workloads/reads.js";
import { fillArena, update } from "../workloads/update.js";

export async function open() {
  const canvas = document.createElement("canvas");
  const device = await createGraphicsDevice(canvas, { deviceTypes: [DEVICETYPE_WEBGPU] });
  if (!device.isWebGPU) throw new Error("PlayCanvas found no WebGPU");
  return { version, device: device.wgpu, ...bind(device, { upload, bursts, scenes, stream, readback, reads, coldReads, frames, lifetime }) };
}

const make = (device, size) => new StorageBuffer(device, size, BUFFERUSAGE_COPY_DST | BUFFERUSAGE_COPY_SRC);

function upload(device, { words }) {
  const plain = written(device, words.byteLength);
  const staged = streamed(device, words.byteLength);
  return {
    paths: [
      { name: "write", write: () => plain.send(words), target: plain.target },
      { name: "UploadStream", write: () => staged.send(words), target: staged.target },
    ],
    destroy: () => [plain, staged].forEach((made) => made.destroy()),
  };
}

function written(device, size) {
  const buffer = make(device, size);
  return {
    buffer,
    send: (words, offset = 0) => buffer.write(offset * 4, words),
    target: () => buffer.impl.buffer,
    destroy: () => destroyNow(device, buffer),
  };
}

// A buffer with an UploadStream to it.
function streamed(device, size) {
  const buffer = make(device, size);
  const uploads = new UploadStream(device);
  return {
    // A stream must not map again what was not submitted.
    send(words, offset = 0) {
      uploads.upload(words, buffer, offset);
      device.submit();
    },
    target: () => buffer.impl.buffer,
    destroy() {
      uploads.destroy();
      destroyNow(device, buffer);
    },
  };
}

function bursts(device, { words }, size) {
  const writes = writesOf(words, size);
  const path = (name, makeTarget) => ({
    name,
    open() {
      const made = makeTarget(device, words.byteLength);
      const run = () => {
        for (const { at, bytes: part } of writes) made.send(part, at / 4);
        device.submit();
      };
      return { run, target: made.target, destroy: made.destroy };
    },
  });
  return { paths: [path("write each", written), path("UploadStream", streamed)], destroy() {} };
}

function scenes(device, cold) {
  let uploads;
  const ready = () => {
    if (cold) uploads?.destroy();
    if (cold || !uploads) uploads = new UploadStream(device);
  };
  const path = (name, send) => ({
    name,
    load(parts) {
      const made = parts.map((bytes) => {
        const buffer = make(device, bytes.length);
        send(buffer, wordsOf(bytes));
        return buffer;
      });
      device.submit();
      return made;
    },
    bufferOf: (buffer) => buffer.impl.buffer,
    drop(buffers) {
      buffers.forEach((buffer) => buffer.destroy());
      device.submit();
    },
  });
  const staged = path("UploadStream", (buffer, words) => {
    uploads.upload(words, buffer);
    device.submit();
  });
  return { paths: [path("StorageBuffer, write", (buffer, words) => buffer.write(0, words)), { ...staged, ready }], destroy: () => uploads?.destroy() };
}

// Frees the memory now; destroy alone leaves that to the next submit.
function destroyNow(device, buffer) {
  buffer.destroy();
  device.submit();
}

function stream(device, { words }, rounds) {
  const plain = written(device, words.byteLength);
  const staged = streamed(device, words.byteLength);
  const path = (name, { send, target }) => ({
    name,
    target,
    async run() {
      for (let i = 0; i < rounds; i++) {
        send(words);
        await workDone(device.wgpu);
      }
    },
  });
  return { paths: [path("write", plain), path("UploadStream", staged)], destroy: () => [plain, staged].forEach((made) => made.destroy()) };
}

function readback(device, { words }) {
  const buffer = make(device, words.byteLength);
  const into = new Uint8Array(words.byteLength);
  const target = () => buffer.impl.buffer;
  return {
    paths: [
      { name: "read, into kept memory", read: () => buffer.read(0, into.length, into, true), target },
      { name: "read, into new memory", read: () => buffer.read(0, into.length, null, true), target },
    ],
    destroy: () => destroyNow(device, buffer),
  };
}

function reads(device, { words }, offsets) {
  const buffer = make(device, words.byteLength);
  const into = offsets.map(() => new Uint8Array(read.size));
  const target = () => buffer.impl.buffer;
  const readAll = (immediate) => offsets.map((at, i) => buffer.read(at, read.size, into[i], immediate));
  const together = () => {
    const all = readAll(false);
    device.submit();
    return Promise.all(all);
  };
  return {
    paths: [
      { name: "read, one submit", run: together, target },
      { name: "read, immediate", run: () => Promise.all(readAll(true)), target },
    ],
    destroy: () => destroyNow(device, buffer),
  };
}

// It keeps nothing for reads: the first is like the others, but for its buffer.
function coldReads(device, { words }, offsets, size) {
  const fresh = () => {
    const buffer = make(device, words.byteLength);
    const into = offsets.map(() => new Uint8Array(size));
    return {
      run: () => Promise.all(offsets.map((at, i) => buffer.read(at, size, into[i], true))),
      target: () => buffer.impl.buffer,
      destroy: () => destroyNow(device, buffer),
    };
  };
  return { paths: [{ name: "read, immediate", open: fresh }], destroy() {} };
}

function frames(device, count) {
  const floats = new Float32Array((count * update.size) / 4);
  const plain = written(device, floats.byteLength);
  const staged = streamed(device, floats.byteLength);
  const path = (name, { target }, send) => ({
    name,
    target,
    frame(number) {
      fillArena(floats, count, number);
      send(floats);
    },
  });
  const paths = [path("one write", plain, plain.send), path("UploadStream", staged, staged.send)];
  if (count <= 10_000) paths.push(path("a write an update", plain, () => writeApart(plain.buffer, floats)));
  return { paths, destroy: () => [plain, staged].forEach((made) => made.destroy()) };
}

function writeApart(buffer, floats) {
  const n = update.size / 4;
  for (let at = 0; at < floats.length; at += n) buffer.write(at * 4, floats, at, n);
}

function lifetime(device, bound) {
  const native = (buffer) => buffer.impl.buffer;
  const drop = (buffer) => buffer.destroy();
  return lifetimePart({ name: "StorageBuffer", make: () => make(device, 256), native, drop, settle: () => device.submit() }, device.wgpu, bound);
}
