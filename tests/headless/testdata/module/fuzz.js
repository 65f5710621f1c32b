import { badValues } from "./bad.js";
import { COPY_DST, COPY_SRC, MAP_READ, MAP_WRITE, STORAGE, UNIFORM, api, contents, pattern, sameBytes, typed, withSystem } from "./check.js";

/** A texture and an upload for it, which is what most methods with textures need. */
function texels(gpu) {
  return gpu.device.createTexture({ size: [8, 8], format: "rgba8unorm", usage: GPUTextureUsage.COPY_SRC | GPUTextureUsage.COPY_DST });
}

function immediate(gpu, rowBytes) {
  const staging = gpu.createImmediateStagingBuffer({ size: 256, rowBytes });
  staging.write(pattern(256));
  return staging;
}

function mapped(gpu) {
  return gpu.createMappableBuffer({ size: 64, usage: MAP_WRITE | COPY_SRC, mappedAtCreation: true });
}

function frame(gpu, use) {
  const frame = gpu.frame();
  try {
    return use(frame);
  } finally {
    try {
      frame.discard();
    } catch {
      // submitted
    }
  }
}

const device = (gpu) => gpu.createDeviceBuffer({ size: 256, usage: STORAGE });
const encoder = (gpu) => gpu.device.createCommandEncoder();

