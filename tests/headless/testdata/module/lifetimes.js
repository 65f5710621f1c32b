import { COPY_DST, COPY_SRC, STORAGE, UNIFORM, VERTEX, api, contents, ok, pattern, same, sameBytes } from "./check.js";

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Has JavaScript's garbage collector run until done() holds, or for long; Go's runs by itself where it is needed. */
async function collects(what, done) {
  for (let i = 0; i < 60 && !done(); i++) {
    await sleep(50);
    gc();
  }
  ok(done(), what);
}

const isGone = (ref) => ref.deref() === undefined;
const requestDevice = async () => (await navigator.gpu.requestAdapter()).requestDevice();

/** What a page does with a system: something of each kind, left as it is. */
async function use(gpu) {
  const b = gpu.createDeviceBuffer({ size: 4096, usage: STORAGE });
  b.write(0, pattern(4096));
  const readback = gpu.createReadbackBuffer();
  await Promise.all([readback.read(b), readback.read(b, 2, 5)]);
  const texture = gpu.device.createTexture({ size: [4, 4], format: "rgba8unorm", usage: GPUTextureUsage.COPY_SRC });
  await readback.readTexture({ texture });
  const staging = gpu.createImmediateStagingBuffer({ size: 16 });
  staging.write(pattern(16));
  const encoder = gpu.device.createCommandEncoder();
  staging.uploadTo(encoder, b);
  gpu.submit([encoder]);
  const frame = await gpu.nextFrame();
  frame.use(b);
  gpu.createDynamicBuffer({ size: 256, usage: UNIFORM }).write(new Uint32Array(4));
  frame.encoder.clearBuffer(b.gpuBuffer);
  frame.submit();
  const deferred = gpu.createDeferredStagingBuffer({ size: 16 });
  await deferred.mapAsync();
  const mappable = gpu.createMappableBuffer({ size: 16, usage: GPUBufferUsage.MAP_WRITE });
  await mappable.mapAsync(GPUMapMode.WRITE);
  mappable.mappedRange();
  const large = gpu.createDeviceBuffer({ size: 8 << 20, usage: STORAGE });
  await large.upload(0, new Blob([new Uint8Array(8 << 20)]));
  await large.upload(0, new Uint8Array(8 << 20));
  await readback.read(large);
}

/** Systems that a page is done with are collected, and so are their devices, whatever their listeners know. */
const systemsGo = async (last) => {
  const systems = [];
  const devices = [];
  for (let i = 0; i < 3; i++) {
    await (async () => {
      const gpu = await api.open({ onLog: () => gpu.device, onError: () => gpu.device, logLevel: "debug" });
      gpu.lost.then(() => gpu.device);
      systems.push(new WeakRef(gpu));
      devices.push(new WeakRef(gpu.device));
      await use(gpu);
      last(gpu);
    })();
  }
  await collects("the systems", () => systems.every(isGone));
  await collects("their devices", () => devices.every(isGone));
};

export const destroyedSystems = () => systemsGo((gpu) => gpu.destroy());

export const droppedSystems = () => systemsGo(() => {});

/**
 * The first system of a module that lives on is let go of like any other: what Go keeps from then on is made beside it.
 */
export const firstSystemOfAModule = async () => {
  const wasm = await (await fetch("/gpubuffers.wasm")).arrayBuffer();
  const sources = [];
  const devices = [];
  for (let count = 1; count < 5; count++) {
    await (async () => {
      sources.push(wasm.slice()); // another module, which lives as long as its source
      const gpu = await api.open({ wasm: sources.at(-1) });
      for (let i = 0; i < count; i++) gpu.createDeviceBuffer({ size: 4096, usage: STORAGE });
      gpu.destroy();
      devices.push(new WeakRef(gpu.device));
    })();
  }
  await collects("its device", () => devices.every(isGone));
  for (const source of sources) (await api.open({ wasm: source })).destroy();
};

/** Has what a method of the browser's promises come later, as on a machine that is busy, until the end of f. */
async function delayed(type, name, f) {
  const method = type.prototype[name];
  type.prototype[name] = async function (...values) {
    try {
      return await method.apply(this, values);
    } finally {
      await sleep(300);
    }
  };
  try {
    return await f();
  } finally {
    type.prototype[name] = method;
  }
}

