import { COPY_DST, COPY_SRC, MAP_READ, MAP_WRITE, STORAGE, UNIFORM, VERTEX, api, contents, pattern, rejects, same, sameBytes, throws, withSystem } from "./check.js";

/** [code, method, descriptor] */
const refused = [
  ["range", "createDeviceBuffer", { size: 0, usage: VERTEX }],
  ["too-large", "createDeviceBuffer", { size: 2 ** 52, usage: VERTEX }],
  ["usage", "createDeviceBuffer", { size: 16, usage: 0 }],
  ["type", "createDeviceBuffer", { size: 16 }],
  ["usage", "createDeviceBuffer", { size: 16, usage: MAP_READ }],
  ["usage", "createDeviceBuffer", { size: 16, usage: MAP_WRITE | COPY_SRC }],
  ["usage", "createDeviceBuffer", { size: 16, usage: 0x400 }],
  ["usage", "createDeviceBuffer", { size: 16, usage: 1 << 20 }],
  ["type", "createDeviceBuffer", { usage: VERTEX }],
  ["type", "createDeviceBuffer", { size: 16.5, usage: VERTEX }],
  ["range", "createDeviceBuffer", { size: -16, usage: VERTEX }],
  ["type", "createDeviceBuffer", { label: 5, size: 16, usage: VERTEX }],
  ["type", "createDeviceBuffer", undefined],
  ["type", "createDeviceBuffer", null],

  ["range", "createImmediateStagingBuffer", { size: 0 }],
  ["alignment", "createImmediateStagingBuffer", { size: 6 }],
  ["alignment", "createImmediateStagingBuffer", { size: 64, rowBytes: 12 }],
  ["too-large", "createImmediateStagingBuffer", { size: 2 ** 52 }],
  ["too-large", "createImmediateStagingBuffer", { size: 2 ** 31, rowBytes: 1 }],
  ["range", "createDeferredStagingBuffer", { size: 0 }],
  ["alignment", "createDeferredStagingBuffer", { size: 6 }],
  ["too-large", "createDeferredStagingBuffer", { size: 2 ** 52 }],

  ["type", "createReadbackBuffer", { policy: "newest" }],
  ["range", "createReadbackBuffer", { maxInFlight: -1 }],

  ["range", "createDynamicBuffer", { size: 0, usage: UNIFORM }],
  ["alignment", "createDynamicBuffer", { size: 6, usage: UNIFORM }],
  ["usage", "createDynamicBuffer", { size: 256, usage: 0 }],
  ["usage", "createDynamicBuffer", { size: 256, usage: MAP_READ }],
  ["range", "createDynamicBuffer", { size: 256, usage: UNIFORM, maxSlots: 2 }],
  ["too-large", "createDynamicBuffer", { size: 2 ** 52, usage: UNIFORM }],

  ["range", "createMappableBuffer", { size: 0, usage: MAP_READ }],
  ["alignment", "createMappableBuffer", { size: 6, usage: MAP_READ }],
  ["alignment", "createMappableBuffer", { size: 6, usage: VERTEX, mappedAtCreation: true }],
  ["usage", "createMappableBuffer", { size: 16, usage: VERTEX }],
  ["usage", "createMappableBuffer", { size: 16, usage: MAP_READ | COPY_SRC }],
  ["usage", "createMappableBuffer", { size: 16, usage: MAP_READ | MAP_WRITE }],
  ["usage", "createMappableBuffer", { size: 16, usage: MAP_WRITE | COPY_DST }],
  ["usage", "createMappableBuffer", { size: 16, usage: 0, mappedAtCreation: true }],
  ["type", "createMappableBuffer", { size: 16, usage: MAP_READ, mappedAtCreation: 1 }],
  ["too-large", "createMappableBuffer", { size: 2 ** 52, usage: MAP_READ | COPY_DST }],
];

export const refusedAtOnce = () =>
  withSystem((gpu) => {
    for (const [code, method, descriptor] of refused) {
      throws(code, () => gpu[method](descriptor && { label: "it", ...descriptor }), `${method}(${JSON.stringify(descriptor)})`,
        descriptor && descriptor.label === undefined ? "it" : "");
    }
  });

/** Writes that are refused: [code, offset, data, dataOffset, size] on 64 bytes. */
const writes = [
  ["alignment", 2, new Uint8Array(4)],
  ["alignment", 0, new Uint8Array(3)],
  ["range", 64, new Uint8Array(4)],
  ["range", 4, new Uint8Array(64)],
  ["range", 2 ** 53 - 4, new Uint8Array(8)],
  ["range", 0, new Uint8Array(8), 12],
  ["range", 0, new Uint8Array(8), 4, 8],
  ["range", 0, new Uint8Array(8), 0, 2 ** 53 - 4],
  ["alignment", 0, new Uint8Array(8), 3],
];

