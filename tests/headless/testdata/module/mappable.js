import { COPY_DST, COPY_SRC, MAP_READ, MAP_WRITE, STORAGE, VERTEX, api, ok, pattern, rejects, same, sameBytes, throws, withSystem } from "./check.js";

const { READ, WRITE } = GPUMapMode;

/**
 * Scripts of operations, which a GPUBuffer and a MappableBuffer perform in one page. After each step the
 * map states must be the same, and so must be the order and kind of all that settles.
 *
 * A step is [operation, ...arguments]; "settle" waits for everything that is pending. Where the browser
 * throws nothing for an unmap of a buffer that is not mapped, "unmap" is left out.
 */
const scripts = {
  "map, unmap": [MAP_READ | COPY_DST, false, ["map", READ], ["settle"], ["range"], ["unmap"]],
  "map for writing": [MAP_WRITE | COPY_SRC, false, ["map", WRITE, 0, 64], ["settle"], ["range", 0, 64], ["unmap"], ["map", WRITE], ["settle"]],
  "map a part": [MAP_READ, false, ["map", READ, 8, 16], ["settle"], ["range", 8, 16], ["range", 0, 8], ["range", 24, 8], ["range"], ["unmap"]],
  "ranges that overlap": [MAP_WRITE, false, ["map", WRITE], ["settle"], ["range", 0, 16], ["range", 16, 16], ["range", 8, 16], ["range", 0, 16], ["range", 40, 24], ["unmap"], ["range", 0, 16]],
  "empty ranges": [MAP_WRITE, false, ["map", WRITE], ["settle"], ["range", 0, 0], ["range", 0, 0], ["range", 64, 0], ["range", 64], ["range", 8, 0], ["range", 0, 16]],
  "unaligned ranges": [MAP_WRITE, false, ["map", WRITE], ["settle"], ["range", 4, 16], ["range", 0, 6], ["range", -8, 4], ["range", 0, NaN], ["range", 72, 4]],
  "mapped at creation": [VERTEX, true, ["range"], ["map", READ], ["unmap"], ["range"], ["map", READ], ["settle"]],
  "mapped at creation, mappable": [MAP_WRITE, true, ["range", 0, 16], ["unmap"], ["map", WRITE], ["settle"], ["unmap"]],
  "map twice": [MAP_READ, false, ["map", READ], ["map", READ], ["settle"], ["map", READ], ["settle"], ["unmap"]],
  "map twice, another part": [MAP_READ, false, ["map", READ, 0, 16], ["map", READ, 16, 16], ["settle"], ["range", 0, 16], ["range", 16, 16]],
  "unmap while pending": [MAP_READ, false, ["map", READ], ["unmap"], ["map", READ], ["unmap"], ["settle"], ["map", READ], ["settle"]],
  "unmap while pending, map again": [MAP_WRITE, false, ["map", WRITE, 0, 8], ["unmap"], ["map", WRITE, 8, 8], ["settle"], ["range", 8, 8], ["range", 0, 8]],
  "destroy while pending": [MAP_READ, false, ["map", READ], ["destroy"], ["settle"], ["map", READ], ["settle"], ["range"]],
  "destroy while mapped": [MAP_READ, false, ["map", READ], ["settle"], ["range"], ["destroy"], ["range"], ["map", READ], ["settle"]],
  "destroy twice": [MAP_WRITE, true, ["range"], ["destroy"], ["destroy"], ["map", WRITE], ["settle"]],
  "wrong mode": [MAP_READ, false, ["map", WRITE], ["settle"], ["map", READ], ["settle"]],
  "no mode": [MAP_READ, false, ["map", 0], ["settle"], ["map", READ | WRITE], ["settle"], ["map", 4], ["settle"]],
  "unaligned map": [MAP_READ, false, ["map", READ, 4], ["settle"], ["map", READ, 0, 6], ["settle"], ["map", READ, 0, 64], ["settle"]],
  "map out of range": [MAP_READ, false, ["map", READ, 72], ["settle"], ["map", READ, 0, 72], ["settle"], ["map", READ, 64, 0], ["settle"]],
  "map with what is no number": [MAP_READ, false, ["map", READ, -8], ["settle"], ["map", READ, 0, NaN], ["settle"], ["map", READ, 2 ** 53], ["settle"], ["map"], ["settle"]],
  "invalid, unmapped while pending": [MAP_READ, false, ["map", READ, 4], ["unmap"], ["settle"], ["map", READ], ["settle"]],
  "invalid, destroyed while pending": [MAP_READ, false, ["map", WRITE], ["destroy"], ["settle"]],
  "invalid, then valid at once": [MAP_READ, false, ["map", READ, 4], ["map", READ], ["settle"], ["map", READ], ["settle"]],
};