/** A system is collected though the GPU answers after its end what it asked for. */
export const lateAnswers = async () => {
  const wasm = await (await fetch("/gpubuffers.wasm")).arrayBuffer();
  for (const [type, name] of [[GPUDevice, "popErrorScope"], [GPUQueue, "onSubmittedWorkDone"], [GPUBuffer, "mapAsync"]]) {
    const source = wasm.slice(); // of another module, which looks the method up anew
    const device = await delayed(type, name, async () => {
      const gpu = await api.open({ wasm: source });
      const reads = [gpu.createDeviceBuffer({ size: 16, usage: STORAGE }), gpu.device.createBuffer({ size: 16, usage: COPY_SRC })].map((b) => gpu.createReadbackBuffer().read(b));
      gpu.frame().submit();
      gpu.destroy();
      await Promise.allSettled(reads);
      return new WeakRef(gpu.device);
    });
    await collects(`the device that ${name} is late for`, () => isGone(device));
    (await api.open({ wasm: source })).destroy(); // the module is still there
  }
};

/** Systems of a device that lives on are collected without it. */
export const systemsOfADeviceThatLivesOn = async () => {
  const device = await requestDevice();
  const systems = [];
  for (let i = 0; i < 6; i++) {
    await (async () => {
      const gpu = await api.open({ device });
      systems.push(new WeakRef(gpu));
      await use(gpu);
      if (i % 2 === 0) gpu.destroy();
    })();
  }
  await collects("the systems", () => systems.every(isGone));
  await device.queue.onSubmittedWorkDone();
  device.destroy();
};

/** Each thing that a system made keeps it. */
export const whatKeepsASystem = async () => {
  const device = await requestDevice();
  const make = {
    buffer: (gpu) => gpu.createDeviceBuffer({ size: 16, usage: STORAGE }),
    readback: (gpu) => gpu.createReadbackBuffer(),
    frame: (gpu) => gpu.frame(),
    lost: (gpu) => gpu.lost,
  };
  const kept = {};
  const records = [];
  for (const [name, of] of Object.entries(make)) {
    await (async () => {
      const gpu = await api.open({ device, onLog: ({ message }) => records.push(message) });
      kept[name] = of(gpu);
    })();
  }
  for (let i = 0; i < 8; i++) {
    await sleep(20);
    gc();
  }
  kept.buffer.write(0, pattern(16));
  sameBytes(await kept.readback.read(device.createBuffer({ size: 16, usage: COPY_SRC })), new Uint8Array(16), "a read");
  kept.frame.submit();
  device.destroy();
  same((await kept.lost).reason, "destroyed", "the promise of a loss");
  await sleep(20);
  same(records.filter((message) => message === "system closed").length, 4, "listeners are called");
};

/** All that is dropped is freed by the page's collector, with no help of Go's, and reported. */
export const everyKindIsFreed = async () => {
  const records = [];
  const gpu = await api.open({ onLog: (record) => records.push(record) });
  const make = {
    DeviceBuffer: () => gpu.createDeviceBuffer({ label: "d", size: 1 << 20, usage: STORAGE }),
    ImmediateStagingBuffer: () => gpu.createImmediateStagingBuffer({ label: "i", size: 1 << 20 }).write(pattern(4)),
    DeferredStagingBuffer: () => gpu.createDeferredStagingBuffer({ label: "s", size: 1 << 20 }),
    ReadbackBuffer: () => gpu.createReadbackBuffer({ label: "r" }),
    DynamicBuffer: () => gpu.createDynamicBuffer({ label: "u", size: 1 << 16, usage: UNIFORM }),
    MappableBuffer: () => gpu.createMappableBuffer({ label: "m", size: 1 << 20, usage: GPUBufferUsage.MAP_READ }),
  };
  for (const f of Object.values(make)) f();
  const alive = () => Object.values(gpu.stats().kinds).reduce((n, { count }) => n + count, 0);
  await collects("all of them", () => alive() === 0);
  const { leaks, mappable, kinds } = gpu.stats();
  same([leaks, mappable, Object.values(kinds).map(({ bytes }) => bytes)], [6, 0, [0, 0, 0, 0, 0, 0]], "leaks and bytes");
  await sleep(0);
  const reported = records.filter(({ message }) => message === "buffer was never destroyed");
  same(reported.map(({ fields }) => fields.kind).sort(), Object.keys(make).sort(), "reports");
  ok(reported.every(({ fields }) => fields.created === undefined), "no place of making is made up");
  gpu.destroy();
};

