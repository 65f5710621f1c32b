import { COPY_DST, COPY_SRC, STORAGE, VERTEX, api, contents, ok, pattern, rejects, same, sameBytes, throws } from "./check.js";
import { allRefused, calls, makeAll, questions } from "./objects.js";

async function requestDevice() {
  return (await navigator.gpu.requestAdapter()).requestDevice();
}

export const adoptedDevice = async () => {
  const device = await requestDevice();
  const gpu = await api.open({ device });
  ok(gpu.device === device, "the caller's device");
  const own = device.createBuffer({ size: 32, usage: COPY_SRC | COPY_DST });
  const staging = gpu.createImmediateStagingBuffer({ size: 32 });
  staging.write(pattern(32));
  const frame = gpu.frame();
  staging.uploadTo(frame.encoder, own);
  frame.submit();
  sameBytes(await contents(gpu, own), pattern(32), "the caller's buffer");
  gpu.destroy();
  gpu.destroy();
  same((await gpu.lost).reason, "destroyed", "lost");
  device.queue.writeBuffer(own, 0, pattern(32)); // the device lives on
  await device.queue.onSubmittedWorkDone();
  const again = await api.open({ device });
  sameBytes(await contents(again, own), pattern(32), "opened again");
  again.destroy();
  const promised = await api.open({ device: Promise.resolve(device) });
  ok(promised.device === device, "the device that was promised");
  promised.destroy();
  await device.queue.onSubmittedWorkDone();
  device.destroy();
};

/** An encoder that was asked for before is of no use to a page whose system has ended. */
export const frameOfADestroyedSystem = async () => {
  const gpu = await api.open();
  const frame = gpu.frame();
  void frame.encoder;
  gpu.destroy();
  throws("destroyed", () => frame.encoder, "encoder");
};

export const twoSystems = async () => {
  const [a, b] = await Promise.all([api.open(), api.open()]);
  ok(a.device !== b.device, "two devices");
  const [x, y] = [a, b].map((gpu, i) => {
    const buffer = gpu.createDeviceBuffer({ label: `b${i}`, size: 32, usage: STORAGE });
    buffer.write(0, pattern(32, i + 1));
    return buffer;
  });
  sameBytes(await contents(a, x), pattern(32, 1), "the first");
  sameBytes(await contents(b, y), pattern(32, 2), "the second");
  await rejects("wrong-device", () => a.createReadbackBuffer().read(y), "a read of the other's", "b1");
  await rejects("wrong-device", () => a.createReadbackBuffer().read(y, 0, 4), "a read of 4 bytes of the other's", "b1");
  const staging = a.createImmediateStagingBuffer({ label: "s", size: 4 });
  staging.write(pattern(4));
  throws("wrong-device", () => staging.uploadTo(a.device.createCommandEncoder(), y), "an upload to the other's");
  const frame = a.frame();
  throws("wrong-device", () => frame.use(y), "use of the other's");
  frame.discard();
  same(b.stats().kinds.DeviceBuffer.count, 1, "statistics are apart");
  a.destroy();
  sameBytes(await contents(b, y), pattern(32, 2), "the second outlives the first");
  b.destroy();
};

export const twoSystemsOfOneDevice = async () => {
  const device = await requestDevice();
  const [a, b] = await Promise.all([api.open({ device }), api.open({ device })]);
  const x = a.createDeviceBuffer({ size: 32, usage: STORAGE });
  x.write(0, pattern(32));
  sameBytes(await contents(b, x), pattern(32), "a buffer of the other system");
  a.destroy();
  b.destroy();
  device.destroy();
};

export const afterDestroy = async () => {
  const gpu = await api.open();
  const all = makeAll(gpu);
  const frame = gpu.frame();
  const pending = all.readback.read(all.buffer);
  const map = all.mappable.mapAsync(GPUMapMode.READ);
  gpu.destroy();
  await rejects("destroyed", () => pending, "a read that is pending");
  await rejects("map-aborted", () => map, "a map that is pending");
  await allRefused("destroyed", { ...calls(gpu, all, frame), createReadbackBuffer: () => gpu.createReadbackBuffer(), ...questions(gpu), trim: () => gpu.trim(), unmap: () => all.mappable.unmap(), range: () => all.mappable.mappedRange(), gpuBuffer: () => all.dynamic.gpuBuffer });
  for (const object of Object.values(all)) object.destroy();
  same([all.buffer.state, all.buffer.valid, all.mappable.state, all.mappable.valid], ["destroyed", false, "destroyed", false], "states");
};