/** Performs a script, and notes every state and what settles, in order. */
async function perform(steps, buffer) {
  const notes = [];
  const pending = [];
  const note = (what) => notes.push(`${what} (${buffer.mapState})`);
  const operations = {
    map: (i, args) => pending.push(buffer.mapAsync(...args).then(() => note(`map ${i} resolved`), (error) => note(`map ${i} rejected: ${error.cause ? error.cause.name : error.name}`))),
    range: (i, args) => {
      try {
        const range = buffer.getMappedRange ? buffer.getMappedRange(...args) : buffer.mappedRange(...args);
        note(`range ${i}: ${range.constructor.name} of ${range.byteLength}`);
      } catch (error) {
        note(`range ${i} threw: ${error.cause ? error.cause.name : error.name}`);
      }
    },
    unmap: () => buffer.unmap(),
    destroy: () => buffer.destroy(),
    settle: () => Promise.all(pending),
  };
  for (const [i, [operation, ...args]] of steps.entries()) {
    const done = operations[operation](i, args);
    if (operation === "settle") await done;
    note(`${i} ${operation}`);
  }
  return notes;
}

export const sideBySide = () =>
  withSystem(async (gpu) => {
    for (const [name, [usage, mappedAtCreation, ...steps]] of Object.entries(scripts)) {
      gpu.device.pushErrorScope("validation");
      const raw = await perform(steps, gpu.device.createBuffer({ size: 64, usage, mappedAtCreation }));
      const ours = await perform(steps, gpu.createMappableBuffer({ label: name, size: 64, usage, mappedAtCreation }));
      await gpu.device.popErrorScope();
      same(ours, raw, name);
      ok(raw.length === steps.length + steps.filter(([o]) => o === "map" || o === "range").length, `${name}: everything was noted`);
    }
  });

/**
 * Sequences whose order counts by microtasks. A step is [operation, ...arguments]; a map may end with a step to
 * perform when its promise settles. `deferred` marks those in which the browser or the page ends a map, or refuses
 * it: a wrapper hears of that one microtask after it happened, as whoever awaits a promise of the native one's.
 */
