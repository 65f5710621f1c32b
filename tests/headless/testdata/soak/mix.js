// Frames in which each kind of buffer is used, and what each buffer holds.
import { COPY_DST, COPY_SRC, MAP_READ, MAP_WRITE, STORAGE, UNIFORM, api, ok, pattern, same, sameBytes } from "/module/check.js";
import { faults } from "./faults.js";

export const capacity = 1024; // of a target at first
export const piece = 64; // the unit of what is moved
const texels = 4 * piece;
const long = 300 << 10; // of an upload
const depth = 8; // reads that may be pending

const rarely = 16; // frames from one thing between two to the next
const fault = 64; // to the next fault
const drops = 128; // to the next frame that is discarded

/** Bytes, of which each seed has others. */
const draw = (mix, size) => pattern(size, 1 + mix.below(1 << 20));

/** What a frame does. */
const steps = {
  write(mix) {
    const [t, at] = mix.pick();
    const bytes = draw(mix, piece);
    t.buffer.write(at, bytes);
    t.bytes.set(bytes, at);
  },
  update(mix) {
    const at = mix.place();
    const bytes = draw(mix, piece);
    const offset = mix.dynamic.write(bytes);
    mix.encoder.copyBufferToBuffer(mix.dynamic.gpuBuffer, offset, mix.own.buffer, at, piece);
    mix.becomes(mix.own, at, bytes);
  },
  "immediate staging"(mix) {
    mix.immediate.reset();
    mix.stage(mix.immediate);
  },
  async "deferred staging"(mix) {
    await mix.deferred.mapAsync();
    mix.stage(mix.deferred);
  },
  texture(mix) {
    const bytes = draw(mix, texels);
    mix.rows.reset();
    mix.rows.write(bytes);
    mix.rows.uploadToTexture(mix.encoder, { texture: mix.texture });
    mix.becomes(mix.image, 0, bytes);
  },
  async "mapped for writing"(mix) {
    const at = mix.place();
    await mix.source.mapAsync(GPUMapMode.WRITE);
    const bytes = draw(mix, piece);
    new Uint8Array(mix.source.mappedRange()).set(bytes);
    mix.source.unmap();
    mix.mapped.set(bytes);
    mix.encoder.copyBufferToBuffer(mix.source.gpuBuffer, 0, mix.own.buffer, at, piece);
    mix.becomes(mix.own, at, mix.mapped);
  },
  read: (mix) => mix.read(mix.all),
  "read of the latest": (mix) => mix.read(mix.latest, "stale"),
  "read of the page's own"(mix) {
    const at = mix.place();
    mix.ask(mix.all.read(mix.own.buffer, at, piece), mix.own, at, piece);
  },
  "read of a texture": (mix) => mix.ask(mix.all.readTexture({ texture: mix.texture }), mix.image, 0, texels),
};

/** What is done between two frames, now and then. */
const between = {
  upload: (mix) => mix.upload(),
  async grow(mix) {
    const [t] = mix.pick();
    if (t.bytes.length > 4 * capacity) return;
    await t.buffer.grow(t.buffer.size + piece);
    const grown = new Uint8Array(t.buffer.size);
    grown.set(t.bytes);
    t.bytes = grown;
  },
  creation: (mix) => mix.replace(mix.below(mix.targets.length)),
  async "mapped for reading"(mix) {
    const at = mix.place();
    const encoder = mix.gpu.device.createCommandEncoder();
    encoder.copyBufferToBuffer(mix.own.buffer, at, mix.sink.gpuBuffer, 0, piece);
    mix.gpu.submit([encoder]);
    await mix.sink.mapAsync(GPUMapMode.READ);
    sameBytes(mix.sink.mappedRange(), mix.own.bytes.subarray(at, at + piece), "mapped");
    mix.sink.unmap();
  },
  async "read without a frame"(mix) {
    mix.read(mix.all);
    await mix.sent();
  },
};

const sources = [(bytes) => bytes, (bytes) => new Blob([bytes]), (bytes) => new Blob([bytes]).stream()];

export class Mix {
  constructor(gpu, random, counts) {
    Object.assign(this, { gpu, random, counts });
    this.immediate = gpu.createImmediateStagingBuffer({ size: capacity });
    this.rows = gpu.createImmediateStagingBuffer({ size: texels, rowBytes: piece });
    this.deferred = gpu.createDeferredStagingBuffer({ size: capacity });
    this.dynamic = gpu.createDynamicBuffer({ size: 4 * capacity, usage: UNIFORM | COPY_SRC });
    this.all = gpu.createReadbackBuffer();
    this.latest = gpu.createReadbackBuffer({ policy: "latest" });
    this.source = gpu.createMappableBuffer({ size: piece, usage: MAP_WRITE | COPY_SRC });
    this.sink = gpu.createMappableBuffer({ size: piece, usage: MAP_READ | COPY_DST });
    this.texture = gpu.device.createTexture({ size: [piece / 4, texels / piece], format: "rgba8unorm", usage: GPUTextureUsage.COPY_SRC | GPUTextureUsage.COPY_DST });
    this.own = { buffer: gpu.device.createBuffer({ size: capacity, usage: STORAGE | COPY_SRC | COPY_DST }), bytes: new Uint8Array(capacity) };
    this.image = { bytes: new Uint8Array(texels) };
    this.mapped = new Uint8Array(piece);
    this.targets = Array.from({ length: 4 }, () => this.target());
    this.effects = []; // of the open frame's commands
    this.asked = []; // reads in the open frame
    this.pending = []; // and those that are sent
  }

