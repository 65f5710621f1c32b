// Random workloads, each run by the engine as a program would, and by every path that it could have taken alone. The
// engine's median over that of the best such path is its regret. That path against itself is the noise floor.
//
// The engine is a new system without rates, and has had a second of the workload before. What that second took stands
// beside it. Cold, all systems give their idle memory back before each round.
import { open as openGPUBuffers } from "/gpubuffers.js";
import { fixed, openFixed } from "./competitors/fixed.js";
import { Crowd, crowds } from "./crowd.js";
import { workDone } from "./device.js";
import { gpuDigestOf } from "./gpudigest.js";
import { sizeName } from "./hand/paths.js";
import { digest, Pattern, same, wordsOf } from "./pattern.js";
import { random } from "./random.js";
import { pause, shuffled, within } from "./timing.js";

const most = 128 << 20; // bytes of a round, and of a buffer
const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;

let source; // of all workloads
let sink; // for all reads

/**
 * A workload: pieces of equal size, each to a place of its own in one buffer. A single has one, a burst sends its pieces in
 * a row, a stream is one upload of a ReadableStream of them, scattered ones have gaps between, and sparse ones pauses.
 */
function draw(seed, number) {
  const next = random(Math.imul(seed, 1000003) + number);
  const pick = (list) => list[Math.floor(next() * list.length)];
  const logUniform = (from, to) => Math.round(from * (to / from) ** next());
  const kind = pick(["single", "burst", "stream", "scattered", "sparse"]);
  const size = 4 * logUniform(1, most / 4);
  const wanted = { single: 1, sparse: 4, stream: logUniform(4, 64) }[kind] ?? logUniform(4, 256);
  const count = Math.max(1, Math.min(wanted, Math.floor(most / size)));
  const inFlight = next() < 0.5;
  const method = kind === "stream" ? "stream" : pick(["write", "upload"]);
  const chance = next();
  const reads = kind === "stream" || chance < 0.7 ? "none" : chance < 0.9 ? "some" : "only";
  const idle = next() < 0.25;
  const beside = pick(["", "", ...Object.keys(crowds)]);
  const places = placed(next, kind, size, count);
  return { kind, size, count, inFlight, method, reads, idle, beside, places };
}

/** Offsets one after the other, or in any order with room between. */
function placed(next, kind, size, count) {
  const slots = Array.from({ length: kind === "scattered" ? Math.min(4 * count, Math.floor(most / size)) : count }, (_, i) => i * size);
  if (kind !== "scattered") return slots;
  for (let i = 0; i < count; i++) {
    const j = i + Math.floor(next() * (slots.length - i));
    [slots[i], slots[j]] = [slots[j], slots[i]];
  }
  return slots.slice(0, count);
}

function describe({ kind, size, count, inFlight, method, reads, idle, beside }) {
  const what = reads === "only" ? "read" : method;
  return [
    count > 1 ? `${kind} of ${count} x ${sizeName(size)}` : `${kind} of ${sizeName(size)}`,
    what,
    kind === "stream" ? "" : inFlight ? "in flight" : "each waited for",
    reads === "some" ? "reads among them" : "",
    idle ? "cold" : "warm",
    beside && `beside ${beside}`,
  ].filter(Boolean).join(", ");
}

/** A system with what a workload needs of it. */
class Runner {
  samples = [];

  constructor(name, gpu, spec, ready = () => {}) {
    this.name = name;
    this.gpu = gpu;
    this.spec = spec;
    this.ready = ready;
    this.buffer = gpu.createDeviceBuffer({ label: name, size: Math.max(...spec.places) + spec.size, usage });
    this.reader = gpu.createReadbackBuffer({ label: name });
  }

  /** Milliseconds of one round. */
  async round(seed) {
    const { spec, gpu } = this;
    source.stamp(seed);
    if (spec.reads === "only") this.#fill();
    if (spec.idle) gpu.trim();
    this.ready();
    await workDone(gpu.device);
    // What a system does about that is not to be within the clock, and no system is to meet a crowd in step.
    await pause(spec.beside ? 1 + 5 * Math.random() : 1);
    if (spec.kind === "sparse") return this.#sparse();
    const start = performance.now();
    await this.#all(spec.places.map((_, i) => i));
    return performance.now() - start;
  }

  /** Each after a pause, which does not count. */
  async #sparse() {
    let spent = 0;
    for (let i = 0; i < this.spec.count; i++) {
      await pause(15 + 10 * Math.random());
      const start = performance.now();
      await this.#all([i]);
      spent += performance.now() - start;
    }
    return spent;
  }

  async #all(pieces) {
    const { spec, gpu } = this;
    const pending = [];
    if (spec.method === "stream") await this.buffer.upload(0, piecesOf(spec), { size: spec.size * spec.count });
    else {
      for (const i of pieces) {
        const done = this.#piece(i);
        if (spec.inFlight) pending.push(done);
        else {
          await done;
          await workDone(gpu.device);
        }
      }
    }
    await Promise.all(pending);
    await workDone(gpu.device);
  }

  async #piece(i) {
    const { spec, buffer } = this;
    const at = spec.places[i];
    const bytes = pieceOf(spec, i);
    if (spec.reads === "only") return this.#read(i);
    const sent = spec.method === "upload" ? buffer.upload(at, bytes) : buffer.write(at, bytes);
    if (!readsAfter(spec, i)) return sent;
    await sent;
    return this.#read(i);
  }

  #read(i) {
    const { size, places } = this.spec;
    return this.reader.read(this.buffer, places[i], size, { into: sink.subarray(i * size, (i + 1) * size) });
  }

  #fill() {
    this.spec.places.forEach((at, i) => this.gpu.device.queue.writeBuffer(this.buffer.gpuBuffer, at, pieceOf(this.spec, i)));
  }

  /** Of the last round. */
  async verify() {
    const { spec, gpu } = this;
    const parts = spec.places.map((offset) => ({ buffer: this.buffer.gpuBuffer, offset, size: spec.size }));
    same(digest(wordsOf(source.bytes.subarray(0, spec.size * spec.count))), await gpuDigestOf(gpu.device, parts));
    for (let i = 0; i < spec.count; i++) {
      if (spec.reads === "only" || readsAfter(spec, i)) same(digest(wordsOf(pieceOf(spec, i))), digest(wordsOf(sink.subarray(i * spec.size, (i + 1) * spec.size))));
    }
    sink.fill(0, 0, spec.size * spec.count);
  }

  destroy() {
    this.reader.destroy();
    this.buffer.destroy();
    this.gpu.destroy();
  }
}

