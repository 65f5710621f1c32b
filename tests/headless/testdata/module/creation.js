import { COPY_DST, COPY_SRC, MAP_READ, MAP_WRITE, STORAGE, UNIFORM, VERTEX, same, throws, withSystem } from "./check.js";

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
