// What a page can reach of the module, and what it can hand to it.
import { hugeLists } from "./bad.js";
import { COPY_SRC, MAP_READ, STORAGE, UNIFORM, api, contents, ok, pattern, rejects, same, sameBytes, throws, withSystem } from "./check.js";
import { attach, isError, loaders, makersOf, newRawModule, rawModule } from "./raw.js";

const buffers = ["device", "mappable"];
const stagings = ["immediate", "deferred"];
const destroyable = ["system", "device", ...stagings, "readback", "dynamic", "mappable", "upload"];

/** Of each function the kinds of handle that it takes. */
const functions = {
  ...of(["system"], "stats trim calibrate calibration beginFrame nextFrame submit explain loadCalibration"),
  ...of(["system"], "createDeviceBuffer createImmediateStagingBuffer createDeferredStagingBuffer createReadbackBuffer createDynamicBuffer createMappableBuffer wrap"),
  ...of(destroyable, "destroy forget"),
  ...of(["frame"], "frameEncoder discardFrame use submitFrame"),
  ...of(buffers, "native state valid"),
  ...of(["device"], "write grow awaitGrow generation upload"),
  ...of(stagings, "stage stageAt staged stagingRange uploadTo uploadToTexture"),
  ...of(["immediate"], "resetStaging"),
  ...of(["deferred"], "mapStaging unmapStaging"),
  ...of(["readback"], "read readTexture readTextureStart"),
  ...of(["dynamic"], "dynamicUpdate dynamicMemory dynamicNative dynamicAlignment dynamicSlots"),
  ...of(["mappable"], "explainMap"),
};
/** Functions without a handle, or that pass over one that is none. */
const others = ["open", "attach"];

/** Of each export the kinds of handle that it takes, and what it gives where it refuses. */
const exported = {
  ...of([["system"], -1], "nextFrame createDeviceBuffer tellDeviceBuffer countPassed"),
  ...of([["frame"], -1], "submitFrame frameEncoder"),
  ...of([buffers, -1], "native"),
  ...of([destroyable, -1], "destroy"),
  ...of([["dynamic"], -1], "dynamicUpdate dynamicAdvance dynamicPage"),
  ...of([["device"], -1], "deviceWrite uploadStart"),
  ...of([["device"], 0], "deviceAllow deviceMayWrite sharedAllow vouched"),
  ...of([["system"], 0], "countMade confirmMade"),
  ...of([["device"], undefined], "handOut addCopy"),
  ...of([["device"], -2], "writeLend"),
  ...of([["upload"], -1], "uploadNext uploadWrite uploadFinish"),
  ...of([["upload"], 0], "uploadAllow"),
  ...of([["upload"], 1], "uploadAbort"),
  ...of([["readback"], -1], "readStart"),
  ...of([["readback"], -2], "readLend"),
  ...of([["readback"], 0], "readGap"),
  ...of([["readback"], 0], "readCancel"),
};
/** Exports without a handle or a result. */
const numbersAlone = ["gpubuffers_resolved", "ask", "toldNumber", "readFlush", "readMade", "readEnded", "writeEnded"];

function of(value, names) {
  return Object.fromEntries(names.split(" ").map((name) => [name, value]));
}

/** No function, and no export, is left out of the tests below. */
export const tables = async () => {
  const { raw, exports } = await rawModule();
  same(Object.keys(raw).sort(), [...Object.keys(functions), ...others].sort(), "functions");
  const names = Object.keys(exports).filter((name) => typeof exports[name] === "function");
  same(names.sort(), [...Object.keys(exported), ...numbersAlone, ...loaders].sort(), "exports");
};

