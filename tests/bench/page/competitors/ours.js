// This project's module, by its public JavaScript API.
import { open as openGPUBuffers } from "/gpubuffers.js";
import { bind } from "../bind.js";
import { workDone } from "../device.js";
import { writesOf } from "../workloads/burst.js";
import { lifetimePart } from "../workloads/lifetime.js";
import { read } from "../workloads/reads.js";
import { element } from "../workloads/sparse.js";
import { streamOf } from "../workloads/stream.js";
import { fillArena, update } from "../workloads/update.js";

const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;

export async function open(device) {
  const gpu = await openGPUBuffers({ device });
  await gpu.calibrate?.();
  return { device, ...bind(gpu, { ...chosen, sparse, readable, reads, coldReads, map, lifetime, calibrate }) };
}

/** The parts in which the engine has a choice. */
export const chosen = { upload, bursts, scenes, stream, readback, frames };

/** What the engine says of its choice, for the report. */
function explained(gpu, operation, size) {
  const said = gpu.explain?.(operation, size);
  return typeof said === "object" ? JSON.stringify(said) : (said ?? "");
}

const make = (gpu, size) => gpu.createDeviceBuffer({ label: `${size} bytes`, size, usage });

function upload(gpu, { bytes }) {
  const explain = () => explained(gpu, "upload", bytes.length);
  const written = make(gpu, bytes.length);
  const uploaded = make(gpu, bytes.length);
  const paths = [
    { name: "write", explain, write: () => written.write(0, bytes), target: () => written.gpuBuffer },
    { name: "upload", explain, write: () => uploaded.upload(0, bytes), target: () => uploaded.gpuBuffer },
  ];
  return { paths, destroy: () => [written, uploaded].forEach((made) => made.destroy()) };
}

/** Cold, each burst is the first of a new system. */
function bursts(gpu, { bytes }, size, cold) {
  const writes = writesOf(bytes, size);
  const path = (name, send) => ({
    name,
    explain: () => (cold ? "" : explained(gpu, "burst", size)),
    async open() {
      const system = cold ? await openGPUBuffers({ device: gpu.device }) : gpu;
      const buffer = make(system, bytes.length);
      return {
        run: () => send(buffer, writes),
        target: () => buffer.gpuBuffer,
        destroy() {
          buffer.destroy();
          if (cold) system.destroy();
        },
      };
    },
  });
  const paths = [path("write", writeEach), path("upload, all at once", uploadAll), path("upload, awaited one by one", uploadEach)];
  return { paths, destroy() {} };
}

function writeEach(buffer, writes) {
  for (const { at, bytes } of writes) buffer.write(at, bytes);
}

const uploadAll = (buffer, writes) => Promise.all(writes.map(({ at, bytes }) => buffer.upload(at, bytes)));

async function uploadEach(buffer, writes) {
  for (const { at, bytes } of writes) await buffer.upload(at, bytes);
}

/** Cold, each load is the first of a new system. */
function scenes(gpu, cold) {
  let system = gpu;
  const end = () => system !== gpu && system.destroy();
  const renew = async () => {
    end();
    system = await openGPUBuffers({ device: gpu.device });
  };
  const path = (name, send) => ({
    name,
    ...(cold && { ready: renew }),
    async load(parts) {
      const buffers = parts.map((bytes) => make(system, bytes.length));
      await send(buffers, parts);
      return buffers;
    },
    bufferOf: (buffer) => buffer.gpuBuffer,
    drop: (buffers) => buffers.forEach((buffer) => buffer.destroy()),
  });
  const paths = [
    path("write", (buffers, parts) => buffers.forEach((buffer, i) => buffer.write(0, parts[i]))),
    path("upload, all at once", (buffers, parts) => Promise.all(buffers.map((buffer, i) => buffer.upload(0, parts[i])))),
  ];
  return { paths, destroy: end };
}

function sparse(gpu, { bytes }) {
  const buffer = make(gpu, bytes.length);
  const ranges = (indices) => {
    const list = new Uint32Array(2 * indices.length).fill(element);
    for (let i = 0; i < indices.length; i++) list[2 * i] = indices[i] * element;
    return list;
  };
  const path = { name: "writeRanges", update: (indices) => buffer.writeRanges(0, bytes, ranges(indices)), target: () => buffer.gpuBuffer };
  return { paths: [path], destroy: () => buffer.destroy() };
}

function stream(gpu, { bytes }, rounds) {
  const buffer = make(gpu, bytes.length);
  return streaming(gpu, buffer, rounds, "upload of data", () => buffer.upload(0, bytes));
}

function readable(gpu, { bytes }, rounds) {
  const buffer = make(gpu, bytes.length);
  return streaming(gpu, buffer, rounds, "upload of a ReadableStream", () => buffer.upload(0, streamOf(bytes)));
}

/** One path, whose send() fills the buffer. */
function streaming(gpu, buffer, rounds, name, send) {
  const path = {
    name,
    explain: () => explained(gpu, "upload", buffer.size),
    async run() {
      for (let i = 0; i < rounds; i++) await send();
      await workDone(gpu.device);
    },
    target: () => buffer.gpuBuffer,
  };
  return { paths: [path], destroy: () => buffer.destroy() };
}