const deferred = true;
const sequences = {
  "unmap": { usage: MAP_READ, steps: [["map", READ], ["unmap"]] },
  "unmap, map again, unmap": { usage: MAP_READ, steps: [["map", READ], ["unmap"], ["map", READ], ["unmap"]] },
  "unmap in a later microtask": { usage: MAP_READ, steps: [["map", READ], ["microtasks"], ["unmap"]] },
  "destroy": { usage: MAP_READ, steps: [["map", READ], ["destroy"]] },
  "destroy, twice": { usage: MAP_WRITE, steps: [["map", WRITE], ["destroy"], ["destroy"]] },
  "destroy after a map that was cancelled": { usage: MAP_READ, steps: [["map", READ], ["unmap"], ["destroy"]] },
  "mapped at creation, unmap, map, unmap": { usage: MAP_WRITE, mappedAtCreation: true, steps: [["range"], ["unmap"], ["map", WRITE], ["unmap"]] },
  "a map that is invalid, unmap": { usage: MAP_READ, steps: [["map", WRITE], ["unmap"]] },
  "a map of a destroyed one, destroy": { usage: MAP_READ, steps: [["destroy"], ["map", READ], ["destroy"]] },
  "destroy within the callback of an unmap": { usage: MAP_READ, steps: [["map", READ, "destroy"], ["unmap"]] },
  "map within the callback of an unmap, unmap": { usage: MAP_READ, steps: [["map", READ, "map"], ["unmap"], ["microtasks"], ["unmap"]] },

  "mapped at creation, several ranges, destroy": { usage: VERTEX, mappedAtCreation: true, steps: [["range", 0, 16], ["range", 16, 8], ["destroy"]] },

  "mapped": { deferred, usage: MAP_READ, steps: [["map", READ], ["settle"], ["range", 0, 16], ["range", 16, 16], ["range", 32], ["unmap"]] },
  "unmap within the callback": { deferred, usage: MAP_READ, steps: [["map", READ, "unmap"], ["settle"], ["map", READ], ["settle"]] },
  "destroy within the callback": { deferred, usage: MAP_READ, steps: [["map", READ, "destroy"], ["settle"], ["map", READ], ["settle"]] },
  "map within the callback": { deferred, usage: MAP_READ, steps: [["map", READ, "map"], ["settle"]] },
  "map while pending": { deferred, usage: MAP_READ, steps: [["map", READ], ["map", READ], ["settle"]] },
  "map while mapped": { deferred, usage: MAP_READ, steps: [["map", READ], ["settle"], ["map", READ], ["settle"]] },
  "mapped at creation, map, destroy": { deferred, usage: MAP_WRITE, mappedAtCreation: true, steps: [["map", WRITE], ["microtasks"], ["destroy"]] },
  "no number": { deferred, usage: MAP_READ, steps: [["map", READ, undefined, -1], ["settle"]] },
  "wrong mode": { deferred, usage: MAP_READ, steps: [["map", WRITE], ["settle"]] },
  "a map of a destroyed one": { deferred, usage: MAP_READ, steps: [["destroy"], ["map", READ], ["settle"]] },
  "the page unmaps": { deferred, usage: MAP_READ, steps: [["map", READ], ["unmap natively"]] },
  "the page unmaps, both map again": { deferred, usage: MAP_READ, steps: [["map", READ], ["unmap natively"], ["map", READ], ["unmap natively"]] },
  "the page destroys": { deferred, usage: MAP_READ, steps: [["map", READ], ["destroy natively"]] },
  "the device is destroyed": { deferred, usage: MAP_READ, steps: [["map", READ], ["destroy device"]] },
  "mapped, and the device is destroyed": { deferred, usage: MAP_READ, steps: [["map", READ], ["settle"], ["range"], ["destroy device"], ["map", READ], ["settle"]] },
};

/**
 * Follows a sequence, and notes each step, the microtasks after it, and what settles among them, with the state and
 * the lengths of the ranges that were taken.
 */
async function follow({ steps, deferred: isDeferred }, device, buffer) {
  const notes = [], pending = [], ranges = [];
  const browsers = buffer instanceof GPUBuffer ? buffer : buffer.gpuBuffer;
  const note = (what) => notes.push(`${what} (${[buffer.mapState, ...ranges.map((range) => range.byteLength)]})`);
  const operations = {
    map(name, mode, then, ...range) {
      const promise = buffer.mapAsync(mode, ...range);
      const settled = (what) => (note(`${name} ${what}`), then && run(`${then} by ${name}`, [then, mode]));
      const heard = isDeferred && buffer === browsers ? promise.then() : promise;
      pending.push(heard.then(() => settled("resolved"), (error) => settled(`rejected: ${nativeName(error)}`)));
    },
    range: (_, ...args) => void ranges.push(buffer.getMappedRange?.(...args) ?? buffer.mappedRange(...args)),
    unmap: () => buffer.mapState !== "unmapped" && buffer.unmap(), // which throws there
    destroy: () => buffer.destroy(),
    "unmap natively": () => browsers.unmap(),
    "destroy natively": () => browsers.destroy(),
    "destroy device": () => device.destroy(),
    settle: async () => { while (pending.length > 0) await pending.shift(); },
    microtasks: () => microtasks(8, () => {}),
  };
  const run = (name, [operation, ...args]) => {
    note(name);
    const done = operations[operation](name, ...args);
    microtasks(4, (i) => note(`${i} after ${name}`));
    return done;
  };
  for (const [i, step] of steps.entries()) {
    const done = run(`${i} ${step[0]}`, step);
    if (done instanceof Promise) await done; // the others follow at once
  }
  await operations.settle();
  await new Promise((resolve) => setTimeout(resolve));
  return notes;
}