/** A handle, and no number else, is what a function takes: of its own kind, as long as that lives. */
export const handles = async () => {
  const module = await newRawModule();
  const { raw, exports, device } = module;
  let reason;
  attach(module, { refuse: (error) => (reason = error) });
  const system = raw.open(device);
  const make = makersOf(module, system);
  const stale = {};
  for (const kind of Object.keys(make)) {
    stale[kind] = make[kind]();
    if (kind === "frame") raw.discardFrame(stale.frame);
    else raw.destroy(stale[kind]);
  }
  const alive = Object.fromEntries(Object.keys(make).map((kind) => [kind, make[kind]()]));
  const forged = Object.values(alive).flatMap((handle) => [-handle, handle + 0.5, handle + 2 ** 24, handle + 2 ** 40, handle + 2 ** 53]);
  forged.push(0, -0, 1, -1, 2 ** 24 + 12345, 2 ** 53 - 1, 2 ** 53, 2 ** 63, 2 ** 64, 1e308, NaN, Infinity, -Infinity);

  for (const [name, kinds] of Object.entries(functions)) {
    for (const kind of Object.keys(make)) {
      if (!kinds.includes(kind)) isError(raw[name](alive[kind]), "type", `${name} of a ${kind}`);
      if (kinds.includes(kind)) isError(raw[name](stale[kind]), kind === "frame" ? "state" : "destroyed", `${name} of a ${kind} that is no more`);
    }
    for (const handle of forged) isError(raw[name](handle), "type", `${name} of ${handle}`);
  }
  for (const [name, [kinds, refused]] of Object.entries(exported)) {
    const zeros = Array(exports[name].length - 1).fill(0);
    for (const kind of Object.keys(make)) {
      if (!kinds.includes(kind)) refuses(alive[kind], "type", `export ${name} of a ${kind}`);
      refuses(stale[kind], kinds.includes(kind) && (kind === "frame" ? "state" : "destroyed"), `export ${name} of a ${kind} that is no more`);
    }
    for (const handle of forged) refuses(handle, "type", `export ${name} of ${handle}`);

    function refuses(handle, code, what) {
      reason = undefined;
      same(exports[name](handle, ...zeros), refused, what);
      if (refused === -1) isError(reason, code, what);
    }
  }
  for (const handle of [...forged, ...Object.values(stale)]) {
    same(exports.uploadAbort(handle), 1, "an upload that is none is not aborted");
  }
  for (const kind of Object.keys(make)) if (kind !== "upload") exports.uploadAbort(alive[kind]);
  same([raw.state(alive.device), raw.staged(alive.immediate), raw.dynamicSlots(alive.dynamic), raw.stats(alive.system).submits], ["ready", 0, 3, 0], "those that live");
  same(raw.discardFrame(alive.frame), null, "the frame too");
  raw.destroy(alive.system);
  raw.destroy(system);
};

/** The second handle of a call is of the same system as the first, and a buffer. */
export const secondHandles = async () => {
  const module = await newRawModule();
  const { raw, exports, device } = module;
  let reason;
  attach(module, { refuse: (error) => (reason = error) });
  const system = raw.open(device);
  const neighbour = raw.open(device); // on the same device
  const stranger = raw.open(await (await navigator.gpu.requestAdapter()).requestDevice());
  const make = makersOf(module, system);
  const readback = make.readback();
  const frame = make.frame();
  const encoder = raw.frameEncoder(frame);
  const stagingOf = (kind) => {
    const staging = make[kind]();
    raw.stage(staging, pattern(16));
    return staging;
  };
  const calls = {
    read: (handle) => raw.read(readback, handle),
    readStart: (handle) => (exports.readStart(readback, handle, 0, 4, 0, 0) === -1 ? reason : undefined),
    use: (handle) => raw.use(frame, [handle]),
    uploadTo: (handle) => raw.uploadTo(stagingOf("immediate"), encoder, handle, 0),
  };
  const own = make.device();
  const gone = make.device();
  raw.destroy(gone);
  for (const [name, call] of Object.entries(calls)) {
    for (const [where, other] of Object.entries({ neighbour, stranger })) {
      const theirs = makersOf(module, other);
      isError(call(theirs.device()), "wrong-device", `${name} of a buffer of a ${where}`);
      isError(call(theirs.mappable()), "wrong-device", `${name} of a mappable buffer of a ${where}`);
      isError(call(theirs.readback()), "type", `${name} of a readback of a ${where}`);
    }
    isError(call(gone), "destroyed", `${name} of a buffer that is no more`);
    for (const kind of ["immediate", "deferred", "readback", "dynamic", "upload"]) isError(call(make[kind]()), "type", `${name} of a ${kind}`);
    for (const handle of [system, frame, own + 0.5, own + 2 ** 40, 0, NaN]) isError(call(handle), "type", `${name} of ${handle}`);
  }
  const theirs = makersOf(module, neighbour).device();
  raw.write(theirs, 0, pattern(16, 7));
  same(raw.use(frame, [own, raw.native(theirs)]), null, "by its GPUBuffer the neighbour's can be used");
  raw.discardFrame(frame);
  sameBytes(await raw.read(readback, raw.native(theirs), 0, 16), pattern(16, 7), "and read");
  for (const s of [system, neighbour, stranger]) raw.destroy(s);
};

