// Buffers that grow while they are used, and buffers that there is no memory for, as the browser finds out late.
import { api, contents, ok, pattern, rejects, same, sameBytes, throws, typed, withSystem, COPY_SRC, STORAGE, UNIFORM } from "./check.js";

const MiB = 1 << 20;

/** Runs one test on a system whose device has no memory for buffers of a size: of an adapter for which that is known. */
async function withoutMemory(test) {
  const errors = [];
  const gpu = await api.open({ onError: (error) => errors.push(error) });
  try {
    const size = gpu.device.limits.maxBufferSize;
    if (gpu.device.adapterInfo.architecture === "swiftshader" && size >= 2 ** 30) await test(gpu, size, errors);
  } finally {
    gpu.destroy();
  }
}

const device = (gpu, size, label = "b") => gpu.createDeviceBuffer({ label, size, usage: STORAGE });

export const growsAtOnceAndResolves = () =>
  withSystem(async (gpu) => {
    const b = device(gpu, 64);
    const old = b.gpuBuffer;
    b.write(0, pattern(64));
    const grown = b.grow(100);
    same([b.size, b.generation, b.gpuBuffer === old], [100, 1, false], "at once");
    b.write(64, pattern(36, 2));
    ok(grown instanceof Promise, "a promise");
    same(await grown, undefined, "outcome");
    same(await b.grow(10), undefined, "large enough");
    same([b.size, b.generation], [100, 1], "as before");
    sameBytes(await contents(gpu, b), [...pattern(64), ...pattern(36, 2)], "contents");
    throws("too-large", () => b.grow(2 ** 52), "over the limit", "b");
    throws("type", () => b.grow("64"), "of a string", "b");
  });

/** Whatever way an upload goes, and whoever fills its memory. */
export const uploadsEndInTheGrownBuffer = () =>
  withSystem(async (gpu) => {
    const size = 48 * MiB, data = pattern(size);
    const sources = {
      memory: () => data,
      "memory with options": () => [data, { onProgress: () => {} }],
      blob: () => new Blob([data]),
      stream: () => new Blob([data]).stream(),
    };
    for (const copied of [false, true]) {
      for (const [name, source] of Object.entries(sources)) {
        const b = device(gpu, size);
        if (copied) stage(gpu, b); // from then on large transfers go by mapped memory
        const upload = b.upload(0, ...[source()].flat());
        const grown = b.grow(size + 4);
        await new Promise((resolve) => setTimeout(resolve, 5));
        const again = b.grow(size + MiB);
        same(await upload, size, name);
        await Promise.all([grown, again]);
        sameBytes(await contents(gpu, b, 0, size), data, `${name}${copied ? " to what was copied to" : ""}`);
        b.destroy();
      }
    }
  }, { calibration: true });

function stage(gpu, destination, word = 0, encoder = undefined) {
  const staging = gpu.createImmediateStagingBuffer({ label: "staging", size: 16 });
  staging.write(new Uint32Array(4).fill(word));
  const frame = encoder ? undefined : gpu.frame();
  staging.uploadTo(encoder ?? frame.encoder, destination);
  frame?.submit();
  staging.destroy();
}

export const pendingGrowsEnd = async () => {
  const ends = {
    destroyed: [(gpu, b) => b.destroy(), (gpu) => gpu.destroy()],
    "device-lost": [(gpu) => gpu.device.destroy()],
  };
  for (const [code, list] of Object.entries(ends)) {
    for (const end of list) {
      const gpu = await api.open();
      const b = device(gpu, 64);
      const grown = [b.grow(100), b.grow(1000)];
      end(gpu, b);
      for (const g of grown) await rejects(code, () => g, String(end), "b");
      gpu.destroy();
    }
  }
};

/** Nobody has to handle the promise. */
export const growWithoutMemory = () =>
  withoutMemory(async (gpu, size, errors) => {
    const b = device(gpu, 64), held = pattern(64), unhandled = [];
    const listener = (event) => unhandled.push(event.reason);
    addEventListener("unhandledrejection", listener);
    b.write(0, held);
    b.write(32, held.subarray(32));
    const old = b.gpuBuffer, grown = b.grow(size);
    same([b.size, b.generation, b.valid], [size, 1, true], "at once");
    b.write(0, pattern(64, 3));
    await gpu.device.queue.onSubmittedWorkDone();
    await new Promise((resolve) => setTimeout(resolve, 50));
    removeEventListener("unhandledrejection", listener);
    same(unhandled.map(String), [], "rejections that nobody handles");
    same([b.gpuBuffer === old, b.size, b.generation, b.valid], [true, 64, 2, true], "the old buffer is back");
    const error = await rejects("out-of-memory", () => grown, "outcome", "b");
    same(error.operation, "grow", "operation");
    ok(/what was written to it since is lost/.test(error.message), error.message);
    ok(errors.some(({ operation, code }) => operation === "grow" && code === "out-of-memory"), `onError heard of ${errors}`);
    sameBytes(await contents(gpu, b), held, "what it held");
    b.write(0, pattern(32, 4));
    b.write(32, pattern(32, 5));
    await b.grow(128);
    sameBytes(await contents(gpu, b, 0, 64), [...pattern(32, 4), ...pattern(32, 5)], "it goes on");
  });

