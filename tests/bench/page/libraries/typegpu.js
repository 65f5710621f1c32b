// TypeGPU: typed buffers on a root. Its read() gives a buffer whole, as an array of numbers; a part of one
// cannot be read, so 64 reads are of 64 buffers.
import tgpu, { d } from "typegpu";
import { version } from "typegpu/package.json";
import { bind } from "../bind.js";
import { digest } from "../pattern.js";
import { writesOf } from "../workloads/burst.js";
import { lifetimePart } from "../workloads/lifetime.js";
import { read } from "../workloads/reads.js";
import { fillArena, update } from "../workloads/update.js";

export function open(device) {
  const root = tgpu.initFromDevice({ device });
  return { version, device, ...bind(root, { upload, bursts, scenes, stream, readback, reads, frames, lifetime }) };
}

const make = (root, bytes, element = d.u32) => root.createBuffer(d.arrayOf(element, bytes / 4)).$usage("storage");

function upload(root, { bytes }) {
  const buffer = make(root, bytes.length);
  const target = () => root.unwrap(buffer);
  return { paths: [{ name: "write", write: () => buffer.write(bytes), target }], destroy: () => buffer.destroy() };
}

function bursts(root, { bytes }, size) {
  const writes = writesOf(bytes, size);
  const fresh = () => {
    const buffers = writes.map(() => make(root, size));
    const target = buffers.map((buffer) => root.unwrap(buffer));
    const destroy = () => buffers.forEach((buffer) => buffer.destroy());
    return { run: () => buffers.forEach((buffer, i) => buffer.write(writes[i].bytes)), target: () => target, destroy };
  };
  return { paths: [{ name: "write each", open: fresh }], destroy() {} };
}

function scenes(root) {
  const load = (parts) => parts.map((bytes) => {
    const buffer = make(root, bytes.length);
    buffer.write(bytes);
    return buffer;
  });
  const drop = (buffers) => buffers.forEach((buffer) => buffer.destroy());
  return { paths: [{ name: "createBuffer, write", load, bufferOf: (buffer) => root.unwrap(buffer), drop }], destroy() {} };
}

function stream(root, { bytes }, rounds) {
  const buffer = make(root, bytes.length);
  const run = async () => {
    for (let i = 0; i < rounds; i++) {
      buffer.write(bytes);
      await root.device.queue.onSubmittedWorkDone();
    }
  };
  return { paths: [{ name: "write", run, target: () => root.unwrap(buffer) }], destroy: () => buffer.destroy() };
}

function readback(root, { bytes }) {
  const buffer = make(root, bytes.length);
  let numbers;
  const path = {
    name: "read",
    target: () => root.unwrap(buffer),
    async run(calls) {
      for (let i = 0; i < calls; i++) numbers = await buffer.read();
    },
    digest: () => digest(Uint32Array.from(numbers)),
  };
  return { paths: [path], destroy: () => buffer.destroy() };
}

function reads(root, { bytes }, offsets) {
  const buffers = offsets.map(() => make(root, read.size));
  let arrays;
  const path = {
    name: "read of 64 buffers",
    fill: () => buffers.forEach((buffer, i) => buffer.write(bytes.subarray(offsets[i], offsets[i] + read.size))),
    run: async () => void (arrays = await Promise.all(buffers.map((buffer) => buffer.read()))),
    digest: () => arrays.reduce((sum, numbers, i) => (sum + digest(Uint32Array.from(numbers), (i * read.size) / 4)) >>> 0, 0),
  };
  return { paths: [path], destroy: () => buffers.forEach((buffer) => buffer.destroy()) };
}

function frames(root, count) {
  const size = count * update.size;
  const buffer = make(root, size, d.f32);
  const target = () => root.unwrap(buffer);
  const floats = new Float32Array(buffer.arrayBuffer);
  const apart = new Float32Array(size / 4);
  const paths = [{
    name: "fill its arrayBuffer, one write",
    frame(number) {
      fillArena(floats, count, number);
      buffer.write(buffer.arrayBuffer);
    },
    target,
  }];
  if (count <= 10_000) paths.push({
    name: "a write an update",
    frame(number) {
      fillArena(apart, count, number);
      writeApart(buffer, apart);
    },
    target,
  });
  return { paths, destroy: () => buffer.destroy() };
}

function writeApart(buffer, floats) {
  const n = update.size / 4;
  for (let at = 0; at < floats.length; at += n) {
    buffer.write(floats.subarray(at, at + n), { startOffset: at * 4, endOffset: (at + n) * 4 });
  }
}

function lifetime(root, bound) {
  const schema = d.arrayOf(d.u32, 64);
  const makeOne = () => {
    const buffer = root.createBuffer(schema).$usage("storage");
    root.unwrap(buffer); // TypeGPU makes the GPUBuffer when it is first needed
    return buffer;
  };
  const native = (buffer) => root.unwrap(buffer);
  return lifetimePart({ name: "createBuffer, destroy", make: makeOne, native, drop: (buffer) => buffer.destroy() }, root.device, bound);
}