/** Exports that would call what serves the module refuse where nothing does. */
export const exportsOfAPageWithoutModules = async () => {
  const module = await newRawModule();
  const { raw, exports, device } = module;
  const system = raw.open(device);
  raw.loadCalibration(system, 0, ["upload", "mapped ring, 2 MiB chunks", 8 << 20, 1e12]);
  const make = makersOf(module, system, 8 << 20);
  exports.ask(5);
  same(await raw.upload(make.device(), 0, pattern(16)), 16, "the Promise of an upload is the module's");
  same([exports.uploadNext(make.upload(), 0, 0, 5), exports.readLend(make.readback(), 4, 5)], [-1, -2], "a mapped range, and a chunk");
  same([exports.frameEncoder(make.frame()), exports.native(make.device())], [-1, -1], "objects");
  same(raw.stats(system).uploads.bytes, 0, "no chunk was lent");
  for (let i = 0; i < 8; i++) raw.submitFrame(raw.beginFrame(system), []);
  same(exports.nextFrame(system, 5), -1, "a frame while the GPU has eight");
  await device.queue.onSubmittedWorkDone();
  raw.destroy(system);
};

export const hugeListsAreRefused = async () => {
  const { raw, device } = await rawModule();
  const system = raw.open(device);
  const frame = raw.beginFrame(system);
  for (const [what, list] of Object.entries(hugeLists)) {
    if (what === "a list that grows") continue;
    isError(raw.submit(system, list()), "range", `submit of ${what}`);
    isError(raw.use(frame, list()), "range", `use of ${what}`);
    isError(raw.submitFrame(frame, list()), "range", `submitFrame of ${what}`);
    isError(raw.loadCalibration(system, 0, list()), "range", `loadCalibration of ${what}`);
    isError(raw.submit(0, list()), "type", `submit to nothing of ${what}`);
  }
  raw.destroy(system);
};

const endless = {
  *[Symbol.iterator]() {
    for (;;) yield 0;
  },
};

export const endlessIterables = () =>
  withSystem(async (gpu) => {
    throws("range", () => gpu.submit(endless), "a submit");
    const frame = gpu.frame();
    throws("range", () => frame.submit(endless), "a submit of a frame");
    frame.discard();
    const texture = gpu.device.createTexture({ size: [4, 4], format: "rgba8unorm", usage: GPUTextureUsage.COPY_SRC });
    for (const name of ["origin", "size"]) await rejects("range", () => gpu.createReadbackBuffer().readTexture({ texture, [name]: endless }), `an endless ${name}`);
  });

/** An export that starts a goroutine has the page run it, and what it says arrives though nothing else happens. */
export const exportsThatWait = async () => {
  const module = await newRawModule();
  const { raw, exports, device } = module;
  const settled = [];
  let resumed = 0;
  attach(module, {
    arguments: { label: "", memory: pattern(16, 3).buffer, source: undefined, commands: undefined },
    settle: (...outcome) => settled.push(outcome),
    resume: () => {
      resumed++;
      queueMicrotask(exports.resume);
    },
  });
  const system = raw.open(device);
  const b = raw.createDeviceBuffer(system, "b", 16, STORAGE);
  const upload = exports.uploadStart(b, 0, 16);
  same([exports.uploadWrite(upload, 0, 16, 7), resumed], [0, 1], "a write that waits, and how often the page is to run goroutines");
  await null;
  await null;
  same(settled, [[7, undefined, false]], "what has settled");
  same(exports.uploadFinish(upload, 0, 0), 1, "the end");
  sameBytes(await raw.read(raw.createReadbackBuffer(system, "r"), b), pattern(16, 3), "what was written");
  raw.destroy(system);
};