export const afterLoss = async () => {
  const gpu = await api.open();
  const all = makeAll(gpu);
  const big = gpu.createDeviceBuffer({ size: 16 << 20, usage: STORAGE });
  all.buffer.write(0, new Uint8Array(4)); // so that the next one is not asked for
  const frame = gpu.frame();
  frame.submit();
  const next = gpu.frame();
  void next.encoder;
  const pending = all.readback.read(big);
  const map = rejects("map-aborted", () => all.mappable.mapAsync(GPUMapMode.READ), "a map that is pending: it ends before the loss is known");
  gpu.device.destroy();
  same((await gpu.lost).reason, "destroyed", "lost");
  await rejects("device-lost", () => pending, "a read that is pending");
  await map;
  const { frameEncoder, ...rest } = calls(gpu, all, next);
  await allRefused("device-lost", rest);
  same([all.buffer.valid, all.mappable.valid, all.buffer.state], [false, false, "ready"], "states");
  ok(gpu.stats().kinds.DeviceBuffer.count === 2, "statistics go on");
  gpu.destroy();
  same(all.buffer.state, "destroyed", "destroyed after the loss");
};

/** Memory that was mapped is gone with its device, before anybody is told of the loss. */
export const mappedMemoryOfADeviceThatIsLost = async () => {
  const stagings = { written: (s) => s.write(pattern(8)), fresh: () => {}, "with a range": (s) => s.mappedRange() };
  const uses = { write: (s) => s.write(pattern(8)), writeAt: (s) => s.writeAt(8, pattern(8)), mappedRange: (s) => s.mappedRange() };
  for (const [what, before] of Object.entries(stagings)) {
    const gpu = await api.open();
    const all = Object.entries(uses).map(([name, use]) => [name, use, gpu.createImmediateStagingBuffer({ label: "s", size: 64 })]);
    for (const [, , staging] of all) before(staging);
    gpu.device.destroy();
    for (const [name, use, staging] of all) throws("device-lost", () => use(staging), `${name} of memory, ${what}`, "s");
    gpu.destroy();
  }
};

export const openRefused = async () => {
  const gpu = Object.getOwnPropertyDescriptor(Navigator.prototype, "gpu");
  Object.defineProperty(Navigator.prototype, "gpu", { value: undefined, configurable: true });
  const none = await rejects("unsupported", () => api.open({ wasm: "/never fetched" }), "no WebGPU");
  ok(none.message.includes("there is no WebGPU: "), none.message);
  Object.defineProperty(Navigator.prototype, "gpu", gpu);
  const { requestAdapter } = GPU.prototype;
  GPU.prototype.requestAdapter = async () => null;
  await rejects("unsupported", () => api.open(), "no adapter");
  GPU.prototype.requestAdapter = async () => { throw new TypeError("no"); };
  await rejects("type", () => api.open(), "a requestAdapter that rejects");
  GPU.prototype.requestAdapter = requestAdapter;
  await rejects("unsupported", () => api.open({ deviceDescriptor: { requiredLimits: { maxBufferSize: 2 ** 52 } } }), "limits that are not to be had");
  await rejects("type", () => api.open({ device: {} }), "no device");
  await rejects("type", () => api.open({ device: Promise.resolve({}) }), "a promise of no device");
  await rejects("unsupported", () => api.open({ device: Promise.reject(new Error("none")) }), "a promise that rejects");
  await rejects("type", () => api.open({ device: { get then() { throw new TypeError("hostile"); } } }), "a device that throws");
  const page = await rejects("internal", () => api.open({ wasm: "/blank" }), "no WebAssembly");
  ok(page.message.includes("/blank is a page, and not gpubuffers.wasm"), page.message);
  await rejects("internal", () => api.open({ wasm: new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]) }), "another WebAssembly");
  await rejects("alignment", () => api.open({ chunkSize: 100 }), "chunk size");
  await rejects("budget", () => api.open({ budget: 100 }), "budget below a chunk");
  await rejects("type", () => api.open({ logLevel: "loud" }), "log level");
};

/** Where no adapter of level "core" is to be had, one of the compatibility mode is taken, unless the page says which. */
export const lesserAdapters = async () => {
  const { requestAdapter } = GPU.prototype;
  const asked = [];
  GPU.prototype.requestAdapter = async function (options) {
    asked.push(options);
    return options?.featureLevel === "compatibility" ? requestAdapter.call(this, options) : null;
  };
  try {
    const gpu = await api.open();
    const b = gpu.createDeviceBuffer({ label: "b", size: 64, usage: STORAGE });
    b.write(0, pattern(64));
    sameBytes(await contents(gpu, b), pattern(64), "bytes");
    gpu.destroy();
    same(asked, [{ powerPreference: "high-performance" }, { powerPreference: "high-performance", featureLevel: "compatibility" }], "asked");
    await rejects("unsupported", () => api.open({ adapterOptions: { featureLevel: "core" } }), "a page that wants a core one");
    same(asked.length, 3, "asked once");
  } finally {
    GPU.prototype.requestAdapter = requestAdapter;
  }
};