/** [name, good arguments, (gpu, arguments) => a call with them]. Objects of one property stand for dictionaries. */
const methods = [
  ["createDeviceBuffer", ["label", 16, STORAGE], (gpu, [label, size, usage]) => gpu.createDeviceBuffer({ label, size, usage }).destroy()],
  ["createDeviceBuffer(dictionary)", [{ size: 16, usage: STORAGE }], (gpu, [d]) => gpu.createDeviceBuffer(d).destroy()],
  ["createImmediateStagingBuffer", ["label", 16, 4], (gpu, [label, size, rowBytes]) => gpu.createImmediateStagingBuffer({ label, size, rowBytes }).destroy()],
  ["createImmediateStagingBuffer(dictionary)", [{ size: 16 }], (gpu, [d]) => gpu.createImmediateStagingBuffer(d).destroy()],
  ["createDeferredStagingBuffer", ["label", 16, 4], (gpu, [label, size, rowBytes]) => gpu.createDeferredStagingBuffer({ label, size, rowBytes }).destroy()],
  ["createDeferredStagingBuffer(dictionary)", [{ size: 16 }], (gpu, [d]) => gpu.createDeferredStagingBuffer(d).destroy()],
  ["createReadbackBuffer", ["label", "latest", 2], (gpu, [label, policy, maxInFlight]) => gpu.createReadbackBuffer({ label, policy, maxInFlight }).destroy()],
  ["createReadbackBuffer(dictionary)", [{}], (gpu, [d]) => gpu.createReadbackBuffer(d).destroy()],
  ["createDynamicBuffer", ["label", 256, UNIFORM, 4], (gpu, [label, size, usage, maxSlots]) => gpu.createDynamicBuffer({ label, size, usage, maxSlots }).destroy()],
  ["createDynamicBuffer(dictionary)", [{ size: 256, usage: UNIFORM }], (gpu, [d]) => gpu.createDynamicBuffer(d).destroy()],
  ["createMappableBuffer", ["label", 16, MAP_READ | COPY_DST, true], (gpu, [label, size, usage, mappedAtCreation]) => gpu.createMappableBuffer({ label, size, usage, mappedAtCreation }).destroy()],
  ["createMappableBuffer(dictionary)", [{ size: 16, usage: MAP_READ }], (gpu, [d]) => gpu.createMappableBuffer(d).destroy()],
  ["submit", [[]], (gpu, [commands]) => gpu.submit(commands)],
  ["submit(element)", [encoder], (gpu, [command]) => gpu.submit([command])],

  ["DeviceBuffer.write", [0, pattern(16), 0, 8], (gpu, args) => device(gpu).write(...args)],
  ["DeviceBuffer.grow", [512], (gpu, [size]) => device(gpu).grow(size)],

  ["DeviceBuffer.upload", [0, pattern(16)], (gpu, args) => device(gpu).upload(...args)],
  ["DeviceBuffer.upload(stream)", [0, new Blob(["abcd"])], (gpu, args) => device(gpu).upload(...args)],
  ["DeviceBuffer.upload(piece)", [pattern(16)], (gpu, [piece]) => device(gpu).upload(0, new ReadableStream({ start: (c) => (c.enqueue(piece), c.close()) }))],
  ["DeviceBuffer.upload(options)", [{}], (gpu, [options]) => device(gpu).upload(0, pattern(16), options)],
  ["DeviceBuffer.upload(signal)", [new AbortController().signal], (gpu, [signal]) => device(gpu).upload(0, pattern(16), { signal })],
  ["DeviceBuffer.upload(size)", [16], (gpu, [size]) => device(gpu).upload(0, new Blob(["abcd"]), { size })],
  ["DeviceBuffer.upload(onProgress)", [() => {}], (gpu, [onProgress]) => device(gpu).upload(0, new Blob(["abcd"]), { onProgress })],
  ["explain", ["upload", 16], (gpu, args) => gpu.explain(...args)],
  ["loadCalibration", [{ version: 1, copyCost: 0, rates: [] }], (gpu, [calibration]) => gpu.loadCalibration(calibration)],

  ["StagingBuffer.write", [pattern(4)], (gpu, [data]) => gpu.createImmediateStagingBuffer({ size: 64 }).write(data)],
  ["StagingBuffer.writeAt", [4, pattern(4)], (gpu, args) => gpu.createImmediateStagingBuffer({ size: 64 }).writeAt(...args)],
  ["StagingBuffer.readFrom", [new Blob(["abcd"])], (gpu, [source]) => gpu.createImmediateStagingBuffer({ size: 64 }).readFrom(source)],
  ["StagingBuffer.readFrom(options)", [{}], (gpu, [options]) => gpu.createImmediateStagingBuffer({ size: 64 }).readFrom(new Blob(["abcd"]), options)],
  ["StagingBuffer.readFrom(signal)", [new AbortController().signal], (gpu, [signal]) => gpu.createImmediateStagingBuffer({ size: 64 }).readFrom(new Blob(["abcd"]), { signal })],
  ["StagingBuffer.readFrom(onProgress)", [() => {}], (gpu, [onProgress]) => gpu.createImmediateStagingBuffer({ size: 64 }).readFrom(new Blob(["abcd"]), { onProgress })],
  ["StagingBuffer.uploadTo", [encoder, device, 0], (gpu, args) => immediate(gpu).uploadTo(...args)],
  ["StagingBuffer.uploadToTexture(encoder)", [encoder], (gpu, [e]) => immediate(gpu, 32).uploadToTexture(e, { texture: texels(gpu) })],
  ["StagingBuffer.uploadToTexture(dictionary)", [{}], (gpu, [d]) => immediate(gpu, 32).uploadToTexture(encoder(gpu), d)],
  ["StagingBuffer.uploadToTexture", [texels, 0, [0, 0, 0], [8, 8, 1], "all"], (gpu, [texture, mipLevel, origin, size, aspect]) => immediate(gpu, 32).uploadToTexture(encoder(gpu), { texture, mipLevel, origin, size, aspect })],
  ["StagingBuffer.uploadToTexture(numbers)", [0, 0, 0, 8, 8, 1], (gpu, [x, y, layer, w, h, layers]) => immediate(gpu, 32).uploadToTexture(encoder(gpu), { texture: texels(gpu), origin: [x, y, layer], size: [w, h, layers] })],

  ["ReadbackBuffer.read", [device, 0, 16], (gpu, args) => gpu.createReadbackBuffer().read(...args)],
  ["ReadbackBuffer.read(options)", [{}], (gpu, [options]) => gpu.createReadbackBuffer().read(device(gpu), 0, 16, options)],
  ["ReadbackBuffer.read(into)", [new Uint8Array(16)], (gpu, [into]) => gpu.createReadbackBuffer().read(device(gpu), 0, 16, { into })],
  ["ReadbackBuffer.read(signal)", [new AbortController().signal], (gpu, [signal]) => gpu.createReadbackBuffer().read(device(gpu), 0, 16, { signal })],
  ["ReadbackBuffer.readTexture(dictionary)", [texels], (gpu, [d]) => gpu.createReadbackBuffer().readTexture(d)],
  ["ReadbackBuffer.readTexture", [texels, 0, [0, 0, 0], [8, 8, 1], "all"], (gpu, [texture, mipLevel, origin, size, aspect]) => gpu.createReadbackBuffer().readTexture({ texture, mipLevel, origin, size, aspect })],
  ["ReadbackBuffer.readTexture(numbers)", [0, 0, 0, 8, 8, 1], (gpu, [x, y, layer, w, h, layers]) => gpu.createReadbackBuffer().readTexture({ texture: texels(gpu), origin: [x, y, layer], size: [w, h, layers] })],
  ["ReadbackBuffer.readTexture(options)", [{}], (gpu, [options]) => gpu.createReadbackBuffer().readTexture({ texture: texels(gpu) }, options)],

  ["DynamicBuffer.update", [16], (gpu, [size]) => gpu.createDynamicBuffer({ size: 256, usage: UNIFORM }).update(size)],
  ["DynamicBuffer.write", [pattern(16)], (gpu, [data]) => gpu.createDynamicBuffer({ size: 256, usage: UNIFORM }).write(data)],

  ["MappableBuffer.mapAsync", [GPUMapMode.READ, 0, 16], quietly((gpu, args) => gpu.createMappableBuffer({ size: 64, usage: MAP_READ }).mapAsync(...args))],
  ["MappableBuffer.mappedRange", [0, 16], (gpu, args) => mapped(gpu).mappedRange(...args)],

  ["Frame.use", [device], (gpu, args) => frame(gpu, (f) => f.use(...args))],
  ["Frame.submit", [[]], (gpu, args) => frame(gpu, (f) => f.submit(...args))],
];