/** With the option a report says where the buffer was made. */
export const leaksAreTracked = async () => {
  const records = [];
  const gpu = await api.open({ trackLeaks: true, onLog: (record) => records.push(record) });
  (function makesALeak() {
    gpu.createDeviceBuffer({ label: "leak", size: 16, usage: STORAGE });
  })();
  await collects("the leak", () => gpu.stats().leaks === 1);
  await sleep(0);
  const { fields } = records.find(({ message }) => message === "buffer was never destroyed");
  ok(fields.created.includes("makesALeak") && fields.created.includes("lifetimes.js"), `the stack: ${fields.created}`);
  gpu.destroy();
};

/** GPUBuffers that the page has outlive their objects, and count nowhere. */
export const handedOutBuffersAreReleased = async () => {
  const records = [];
  const gpu = await api.open({ onLog: (record) => records.push(record) });
  const { natives, refs } = (() => {
    const device = gpu.createDeviceBuffer({ size: 16, usage: VERTEX | COPY_SRC });
    const mappable = gpu.createMappableBuffer({ size: 16, usage: GPUBufferUsage.MAP_READ | COPY_DST });
    const dynamic = gpu.createDynamicBuffer({ size: 16, usage: UNIFORM | COPY_SRC });
    device.write(0, pattern(16));
    dynamic.write(pattern(16));
    const objects = [device, mappable, dynamic];
    return { natives: objects.map((o) => o.gpuBuffer), refs: objects.map((o) => new WeakRef(o)) };
  })();
  gpu.submit();
  await collects("the objects", () => refs.every(isGone) && gpu.stats().kinds.DynamicBuffer.count === 0);
  const { kinds, leaks, mappable } = gpu.stats();
  same([kinds.DeviceBuffer.count, kinds.DeviceBuffer.bytes, kinds.MappableBuffer.count, mappable, leaks], [0, 0, 0, 0, 0], "statistics");
  ok(!records.some(({ message }) => message === "buffer was never destroyed"), "none is a leak");
  for (const from of [0, 2]) {
    const encoder = gpu.device.createCommandEncoder();
    encoder.copyBufferToBuffer(natives[from], 0, natives[1], 0, 16);
    gpu.device.queue.submit([encoder.finish()]);
    await natives[1].mapAsync(GPUMapMode.READ);
    sameBytes(natives[1].getMappedRange().slice(), pattern(16), `what ${from === 0 ? "the DeviceBuffer" : "the DynamicBuffer"} and the MappableBuffer left`);
    natives[1].unmap();
    gpu.device.queue.writeBuffer(natives[1], 0, new Uint8Array(16));
  }
  const left = natives.splice(0).map((b) => new WeakRef(b));
  (() => gpu.createDeviceBuffer({ size: 16, usage: VERTEX }).gpuBuffer)(); // dropped too: Go, which met them in the reads, collects anew
  await collects("the GPUBuffers, which nobody else keeps", () => left.every(isGone));
  gpu.destroy();
};