async function microtasks(count, each) {
  for (let i = 1; i <= count; i++) {
    await undefined;
    each(i);
  }
}

/** The browser's name of an error of either buffer. */
const nativeName = (error) => (error.cause ?? error).name;

/** What the browser makes is made, and what it refuses is refused, but for what the types name. */
export const creationSideBySide = () =>
  withSystem(async (gpu) => {
    const stricter = []; // than the browser
    const usages = [0, MAP_READ, MAP_WRITE, VERTEX, MAP_READ | COPY_DST, MAP_READ | COPY_SRC, MAP_WRITE | COPY_SRC, MAP_WRITE | COPY_DST, MAP_READ | MAP_WRITE, VERTEX | STORAGE | COPY_DST, 1 << 20];
    for (const usage of usages) {
      for (const size of [0, 6, 64]) {
        for (const mappedAtCreation of [false, true]) {
          const descriptor = { size, usage, mappedAtCreation };
          const browsers = await makes(gpu.device, () => gpu.device.createBuffer(descriptor));
          const ours = await makes(gpu.device, () => gpu.createMappableBuffer(descriptor));
          ok(browsers || !ours, `${JSON.stringify(descriptor)} is refused`);
          if (browsers && !ours) stricter.push(descriptor);
        }
      }
    }
    for (const { size, usage, mappedAtCreation } of stricter) {
      ok(size % 4 !== 0 || size === 0 || !(mappedAtCreation || usage & (MAP_READ | MAP_WRITE)), `${size} bytes of usage ${usage}, ${mappedAtCreation}, are not refused`);
    }
    ok(stricter.length > 0, "the types name what is refused");
  });

async function makes(device, make) {
  device.pushErrorScope("validation");
  let made = true;
  try {
    make().destroy();
  } catch {
    made = false;
  }
  return (await device.popErrorScope()) === null && made;
}

/** Everything settles in the microtask in which it does for a GPUBuffer. */
export const orderByMicrotasks = async () => {
  for (const [name, sequence] of Object.entries(sequences)) {
    const { usage, mappedAtCreation } = sequence;
    const logs = [];
    for (const make of [(gpu, d) => gpu.device.createBuffer(d), (gpu, d) => gpu.createMappableBuffer(d)]) {
      const gpu = await api.open({ onError: () => {} });
      gpu.device.pushErrorScope("validation");
      logs.push(await follow(sequence, gpu.device, make(gpu, { size: 64, usage, mappedAtCreation })));
      gpu.destroy();
    }
    same(logs[1], logs[0], name);
  }
};

/** Two buffers whose maps are asked for in turns settle in the same order as the browser's. */
export const orderOfMany = () =>
  withSystem(async (gpu) => {
    const order = async (make, cancel) => {
      const buffers = Array.from({ length: 6 }, make);
      const settled = [];
      const all = buffers.map((b, i) => b.mapAsync(READ).then(() => settled.push(i), () => settled.push(-i)));
      for (const i of cancel) buffers[i].unmap();
      await Promise.all(all);
      buffers.forEach((b) => b.destroy());
      return settled;
    };
    for (const cancel of [[], [2], [5, 1]]) {
      const raw = await order(() => gpu.device.createBuffer({ size: 16, usage: MAP_READ }), cancel);
      const ours = await order(() => gpu.createMappableBuffer({ size: 16, usage: MAP_READ }), cancel);
      same(ours, raw, `cancelled ${cancel}`);
    }
  });

/** An unmap cancels the map that is pending, and not a later one that was refused. */
export const refusedWhilePending = () =>
  withSystem(async (gpu) => {
    const b = gpu.createMappableBuffer({ label: "twice", size: 64, usage: MAP_READ | COPY_DST });
    const heard = [];
    const map = (name) => b.mapAsync(READ).catch((error) => heard.push(`${name}: ${error.code}`));
    gpu.device.pushErrorScope("validation");
    const maps = [map("earlier"), map("refused")];
    b.unmap();
    queueMicrotask(() => heard.push("what is queued next"));
    await Promise.all([...maps, gpu.device.popErrorScope()]);
    same(heard, ["earlier: map-aborted", "what is queued next", "refused: map-pending"], "as they are heard of");
  });