export const writesRefused = () =>
  withSystem((gpu) => {
    const b = gpu.createDeviceBuffer({ label: "b", size: 64, usage: STORAGE });
    for (const [code, ...args] of writes) throws(code, () => b.write(...args), `write(${args.map(String)})`, "b");
    b.write(64, new Uint8Array(0));
  });

/** Small writes that the module is not asked about are checked and counted like the others. */
export const smallWritesRefused = () =>
  withSystem((gpu) => {
    const b = gpu.createDeviceBuffer({ label: "b", size: 64, usage: STORAGE });
    b.write(0, new Uint8Array(64));
    b.write(32, new Uint8Array(32));
    same(gpu.stats().bytesUp, 96, "bytes");
    for (const [code, ...args] of writes) throws(code, () => b.write(...args), `write(${args.map(String)})`, "b");
    same(gpu.stats().bytesUp, 96, "bytes, after what was refused");
    b.grow(128);
    b.write(64, new Uint8Array(64));
    same(gpu.stats().bytesUp, 160, "bytes, of what has grown");
    b.destroy();
    throws("destroyed", () => b.write(0, new Uint8Array(4)), "destroyed", "b");
  });

export const detachedData = () =>
  withSystem((gpu) => {
    const b = gpu.createDeviceBuffer({ label: "b", size: 64, usage: STORAGE });
    const staging = gpu.createImmediateStagingBuffer({ label: "b", size: 64 });
    for (const take of [(buffer) => buffer, (buffer) => new Uint8Array(buffer), (buffer) => new DataView(buffer)]) {
      const memory = new ArrayBuffer(16);
      const data = take(memory);
      structuredClone(memory, { transfer: [memory] });
      throws("type", () => b.write(0, data), `write of ${data.constructor.name}`, "b");
      throws("type", () => staging.write(data), `staging of ${data.constructor.name}`, "b");
      throws("type", () => staging.writeAt(0, data), `staging at 0 of ${data.constructor.name}`, "b");
    }
  });

export const uploadsRefused = () =>
  withSystem((gpu) => {
    const b = gpu.createDeviceBuffer({ label: "b", size: 64, usage: STORAGE });
    const staging = gpu.createImmediateStagingBuffer({ label: "s", size: 64 });
    staging.write(new Uint8Array(6));
    const encoder = gpu.device.createCommandEncoder();
    throws("alignment", () => staging.uploadTo(encoder, b), "6 bytes", "s");
    staging.write(new Uint8Array(2));
    throws("alignment", () => staging.uploadTo(encoder, b, 2), "offset 2", "s");
    throws("range", () => staging.uploadTo(encoder, b, 60), "past the end", "s");
    const target = gpu.createMappableBuffer({ label: "t", size: 64, usage: MAP_WRITE | COPY_SRC });
    throws("usage", () => staging.uploadTo(encoder, target), "no COPY_DST", "s");
    const gone = gpu.createDeviceBuffer({ size: 64, usage: STORAGE });
    gone.destroy();
    throws("destroyed", () => staging.uploadTo(encoder, gone), "to a destroyed buffer");
    staging.uploadTo(encoder, b);
    throws("state", () => staging.uploadTo(gpu.device.createCommandEncoder(), b), "in another encoder", "s");
    const texture = gpu.device.createTexture({ size: [8, 8], format: "rgba8unorm", usage: GPUTextureUsage.COPY_DST });
    const rows = gpu.createImmediateStagingBuffer({ label: "rows", size: 256, rowBytes: 32 });
    rows.write(new Uint8Array(128));
    throws("range", () => rows.uploadToTexture(encoder, { texture }), "too few rows", "rows");
    rows.write(new Uint8Array(128));
    throws("usage", () => rows.uploadTo(encoder, b), "rows to a buffer", "rows");
    throws("range", () => rows.uploadToTexture(encoder, { texture, size: [4, 4] }), "shorter rows", "rows");
    throws("range", () => rows.uploadToTexture(encoder, { texture, origin: [1, 0] }), "outside: whole level at an origin");
    throws("range", () => rows.uploadToTexture(encoder, { texture, mipLevel: 1 }), "no such level");
    rows.uploadToTexture(encoder, { texture });
    gpu.submit([encoder]);
  });