const pieceOf = ({ size }, i) => source.bytes.subarray(i * size, (i + 1) * size);
const readsAfter = ({ reads }, i) => reads === "some" && i % 4 === 0;

function piecesOf(spec) {
  let i = 0;
  return new ReadableStream({
    pull(controller) {
      controller.enqueue(pieceOf(spec, i++));
      if (i === spec.count) controller.close();
    },
  });
}

/** The bytes of one transfer, for which the engine chooses, and what it is to the engine. */
const transferOf = ({ method, size, count }) => (method === "stream" ? size * count : size);
const operationOf = ({ kind, count, inFlight }) => (kind !== "stream" && kind !== "sparse" && count > 1 && inFlight ? "burst" : "upload");

/** A runner for each path that the engine has for these operations. */
async function openPaths(device, spec) {
  const uploads = spec.reads === "only" ? fixed.upload.slice(0, 1) : fixed.upload;
  const readbacks = spec.reads === "none" ? fixed.readback.slice(0, 1) : fixed.readback;
  const opened = [];
  const seen = new Set();
  for (const upload of uploads) {
    for (const readback of readbacks) {
      const names = { upload, burst: upload, readback, flush: fixed.flush[0], frame: fixed.frame[0] };
      const runner = await openPath(device, spec, names);
      if (runner && !seen.has(runner.name)) opened.push(runner);
      else runner?.destroy();
      if (runner) seen.add(runner.name);
    }
  }
  return opened;
}

/** Undefined if one of the paths is not for this size. */
async function openPath(device, spec, names) {
  const system = await openFixed(device, names);
  const pathsNow = () => [
    ...(spec.reads === "only" ? [] : [system.pathFor(operationOf(spec), transferOf(spec))]),
    ...(spec.reads === "none" ? [] : [system.pathFor("readback", spec.size)]),
  ];
  const paths = pathsNow();
  if (paths.includes(undefined)) return void system.gpu.destroy();
  const runner = new Runner(paths.join("; "), system.gpu, spec, () => system.fix());
  return Object.assign(runner, { names, paths, pathsNow });
}

/** { description, engine, first, paths, twin, chosen }, with milliseconds of rounds; twin is the best path once more. */
export async function measureRegret(device, seed, number, plan) {
  const spec = draw(seed, number);
  const description = describe(spec);
  source ??= new Pattern(most);
  sink ??= new Uint8Array(most);
  const crowd = spec.beside && new Crowd(device, spec.beside);
  const runners = [];
  try {
    if (crowd) await crowd.start();
    let stamp = 0;
    const turn = (runner) => within(plan.patience, () => runner.round(++stamp));
    const engine = new Runner("engine", await openGPUBuffers({ device }), spec);
    runners.push(engine);
    const first = await during(plan.regret.warmFor, () => turn(engine));
    const paths = await openPaths(device, spec);
    runners.push(...paths);
    for (const runner of paths) runner.trial = median(await during(plan.regret.warmFor / 5, () => turn(runner)));
    const best = paths.reduce((a, b) => (b.trial < a.trial ? b : a));
    const twin = await openPath(device, spec, best.names);
    runners.push(twin);
    await during(plan.regret.warmFor / 5, () => turn(twin));
    await rounds(runners, plan.regret, turn);
    for (const runner of runners) {
      await turn(runner);
      if (runner.paths && runner.paths.join() !== runner.pathsNow().join()) throw new Error(`${runner.name} was left for ${runner.pathsNow().join("; ")}`);
      await within(plan.patience, () => runner.verify());
    }
    return {
      description,
      engine: engine.samples,
      first,
      paths: paths.map(({ name, samples }) => ({ name, samples })),
      twin: { name: twin.name, samples: twin.samples },
      chosen: engine.gpu.explain(spec.reads === "only" ? "readback" : operationOf(spec), transferOf(spec), engine.buffer).path,
    };
  } catch (error) {
    return { description, error: String(error?.message ?? error) };
  } finally {
    if (crowd) crowd.destroy();
    for (const runner of runners) runner.destroy();
    await workDone(device);
  }
}

/** What work gives, again and again for so many milliseconds, at least twice. */
async function during(ms, work) {
  const results = [];
  for (const start = performance.now(); results.length < 2 || performance.now() - start < ms; ) results.push(await work());
  return results;
}

async function rounds(runners, { least, budget }, turn) {
  const start = performance.now();
  for (let i = 0; i < 200 && (i < least || performance.now() - start < budget); i++) {
    for (const runner of shuffled(runners, i)) runner.samples.push(await turn(runner));
  }
}

const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