  static async open(random, counts) {
    return new Mix(await api.open({ budget: 32 << 20, maxFramesInFlight: 3, onLog() {}, logLevel: "error" }), random, counts);
  }

  below(n) {
    return Math.floor(this.random() * n);
  }

  place() {
    return piece * this.below(capacity / piece);
  }

  /** A target, and a place in it for a piece. */
  pick() {
    return [this.targets[this.below(this.targets.length)], this.place()];
  }

  target() {
    return { buffer: this.gpu.createDeviceBuffer({ size: capacity, usage: STORAGE }), bytes: new Uint8Array(capacity) };
  }

  replace(i) {
    this.targets[i].buffer.destroy();
    this.targets[i] = this.target();
  }

  count(what) {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }

  async perform(list) {
    const names = Object.keys(list);
    const name = names[this.below(names.length)];
    this.count(name);
    await list[name](this);
  }

  async frame() {
    const frame = await this.gpu.nextFrame();
    this.encoder = frame.encoder;
    for (let n = 1 + this.below(3); n > 0; n--) await this.perform(steps);
    this.count("frame");
    if (this.below(drops) === 0) {
      this.count("frame discarded");
      frame.discard();
      this.effects = [];
    } else {
      frame.submit();
    }
    await this.sent();
    if (this.below(rarely) === 0) await this.perform(between);
    if (this.below(fault) === 0) await this.perform(faults);
  }

  /** Applies what the commands of a frame do; then its reads take what there is. */
  async sent() {
    for (const { to, at, bytes } of this.effects) to.bytes.set(bytes, at);
    for (const read of this.asked) read.want = read.from.bytes.slice(read.at, read.at + read.size);
    this.pending.push(...this.asked);
    this.effects = [];
    this.asked = [];
    while (this.pending.length > depth) await this.settle(this.pending.shift());
  }

  /** Says what a target will hold at a place, once the frame is submitted. */
  becomes(to, at, bytes) {
    this.effects.push({ to, at, bytes });
  }

  stage(staging) {
    const [t, at] = this.pick();
    const bytes = draw(this, piece);
    staging.write(bytes);
    staging.uploadTo(this.encoder, t.buffer, at);
    this.becomes(t, at, bytes);
  }

  read(readback, may) {
    const [t, place] = this.pick();
    const at = place + this.below(4);
    const size = 1 + this.below(piece - 4);
    const options = this.below(2) ? { into: new Uint8Array(size) } : undefined;
    this.ask(readback.read(t.buffer, at, size, options), t, at, size, may);
  }

  ask(promise, from, at, size, may) {
    const ended = promise.then((data) => ({ data }), (error) => ({ error })); // others are waited for first
    this.asked.push({ ended, from, at, size, may });
  }

  async settle({ ended, want, may }) {
    const { data, error } = await ended;
    if (error && error.code === may) this.count(`read: ${may}`);
    else if (error) throw error;
    else sameBytes(data, want, "a read");
  }

  /** Begins an upload that goes on while frames do, once the one before is done. */
  async upload() {
    await this.join();
    const bytes = draw(this, long);
    const buffer = this.gpu.createDeviceBuffer({ size: long, usage: STORAGE });
    const control = new AbortController();
    const upload = buffer.upload(0, sources[this.below(sources.length)](bytes), { signal: control.signal });
    const ended = upload.then((data) => ({ data }), (error) => ({ error }));
    this.stream = { bytes, buffer, control, ended };
  }

  /** Waits for the upload that goes on, and compares. */
  async join() {
    if (!this.stream) return;
    const { bytes, buffer, ended } = this.stream;
    const { error } = await ended;
    if (error) throw error;
    sameBytes(await this.all.read(buffer), bytes, "an upload");
    this.drop();
  }

  drop() {
    this.stream.buffer.destroy();
    this.stream = undefined;
  }

  /** Waits until nothing is under way. Targets are as large again as they were at first, and what lies idle is gone. */
  async rest() {
    await this.join();
    for (const read of this.pending.splice(0)) await this.settle(read);
    for (let i = 0; i < this.targets.length; i++) this.replace(i);
    this.gpu.submit();
    await this.gpu.device.queue.onSubmittedWorkDone();
    while (this.gpu.stats().mapsPending > 0) await new Promise((resolve) => setTimeout(resolve, 1));
    this.gpu.trim();
    same(this.gpu.stats().leaks, 0, "leaks");
  }

  /** Loses the device, or destroys the system, with something of each kind under way: each wait ends. */
  async die() {
    await this.upload();
    const frame = await this.gpu.nextFrame();
    this.encoder = frame.encoder;
    this.read(this.all);
    this.read(this.latest);
    await steps.update(this);
    const mapped = this.deferred.mapAsync().then(() => ({}), (error) => ({ error }));
    const code = this.below(2) ? "device-lost" : "destroyed";
    this.count(`fault: ${code}`);
    if (code === "device-lost") this.gpu.device.destroy();
    else this.gpu.destroy();
    const all = [this.stream.ended, mapped, ...[...this.pending, ...this.asked].map(({ ended }) => ended)];
    for (const { error } of await Promise.all(all)) ok(!error || error.code === code || error.code === "stale", `after ${code}: ${error}`);
    this.end();
  }

  end() {
    this.own.buffer.destroy();
    this.texture.destroy();
    this.gpu.destroy();
  }
}