/** [name, code, what is done with a buffer of 64 bytes of usage MAP_READ]; the last step is refused. */
const codes = [
  ["unmap unmapped", "not-mapped", (b) => b.unmap()],
  ["range unmapped", "not-mapped", (b) => b.mappedRange()],
  ["unaligned range", "alignment", async (b) => (await b.mapAsync(READ), b.mappedRange(4, 4))],
  ["range outside", "range", async (b) => (await b.mapAsync(READ, 0, 16), b.mappedRange(16, 16))],
  ["range that overlaps", "range", async (b) => (await b.mapAsync(READ), b.mappedRange(0, 16), b.mappedRange(8, 16))],
  ["range of no number", "type", async (b) => (await b.mapAsync(READ), b.mappedRange(NaN, 16))],
  ["range of a negative number", "range", async (b) => (await b.mapAsync(READ), b.mappedRange(-8, 16))],
  ["map twice", "mapped", async (b) => (await b.mapAsync(READ), b.mapAsync(READ))],
  ["map while pending", "map-pending", (b) => (b.mapAsync(READ).catch(() => {}), b.mapAsync(READ))],
  ["wrong mode", "usage", (b) => b.mapAsync(WRITE)],
  ["both modes", "usage", (b) => b.mapAsync(READ | WRITE)],
  ["unaligned offset", "alignment", (b) => b.mapAsync(READ, 4)],
  ["unaligned size", "alignment", (b) => b.mapAsync(READ, 0, 6)],
  ["outside", "range", (b) => b.mapAsync(READ, 64, 8)],
  ["no number", "type", (b) => b.mapAsync(READ, Infinity)],
  ["no number, destroyed since", "type", (b) => { const p = b.mapAsync(READ, NaN); b.destroy(); return p; }],
  ["a negative number, destroyed since", "range", (b) => { const p = b.mapAsync(READ, -8); b.destroy(); return p; }],
  ["cancelled by unmap", "map-aborted", (b) => { const p = b.mapAsync(READ); b.unmap(); return p; }],
  ["cancelled by destroy", "map-aborted", (b) => { const p = b.mapAsync(READ); b.destroy(); return p; }],
  ["invalid and cancelled", "map-aborted", (b) => { const p = b.mapAsync(READ, 4); b.unmap(); return p; }],
  ["map destroyed", "destroyed", (b) => { b.destroy(); return b.mapAsync(READ); }],
  ["range destroyed", "destroyed", (b) => { b.destroy(); return b.mappedRange(); }],
  ["unmap destroyed", "destroyed", (b) => { b.destroy(); b.unmap(); }],
];

export const errorCodes = () =>
  withSystem(async (gpu) => {
    for (const [name, code, f] of codes) {
      const b = gpu.createMappableBuffer({ label: name, size: 64, usage: MAP_READ | COPY_DST });
      gpu.device.pushErrorScope("validation");
      const error = await rejects(code, async () => f(b), name, name);
      await gpu.device.popErrorScope();
      const browsers = !["unmap unmapped", "unmap destroyed"].includes(name);
      same([error.cause instanceof Error, error.cause instanceof DOMException || error.cause instanceof TypeError], [browsers, browsers], `${name}: cause`);
      b.destroy();
    }
  });

