// The small world that programs of tests/model are on: see world.go there.

const slots = { devices: 2, mappable: 4 };
const policies = ["wait", "fail", "fallback"];
export const pairs = 2;

/** An error of the page's own, which looks before it does something. */
export class Refusal extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

export class World {
  device;
  systems;
  buffers = [];
  ranges = []; // what is mapped of them,
  grown = []; // and promises that they have grown
  owners = new WeakMap(); // numbers of systems, by what is theirs
  staging = [];
  mapping = new Set(); // those whose map is not settled
  readbacks = [];
  textures = [];
  dynamics = [];
  updates = [];
  hosts = []; // memory that uploads of an actor come from
  frames = [];
  encoders = [];
  aborts = [];
  lost = false;
  errors = 0; // that nobody caught

  static async open(open, { budget, policy, chunk, frames }) {
    const adapter = await navigator.gpu.requestAdapter();
    const w = new World();
    w.device = await adapter.requestDevice();
    w.device.addEventListener("uncapturederror", () => w.errors++);
    w.device.lost.then(() => (w.lost = true));
    const options = { device: w.device, budget: budget || undefined, onBudget: policies[policy], chunkSize: chunk || undefined, maxFramesInFlight: frames || undefined, onLog: () => {}, onError: () => {} };
    w.systems = [await open(options), await open(options)];
    w.gone = [false, false];
    w.aborts = [new AbortController(), new AbortController()];
    return w;
  }

  close() {
    for (const abort of this.aborts) abort.abort();
    for (const system of this.systems) system.destroy();
    this.device.destroy();
  }

  trim() {
    this.systems.forEach((system, i) => this.gone[i] || system.trim());
  }

  /** Waits until the GPU has done what it was given. */
  async idle() {
    await Promise.race([this.device.queue.onSubmittedWorkDone(), this.device.lost]).catch(() => {});
  }

  look() {
    return {
      Sizes: this.buffers.slice(0, slots.devices).map((b) => (b && b.state !== "destroyed" ? b.size : -1)),
      Stats: this.systems.map((system, i) => (this.gone[i] ? {} : countsOf(system.stats()))),
    };
  }

  /** An AbortSignal for the first actor's waits; the other gives none. */
  signal({ actor }) {
    return actor === 0 ? { signal: this.aborts[0].signal } : undefined;
  }

  /** Takes note that an object is a system's. */
  own(system, object) {
    this.owners.set(object, system);
    return object;
  }

  put(slot, buffer) {
    this.buffers[slot] = buffer;
    this.grown[slot] = this.ranges[slot] = undefined;
  }

  destroyBuffer(slot) {
    this.buffers[slot]?.destroy();
    this.ranges[slot] = undefined;
  }

  /** The encoder of an operation: one of the page's, made if there is none, or that of a frame. */
  encoder({ encoder }) {
    if (encoder < pairs) return (this.encoders[encoder] ??= this.device.createCommandEncoder());
    const frame = this.frames[encoder - pairs];
    if (frame === undefined) throw new Refusal("state");
    return frame.encoder;
  }

  /** The GPUBuffer of a slot, of which the page is to use a part. */
  native(slot, usage, at, size) {
    const b = this.buffers[slot];
    if (b.state === "destroyed") throw new Refusal("destroyed");
    if ((b.usage & usage) === 0) throw new Refusal("usage");
    if (at % 4 !== 0 || size % 4 !== 0) throw new Refusal("alignment");
    if (at + size > b.size) throw new Refusal("range");
    if (this.lost) throw new Refusal("device-lost");
    return b instanceof GPUBuffer ? b : b.gpuBuffer;
  }

  /** What is mapped of a MappableBuffer, as bytes that begin at an offset of it. */
  range(slot, at, size) {
    const b = this.buffers[slot];
    if (b.mapState !== "mapped") b.mappedRange(); // throws
    const range = this.ranges[slot];
    range.bytes ??= new Uint8Array(b.mappedRange(range.at, range.size));
    if (at < range.at || at + size > range.at + range.size) throw new Refusal("range");
    return range.bytes.subarray(at - range.at, at - range.at + size);
  }
}

const countsOf = ({ kinds, mappable, held, mapsPending, bytesUp, bytesDown, submits }) => ({
  Kinds: Object.values(kinds).map(({ count, peak, bytes, peakBytes, created }) => ({ count, peak, bytes, peakBytes, created })),
  mappable, held, mapsPending, bytesUp, bytesDown, submits,
});