/** Whatever is called first when a grow has failed finds the old buffer. */
export const firstCallsAfterAGrowThatFailed = () =>
  withoutMemory(async (gpu, size) => {
    const held = MiB, data = pattern(held, 7);
    const calls = {
      "a small write": (b) => b.write(0, data.subarray(0, 16)),
      "a large write": (b) => b.write(0, data),
      "an upload": (b) => b.upload(0, data),
      "an upload with options": (b) => b.upload(0, data, {}),
      "an upload of a stream": (b) => b.upload(0, new Blob([data]).stream()),
      "the native buffer": (b) => gpu.device.queue.writeBuffer(b.gpuBuffer, 0, data),
      "a read": async (b) => sameBytes(await gpu.createReadbackBuffer().read(b, 0, 64), pattern(64), "what was read"),
    };
    for (const [name, call] of Object.entries(calls)) {
      const b = device(gpu, held);
      b.write(0, pattern(held));
      await rejects("out-of-memory", () => b.grow(size), name, "b");
      await call(b);
      const written = name === "a small write" ? 16 : name === "a read" ? 0 : held;
      const got = await gpu.createReadbackBuffer().read(b);
      sameBytes(got, [...data.subarray(0, written), ...pattern(held).subarray(written)], name);
      b.destroy();
    }
  });

/** So large that every path waits for the GPU in between: what ends before the outcome is known is a write that is lost. */
export const uploadsAreLostWithAGrowThatFails = () =>
  withoutMemory(async (gpu, size) => {
    const large = 100 * MiB;
    for (const copied of [false, true]) {
      const b = device(gpu, large + 4);
      if (copied) stage(gpu, b);
      const grown = b.grow(size);
      const uploads = ["memory", "stream"].map((kind, i) => {
        const data = new Uint8Array(large);
        return b.upload(i * 4, kind === "memory" ? data : new Blob([data]).stream());
      });
      const lost = uploads.map((upload) => rejects("out-of-memory", () => upload, "upload", "b"));
      await rejects("out-of-memory", () => grown, "grow", "b");
      await Promise.all(lost);
      same(await b.upload(0, new Uint8Array(MiB)), MiB, "the next");
      b.destroy();
    }
  });

/** What the browser finds out late about a buffer is an error of the method that made it. */
export const lateErrorsNameTheirMethod = () =>
  withoutMemory(async (gpu, size, errors) => {
    const told = async (f) => {
      errors.length = 0;
      const made = f();
      await gpu.device.queue.onSubmittedWorkDone();
      await new Promise((resolve) => setTimeout(resolve, 50));
      made.destroy();
      return errors.filter(({ code }) => code === "out-of-memory").map(({ operation, label }) => `${operation} ${label}`);
    };
    same(await told(() => device(gpu, size, "large")), ["createDeviceBuffer large"], "createDeviceBuffer");
    const roomy = await api.open({ device: gpu.device, budget: 2 * size, onError: (error) => errors.push(error) });
    const mappable = { label: "mapped", size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST };
    same(new Set(await told(() => roomy.createMappableBuffer(mappable))), new Set(["createMappableBuffer mapped"]), "createMappableBuffer");
    roomy.destroy();
    const small = device(gpu, 64);
    const grows = await told(() => (small.grow(size).catch(() => {}), small));
    same(new Set(grows), new Set(["grow b"]), "grow");
  });

