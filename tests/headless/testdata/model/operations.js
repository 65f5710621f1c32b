// How each kind of operation of tests/model is performed on the ES module, or on functions.js, which gives the functions
// of the WebAssembly module the same form. An operation gives nothing, the bytes that it brought, or a function that
// puts into the world what it made, or a promise of one of them; it throws what it failed with.
import { pairs, Refusal } from "./world.js";

/** The result of an operation on what is not there. */
export const skipped = Symbol("skipped");

const { COPY_SRC, COPY_DST, MAP_READ, MAP_WRITE, STORAGE } = GPUBufferUsage;
const mapUsages = [STORAGE | COPY_SRC | COPY_DST, MAP_READ | COPY_DST, MAP_WRITE | COPY_SRC];
const devices = 2; // slots of DeviceBuffers,
const rawSlot = 2; // of a GPUBuffer,
const adoptedSlot = 3; // which pages use by this one,
const mappables = 4; // and, from here on, of MappableBuffers
const immediates = 2; // slots of staging buffers
const encoderLists = [[], [0], [1], [0, 1], [0, 0]];
const pitch = 256;
const boxes = [
  { origin: [0, 0], size: [8, 4] },
  { origin: [2, 1], size: [4, 2] },
  { origin: [4, 0], size: [8, 1] }, // sticks out
];

const pattern = (seed, size) => Uint8Array.from({ length: size }, (_, i) => i * 7 + (i >> 8) * 13 + seed * 31 + 1);
const rowBytes = (box) => boxes[box].size[0] * 4;
const boxBytes = (box) => boxes[box].size[1] * rowBytes(box);
const boxSpan = (box) => (boxes[box].size[1] - 1) * pitch + rowBytes(box);
const mappableOf = ({ buffer }) => mappables + (buffer % 2);
const modeOf = ({ mode }, { usage }) => mode || ((usage & MAP_READ) !== 0 ? GPUMapMode.READ : GPUMapMode.WRITE);

/** f on an object of the world's that is there. */
const on = (object, f) => (object === undefined ? skipped : f(object));

/** A region of a texture of the page's, which looks whether it sticks out. */
function region(texture, box) {
  if (boxes[box].origin[0] + boxes[box].size[0] > texture.width) throw new Refusal("range");
  return [{ texture, origin: boxes[box].origin }, boxes[box].size];
}

/** The pieces of a stream. One of many stands still in the middle. */
function streamOf(bytes, pieces) {
  const size = Math.ceil(bytes.length / pieces) || 1;
  let at = 0;
  return new ReadableStream({
    async pull(controller) {
      if (pieces > 10 && at === 10 * size) await new Promise((resolve) => setTimeout(resolve, 50));
      if (at >= bytes.length) controller.close();
      else controller.enqueue(bytes.slice(at, (at += size)));
    },
  });
}

/** What an upload comes from, by its count. */
/** The bytes of Blobs: a browser under load may take very long to read one. */
export const bytesOfBlobs = new WeakMap();

function sourceOf(w, { actor, count, seed, size }) {
  const bytes = pattern(seed, size);
  if (count === 1) return bytes;
  if (count === 2) return (w.hosts[actor] = bytes.buffer);
  if (count !== 5) return streamOf(bytes, count);
  const blob = new Blob([bytes]);
  bytesOfBlobs.set(blob, bytes);
  return blob;
}

/** Encoders that are there, for a submit that forgets them if it succeeds. */
function submitWith(w, { encoders }, submit) {
  const slots = encoderLists[encoders].filter((slot) => w.encoders[slot] !== undefined);
  submit(slots.map((slot) => w.encoders[slot]));
  for (const slot of slots) w.encoders[slot] = undefined;
}

/** Of a buffer of another system that grows meanwhile nobody says what a read brings. */
const readable = (w, r, b) => r && b && (b instanceof GPUBuffer || w.owners.get(r) === w.owners.get(b));

/** Nobody says whether a staging buffer is writable before the promise of its map has settled. */
const writable = (w, slot) => (w.mapping.has(w.staging[slot]) ? undefined : w.staging[slot]);

async function bytesOf(read) {
  return new Uint8Array(await read);
}

const destroyAt = (list) => (w, slot) => on(w[list][slot], (object) => void object.destroy());

