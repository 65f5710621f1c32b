// three.js: attributes of its WebGPURenderer. A render or a compute would bring an attribute with needsUpdate
// to the GPU by the backend's updateAttribute: it is called directly, so that three.js is spared the rest.
import { ReadbackBuffer, REVISION, StorageBufferAttribute, WebGPURenderer } from "three/webgpu";
import { bind } from "../bind.js";
import { writesOf } from "../workloads/burst.js";
import { wordsOf } from "../pattern.js";
import { lifetimePart } from "../workloads/lifetime.js";
import { read } from "../workloads/reads.js";
import { element } from "../workloads/sparse.js";
import { fillArena, update } from "../workloads/update.js";

export async function open(device) {
  const renderer = new WebGPURenderer({ device });
  await renderer.init();
  return { version: `r${REVISION}`, device, ...bind(renderer, { upload, bursts, scenes, sparse, stream, readback, reads, coldReads, frames, lifetime }) };
}

function make(renderer, array) {
  const attribute = new StorageBufferAttribute(array, 1);
  renderer.backend.createStorageAttribute(attribute);
  return {
    attribute,
    gpuBuffer: renderer.backend.get(attribute).buffer,
    update: () => renderer.backend.updateAttribute(attribute),
    destroy: () => renderer.backend.destroyAttribute(attribute),
  };
}

function upload(renderer, { words }) {
  const made = make(renderer, words);
  return { paths: [{ name: "needsUpdate", write: made.update, target: () => made.gpuBuffer }], destroy: made.destroy };
}

function bursts(renderer, { words }, size) {
  const apart = () => {
    const made = writesOf(words, size).map(({ bytes }) => make(renderer, bytes));
    return {
      run: () => made.forEach((one) => one.update()),
      target: () => made.map((one) => one.gpuBuffer),
      destroy: () => made.forEach((one) => one.destroy()),
    };
  };
  const ranges = () => {
    const made = make(renderer, words);
    const run = () => {
      for (let at = 0; at < words.byteLength; at += size) made.attribute.addUpdateRange(at / 4, size / 4);
      made.update();
    };
    return { run, target: () => made.gpuBuffer, destroy: made.destroy };
  };
  return { paths: [{ name: "needsUpdate each", open: apart }, { name: "an update range each", open: ranges }], destroy() {} };
}

function scenes(renderer) {
  const load = (parts) => parts.map((bytes) => make(renderer, wordsOf(bytes)));
  const drop = (made) => made.forEach((one) => one.destroy());
  return { paths: [{ name: "StorageBufferAttribute", load, bufferOf: (one) => one.gpuBuffer, drop }], destroy() {} };
}

function sparse(renderer, { words }) {
  const made = make(renderer, words);
  const send = (indices) => {
    for (const i of indices) made.attribute.addUpdateRange((i * element) / 4, element / 4);
    made.update();
  };
  return { paths: [{ name: "an update range each", update: send, target: () => made.gpuBuffer }], destroy: made.destroy };
}

function stream(renderer, { words }, rounds) {
  const made = make(renderer, words);
  const run = async () => {
    for (let i = 0; i < rounds; i++) {
      made.update();
      await renderer.backend.device.queue.onSubmittedWorkDone();
    }
  };
  return { paths: [{ name: "needsUpdate", run, target: () => made.gpuBuffer }], destroy: made.destroy };
}

function readback(renderer, { words }) {
  const made = make(renderer, words);
  const kept = new ReadbackBuffer(words.byteLength);
  const into = new Uint8Array(words.byteLength);
  const target = () => made.gpuBuffer;
  return {
    paths: [
      { name: "getArrayBufferAsync", target, read: () => renderer.getArrayBufferAsync(made.attribute) },
      { name: "ReadbackBuffer, into kept memory", target, read: () => readInto(renderer, made.attribute, kept, 0, into) },
    ],
    destroy() {
      kept.dispose();
      made.destroy();
    },
  };
}

async function readInto(renderer, attribute, kept, offset, into) {
  await renderer.getArrayBufferAsync(attribute, kept, offset, into.length);
  into.set(new Uint8Array(kept.buffer));
  kept.release();
  return into;
}

function reads(renderer, { words }, offsets) {
  const made = make(renderer, words);
  const kept = offsets.map(() => new ReadbackBuffer(read.size));
  const into = offsets.map(() => new Uint8Array(read.size));
  const target = () => made.gpuBuffer;
  return {
    paths: [
      { name: "getArrayBufferAsync", target, run: () => Promise.all(offsets.map((at) => renderer.getArrayBufferAsync(made.attribute, null, at, read.size))) },
      { name: "64 ReadbackBuffers", target, run: () => Promise.all(offsets.map((at, i) => readInto(renderer, made.attribute, kept[i], at, into[i]))) },
    ],
    destroy() {
      kept.forEach((buffer) => buffer.dispose());
      made.destroy();
    },
  };
}

function coldReads(renderer, { words }, offsets, size) {
  const fresh = () => {
    const made = make(renderer, words);
    const kept = offsets.map(() => new ReadbackBuffer(size));
    const into = offsets.map(() => new Uint8Array(size));
    return {
      run: () => Promise.all(offsets.map((at, i) => readInto(renderer, made.attribute, kept[i], at, into[i]))),
      target: () => made.gpuBuffer,
      destroy() {
        kept.forEach((buffer) => buffer.dispose());
        made.destroy();
      },
    };
  };
  return { paths: [{ name: "new ReadbackBuffers", open: fresh }], destroy() {} };
}

function frames(renderer, count) {
  const floats = new Float32Array((count * update.size) / 4);
  const made = make(renderer, floats);
  const path = (name, ranges) => ({
    name,
    frame(number) {
      fillArena(floats, count, number);
      ranges();
      made.update();
    },
    target: () => made.gpuBuffer,
  });
  const paths = [path("needsUpdate", () => {})];
  if (count <= 10_000) paths.push(path("an update range an update", () => addRanges(made.attribute, count)));
  return { paths, destroy: made.destroy };
}

function addRanges(attribute, count) {
  const n = update.size / 4;
  for (let i = 0; i < count; i++) attribute.addUpdateRange(i * n, n);
}

function lifetime(renderer, bound) {
  const array = new Uint32Array(64);
  const native = (made) => made.gpuBuffer;
  const drop = (made) => made.destroy();
  return lifetimePart({ name: "StorageBufferAttribute", make: () => make(renderer, array), native, drop }, renderer.backend.device, bound);
}