/** A map that the browser refuses is also a validation error, which is none of the test's. */
function quietly(f) {
  return async (gpu, args) => {
    gpu.device.pushErrorScope("validation");
    const promise = f(gpu, args);
    gpu.device.popErrorScope().catch(() => {});
    return promise;
  };
}

/** Calls f with each argument in turn replaced by each bad value. Returns how often it was refused. */
async function fuzz(gpu, [name, good, f]) {
  let refused = 0;
  for (let i = 0; i < good.length; i++) {
    for (const [what, make] of badValues) {
      const args = good.map((value) => (value === device || value === encoder || value === texels ? value(gpu) : value));
      args[i] = make();
      try {
        await f(gpu, args);
      } catch (error) {
        if (name.endsWith("(onProgress)") && error.message === "hostile") continue; // the caller's own
        typed(error, undefined, `${name}, argument ${i} is ${what}`);
        if (error.code === "internal") throw new Error(`${name}, argument ${i} is ${what}: ${error.stack}\n${error.cause}`);
        refused++;
      }
    }
  }
  return refused;
}

export const everyMethod = () =>
  withSystem(async (gpu) => {
    const witness = gpu.createDeviceBuffer({ label: "witness", size: 64, usage: STORAGE });
    witness.write(0, pattern(64, 3));
    const counts = {};
    for (const method of methods) {
      counts[method[0]] = await fuzz(gpu, method);
      if (counts[method[0]] < 5) throw new Error(`${method[0]}: only ${counts[method[0]]} bad values were refused`);
    }
    sameBytes(await contents(gpu, witness), pattern(64, 3), "the witness");
  });

export const constructors = () => {
  for (const name of ["DeviceBuffer", "ImmediateStagingBuffer", "DeferredStagingBuffer", "ReadbackBuffer", "DynamicBuffer", "MappableBuffer", "Frame", "GPUBufferSystem"]) {
    for (const [what, make] of badValues) {
      try {
        new api[name](make(), make());
      } catch (error) {
        typed(error, "type", `new ${name} of ${what}`);
        continue;
      }
      throw new Error(`new ${name} of ${what} worked`);
    }
  }
};

const openOptions = ["calibration", "device", "budget", "onBudget", "chunkSize", "maxFramesInFlight", "logLevel", "onLog", "onError", "adapterOptions", "deviceDescriptor", "wasm"];

export const openWithBadOptions = async () => {
  const adapter = await navigator.gpu.requestAdapter();
  const device = await adapter.requestDevice();
  for (const [what, make] of badValues) {
    for (const name of openOptions) {
      if (name === "wasm" && typeof make() === "string") continue; // an address like another
      const own = name === "adapterOptions" || name === "deviceDescriptor";
      try {
        (await api.open({ ...(own ? {} : { device }), [name]: make() })).destroy();
      } catch (error) {
        typed(error, undefined, `open with ${name} ${what}`);
        if (error.code === "internal" && name !== "wasm") throw error;
      }
    }
    try {
      if (what !== "undefined") (await api.open(make())).destroy();
    } catch (error) {
      typed(error, undefined, `open(${what})`);
    }
  }
  (await api.open({ device })).destroy();
  device.destroy();
};

export const copyUsageIsKept = () =>
  withSystem((gpu) => {
    const b = gpu.createDeviceBuffer({ size: 16, usage: STORAGE | COPY_SRC | COPY_DST });
    if (b.usage !== (STORAGE | COPY_SRC | COPY_DST)) throw new Error("usage");
  });