/** What is under way keeps what it needs. */
export const dropsWhileUnderWay = async () => {
  const gpu = await api.open();
  const make = (size = 4096) => {
    const b = gpu.createDeviceBuffer({ size, usage: STORAGE });
    b.write(0, pattern(size));
    return b;
  };
  const collect = async () => {
    for (let i = 0; i < 4; i++) {
      gc();
      await sleep(10);
    }
  };
  const frame = gpu.frame();
  const read = (() => gpu.createReadbackBuffer().read(make(1 << 20)))(); // waits for the frame
  (() => {
    const staging = gpu.createImmediateStagingBuffer({ size: 4096 });
    staging.write(pattern(4096));
    staging.uploadTo(frame.encoder, make());
    frame.use(make());
  })();
  const upload = (() => make(64 << 20).upload(0, new Uint8Array(64 << 20)))();
  const small = await api.open({ budget: 8 << 20 });
  const holder = small.createImmediateStagingBuffer({ size: 8 << 20 });
  const map = (() => small.createDeferredStagingBuffer({ size: 8 << 20 }).mapAsync())(); // waits for memory
  await collect();
  frame.submit();
  sameBytes(await read, pattern(1 << 20), "a read of a buffer that was dropped");
  same(await upload, 64 << 20, "an upload to a buffer that was dropped");
  holder.destroy();
  await map;
  small.destroy();
  await collects("all of them in the end", () => Object.values(gpu.stats().kinds).every(({ count }) => count === 0));
  gpu.destroy();
};

/** A system says at its end what was still alive, but not what is its own. */
export const destroyListsWhatIsAlive = async () => {
  const records = [];
  const gpu = await api.open({ onLog: (record) => records.push(record) });
  await gpu.calibrate();
  const made = ["mesh", "mesh", "light"].map((label) => gpu.createDeviceBuffer({ label, size: 16, usage: STORAGE }));
  const gone = gpu.createDeviceBuffer({ label: "gone", size: 16, usage: STORAGE });
  gone.destroy();
  gpu.destroy();
  await sleep(0);
  const listed = records.filter(({ message }) => message === "destroyed with its system");
  same(listed.map(({ level, fields: { kind, label, bytes } }) => [level, kind, label, bytes].join(" ")), ["info DeviceBuffer light 16", "info DeviceBuffer mesh 16", "info DeviceBuffer mesh 16"], "records");
  same(made.map((b) => b.state), ["destroyed", "destroyed", "destroyed"], "states");
  const tidy = await api.open({ onLog: (record) => records.push(record) });
  await tidy.calibrate();
  tidy.destroy();
  await sleep(0);
  const ends = records.filter(({ message }) => message === "system closed");
  same(ends.map(({ level, fields }) => [level, fields.reason, fields.alive].join(", ")), ["warn, the system is destroyed, 3", "info, the system is destroyed, 0"], "ends");
};

/** A page that does nothing more gets its memory back. */
export const stillPage = async () => {
  const gpu = await api.open();
  const b = gpu.createDeviceBuffer({ size: 8 << 20, usage: STORAGE });
  await b.upload(0, new Blob([new Uint8Array(8 << 20)]));
  const staging = gpu.createImmediateStagingBuffer({ size: 4096 });
  staging.write(pattern(4096));
  const encoder = gpu.device.createCommandEncoder();
  staging.uploadTo(encoder, b);
  gpu.submit([encoder]);
  await contents(gpu, b, 0, 8 << 20);
  await gpu.device.queue.onSubmittedWorkDone();
  await sleep(13000); // IdleAge is 5 s, and twice that the latest
  same(gpu.stats().mappable, 0, "mappable memory");
  gpu.destroy();
};

/** What is staged in encoders of the page's own keeps none of them once they are submitted, in or out of frames. */
export const encodersGo = async () => {
  const gpu = await api.open();
  const b = gpu.createDeviceBuffer({ size: 16, usage: STORAGE });
  const staging = gpu.createImmediateStagingBuffer({ size: 16 });
  const refs = [];
  for (let i = 0; i < 20; i++) {
    const frame = i % 2 ? gpu.frame() : undefined;
    const encoder = gpu.device.createCommandEncoder();
    staging.write(pattern(16, i));
    staging.uploadTo(encoder, b);
    (frame ?? gpu).submit([encoder]);
    staging.reset();
    refs.push(new WeakRef(encoder));
    await gpu.device.queue.onSubmittedWorkDone();
  }
  (await api.open()).destroy(); // has Go's collector run
  const left = () => refs.filter((ref) => !isGone(ref)).length;
  await collects("the encoders, but for the last few", () => left() <= 3);
  gpu.destroy();
};