export const copySourceOfMappable = () =>
  withSystem(async (gpu) => {
    const source = gpu.createMappableBuffer({ label: "m", size: 16, usage: MAP_WRITE | COPY_SRC, mappedAtCreation: true });
    new Uint8Array(source.mappedRange()).fill(9);
    const rb = gpu.createReadbackBuffer();
    const error = await rb.read(source).catch((e) => e);
    if (error.code !== "mapped") throw new Error(`read of a mapped buffer: ${error}`);
    source.unmap();
    const bytes = new Uint8Array(await rb.read(source));
    if (bytes.some((b) => b !== 9)) throw new Error("contents");
    const sink = gpu.createMappableBuffer({ size: 16, usage: MAP_READ | COPY_DST });
    const staging = gpu.createImmediateStagingBuffer({ size: 16 });
    staging.write(bytes);
    const frame = gpu.frame();
    staging.uploadTo(frame.encoder, sink);
    frame.submit();
    await sink.mapAsync(GPUMapMode.READ);
    if (new Uint8Array(sink.mappedRange()).some((b) => b !== 9)) throw new Error("contents of the sink");
  });

export const copyUsageIsKept = () =>
  withSystem((gpu) => {
    const b = gpu.createDeviceBuffer({ size: 16, usage: STORAGE | COPY_SRC | COPY_DST });
    if (b.usage !== (STORAGE | COPY_SRC | COPY_DST)) throw new Error("usage");
  });

/** The module is told of a DeviceBuffer when the task ends, or when somebody asks: they are counted like any others. */
export const buffersOfATask = () =>
  withSystem(async (gpu) => {
    const make = (size) => gpu.createDeviceBuffer({ label: "short", size, usage: VERTEX });
    const counts = () => {
      const { count, peak, bytes, peakBytes, created } = gpu.stats().kinds.DeviceBuffer;
      return [count, peak, bytes, peakBytes, created];
    };
    const first = make(16);
    const [second, third, fourth] = [30, 64, 8].map(make);
    for (const b of [second, fourth, make(4)]) b.destroy();
    make(4).destroy();
    same(counts(), [2, 5, 80, 124, 6], "of those that live, and of those that do not");
    make(4).destroy();
    await null;
    await null;
    same(counts(), [2, 5, 80, 124, 7], "of those of a task that is over");
    third.destroy();
    make(112).destroy();
    same(counts(), [1, 5, 16, 128, 8], "beside what was destroyed before");
    first.destroy();
  });

export const buffersThatNobodyAskedFor = () =>
  withSystem(async (gpu) => {
    const make = () => gpu.createDeviceBuffer({ label: "b", size: 30, usage: VERTEX });
    const b = make();
    same([b.label, b.size, b.usage, b.generation], ["b", 32, VERTEX | COPY_SRC | COPY_DST, 0], "of a new buffer");
    same([make().state, make().valid], ["ready", true], "state");
    const { gpuBuffer } = b;
    same([gpuBuffer.label, gpuBuffer.size, gpuBuffer === b.gpuBuffer], ["b", 32, true], "GPUBuffer");
    b.write(0, pattern(32));
    same(gpuBuffer === b.gpuBuffer, true, "GPUBuffer that the module was told of");
    sameBytes(await contents(gpu, b), pattern(32));

    const gone = make();
    const encoder = gpu.device.createCommandEncoder();
    encoder.copyBufferToBuffer(gone.gpuBuffer, 0, gpuBuffer, 0, 32);
    gone.destroy();
    gone.destroy();
    gpu.device.pushErrorScope("validation");
    gpu.device.queue.submit([encoder.finish()]);
    same((await gpu.device.popErrorScope()) instanceof GPUValidationError, true, "its GPUBuffer is destroyed");
    same([gone.state, gone.valid], ["destroyed", false], "state of a destroyed one");
    throws("destroyed", () => gone.write(0, pattern(4)), "write", "b");
    await rejects("destroyed", () => gone.upload(0, pattern(4)), "upload", "b");
  });

/** The module makes the GPUBuffers of large buffers, and of labels that are cut. */
export const buffersThatTheModuleMakes = () =>
  withSystem(async (gpu) => {
    for (const [label, size] of [["b", 4 << 20], ["b", (4 << 20) + 4], ["b".repeat(2000), 16]]) {
      const b = gpu.createDeviceBuffer({ label, size, usage: STORAGE });
      const staging = gpu.createImmediateStagingBuffer({ size: 16 });
      staging.write(pattern(16));
      const frame = gpu.frame();
      staging.uploadTo(frame.encoder, b);
      frame.submit();
      const copy = gpu.createDeviceBuffer({ size: 16, usage: STORAGE });
      const encoder = gpu.device.createCommandEncoder();
      encoder.copyBufferToBuffer(b.gpuBuffer, 0, copy.gpuBuffer, 0, 16);
      gpu.submit([encoder]);
      sameBytes(await contents(gpu, copy), pattern(16), `what the module put into the GPUBuffer of ${size} bytes`);
      same([b.gpuBuffer.size, b.gpuBuffer.label], [size, label.slice(0, 1024)], "GPUBuffer");
    }
  });