/** What was handed out to be filled is detached when it is given back, however that comes about. */
export const rangesThatAreGivenBack = async () => {
  const module = await newRawModule();
  const { raw, exports, device } = module;
  let given;
  attach(module, { mappedRange: (memory, size) => (given = new Uint8Array(memory, 0, size)) });
  const page = 256 << 10;
  const rates = [["upload", "mapped ring, 2 MiB chunks", 16 << 20], ["frame", "mapped chunk, filled in place", page], ["flush", "mapped chunk, filled in place", page], ["upload", "queue write", 16 << 20, 1e6], ["upload", "queue write where copies went", 16 << 20]].flatMap(([operation, path, size, rate = 1e12]) => [operation, path, size, rate]);

  const lenders = {
    upload: async ({ make }) => {
      const handle = make.upload();
      ok(exports.uploadNext(handle, 0, 0, 1) > 0, "a mapped range");
      return { handle, range: given, ends: { abort: () => exports.uploadAbort(handle), finish: () => exports.uploadFinish(handle, 0, 0), full: () => exports.uploadFinish(handle, 2 << 20, 0), badly: () => exports.uploadFinish(handle, 3, 0), next: () => exports.uploadNext(handle, 2 << 20, 0, 1) } };
    },
    immediate: async ({ make, encoder }) => {
      const handle = make.immediate();
      return { handle, range: raw.stagingRange(handle), ends: { reset: () => raw.resetStaging(handle), upload: () => raw.uploadTo(handle, encoder, make.device(), 0) } };
    },
    deferred: async ({ make, encoder }) => {
      const handle = make.deferred();
      await raw.mapStaging(handle);
      return { handle, range: raw.stagingRange(handle), ends: { unmap: () => raw.unmapStaging(handle), upload: () => raw.uploadTo(handle, encoder, make.device(), 0) } };
    },
    dynamic: async ({ system, frame }) => {
      const handle = raw.createDynamicBuffer(system, "u", page, GPUBufferUsage.UNIFORM);
      raw.dynamicUpdate(handle, page);
      raw.submit(system, []); // the first frame is not filled in place
      raw.dynamicUpdate(handle, page);
      same(exports.dynamicPage(handle), 0, "filled in place");
      const range = raw.dynamicMemory(handle);
      same([range.buffer === given.buffer, range.length], [true, page], "the mapped range, by either way");
      return { handle, range, ends: { submit: () => raw.submitFrame(frame, []), discard: () => raw.discardFrame(frame) } };
    },
  };
  const everyEnd = { destroy: ({ handle }) => raw.destroy(handle), system: ({ system }) => raw.destroy(system) };

  for (const [name, lend] of Object.entries(lenders)) {
    const first = raw.open(device);
    const { ends } = await lend({ system: first, make: makersOf(module, first, 8 << 20), encoder: device.createCommandEncoder(), ...ready(first) });
    raw.destroy(first);
    for (const how of [...Object.keys(ends), ...Object.keys(everyEnd)]) {
      const system = raw.open(device);
      const lent = await lend({ system, make: makersOf(module, system, 8 << 20), encoder: device.createCommandEncoder(), ...ready(system) });
      ok(lent.range.length > 0, `${name}: a range`);
      const ended = (lent.ends[how] ?? everyEnd[how])({ ...lent, system });
      if (how !== "badly" && ended instanceof Error) throw ended;
      same(lent.range.byteLength, 0, `${name}: length of the range after ${how}`);
      raw.destroy(system);
    }
  }

  function ready(system) {
    raw.loadCalibration(system, 0, rates);
    return { frame: raw.beginFrame(system) };
  }
};

/** A device that is destroyed takes every mapped range along. */
export const rangesOfALostDevice = async () => {
  const module = await newRawModule();
  const { raw, exports } = module;
  let given;
  attach(module, { mappedRange: (memory, size) => (given = new Uint8Array(memory, 0, size)) });
  const device = await (await navigator.gpu.requestAdapter()).requestDevice();
  const system = raw.open(device);
  raw.loadCalibration(system, 0, ["upload", "mapped ring, 2 MiB chunks", 8 << 20, 1e12]);
  const make = makersOf(module, system, 8 << 20);
  const staging = make.immediate();
  exports.uploadNext(make.upload(), 0, 0, 1);
  const ranges = [given, raw.stagingRange(staging)];
  ok(ranges.every((range) => range.byteLength > 0), "ranges");
  device.destroy();
  await device.lost;
  same(ranges.map((range) => range.byteLength), [0, 0], "lengths");
  raw.destroy(system);
};