function readback(gpu, { bytes }) {
  const size = bytes.length;
  const buffer = make(gpu, size);
  const reader = gpu.createReadbackBuffer();
  const into = new Uint8Array(size);
  const shared = { target: () => buffer.gpuBuffer, explain: () => explained(gpu, "readback", size) };
  return {
    paths: [
      { ...shared, name: "into kept memory", read: () => reader.read(buffer, 0, size, { into }) },
      { ...shared, name: "into new memory", read: () => reader.read(buffer, 0, size) },
    ],
    destroy: () => [reader, buffer].forEach((made) => made.destroy()),
  };
}

function reads(gpu, source, offsets) {
  const buffer = make(gpu, source.bytes.length);
  const reader = gpu.createReadbackBuffer();
  const into = offsets.map(() => new Uint8Array(read.size));
  const run = () => Promise.all(offsets.map((at, i) => reader.read(buffer, at, read.size, { into: into[i] })));
  return {
    paths: [{ name: "into kept memory", target: () => buffer.gpuBuffer, run }],
    destroy: () => [reader, buffer].forEach((made) => made.destroy()),
  };
}

/** The first reads of a new system. */
function coldReads(gpu, { bytes }, offsets, size) {
  const fresh = async () => {
    const system = await openGPUBuffers({ device: gpu.device });
    const buffer = make(system, bytes.length);
    const reader = system.createReadbackBuffer();
    const into = offsets.map(() => new Uint8Array(size));
    return {
      run: () => Promise.all(offsets.map((at, i) => reader.read(buffer, at, size, { into: into[i] }))),
      target: () => buffer.gpuBuffer,
      destroy: () => [reader, buffer, system].forEach((made) => made.destroy()),
    };
  };
  return { paths: [{ name: "into kept memory", open: fresh }], destroy() {} };
}

/** What the updates of a frame are to the engine. */
export const frameOperation = (inFlight) => (inFlight ? "flush" : "frame");

function frames(gpu, count, inFlight) {
  const size = count * update.size;
  const dynamic = gpu.createDynamicBuffer({ label: "frames", size, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC });
  let start = 0;
  const path = (name, fill) => ({
    name,
    explain: () => explained(gpu, frameOperation(inFlight), size),
    async frame(number) {
      const frame = await gpu.nextFrame();
      start = fill(dynamic, count, number);
      frame.submit();
    },
    target: () => dynamic.gpuBuffer,
    offset: () => start,
  });
  const arena = new Float32Array(size / 4);
  const plain = make(gpu, size);
  const written = {
    name: "DeviceBuffer, one write",
    explain: () => explained(gpu, "upload", size),
    frame(number) {
      fillArena(arena, count, number);
      plain.write(0, arena);
    },
    target: () => plain.gpuBuffer,
  };
  const paths = [path("DynamicBuffer", fillUpdates), path("DynamicBuffer, one update", fillOne), written];
  return { paths, destroy: () => [dynamic, plain].forEach((made) => made.destroy()) };
}

/** A function of its own, as fillArena is: V8 makes less of a loop in an async function. */
function fillUpdates(dynamic, count, number) {
  const start = dynamic.update(update.size);
  const { floats } = dynamic; // of the one page that holds them all
  update.fill(floats, start / 4, 0, number);
  for (let i = 1; i < count; i++) update.fill(floats, dynamic.update(update.size) / 4, i, number);
  return start;
}

function fillOne(dynamic, count, number) {
  const start = dynamic.update(count * update.size);
  fillArena(dynamic.floats.subarray(start / 4), count, number);
  return start;
}

function map(gpu) {
  const buffer = gpu.createMappableBuffer({ size: 256, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  const path = {
    name: "mapAsync, unmap",
    async run(trips) {
      for (let i = 0; i < trips; i++) {
        await buffer.mapAsync(GPUMapMode.READ);
        buffer.unmap();
      }
    },
  };
  return { paths: [path], destroy: () => buffer.destroy() };
}

function lifetime(gpu, bound) {
  const makeOne = () => gpu.createDeviceBuffer({ size: 256, usage });
  const native = (buffer) => buffer.gpuBuffer;
  return lifetimePart({ name: "createDeviceBuffer, destroy", make: makeOne, native, drop: (buffer) => buffer.destroy() }, gpu.device, bound);
}

/** Explains what a new system has chosen, with nothing but its calibration to go by. */
function calibrate({ device }) {
  let gpu;
  let choices = "";
  const path = {
    name: "open, calibrate",
    explain: () => choices,
    async run() {
      gpu = await openGPUBuffers({ device });
      await gpu.calibrate();
    },
    drop() {
      choices = choicesOf(gpu);
      gpu.destroy();
    },
  };
  return { paths: [path], destroy() {} };
}

const choicesOf = (gpu) =>
  [["upload", 20], ["upload", 24], ["upload", 26], ["readback", 24], ["readback", 26], ["flush", 18], ["flush", 21], ["flush", 24]]
    .map(([operation, power]) => `${operation} of 2^${power}: ${gpu.explain(operation, 2 ** power).path}`)
    .join("; ");