/** Calls f while requestDevice does what request says of the browser's own. */
async function whileRequesting(request, f) {
  const own = GPUAdapter.prototype.requestDevice;
  GPUAdapter.prototype.requestDevice = function (...values) {
    return request(() => own.apply(this, values));
  };
  try {
    await f();
  } finally {
    GPUAdapter.prototype.requestDevice = own;
  }
}

/** The module is loaded and the device requested at the same time: here neither is had before the other was asked for. */
export const openInParallel = async () => {
  let requested;
  const wasm = new Promise((resolve) => (requested = resolve)).then(() => fetch("/gpubuffers.wasm"));
  await whileRequesting((request) => (requested(), wasm.then(request)), async () => (await api.open({ wasm })).destroy());
};

/** A device that was requested in vain is destroyed, whichever fails first. */
/** Chunks, the engine's trials and the like are made when a call needs them. */
export const openMakesNothing = async () => {
  const device = await requestDevice();
  const asked = [];
  const replaced = [[GPUDevice.prototype, Object.keys(GPUDevice.prototype).filter((name) => name.startsWith("create"))], [GPUQueue.prototype, ["writeBuffer"]]]
    .flatMap(([prototype, names]) => names.map((name) => [prototype, name, prototype[name]]));
  for (const [prototype, name, method] of replaced) {
    prototype[name] = function (...values) {
      asked.push(name);
      return method.apply(this, values);
    };
  }
  try {
    const gpu = await api.open({ device, wasm: new URL("/gpubuffers.wasm?own", location.href) }); // takes the methods as it finds them
    await new Promise((resolve) => setTimeout(resolve, 100));
    same(asked.join(), "", "what the device was asked for");
    same(gpu.stats().mappable, 0, "mappable memory");
    gpu.createDeviceBuffer({ size: 4, usage: VERTEX }).destroy();
    ok(asked.includes("createBuffer"), "what is asked for is noticed");
    gpu.destroy();
  } finally {
    for (const [prototype, name, method] of replaced) prototype[name] = method;
  }
  device.destroy();
};

export const openGivesTheDeviceBack = async () => {
  for (const wait of [0, 50]) {
    let device;
    const late = async (request) => {
      await new Promise((resolve) => setTimeout(resolve, wait));
      return (device = await request());
    };
    const wasm = wait === 0 ? new Promise((_, reject) => setTimeout(reject, 200, new Error("no module"))) : Promise.reject(new Error("no module"));
    await whileRequesting(late, async () => {
      await rejects("internal", () => api.open({ wasm }), "no module");
      while (!device) await new Promise((resolve) => setTimeout(resolve, 5));
    });
    same((await device.lost).reason, "destroyed", "the device");
  }
  await whileRequesting(
    async () => { throw new TypeError("no device"); },
    () => rejects(undefined, () => api.open({ wasm: Promise.reject(new Error("no module")) }), "neither"),
  );
  const own = await (await navigator.gpu.requestAdapter()).requestDevice();
  await rejects("internal", () => api.open({ device: own, wasm: Promise.reject(new Error("no module")) }), "no module for the page's own device");
  const lost = await Promise.race([own.lost, new Promise((resolve) => setTimeout(resolve, 50, "not lost"))]);
  same(lost, "not lost", "the page's own device");
  own.destroy();
};

export const wasmSources = async () => {
  const bytes = await (await fetch("/gpubuffers.wasm")).arrayBuffer();
  const wrongType = () => new Response(bytes, { headers: { "Content-Type": "text/plain" } });
  const sources = ["/gpubuffers.wasm", new URL("/gpubuffers.wasm", location), bytes, new Uint8Array(bytes), new WebAssembly.Module(bytes), fetch("/gpubuffers.wasm"), wrongType(), await fetch("/gpubuffers.wasm")];
  const device = await requestDevice();
  const go = globalThis.Go;
  for (const [i, wasm] of sources.entries()) {
    const gpu = await api.open({ device, wasm });
    gpu.createDeviceBuffer({ size: 16, usage: VERTEX }).destroy();
    gpu.destroy();
    ok(globalThis.gpubuffersRaw === undefined, `source ${i} leaves no global`);
  }
  ok(globalThis.Go === go, "the page's own Go is left alone");
  device.destroy();
};
