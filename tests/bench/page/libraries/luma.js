// luma.gl: buffers of its own device; its WebGPU adapter cannot attach to one that is given.
import { Buffer, luma } from "@luma.gl/core";
import { webgpuAdapter } from "@luma.gl/webgpu";
import { bind } from "../bind.js";
import { workDone } from "../device.js";
import { writesOf } from "../workloads/burst.js";
import { lifetimePart } from "../workloads/lifetime.js";
import { read } from "../workloads/reads.js";
import { fillArena, update } from "../workloads/update.js";

const usage = Buffer.STORAGE | Buffer.COPY_DST | Buffer.COPY_SRC;

export async function open() {
  const device = await luma.createDevice({ type: "webgpu", adapters: [webgpuAdapter], waitForPageLoad: false });
  return { version: luma.VERSION, device: device.handle, ...bind(device, { upload, bursts, scenes, stream, readback, reads, frames, lifetime }) };
}

const make = (device, byteLength) => device.createBuffer({ byteLength, usage });

function upload(device, { bytes }) {
  const buffer = make(device, bytes.length);
  const target = () => buffer.handle;
  return { paths: [{ name: "write", write: () => buffer.write(bytes), target }], destroy: () => buffer.destroy() };
}

function bursts(device, { bytes }, size) {
  const writes = writesOf(bytes, size);
  const fresh = () => {
    const buffer = make(device, bytes.length);
    return { run: () => writes.forEach(({ at, bytes: part }) => buffer.write(part, at)), target: () => buffer.handle, destroy: () => buffer.destroy() };
  };
  return { paths: [{ name: "write each", open: fresh }], destroy() {} };
}

function scenes(device) {
  const path = (name, makeOne) => ({
    name,
    load: (parts) => parts.map(makeOne),
    bufferOf: (buffer) => buffer.handle,
    drop: (buffers) => buffers.forEach((buffer) => buffer.destroy()),
  });
  const written = (bytes) => {
    const buffer = make(device, bytes.length);
    buffer.write(bytes);
    return buffer;
  };
  return { paths: [path("createBuffer with data", (data) => device.createBuffer({ data, usage })), path("createBuffer, write", written)], destroy() {} };
}

function stream(device, { bytes }, rounds) {
  const buffer = make(device, bytes.length);
  const run = async () => {
    for (let i = 0; i < rounds; i++) {
      buffer.write(bytes);
      await workDone(device.handle);
    }
  };
  return { paths: [{ name: "write", run, target: () => buffer.handle }], destroy: () => buffer.destroy() };
}

function readback(device, { bytes }) {
  const buffer = make(device, bytes.length);
  const target = () => buffer.handle;
  return { paths: [{ name: "readAsync", read: () => buffer.readAsync(), target }], destroy: () => buffer.destroy() };
}

function reads(device, { bytes }, offsets) {
  const buffer = make(device, bytes.length);
  const run = () => Promise.all(offsets.map((at) => buffer.readAsync(at, read.size)));
  return { paths: [{ name: "readAsync", once: true, run, target: () => buffer.handle }], destroy: () => buffer.destroy() };
}

function frames(device, count) {
  const floats = new Float32Array((count * update.size) / 4);
  const buffer = make(device, floats.byteLength);
  const path = (name, send) => ({
    name,
    frame(number) {
      fillArena(floats, count, number);
      send();
    },
    target: () => buffer.handle,
  });
  const paths = [path("one write", () => buffer.write(floats))];
  if (count <= 10_000) paths.push(path("a write an update", () => writeApart(buffer, floats)));
  return { paths, destroy: () => buffer.destroy() };
}

function writeApart(buffer, floats) {
  const n = update.size / 4;
  for (let at = 0; at < floats.length; at += n) buffer.write(floats.subarray(at, at + n), at * 4);
}

function lifetime(device, bound) {
  const native = (buffer) => buffer.handle;
  return lifetimePart({ name: "createBuffer, destroy", make: () => make(device, 256), native, drop: (buffer) => buffer.destroy() }, device.handle, bound);
}