/** Each is asked for after the browser has said that there is no memory. */
export const invalidBuffersAreRefused = () =>
  withoutMemory(async (gpu, size) => {
    const b = device(gpu, size), small = new Uint8Array(16), readback = gpu.createReadbackBuffer();
    b.write(0, small); // nobody knows yet, and the next small writes would not be asked about
    await gpu.device.queue.onSubmittedWorkDone();
    same([b.valid, b.state], [false, "ready"], "what it says");
    const good = device(gpu, 16);
    good.write(0, pattern(16));
    const staging = gpu.createImmediateStagingBuffer({ size: 16 });
    staging.write(small);
    const frame = gpu.frame();
    const now = {
      "small write": () => b.write(0, small),
      "large write": () => b.write(0, new Uint8Array(8 * MiB)),
      grow: () => b.grow(size),
      uploadTo: () => staging.uploadTo(frame.encoder, b),
      "uploadTo the native one": () => staging.uploadTo(frame.encoder, b.gpuBuffer),
      use: () => {
        frame.use(b);
        frame.submit();
      },
    };
    for (const [name, use] of Object.entries(now)) throws("out-of-memory", use, name);
    frame.discard();
    const later = {
      upload: () => b.upload(0, small),
      "large upload": () => b.upload(0, new Uint8Array(40 * MiB)),
      "upload with options": () => b.upload(0, small, {}),
      "upload of a stream": () => b.upload(0, new Blob([small]).stream()),
      read: () => readback.read(b, 0, 16),
      "long read": () => readback.read(b, 0, 32 * MiB),
    };
    for (const [name, use] of Object.entries(later)) await rejects("out-of-memory", use, name);
    const reads = await Promise.allSettled([readback.read(b, 0, 16), readback.read(good)]);
    typed(reads[0].reason, "out-of-memory", "beside another");
    sameBytes(reads[1].value, pattern(16), "the other");
  });

/** A frame goes on after a submit of something else. */
export const submitsWithinAFrame = () =>
  withSystem(async (gpu) => {
    const d = gpu.createDynamicBuffer({ size: 256, usage: UNIFORM | COPY_SRC });
    const target = device(gpu, 24), grows = device(gpu, 16), idle = () => gpu.device.queue.onSubmittedWorkDone();
    grows.write(0, new Uint32Array([7, 7, 7, 7]));
    const frame = gpu.frame();
    const old = grows.gpuBuffer;
    frame.encoder.copyBufferToBuffer(old, 0, target.gpuBuffer, 0, 4);
    await grows.grow(64);
    for (let i = 1; i <= 5; i++) {
      const at = d.write(new Uint32Array([i]));
      frame.encoder.copyBufferToBuffer(d.gpuBuffer, at, target.gpuBuffer, 4 * i, 4);
      gpu.submit();
      await idle();
    }
    frame.submit();
    sameBytes(await contents(gpu, target), new Uint32Array([7, 1, 2, 3, 4, 5]), "what the frame copied");
  });

/** Memory of an encoder that the page finishes itself is nobody else's, whenever the page submits it. */
export const lateEncoders = () =>
  withSystem(async (gpu) => {
    const { queue } = gpu.device;
    const [b, c] = [device(gpu, 16), device(gpu, 16)];
    const encoder = gpu.device.createCommandEncoder();
    stage(gpu, b, 7, encoder);
    const commands = encoder.finish();
    gpu.submit();
    await queue.onSubmittedWorkDone();
    for (let i = 0; i < 8; i++) {
      const others = gpu.device.createCommandEncoder();
      stage(gpu, c, 1234, others);
      gpu.submit([i % 2 ? others : others.finish()]);
      await queue.onSubmittedWorkDone();
    }
    queue.submit([commands]);
    sameBytes(await contents(gpu, b), new Uint32Array(4).fill(7), "submitted late");
    sameBytes(await contents(gpu, c), new Uint32Array(4).fill(1234), "submitted at once");
    const texture = gpu.device.createTexture({ size: [64, 1], format: "r32uint", usage: GPUTextureUsage.COPY_DST | GPUTextureUsage.COPY_SRC });
    const texels = gpu.createImmediateStagingBuffer({ size: 256, rowBytes: 256 });
    texels.write(new Uint32Array(64).fill(9));
    const late = gpu.device.createCommandEncoder();
    texels.uploadToTexture(late, { texture });
    gpu.submit();
    await queue.onSubmittedWorkDone();
    texels.reset();
    texels.write(new Uint32Array(64).fill(5));
    queue.submit([late.finish()]);
    sameBytes(await gpu.createReadbackBuffer().readTexture({ texture }), new Uint32Array(64).fill(9), "of a texture");
  });

/** An encoder that the module finishes has its memory go round. */
export const encodersThatTheModuleFinishes = () =>
  withSystem(async (gpu) => {
    const b = device(gpu, 16);
    for (let i = 0; i < 8; i++) {
      const encoder = gpu.device.createCommandEncoder();
      stage(gpu, b, i, encoder);
      gpu.submit([encoder]);
      await gpu.device.queue.onSubmittedWorkDone();
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
    same(gpu.stats().uploads.chunks <= 2, true, `chunks: ${gpu.stats().uploads.chunks}`);
  });
