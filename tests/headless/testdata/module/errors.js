// What errors say: the caller's own method, label and words.
import { COPY_SRC, MAP_READ, MAP_WRITE, STORAGE, UNIFORM, VERTEX, api, ok, pattern, rejects, same, throws, typed, withSystem } from "./check.js";

/** Words that only Go's programs know, and what no text should have. */
const foreign = new RegExp(
  [
    String.raw`\b(Vertex|Index|Uniform|Storage|CopySrc|CopyDst|MapRead|MapWrite|Indirect|QueryResolve)\b`,
    String.raw`\b(New[A-Z]\w*|Err[A-Z]\w*|Options|Descriptor|UploadTo\w*|WriteAt|ReadAt|MapAsync|BeginFrame|Submit|Discard|Grow)\b`,
    String.raw`\b(MappedAtCreation|MaxFramesInFlight|ChunkSize|RowBytes|MaxSlots|MapPending|Ready|Mapped|Destroyed)\b`,
    String.raw`\b(nil|uint\d*|int\d+|\[\]byte|goroutine|interface|syscall|jsbridge|context|canceled|backend|Go)\b`,
    String.raw`undefined|\[object|NaN|  |: :|:$|: $|\.\.`,
  ].join("|"),
);

/** Checks an error of a method, and its message. */
function checked(error, code, operation, label, what) {
  typed(error, code, what, label);
  same(error.operation, operation, `${what} (${error.message}): operation`);
  const subject = label === "" ? operation : `${operation} ${JSON.stringify(label)}`;
  const prefix = `gpubuffers: ${subject}: `;
  ok(error.message.startsWith(prefix), `${what}: ${error.message}: starts with ${prefix}`);
  const text = error.message.slice(prefix.length);
  ok(/^["\w].{4,}/.test(text) && !text.includes("buffers: "), `${what}: ${error.message}: one prefix, and a text`);
  same(foreign.exec(text)?.[0], undefined, `${what}: ${error.message}: a foreign word`);
}

async function failure(f) {
  try {
    await f();
  } catch (error) {
    return error;
  }
}

const texture = (gpu) => gpu.device.createTexture({ size: [4, 4], format: "rgba8unorm", usage: GPUTextureUsage.COPY_SRC | GPUTextureUsage.COPY_DST });
const encoder = (gpu) => gpu.device.createCommandEncoder();
const device = (gpu, more) => gpu.createDeviceBuffer({ label: "d", size: 64, usage: STORAGE, ...more });
const mappable = (gpu, more) => gpu.createMappableBuffer({ label: "m", size: 64, usage: MAP_WRITE | COPY_SRC, ...more });
const dynamic = (gpu) => gpu.createDynamicBuffer({ label: "y", size: 512, usage: UNIFORM });
const deferred = (gpu) => gpu.createDeferredStagingBuffer({ label: "f", size: 64 });
const readback = (gpu, more) => gpu.createReadbackBuffer({ label: "r", ...more });
function staging(gpu, more) {
  const s = gpu.createImmediateStagingBuffer({ label: "s", size: 64, ...more });
  s.write(pattern(64));
  return s;
}
function gone(object) {
  object.destroy();
  return object;
}

/** [code, operation, label, or undefined for any, what is done wrong] */
const misuses = [
  ["type", "createDeviceBuffer", "", (gpu) => gpu.createDeviceBuffer()],
  ["type", "createDeviceBuffer", "", (gpu) => gpu.createDeviceBuffer(5)],
  ["type", "createDeviceBuffer", "", (gpu) => gpu.createDeviceBuffer({ label: "d", size: 16, usage: STORAGE, mappedAtCreation: true })],
  ["type", "createDeviceBuffer", "d", (gpu) => device(gpu, { size: undefined })],
  ["type", "createDeviceBuffer", "d", (gpu) => device(gpu, { usage: "STORAGE" })],
  ["range", "createDeviceBuffer", "d", (gpu) => device(gpu, { size: 0 })],
  ["range", "createDeviceBuffer", "d", (gpu) => device(gpu, { size: -1 })],
  ["usage", "createDeviceBuffer", "d", (gpu) => device(gpu, { usage: 0 })],
  ["usage", "createDeviceBuffer", "d", (gpu) => device(gpu, { usage: 0x400 })],
  ["usage", "createDeviceBuffer", "d", (gpu) => device(gpu, { usage: MAP_READ })],
  ["too-large", "createDeviceBuffer", "d", (gpu) => device(gpu, { size: 2 ** 50 })],
  ["type", "createImmediateStagingBuffer", "", (gpu) => gpu.createImmediateStagingBuffer({})],
  ["range", "createImmediateStagingBuffer", "s", (gpu) => staging(gpu, { rowBytes: 0 })],
  ["alignment", "createImmediateStagingBuffer", "s", (gpu) => staging(gpu, { size: 6 })],
  ["too-large", "createImmediateStagingBuffer", "s", (gpu) => staging(gpu, { size: 2 ** 50 })],
  ["budget", "createImmediateStagingBuffer", "s", (gpu) => staging(gpu, { size: 12 << 20 })],
  ["alignment", "createDeferredStagingBuffer", "f", (gpu) => gpu.createDeferredStagingBuffer({ label: "f", size: 6 })],
  ["type", "createDeferredStagingBuffer", "", (gpu) => gpu.createDeferredStagingBuffer({ sise: 8 })],
  ["type", "createReadbackBuffer", "r", (gpu) => readback(gpu, { policy: "newest" })],
  ["range", "createReadbackBuffer", "r", (gpu) => readback(gpu, { maxInFlight: 0 })],
  ["type", "createReadbackBuffer", "", (gpu) => readback(gpu, { size: 4 })],
  ["usage", "createDynamicBuffer", "y", (gpu) => gpu.createDynamicBuffer({ label: "y", size: 256, usage: MAP_READ })],
  ["alignment", "createDynamicBuffer", "y", (gpu) => gpu.createDynamicBuffer({ label: "y", size: 6, usage: UNIFORM })],
  ["range", "createDynamicBuffer", "y", (gpu) => gpu.createDynamicBuffer({ label: "y", size: 256, usage: UNIFORM, maxSlots: 2 })],
  ["usage", "createMappableBuffer", "m", (gpu) => mappable(gpu, { usage: STORAGE })],
  ["usage", "createMappableBuffer", "m", (gpu) => mappable(gpu, { usage: MAP_READ | COPY_SRC })],
  ["usage", "createMappableBuffer", "m", (gpu) => mappable(gpu, { usage: MAP_WRITE | VERTEX })],
  ["alignment", "createMappableBuffer", "m", (gpu) => mappable(gpu, { size: 6 })],
  ["budget", "createMappableBuffer", "m", (gpu) => mappable(gpu, { size: 12 << 20 })],

  ["state", "frame", "", (gpu) => (gpu.frame(), gpu.frame())],
  ["state", "nextFrame", "", (gpu) => (gpu.frame(), gpu.nextFrame())],
  ["busy", "frame", "", (gpu) => { for (;;) gpu.frame().submit(); }],
  ["type", "submit", "", (gpu) => gpu.submit([5])],
  ["type", "submit", "", (gpu) => gpu.submit(5)],
  ["type", "explain", "", (gpu) => gpu.explain("download", 4)],
  ["type", "explain", "", (gpu) => gpu.explain("upload")],
  ["range", "explain", "", (gpu) => gpu.explain("upload", -4)],
  ["type", "explain", "", (gpu) => gpu.explain("upload", 4, readback(gpu))],
  ["type", "loadCalibration", "", (gpu) => gpu.loadCalibration(5)],
  ["unsupported", "loadCalibration", "", (gpu) => gpu.loadCalibration({ version: 99 })],

  ["type", "write", "d", (gpu) => device(gpu).write()],
  ["type", "write", "d", (gpu) => device(gpu).write(0)],
  ["type", "write", "d", (gpu) => device(gpu).write(0, "text")],
  ["type", "write", "d", (gpu) => device(gpu).write("0", pattern(4))],
  ["range", "write", "d", (gpu) => device(gpu).write(64, pattern(4))],
  ["range", "write", "d", (gpu) => device(gpu).write(0, pattern(4), 5)],
  ["alignment", "write", "d", (gpu) => device(gpu).write(2, pattern(4))],
  ["alignment", "write", "d", (gpu) => device(gpu).write(0, pattern(3))],
  ["destroyed", "write", "d", (gpu) => gone(device(gpu)).write(0, pattern(4))],
  ["type", "upload", "d", (gpu) => device(gpu).upload(0, 5)],
  ["type", "upload", "d", (gpu) => device(gpu).upload(0, pattern(4), { sise: 4 })],
  ["type", "upload", "d", (gpu) => device(gpu).upload(0, pattern(4), { signal: 4 })],
  ["type", "upload", "d", (gpu) => device(gpu).upload(0, pattern(4), { size: null })],
  ["range", "upload", "d", (gpu) => device(gpu).upload(64, pattern(4))],
  ["range", "upload", "d", (gpu) => device(gpu).upload(0, new Blob([pattern(80)]))],
  ["alignment", "upload", "d", (gpu) => device(gpu).upload(0, pattern(3))],
  ["alignment", "upload", "d", (gpu) => device(gpu).upload(0, new Blob([pattern(3)]))],
  ["destroyed", "upload", "d", (gpu) => gone(device(gpu)).upload(0, pattern(4))],
  ["type", "grow", "d", (gpu) => device(gpu).grow()],
  ["too-large", "grow", "d", (gpu) => device(gpu).grow(2 ** 50)],
  ["destroyed", "grow", "d", (gpu) => gone(device(gpu)).grow(128)],

  ["type", "write", "s", (gpu) => staging(gpu).write([1])],
  ["range", "write", "s", (gpu) => staging(gpu).write(pattern(4))],
  ["not-mapped", "write", "f", (gpu) => deferred(gpu).write(pattern(4))],
  ["destroyed", "write", "s", (gpu) => gone(staging(gpu)).write(pattern(4))],
  ["type", "writeAt", "s", (gpu) => staging(gpu).writeAt(undefined, pattern(4))],
  ["range", "writeAt", "s", (gpu) => staging(gpu).writeAt(62, pattern(4))],
  ["not-mapped", "writeAt", "f", (gpu) => deferred(gpu).writeAt(0, pattern(4))],
  ["destroyed", "written", "s", (gpu) => gone(staging(gpu)).written],
  ["type", "readFrom", "s", (gpu) => staging(gpu).readFrom("text")],
  ["type", "readFrom", "s", (gpu) => staging(gpu).readFrom(new Response("x", { status: 404 }))],
  ["range", "readFrom", "s", (gpu) => staging(gpu).readFrom(new Blob([pattern(4)]))],
  ["not-mapped", "readFrom", "f", (gpu) => deferred(gpu).readFrom(new Blob([pattern(4)]))],
  ["usage", "mappedRange", "s", (gpu) => staging(gpu, { rowBytes: 16 }).mappedRange()],
  ["not-mapped", "mappedRange", "f", (gpu) => deferred(gpu).mappedRange()],
  ["type", "uploadTo", "s", (gpu) => staging(gpu).uploadTo({}, device(gpu))],
  ["type", "uploadTo", "s", (gpu) => staging(gpu).uploadTo(encoder(gpu), {})],
  ["type", "uploadTo", "s", (gpu) => staging(gpu).uploadTo(encoder(gpu))],
  ["range", "uploadTo", "s", (gpu) => staging(gpu).uploadTo(encoder(gpu), device(gpu), 4)],
  ["alignment", "uploadTo", "s", (gpu) => staging(gpu).uploadTo(encoder(gpu), device(gpu), 2)],
  ["usage", "uploadTo", "s", (gpu) => staging(gpu).uploadTo(encoder(gpu), gpu.device.createBuffer({ size: 64, usage: VERTEX }))],
  ["usage", "uploadTo", "s", (gpu) => staging(gpu, { rowBytes: 16 }).uploadTo(encoder(gpu), device(gpu))],
  ["not-mapped", "uploadTo", "f", (gpu) => deferred(gpu).uploadTo(encoder(gpu), device(gpu))],
  ["state", "uploadTo", "s", (gpu) => { const s = staging(gpu); s.uploadTo(encoder(gpu), device(gpu)); s.uploadTo(encoder(gpu), device(gpu)); }],
  ["type", "uploadToTexture", "s", (gpu) => staging(gpu).uploadToTexture(encoder(gpu), {})],
  ["type", "uploadToTexture", "s", (gpu) => staging(gpu).uploadToTexture(encoder(gpu), { texture: texture(gpu), level: 1 })],
  ["range", "uploadToTexture", "s", (gpu) => staging(gpu, { rowBytes: 8 }).uploadToTexture(encoder(gpu), { texture: texture(gpu) })],
  ["destroyed", "reset", "s", (gpu) => gone(staging(gpu)).reset()],
  ["mapped", "mapAsync", "f", async (gpu) => { const f = deferred(gpu); await f.mapAsync(); return f.mapAsync(); }],
  ["destroyed", "mapAsync", "f", (gpu) => gone(deferred(gpu)).mapAsync()],
  ["not-mapped", "unmap", "f", (gpu) => deferred(gpu).unmap()],

  ["type", "read", "r", (gpu) => readback(gpu).read()],
  ["type", "read", "r", (gpu) => readback(gpu).read(device(gpu), "0")],
  ["type", "read", "r", (gpu) => readback(gpu).read(device(gpu), 0, 4, { buffer: new ArrayBuffer(4) })],
  ["type", "read", "r", (gpu) => readback(gpu).read(device(gpu), 0, 4, { into: 4 })],
  ["range", "read", "r", (gpu) => readback(gpu).read(device(gpu), 0, 65)],
  ["range", "read", "r", (gpu) => readback(gpu).read(device(gpu), 0, 8, { into: new ArrayBuffer(4) })],
  ["stale", "read", undefined, (gpu) => { const r = readback(gpu, { policy: "latest" }), d = device(gpu); return Promise.all([r.read(d), r.read(d)]); }],
  ["destroyed", "read", undefined, (gpu) => { const r = readback(gpu), read = r.read(device(gpu)); r.destroy(); return read; }],
  ["destroyed", "read", "r", (gpu) => gone(readback(gpu)).read(device(gpu))],
  ["destroyed", "read", "d", (gpu) => readback(gpu).read(gone(device(gpu)))],
  ["destroyed", "read", "d", (gpu) => { const d = device(gpu), read = readback(gpu).read(d); d.destroy(); return read; }],
  ["destroyed", "uploadTo", "d", (gpu) => staging(gpu).uploadTo(encoder(gpu), gone(device(gpu)))],
  ["destroyed", "use", "d", (gpu) => gpu.frame().use(gone(device(gpu)))],
  ["destroyed", "explain", "d", (gpu) => gpu.explain("upload", 4, gone(device(gpu)))],
  ["type", "readTexture", "r", (gpu) => readback(gpu).readTexture()],
  ["type", "readTexture", "r", (gpu) => readback(gpu).readTexture({ texture: 5 })],
  ["type", "readTexture", "r", (gpu) => readback(gpu).readTexture({ texture: texture(gpu), mip: 1 })],
  ["destroyed", "readTexture", undefined, (gpu) => { const r = readback(gpu), read = r.readTexture({ texture: texture(gpu) }); r.destroy(); return read; }],

  ["type", "update", "y", (gpu) => dynamic(gpu).update("4")],
  ["range", "update", "y", (gpu) => dynamic(gpu).update(0)],
  ["too-large", "update", "y", (gpu) => dynamic(gpu).update(513)],
  ["destroyed", "update", "y", (gpu) => gone(dynamic(gpu)).update(4)],
  ["type", "write", "y", (gpu) => dynamic(gpu).write()],
  ["too-large", "write", "y", (gpu) => dynamic(gpu).write(pattern(513))],
  ...["gpuBuffer", "bytes", "floats", "uints"].flatMap((name) => [
    ["state", name, "y", (gpu) => dynamic(gpu)[name]],
    ["destroyed", name, "y", (gpu) => gone(dynamic(gpu))[name]],
  ]),
  ["destroyed", "slots", "y", (gpu) => gone(dynamic(gpu)).slots],

  ["type", "mapAsync", "m", (gpu) => mappable(gpu).mapAsync("write")],
  ["type", "mapAsync", "m", (gpu) => gpu.createMappableBuffer({ label: "m", size: 64, usage: MAP_WRITE }).mapAsync()],
  ["usage", "mapAsync", "m", (gpu) => mappable(gpu).mapAsync(GPUMapMode.READ)],
  ["usage", "mapAsync", "m", (gpu) => mappable(gpu).mapAsync(3)],
  ["alignment", "mapAsync", "m", (gpu) => mappable(gpu).mapAsync(GPUMapMode.WRITE, 4)],
  ["range", "mapAsync", "m", (gpu) => mappable(gpu).mapAsync(GPUMapMode.WRITE, 0, 128)],
  ["mapped", "mapAsync", "m", (gpu) => mappable(gpu, { mappedAtCreation: true }).mapAsync(GPUMapMode.WRITE)],
  ["map-pending", "mapAsync", "m", (gpu) => { const m = mappable(gpu); m.mapAsync(GPUMapMode.WRITE).catch(() => {}); return m.mapAsync(GPUMapMode.WRITE); }],
  ["map-aborted", "mapAsync", "m", (gpu) => { const m = mappable(gpu), map = m.mapAsync(GPUMapMode.WRITE); m.unmap(); return map; }],
  ["destroyed", "mapAsync", "m", (gpu) => gone(mappable(gpu)).mapAsync(GPUMapMode.WRITE)],
  ["type", "mappedRange", "m", (gpu) => mappable(gpu, { mappedAtCreation: true }).mappedRange({})],
  ["range", "mappedRange", "m", (gpu) => mappable(gpu, { mappedAtCreation: true }).mappedRange(0, 128)],
  ["alignment", "mappedRange", "m", (gpu) => mappable(gpu, { mappedAtCreation: true }).mappedRange(4)],
  ["not-mapped", "mappedRange", "m", (gpu) => mappable(gpu).mappedRange()],
  ["not-mapped", "unmap", "m", (gpu) => mappable(gpu).unmap()],

  ...["encoder", "use", "submit", "discard"].map((name) => ["state", name, "", (gpu) => {
    const frame = gpu.frame();
    frame.submit();
    return name === "encoder" ? frame.encoder : frame[name]();
  }]),
  ["type", "use", "", (gpu) => gpu.frame().use(5)],
  ["type", "submit", "", (gpu) => gpu.frame().submit([5])],
  ["mapped", "submit", "m", (gpu) => { const frame = gpu.frame(); frame.use(mappable(gpu, { mappedAtCreation: true })); frame.submit(); }],

  ["type", "open", "", () => api.open(5)],
  ["type", "open", "", () => api.open({ budgets: 1 })],
  ["unsupported", "open", "", (gpu) => api.open({ device: gpu.device, calibration: {} })],
  ["type", "open", "", (gpu) => api.open({ device: gpu.device, onBudget: "perhaps" })],
  ["range", "open", "", (gpu) => api.open({ device: gpu.device, budget: 0 })],
  ["alignment", "open", "", (gpu) => api.open({ device: gpu.device, chunkSize: 100 })],
  ["budget", "open", "", (gpu) => api.open({ device: gpu.device, chunkSize: 1 << 20, budget: 1 << 19 })],
  ["unsupported", "open", "", () => api.open({ device: Promise.reject(new Error("none")) })],
  ["type", "constructor", "", () => new api.DeviceBuffer()],
];

export const everyMisuse = async () => {
  for (const [code, operation, label, misuse] of misuses) {
    const gpu = await api.open({ budget: 8 << 20, maxFramesInFlight: 2 });
    gpu.device.pushErrorScope("validation"); // a MappableBuffer has the browser report what it refuses
    try {
      const error = await failure(() => misuse(gpu));
      checked(error, code, operation, label ?? error?.label, String(misuse));
    } finally {
      await gpu.device.popErrorScope();
      gpu.destroy();
    }
  }
};

/** What is missing is named, and what there is not. */
export const options = () =>
  withSystem(async (gpu) => {
    const says = async (text, f) => {
      const error = await failure(f);
      typed(error, "type", String(f));
      ok(error.message.endsWith(text), `${f}: ${error.message}: ends with ${text}`);
    };
    await says(": size is missing", () => gpu.createDeviceBuffer({ usage: STORAGE }));
    await says(": usage is missing", () => gpu.createDeviceBuffer({ size: 4 }));
    await says(": offset is missing", () => device(gpu).write(undefined, pattern(4)));
    await says(": data is missing", () => device(gpu).write(0));
    await says(": data is missing", () => staging(gpu).write());
    await says(": texture is missing", () => readback(gpu).readTexture({}));
    await says(": source is missing", () => readback(gpu).read());
    await says(": operation is missing", () => gpu.explain());
    await says(': descriptor has no option "sise"', () => gpu.createDeviceBuffer({ sise: 4, size: 4, usage: STORAGE }));
    await says(': descriptor has no option "Label"', () => gpu.createReadbackBuffer({ Label: "x" }));
    await says(': options has no option "logLevels"', () => api.open({ device: gpu.device, logLevels: "debug" }));
    class Inherited {
      get size() {
        return 8;
      }
      get colour() {
        return "red";
      }
    }
    const inherited = Object.assign(new Inherited(), { usage: STORAGE });
    same(gpu.createDeviceBuffer(inherited).size, 8, "options may be inherited, and what is inherited may be more");
    const hidden = Object.defineProperty({ size: 8, usage: STORAGE, [Symbol("mine")]: 1 }, "note", { value: 1 });
    same(gpu.createDeviceBuffer(hidden).size, 8, "what cannot be listed is the caller's own");
  });

/** A number that is none is named, not converted as the browser would. */
export const numbers = () =>
  withSystem(async (gpu) => {
    const says = async (text, f, code = "type") => {
      const error = await failure(f);
      typed(error, code, String(f), "m");
      ok(error.message.endsWith(text), `${f}: ${error.message}: ends with ${text}`);
    };
    for (const [given, text, code] of [["8", "must be a number, not a string"], [8.5, "8.5 is not a whole number"], [null, "must be a number, not null"], [[8], "must be a number, not an object"], [8n, "must be a number, not a bigint"], [-8, "-8 is not within 0 to 2^53 - 1", "range"], [2 ** 53, "9007199254740992 is not within 0 to 2^53 - 1", "range"]]) {
      await says(`: mode ${text}`, () => mappable(gpu).mapAsync(given), code);
      await says(`: offset ${text}`, () => mappable(gpu).mapAsync(GPUMapMode.WRITE, given), code);
      await says(`: size ${text}`, () => mappable(gpu).mapAsync(GPUMapMode.WRITE, 0, given), code);
      await says(`: offset ${text}`, () => mappable(gpu, { mappedAtCreation: true }).mappedRange(given), code);
      await says(`: size ${text}`, () => mappable(gpu, { mappedAtCreation: true }).mappedRange(undefined, given), code);
    }
    await says(": mode is missing", () => mappable(gpu).mapAsync());
    const m = mappable(gpu);
    await m.mapAsync(GPUMapMode.WRITE, undefined, undefined);
    same(m.mappedRange(undefined, undefined).byteLength, 64, "undefined is left out");
  });

/** A getter that throws is named, and what it threw is the cause. */
export const getters = () =>
  withSystem(async (gpu) => {
    const thrown = new Error("of the page");
    const error = throws("type", () => gpu.createDeviceBuffer({ size: 4, get usage() { throw thrown; } }));
    ok(error.message.endsWith(": usage cannot be read") && error.cause === thrown, error.message);
  });

/** Classes have the names by which they are exported, in texts too, and say who makes them. */
export const names = async () => {
  for (const name of classes) {
    same(api[name].name, name, "a class's name");
    const maker = name === "GPUBufferSystem" ? "open" : "a GPUBufferSystem";
    const { message } = throws("type", () => new api[name]());
    ok(message.endsWith(`: a ${name} is made by ${maker}`), message);
  }
};

/** [class, what can be called on its objects] */
function members(type) {
  const found = new Set();
  for (let p = type.prototype; p !== Object.prototype; p = Object.getPrototypeOf(p)) {
    for (const name of Reflect.ownKeys(p)) if (name !== "constructor" && (typeof name === "string" || name === Symbol.dispose)) found.add(name);
  }
  return [...found];
}

const classes = ["GPUBufferSystem", "DeviceBuffer", "ImmediateStagingBuffer", "DeferredStagingBuffer", "ReadbackBuffer", "DynamicBuffer", "MappableBuffer", "Frame"];

function memberOf(type, name) {
  for (let p = type.prototype; ; p = Object.getPrototypeOf(p)) {
    const property = Object.getOwnPropertyDescriptor(p, name);
    if (property) return property.get ?? property.value;
  }
}

/** Whatever a method is called on that is none of its objects, the error is typed. */
export const wrongReceivers = () =>
  withSystem(async (gpu) => {
    const frame = gpu.frame();
    for (const name of classes) {
      const type = api[name];
      for (const member of members(type)) {
        const f = memberOf(type, member);
        for (const receiver of [{}, Object.create(type.prototype), type.prototype, gpu.device, name === "Frame" ? gpu : frame]) {
          const error = await failure(() => f.call(receiver));
          checked(error, "type", typeof member === "string" ? member : "Symbol.dispose", "", `${name}.${String(member)}`);
          ok(!error.message.includes("_"), `${name}.${String(member)}: ${error.message}: names the class`);
        }
      }
    }
    frame.discard();
    const promised = api.DeviceBuffer.prototype.upload.call({});
    ok(promised instanceof Promise, "a method that promises rejects");
    await rejects("type", () => promised, "upload of nothing");
  });

/** Of a destroyed system, and of one whose device is lost, every method that does something says so. */
export const ended = async () => {
  for (const [code, end] of [["destroyed", (gpu) => gpu.destroy()], ["device-lost", async (gpu) => { gpu.device.destroy(); await gpu.lost; await new Promise((done) => setTimeout(done, 20)); }]]) {
    const gpu = await api.open();
    const d = device(gpu), s = staging(gpu), f = deferred(gpu), r = readback(gpu), y = dynamic(gpu), frame = gpu.frame();
    await end(gpu);
    for (const [operation, label, f1] of [
      ["createDeviceBuffer", undefined, () => device(gpu)],
      ["createReadbackBuffer", undefined, () => readback(gpu)],
      ["nextFrame", "", () => gpu.nextFrame()],
      ["submit", "", () => gpu.submit()],
      ["submit", "", () => frame.submit()],
      ["encoder", "", () => frame.encoder],
      ["write", "d", () => d.write(0, pattern(4))],
      ["upload", "d", () => d.upload(0, pattern(4))],
      ["upload", "d", () => d.upload(0, new Blob([pattern(4)]))],
      ["grow", "d", () => d.grow(128)],
      ["write", "s", () => s.write(pattern(4))],
      ["mapAsync", "f", () => f.mapAsync()],
      ["read", "r", () => r.read(d)],
      ["update", "y", () => y.update(4)],
    ]) {
      const error = await failure(f1);
      if (error === undefined && operation === "createReadbackBuffer") continue; // it has nothing of the device's
      checked(error, code, operation, label ?? error?.label, `${operation} when ${code}`);
    }
    gpu.destroy();
  }
};

/** What the browser reports late has one prefix, too. */
export const late = async () => {
  const errors = [];
  const gpu = await api.open({ onError: (error) => errors.push(error) });
  gpu.device.createBuffer({ size: 4, usage: MAP_READ | STORAGE }); // the page's own mistake
  await gpu.device.queue.onSubmittedWorkDone();
  await new Promise((done) => setTimeout(done, 50));
  same(errors.length, 1, "errors");
  typed(errors[0], "validation", "an uncaptured error", "");
  same(errors[0].operation, "uncapturederror", "operation");
  ok(/^gpubuffers: uncapturederror: the GPU refused it: ValidationError: \S/.test(errors[0].message), errors[0].message);
  ok(errors[0].cause instanceof GPUValidationError, "the browser's own error is the cause");
  gpu.destroy();
};

/** structuredClone keeps what it keeps of every Error. */
export const cloned = () =>
  withSystem((gpu) => {
    const error = throws("range", () => device(gpu, { size: 0 }));
    const { name, message, code } = structuredClone(error);
    same([name, message, code], ["Error", error.message, undefined], "the clone");
  });

/** The types list every operation that an error can name. */
export const operations = async () => {
  const text = await (await fetch("/gpubuffers.d.ts")).text();
  const union = /export type ErrorOperation =([^;]*);/.exec(text)[1];
  const listed = [...union.matchAll(/"([\w.]+)"/g)].map(([, name]) => name);
  const named = new Set(["open", "struct", "constructor", "createBuffer", "uncapturederror"]);
  for (const name of [...classes, "Struct"]) members(api[name]).forEach((member) => named.add(typeof member === "string" ? member : "Symbol.dispose"));
  same(listed.toSorted(), [...named].sort(), "operations");
};

/** [argument, (system, value) => call]: each number that a method takes. */
const numeric = [
  ["size", (gpu, n) => gpu.createDeviceBuffer({ size: n, usage: STORAGE })],
  ["size", (gpu, n) => gpu.createImmediateStagingBuffer({ size: n })],
  ["rowBytes", (gpu, n) => gpu.createImmediateStagingBuffer({ size: 64, rowBytes: n })],
  ["size", (gpu, n) => gpu.createDeferredStagingBuffer({ size: n })],
  ["maxInFlight", (gpu, n) => gpu.createReadbackBuffer({ policy: "latest", maxInFlight: n })],
  ["size", (gpu, n) => gpu.createDynamicBuffer({ size: n, usage: UNIFORM })],
  ["maxSlots", (gpu, n) => gpu.createDynamicBuffer({ size: 512, usage: UNIFORM, maxSlots: n })],
  ["size", (gpu, n) => gpu.createMappableBuffer({ size: n, usage: MAP_READ })],
  ["explain", (gpu, n) => gpu.explain("upload", n)],
  ["write", (gpu, n) => device(gpu).write(n, pattern(4))],
  ["write, dataOffset", (gpu, n) => device(gpu).write(0, pattern(64), n)],
  ["write, size", (gpu, n) => device(gpu).write(0, pattern(64), 0, n)],
  ["upload", (gpu, n) => device(gpu).upload(n, pattern(4))],
  ["upload of a stream", (gpu, n) => device(gpu).upload(n, new Blob([pattern(4)]))],
  ["upload, size", (gpu, n) => device(gpu).upload(0, new Blob([pattern(4)]).stream(), { size: n })],
  ["grow", (gpu, n) => device(gpu).grow(n)],
  ["writeAt", (gpu, n) => staging(gpu).writeAt(n, pattern(4))],
  ["uploadTo", (gpu, n) => staging(gpu).uploadTo(encoder(gpu), device(gpu), n)],
  ["read", (gpu, n) => readback(gpu).read(device(gpu), n)],
  ["read, size", (gpu, n) => readback(gpu).read(device(gpu), 0, n)],
  ["mipLevel", (gpu, n) => readback(gpu).readTexture({ texture: texture(gpu), mipLevel: n })],
  ["origin", (gpu, n) => readback(gpu).readTexture({ texture: texture(gpu), origin: [0, n] })],
  ["size of a region", (gpu, n) => readback(gpu).readTexture({ texture: texture(gpu), size: [4, n] })],
  ["update", (gpu, n) => dynamic(gpu).update(n)],
  ["mapAsync, mode", (gpu, n) => mappable(gpu).mapAsync(n)],
  ["mapAsync, offset", (gpu, n) => mappable(gpu).mapAsync(GPUMapMode.WRITE, n)],
  ["mapAsync, size", (gpu, n) => mappable(gpu).mapAsync(GPUMapMode.WRITE, 0, n)],
  ["mappedRange", (gpu, n) => mappable(gpu, { mappedAtCreation: true }).mappedRange(n)],
  ["mappedRange, size", (gpu, n) => mappable(gpu, { mappedAtCreation: true }).mappedRange(0, n)],
  ["budget", (gpu, n) => api.open({ device: gpu.device, budget: n })],
  ["chunkSize", (gpu, n) => api.open({ device: gpu.device, chunkSize: n })],
  ["maxFramesInFlight", (gpu, n) => api.open({ device: gpu.device, maxFramesInFlight: n })],
];

/** What is no whole number is refused with one code by all methods, and what is out of a number's range with another. */
export const numbersHaveOneCodeEach = () =>
  withSystem(async (gpu) => {
    const wrong = [];
    for (const [code, values] of [["type", [1.5, NaN, Infinity, -Infinity, "4", null, true, 4n, {}]], ["range", [-8, -1, -(2 ** 53), 2 ** 53, 1e300]]]) {
      for (const [name, f] of numeric) {
        for (const n of values) {
          const error = await failure(() => f(gpu, n));
          if (error?.code !== code || !(error instanceof api.GPUBufferError)) wrong.push(`${name} ${String(n)}: ${error?.code ?? error}, want ${code}`);
        }
      }
    }
    same(wrong, [], "codes");
  });