/** What the module was not told of yet has labels of its own, which go along with what it is told first. */
export const labelsOfATask = () =>
  withSystem((gpu) =>
    withSystem(
      async (other) => {
        const make = (system, label, size) => system.createDeviceBuffer({ label, size, usage: STORAGE });
        const large = 5 << 20;
        const made = [[gpu, "first", 64], [other, "second", 64], [gpu, "third", large], [gpu, "fourth", 64], [other, "fifth", large], [gpu, "sixth", 64], [gpu, "", large]];
        const buffers = made.map(([system, label, size]) => make(system, label, size));
        throws("too-large", () => make(other, "seventh", 2 ** 52), "more than there is", "seventh");
        const [resizable, short] = [new Uint8Array(new ArrayBuffer(64, { maxByteLength: 128 })).fill(7), pattern(64)];
        const uploads = buffers.map((b, i) => b.upload(0, i % 2 === 0 ? resizable : short));
        for (const [i, b] of buffers.entries()) {
          const [, label] = made[i];
          same(b.gpuBuffer.label, label, "of the GPUBuffer");
          throws("alignment", () => b.write(2, short), "between words", label);
        }
        await Promise.all(uploads);
        for (const [i, b] of buffers.entries()) sameBytes(await contents(made[i][0], b, 0, 64), i % 2 === 0 ? resizable : short, made[i][1]);
      },
      { device: gpu.device },
    ),
  );

/** Whoever has the GPUBuffer can destroy it. The browser says so, and no other read of its submit fails. */
export const destroyedByThePage = () =>
  withSystem(async (gpu) => {
    const readback = gpu.createReadbackBuffer();
    for (const wait of [() => {}, (all) => Promise.all(all.map((b) => readback.read(b)))]) { // until they are not new
      const [b, other] = [1, 2].map(() => gpu.createDeviceBuffer({ label: "b", size: 64, usage: STORAGE }));
      const { gpuBuffer } = b;
      await wait([b, other]);
      gpuBuffer.destroy();
      const frame = gpu.frame();
      const [good, bad] = [readback.read(other), readback.read(b)];
      frame.submit();
      await rejects("validation", () => bad, "a read");
      same((await good).byteLength, 64, "another read");
    }
  });

/** A page hears of a loss before the module does, and makes a buffer. */
export const buffersOfALostDevice = async () => {
  const device = await (await navigator.gpu.requestAdapter()).requestDevice();
  const page = {};
  const made = device.lost.then(() => [1, 2, 3].map(() => page.gpu.createDeviceBuffer({ label: "late", size: 64, usage: STORAGE })));
  const gpu = await api.open({ device });
  page.gpu = gpu;
  const readback = gpu.createReadbackBuffer();
  device.destroy();
  const [b, untouched, destroyed] = await made;
  destroyed.destroy();
  await gpu.lost;
  throws("device-lost", () => b.write(0, pattern(64)), "write", "late");
  await rejects("device-lost", () => b.upload(0, pattern(64)), "upload", "late");
  await rejects("device-lost", () => readback.read(untouched), "read");
  same([b.state, b.valid, b.size, b.gpuBuffer.size], ["ready", false, 64, 64], "what it says of itself");
  b.destroy();
  same([b.state, destroyed.state], ["destroyed", "destroyed"], "in the end");
  gpu.destroy();
};

/** The end of a system takes what the module was not told of. */
export const buffersOfASystemThatEnds = async () => {
  const gpu = await api.open();
  const b = gpu.createDeviceBuffer({ label: "b", size: 64, usage: STORAGE });
  const { gpuBuffer } = b;
  const { device } = gpu;
  const other = await api.open({ device: gpu.device });
  const c = other.createDeviceBuffer({ size: 64, usage: STORAGE });
  const native = c.gpuBuffer;
  device.pushErrorScope("validation");
  other.destroy();
  same([c.state, c.valid], ["destroyed", false], "of the system that ended");
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(native, 0, gpuBuffer, 0, 64);
  device.queue.submit([encoder.finish()]);
  same((await device.popErrorScope()) instanceof GPUValidationError, true, "the GPUBuffer is destroyed");
  gpu.destroy();
};