export const contentsAndStates = () =>
  withSystem(async (gpu) => {
    const up = gpu.createMappableBuffer({ label: "up", size: 64, usage: MAP_WRITE | COPY_SRC, mappedAtCreation: true });
    same([up.label, up.size, up.usage, up.mapState, up.state, up.valid], ["up", 64, MAP_WRITE | COPY_SRC, "mapped", "mapped", true], "properties");
    const down = gpu.createMappableBuffer({ label: "down", size: 64, usage: MAP_READ | COPY_DST });
    for (let turn = 1; turn <= 4; turn++) {
      if (turn > 1) {
        const promise = up.mapAsync(WRITE, 0, 64);
        same([up.mapState, up.state], ["pending", "map-pending"], "pending");
        same(await promise, undefined, "resolves with nothing");
      }
      const range = up.mappedRange();
      ok(range instanceof ArrayBuffer, "the native range");
      new Uint8Array(range).set(pattern(64, turn));
      up.unmap();
      same([range.byteLength, up.mapState, up.state], [0, "unmapped", "ready"], "unmapped: the range is detached");
      const encoder = gpu.device.createCommandEncoder();
      encoder.copyBufferToBuffer(up.gpuBuffer, 0, down.gpuBuffer, 0, 64);
      gpu.submit([encoder.finish()]);
      await down.mapAsync(READ);
      sameBytes(down.mappedRange(), pattern(64, turn), `turn ${turn}`);
      down.unmap();
    }
    up.destroy();
    same([up.state, up.valid, up.mapState], ["destroyed", false, "unmapped"], "destroyed");
    throws("destroyed", () => up.unmap(), "unmap", "up");
  });

/** Each of several ranges of one mapping arrives, in whatever order they were taken, and none brings its neighbour's bytes. */
export const severalRanges = () =>
  withSystem(async (gpu) => {
    const places = [[16, 8], [0, 8], [40, 24], [8, 4]]; // of 64 bytes; the rest is left alone
    for (const mappedAtCreation of [true, false]) {
      const up = gpu.createMappableBuffer({ size: 64, usage: MAP_WRITE | COPY_SRC, mappedAtCreation });
      if (!mappedAtCreation) await up.mapAsync(WRITE);
      const want = new Uint8Array(64);
      const ranges = places.map(([offset, size]) => up.mappedRange(offset, size));
      for (const [i, [offset, size]] of places.entries()) {
        new Uint8Array(ranges[i]).set(pattern(size, i + 1));
        want.set(pattern(size, i + 1), offset);
      }
      up.unmap();
      same(ranges.map((range) => range.byteLength), [0, 0, 0, 0], "every range is detached");
      const down = gpu.createMappableBuffer({ size: 64, usage: MAP_READ | COPY_DST });
      const encoder = gpu.device.createCommandEncoder();
      encoder.copyBufferToBuffer(up.gpuBuffer, 0, down.gpuBuffer, 0, 64);
      gpu.submit([encoder]);
      await down.mapAsync(READ);
      for (const [offset, size] of places) sameBytes(down.mappedRange(offset, size), want.slice(offset, offset + size), `${size} bytes at ${offset}`);
      down.unmap();
      await down.mapAsync(READ);
      sameBytes(down.mappedRange(), want, "all of it");
    }
  });

export const budget = () =>
  withSystem((gpu) => {
    const { MappableBuffer: before } = gpu.stats().kinds;
    const b = gpu.createMappableBuffer({ size: 4096, usage: MAP_READ });
    same([gpu.stats().kinds.MappableBuffer.bytes, gpu.stats().mappable], [4096, 4096], "counted");
    b.destroy();
    same([gpu.stats().kinds.MappableBuffer.count, gpu.stats().mappable], [before.count, 0], "given back");
  });

/** What is destroyed is refused as such, also by what was asked for before: nothing waits for the browser to find out. */
export const destroyedBeforeItIsUsed = () =>
  withSystem(async (gpu) => {
    const up = gpu.createMappableBuffer({ label: "up", size: 64, usage: MAP_WRITE | COPY_SRC });
    const down = gpu.createMappableBuffer({ label: "down", size: 64, usage: MAP_READ | COPY_DST });
    const staging = gpu.createImmediateStagingBuffer({ size: 16 });
    staging.write(new Uint8Array(16));
    const frame = gpu.frame();
    const read = gpu.createReadbackBuffer().read(up, 0, 16);
    staging.uploadTo(frame.encoder, down);
    down.destroy();
    throws("destroyed", () => frame.submit(), "a submit with an upload to it", "down");
    up.destroy();
    frame.discard();
    await rejects("destroyed", () => read, "a read that was not sent");
  });