/** Everything that a page is handed is memory of its own. */
export const nothingIsOfTheModulesMemory = () =>
  withSystem(async (gpu) => {
    const d = gpu.createDynamicBuffer({ size: 4096, usage: UNIFORM });
    d.write(pattern(16));
    const immediate = gpu.createImmediateStagingBuffer({ size: 64 });
    const b = gpu.createDeviceBuffer({ size: 64, usage: STORAGE });
    const handed = [d.bytes, d.floats, d.uints, immediate.mappedRange(), new Uint8Array(await gpu.createReadbackBuffer().read(b))];
    for (const view of handed) {
      ok(view.buffer instanceof ArrayBuffer && view.buffer.byteLength <= 1 << 20, `${view.buffer.byteLength} bytes in reach`);
      new Uint8Array(view.buffer).fill(0xff);
    }
    b.write(0, pattern(64, 2));
    sameBytes(await contents(gpu, b), pattern(64, 2), "the module lives");
  });

/** Handles are numbers, and whoever guesses one has nothing. */
export const numbersAreNoObjects = () =>
  withSystem(async (gpu) => {
    const other = await api.open({ device: gpu.device });
    const secrets = Array.from({ length: 8 }, () => other.createDeviceBuffer({ size: 16, usage: STORAGE }));
    const mine = Array.from({ length: 8 }, () => gpu.createDeviceBuffer({ size: 16, usage: STORAGE }));
    const readback = gpu.createReadbackBuffer({ label: "readback" });
    const staging = gpu.createImmediateStagingBuffer({ label: "staging", size: 16 });
    staging.write(pattern(16));
    const frame = gpu.frame();
    for (let generation = 0; generation < 3; generation++) {
      for (let index = 0; index < 64; index++) {
        const guess = generation * 2 ** 24 + index;
        await rejects("type", () => readback.read(guess, 0, 16), `a read of ${guess}`, "readback");
        throws("type", () => staging.uploadTo(frame.encoder, guess), `an upload to ${guess}`, "staging");
        throws("type", () => frame.use(mine[0], guess), `use of ${guess}`);
      }
    }
    for (const value of [NaN, -1, 0.5, Infinity, 2 ** 53, new Number(2 ** 24)]) {
      await rejects("type", () => readback.read(value, 0, 16), `a read of ${value}`, "readback");
      throws("type", () => staging.uploadTo(frame.encoder, value), `an upload to ${value}`, "staging");
      throws("type", () => frame.use(value), `use of ${value}`);
    }
    frame.discard();
    ok(secrets.every((secret) => secret.state === "ready"), "the others");
    other.destroy();
  });

/** Objects of another system are its own: on the same device they can be used, and only as long as they live. */
export const objectsOfAnotherSystem = () =>
  withSystem(async (gpu) => {
    const wasm = await (await fetch("/gpubuffers.wasm")).arrayBuffer();
    for (const [where, other] of [["the same module", await api.open({ device: gpu.device })], ["another module", await api.open({ device: gpu.device, wasm })]]) {
      const theirs = other.createDeviceBuffer({ label: "theirs", size: 16, usage: STORAGE });
      const mappable = other.createMappableBuffer({ label: "mappable", size: 16, usage: MAP_READ });
      theirs.write(0, pattern(16, 3));
      const readback = gpu.createReadbackBuffer();
      sameBytes(await readback.read(theirs), pattern(16, 3), `a read of ${where}'s`);
      const frame = gpu.frame();
      const staging = gpu.createImmediateStagingBuffer({ size: 16 });
      staging.write(pattern(16, 4));
      staging.uploadTo(frame.encoder, theirs);
      frame.use(theirs, mappable);
      frame.submit();
      sameBytes(await contents(other, theirs), pattern(16, 4), `an upload to ${where}'s`);
      for (const what of [other.createReadbackBuffer(), other.createImmediateStagingBuffer({ size: 16 }), other.createDynamicBuffer({ size: 256, usage: UNIFORM })]) {
        await rejects("type", () => readback.read(what, 0, 4), `a read of ${where}'s ${what.constructor.name}`);
      }
      theirs.destroy();
      await rejects("destroyed", () => readback.read(theirs, 0, 4), `a read of ${where}'s that is destroyed`, "theirs");
      other.destroy();
      await rejects("destroyed", () => readback.read(mappable, 0, 4), `a read of what ${where} had`, "mappable");
    }
    const far = await api.open();
    const b = far.createDeviceBuffer({ label: "far", size: 16, usage: STORAGE | COPY_SRC });
    await rejects("wrong-device", () => gpu.createReadbackBuffer().read(b, 0, 4), "a read of another device's", "far");
    far.destroy();
  });