export const operations = {
  new(w, { system, buffer, capacity }) {
    const slot = buffer % devices;
    w.destroyBuffer(slot);
    w.put(slot, w.own(system, w.systems[system].createDeviceBuffer({ size: capacity, usage: STORAGE })));
  },
  write(w, { buffer, at, size, seed }) {
    return on(w.buffers[buffer % devices], (b) => void b.write(at, pattern(seed, size)));
  },
  grow(w, { buffer, capacity }) {
    return on(w.buffers[buffer % devices], (b) => {
      w.grown[buffer % devices] = b.grow(capacity);
    });
  },
  awaitGrow(w, { buffer }) {
    return on(w.buffers[buffer % devices], () => w.grown[buffer % devices]?.then(() => {}));
  },
  upload(w, args) {
    const b = w.buffers[args.buffer];
    if (args.buffer >= devices || b === undefined || w.owners.get(b) !== args.system) return skipped;
    return b.upload(args.at, sourceOf(w, args), w.signal(args)).then(() => {});
  },
  native(w, { buffer }) {
    return on(w.buffers[buffer], (b) => void (b.state === "destroyed" || b.gpuBuffer));
  },
  detach(w, { actor }) {
    return on(w.hosts[actor], (host) => {
      if (!host.detached) host.transfer();
    });
  },
  destroy(w, { buffer }) {
    if (buffer === adoptedSlot) return skipped;
    return on(w.buffers[buffer === rawSlot ? adoptedSlot : buffer], () => w.destroyBuffer(buffer === rawSlot ? adoptedSlot : buffer));
  },
  newRaw(w, { capacity }) {
    w.destroyBuffer(adoptedSlot);
    if (w.lost) throw new Refusal("device-lost");
    if (capacity === 0) throw new Refusal("range");
    if (capacity > w.device.limits.maxBufferSize) throw new Refusal("too-large");
    w.put(adoptedSlot, w.device.createBuffer({ size: capacity, usage: mapUsages[0] }));
  },

  newReadback(w, { system, readback }) {
    w.readbacks[readback]?.destroy();
    w.readbacks[readback] = w.own(system, w.systems[system].createReadbackBuffer({ policy: ["all", "latest"][readback] }));
  },
  read(w, { actor, readback, buffer, at, size }) {
    const [r, b] = [w.readbacks[readback], w.buffers[buffer]];
    return readable(w, r, b) ? bytesOf(r.read(b, at, size, w.signal({ actor }))) : skipped;
  },
  readWhole(w, { actor, readback, buffer }) {
    const [r, b] = [w.readbacks[readback], w.buffers[buffer]];
    return readable(w, r, b) ? bytesOf(r.read(b, 0, b.state === "destroyed" ? 0 : b.size & ~3, w.signal({ actor }))) : skipped;
  },
  destroyReadback: (w, { readback }) => destroyAt("readbacks")(w, readback),

  stage(w, { system, staging, capacity, row }) {
    w.staging[staging]?.destroy();
    const descriptor = { size: capacity, rowBytes: row || undefined };
    const s = w.systems[system];
    const b = staging < immediates ? s.createImmediateStagingBuffer(descriptor) : s.createDeferredStagingBuffer(descriptor);
    return () => (w.staging[staging] = b);
  },
  mapStaging(w, { staging }) {
    return on(w.staging[staging], (b) => {
      if (staging < immediates) return b.reset();
      w.mapping.add(b);
      return b.mapAsync().finally(() => w.mapping.delete(b));
    });
  },
  unmapStaging(w, { staging }) {
    return staging < immediates ? skipped : on(w.staging[staging], (b) => b.unmap());
  },
  abandonStaging(w, { staging }) {
    if (staging < immediates) return skipped;
    return on(w.staging[staging], (b) => {
      b.mapAsync().catch(() => {});
      b.unmap();
    });
  },
  fill(w, { staging, size, seed }) {
    return on(writable(w, staging), (b) => b.write(pattern(seed, size)));
  },
  fillAt(w, { staging, at, size, seed }) {
    return on(writable(w, staging), (b) => b.writeAt(at, pattern(seed, size)));
  },
  uploadTo(w, { staging, encoder, other, to }) {
    const [s, b] = [writable(w, staging), w.buffers[other]];
    return s && b ? s.uploadTo(w.encoder({ encoder }), b, to) : skipped;
  },
  destroyStaging: (w, { staging }) => destroyAt("staging")(w, staging),

  async begin(w, { system }) {
    const frame = await w.systems[system].nextFrame();
    return () => (w.frames[system] = frame);
  },
  submitFrame(w, { system, encoders }) {
    return on(w.frames[system], (frame) => submitWith(w, { encoders }, (list) => frame.submit(list)));
  },
  discard(w, { system }) {
    return on(w.frames[system], (frame) => frame[Symbol.dispose]());
  },
  use(w, { system, buffer }) {
    const [frame, b] = [w.frames[system], w.buffers[buffer]];
    if (!frame || !b || b.state === "destroyed") return skipped;
    try {
      void frame.encoder;
    } catch {
      return skipped; // it is not open
    }
    frame.use(b);
  },
  encode(w, { encoder }) {
    if (w.lost) throw new Refusal("device-lost");
    w.encoders[encoder % pairs] = w.device.createCommandEncoder();
  },
  submit(w, { system, encoders }) {
    submitWith(w, { encoders }, (list) => w.systems[system].submit(list));
  },
  copy(w, { encoder, buffer, at, other, to, length }) {
    if (!w.buffers[buffer] || !w.buffers[other]) return skipped;
    const e = w.encoder({ encoder });
    if (buffer === other) throw new Refusal("range");
    e.copyBufferToBuffer(w.native(buffer, COPY_SRC, at, length), at, w.native(other, COPY_DST, to, length), to, length);
  },
  clear(w, { encoder, other, to, length }) {
    if (!w.buffers[other]) return skipped;
    w.encoder({ encoder }).clearBuffer(w.native(other, COPY_DST, to, length), to, length);
  },
  newDynamic(w, { system, dynamic, capacity }) {
    w.dynamics[dynamic]?.destroy();
    w.dynamics[dynamic] = w.systems[system].createDynamicBuffer({ size: capacity, usage: STORAGE | COPY_SRC });
    w.updates[dynamic] = undefined;
  },
  update(w, { dynamic, size, seed }) {
    return on(w.dynamics[dynamic], (d) => {
      const offset = d.update(size);
      d.bytes.set(pattern(seed, size), offset);
      w.updates[dynamic] = { buffer: d.gpuBuffer, offset, size };
    });
  },
  copyUpdate(w, { encoder, dynamic, other, to }) {
    const update = w.updates[dynamic];
    if (!update || !w.buffers[other]) return skipped;
    const e = w.encoder({ encoder });
    void w.dynamics[dynamic].gpuBuffer; // throws if it is destroyed
    const size = update.size & ~3;
    e.copyBufferToBuffer(update.buffer, update.offset, w.native(other, COPY_DST, to, size), to, size);
  },
  destroyDynamic: (w, { dynamic }) => destroyAt("dynamics")(w, dynamic),

  newMappable(w, args) {
    const slot = mappableOf(args);
    const { system, capacity, mode } = args;
    w.destroyBuffer(slot);
    w.put(slot, w.own(system, w.systems[system].createMappableBuffer({ size: capacity, usage: mapUsages[mode], mappedAtCreation: mode === 0 })));
    if (mode === 0) w.ranges[slot] = { at: 0, size: capacity };
  },
  map(w, args) {
    const slot = mappableOf(args);
    return on(w.buffers[slot], async (b) => {
      const mode = modeOf(args, b);
      await b.mapAsync(mode, args.at, args.length);
      w.ranges[slot] = { at: args.at, size: args.length, mode };
    });
  },
  unmap(w, args) {
    return on(w.buffers[mappableOf(args)], (b) => b.unmap());
  },
  poke(w, args) {
    return on(w.buffers[mappableOf(args)], () => {
      const bytes = w.range(mappableOf(args), args.at, args.size);
      if (w.ranges[mappableOf(args)].mode === GPUMapMode.READ) throw new Refusal("usage");
      bytes.set(pattern(args.seed, args.size));
    });
  },
  peek(w, args) {
    return on(w.buffers[mappableOf(args)], () => w.range(mappableOf(args), args.at, args.size).slice());
  },

  newTexture(w, { texture }) {
    w.textures[texture]?.destroy();
    w.textures[texture] = w.device.createTexture({ size: [8, 4], format: "rgba8unorm", usage: GPUTextureUsage.COPY_SRC | GPUTextureUsage.COPY_DST });
  },
  writeTexture(w, { texture, box, seed }) {
    return on(w.textures[texture], (t) => {
      if (w.lost) throw new Refusal("device-lost");
      const [to, size] = region(t, box);
      w.device.queue.writeTexture(to, pattern(seed, boxBytes(box)), { bytesPerRow: rowBytes(box) }, size);
    });
  },
  copyToTexture(w, { encoder, buffer, at, texture, box }) {
    if (!w.buffers[buffer] || !w.textures[texture]) return skipped;
    const e = w.encoder({ encoder });
    const [to, size] = region(w.textures[texture], box);
    e.copyBufferToTexture({ buffer: w.native(buffer, COPY_SRC, at, boxSpan(box)), offset: at, bytesPerRow: pitch }, to, size);
  },
  copyFromTexture(w, { encoder, texture, box, other, to }) {
    if (!w.buffers[other] || !w.textures[texture]) return skipped;
    const e = w.encoder({ encoder });
    const [from, size] = region(w.textures[texture], box);
    e.copyTextureToBuffer(from, { buffer: w.native(other, COPY_DST, to, boxSpan(box)), offset: to, bytesPerRow: pitch }, size);
  },
  uploadToTexture(w, { staging, encoder, texture, box }) {
    const [s, t] = [writable(w, staging), w.textures[texture]];
    return s && t ? s.uploadToTexture(w.encoder({ encoder }), { texture: t, ...boxes[box] }) : skipped;
  },
  readTexture(w, { actor, readback, texture, box }) {
    const [r, t] = [w.readbacks[readback], w.textures[texture]];
    return r && t ? bytesOf(r.readTexture({ texture: t, ...boxes[box] }, w.signal({ actor }))) : skipped;
  },
  destroyTexture: (w, { texture }) => destroyAt("textures")(w, texture),

  sleep() {}, // see perform.js,
  together() {}, // and for this
  trim(w, { system }) {
    if (w.gone[system]) return skipped;
    w.systems[system].trim();
  },
  calibrate: (w, { system }) => w.systems[system].calibrate(),
  cancel(w, { actor }) {
    w.aborts[actor].abort(new Refusal("canceled"));
    w.aborts[actor] = new AbortController();
  },
  lose(w) {
    w.device.destroy();
    w.lost = true;
  },
  destroySystem(w, { system }) {
    w.systems[system].destroy();
    w.gone[system] = true;
  },
};
