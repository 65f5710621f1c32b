// A read gives the bytes of its source, or rejects: never what a pooled chunk held before.
import { COPY_DST, COPY_SRC, STORAGE, api, bytesOf, ok, pattern, same, sameBytes, typed } from "./check.js";

const K = 1024;
const T = GPUTextureUsage;

/** For errors that are to come: the console is not told of them, which would fail the test. */
const hearing = { onError: () => {} };

/** A system whose chunks hold 222 from earlier reads, and own buffers that are known to be there. */
async function primed(options) {
  const gpu = await api.open(options);
  const readback = gpu.createReadbackBuffer();
  const own = (value, size = 4 * K) => {
    const b = gpu.createDeviceBuffer({ label: `own ${value}`, size, usage: STORAGE });
    b.write(0, new Uint8Array(size).fill(value));
    return b;
  };
  const old = own(222, 64 * K);
  const good = own(99);
  for (const size of [4 * K, 4 * K, 64 * K]) await Promise.all([readback.read(old, 0, size), readback.read(good)]);
  return { gpu, readback, own, good };
}

function foreign(gpu, value, size = 4 * K) {
  const b = gpu.device.createBuffer({ label: `foreign ${value}`, size, usage: COPY_SRC | COPY_DST });
  gpu.device.queue.writeBuffer(b, 0, new Uint8Array(size).fill(value));
  return b;
}

/** Sources that the browser refuses to copy from, with what to do in the task in which they are read. */
const refused = {
  "a GPUBuffer destroyed before": (gpu) => {
    const b = foreign(gpu, 7);
    b.destroy();
    return [b];
  },
  "a GPUBuffer destroyed in the same task": (gpu) => {
    const b = foreign(gpu, 7);
    return [b, () => b.destroy()];
  },
  "an invalid GPUBuffer": (gpu) => {
    gpu.device.pushErrorScope("validation");
    const b = gpu.device.createBuffer({ label: "invalid", size: 4 * K, usage: COPY_SRC | GPUBufferUsage.MAP_READ });
    gpu.device.popErrorScope();
    return [b];
  },
  "a DeviceBuffer whose GPUBuffer the page destroyed": (gpu, own) => {
    const b = own(7);
    b.gpuBuffer.destroy();
    return [b];
  },
  "a DeviceBuffer whose GPUBuffer the page destroys in the same task": (gpu, own) => {
    const b = own(7);
    const native = b.gpuBuffer;
    return [b, () => native.destroy()];
  },
};

const frameAround = async (gpu, f) => {
  const frame = gpu.frame();
  const result = f();
  frame.submit();
  return result;
};

/** How reads are sent. */
const ways = {
  "in a task": (gpu, f) => f(),
  "in a frame": frameAround,
};

/** Other reads of the same task or frame. */
const neighbours = {
  "none": () => [],
  "of an own buffer": ({ readback, good }) => [[readback.read(good), 99]],
  "of an own buffer by another ReadbackBuffer": ({ gpu, good }) => [[gpu.createReadbackBuffer().read(good, 4, 16), 99]],
  "of a foreign buffer": ({ gpu, readback }) => [[readback.read(foreign(gpu, 55)), 55]],
  "of a new buffer": ({ readback, own }) => [[readback.read(own(44)), 44]],
  "of all kinds": ({ gpu, readback, own, good }) => [
    [readback.read(foreign(gpu, 55)), 55], [readback.read(good), 99], [readback.read(own(44)), 44], [readback.read(foreign(gpu, 56), 0, 8), 56], [readback.read(good, 128, 7), 99],
  ],
};

export const refusedSources = async () => {
  for (const [kind, make] of Object.entries(refused)) {
    for (const [way, send] of Object.entries(ways)) {
      for (const [others, start] of Object.entries(neighbours)) {
        const what = `${kind}, ${way}, beside reads ${others}`;
        const system = await primed();
        const { gpu, readback, own } = system;
        const [source, then] = make(gpu, own);
        const into = new Uint8Array(4 * K).fill(1);
        const { read, besides } = await send(gpu, async () => {
          const read = readback.read(source, 0, 4 * K, { into }).then(() => "resolved", (error) => error);
          const besides = start(system);
          then?.();
          return { read, besides };
        });
        const error = await read;
        typed(error, undefined, what);
        ok(["validation", "destroyed"].includes(error.code), `${what}: code ${error.code}`);
        if (source.label) ok(error.message.includes(source.label), `${what}: ${error.message} names ${source.label}`);
        same(new Set(into).size, 1, `${what}: into is left alone`);
        for (const [other, value] of besides) {
          const bytes = bytesOf(await other);
          ok(bytes.every((x) => x === value), `${what}: a neighbour brought ${bytes[0]} for ${value}`);
        }
        gpu.destroy();
      }
    }
  }
};

/** A chunk that was lent, and given back unused, is no word of the GPU's on buffers that are new. */
export const aSourceWithoutMemory = async () => {
  const gpu = await api.open({ budget: 4 * K, chunkSize: 4 * K, ...hearing });
  const { maxBufferSize } = gpu.device.limits;
  if (gpu.device.adapterInfo.architecture === "swiftshader" && maxBufferSize >= 2 ** 30) { // a GPU may have the memory
    const good = gpu.createDeviceBuffer({ label: "good", size: 4 * K, usage: STORAGE });
    const readback = gpu.createReadbackBuffer();
    good.write(0, new Uint8Array(4 * K).fill(222));
    for (let i = 0; i < 2; i++) await readback.read(good);
    good.write(0, new Uint8Array(4 * K).fill(99));
    const bad = gpu.createDeviceBuffer({ label: "bad", size: maxBufferSize, usage: STORAGE });
    const [right, wrong] = await Promise.allSettled([readback.read(good, 0, 64), readback.read(bad, 0, 64)]); // for which there is one chunk
    sameBytes(right.value, new Uint8Array(64).fill(99), "the source that is there");
    same(wrong.status, "rejected", "the other");
  }
  gpu.destroy();
};

/** Long reads, which go piece by piece, and those that are latest-wins. */
export const refusedLongReads = async () => {
  const { gpu, readback, own } = await primed({ chunkSize: 64 * K });
  const latest = gpu.createReadbackBuffer({ policy: "latest" });
  for (const size of [700 * K, 64 * K + 4]) {
    const b = own(7, size);
    const native = b.gpuBuffer;
    for (const into of [undefined, new Uint8Array(size)]) {
      sameBytes(await readback.read(b, 0, size, { into }), new Uint8Array(size).fill(7), "while it is there");
      const read = readback.read(b, 0, size, { into });
      if (into) native.destroy();
      const error = await read.then(() => undefined, (reason) => reason);
      if (into) typed(error, "validation", "once it is gone", undefined);
      else same(error, undefined, "while it is there");
    }
    typed(await latest.read(b, 0, 16).catch((e) => e), "validation", "latest");
  }
  gpu.destroy();
};

/** Textures, each by itself. */
export const refusedTextures = async () => {
  const { gpu, readback, good } = await primed();
  const filled = (value) => {
    const t = gpu.device.createTexture({ label: `texture ${value}`, size: [16, 16], format: "rgba8unorm", usage: T.COPY_SRC | T.COPY_DST });
    gpu.device.queue.writeTexture({ texture: t }, new Uint8Array(K).fill(value), { bytesPerRow: 64 }, [16, 16]);
    return t;
  };
  for (const send of Object.values(ways)) {
    const [bad, fine] = [filled(3), filled(4)];
    const reads = await send(gpu, async () => {
      const all = [bad, fine].map((texture) => readback.readTexture({ texture }).catch((e) => e));
      all.push(readback.read(good));
      bad.destroy();
      return { all };
    });
    const [error, four, ninetyNine] = await Promise.all(reads.all);
    typed(error, "validation", "a destroyed texture");
    ok(error.message.includes("texture 3"), error.message);
    ok(bytesOf(four).every((x) => x === 4) && bytesOf(ninetyNine).every((x) => x === 99), "its neighbours");
  }
  gpu.destroy();
};

/** Scopes are a stack of the device's: errors of the page's go where they went. */
export const scopesOfThePage = async () => {
  const { gpu, readback, good } = await primed(hearing);
  const { device } = gpu;
  const other = await api.open({ device, ...hearing });
  const otherReadback = other.createReadbackBuffer();
  const uncaptured = [];
  device.addEventListener("uncapturederror", (event) => (event.preventDefault(), uncaptured.push(event.error)));
  const mistake = () => device.createBuffer({ size: 4, usage: 0 });
  const bad = foreign(gpu, 7);
  const shared = gpu.createDeviceBuffer({ size: 64, usage: STORAGE });
  void shared.gpuBuffer;
  bad.destroy();

  device.pushErrorScope("validation");
  const reads = Promise.allSettled([readback.read(bad), readback.read(good), readback.read(shared), otherReadback.read(bad), otherReadback.read(shared)]);
  await null;
  await null;
  same((await device.popErrorScope())?.message, undefined, "a scope of the page's over a task with a refused read hears nothing");
  same((await reads).map((r) => r.status), ["rejected", "fulfilled", "fulfilled", "rejected", "fulfilled"], "reads of two systems");

  const more = Promise.allSettled([readback.read(bad), otherReadback.read(bad)]);
  mistake();
  await more;
  await device.queue.onSubmittedWorkDone();
  same(uncaptured.length, 1, "what the page did wrong is told once");

  device.pushErrorScope("validation");
  const third = readback.read(shared);
  mistake();
  ok(await device.popErrorScope(), "and to its own scope");
  await third;
  other.destroy();
  gpu.destroy();
};

/** Counts the scopes round submits, while f(count) runs on a module that is loaded for it. */
async function countingScopes(f) {
  const [{ pushErrorScope, popErrorScope }, { submit }] = [GPUDevice.prototype, GPUQueue.prototype];
  const open = [];
  let scoped = 0;
  GPUDevice.prototype.pushErrorScope = function (filter) {
    open.push(0);
    return pushErrorScope.call(this, filter);
  };
  GPUDevice.prototype.popErrorScope = function () {
    scoped += open.pop();
    return popErrorScope.call(this);
  };
  GPUQueue.prototype.submit = function (commands) {
    if (open.length > 0) open[open.length - 1] = 1;
    return submit.call(this, commands);
  };
  try {
    await f(async (act) => {
      const before = scoped;
      await act();
      return scoped - before;
    });
  } finally {
    Object.assign(GPUDevice.prototype, { pushErrorScope, popErrorScope });
    Object.assign(GPUQueue.prototype, { submit });
  }
}

/** Nothing is scoped that can be vouched for, and what was handed out shares a scope. */
export const scopesAreFew = () =>
  countingScopes(async (count) => {
    const { gpu, readback, own, good } = await primed({ wasm: "/gpubuffers.wasm?scopes" });
    for (const size of [4 * K, undefined]) { // made by JavaScript, and by the module
      for (const [way, send] of Object.entries(ways)) {
        const reads = (...buffers) => count(() => send(gpu, () => Promise.all(buffers.map((b) => readback.read(b, 0, size)))));
        const what = (of) => `${of}, ${way}, ${size ? "with" : "without"} a size`;
        same(await reads(good), 0, what("an own buffer"));
        same(await reads(good, good), 0, what("an own buffer twice"));
        const fresh = [own(3), own(4)];
        same(await reads(...fresh, good), 2, what("new ones"));
        same(await reads(...fresh, good), 0, what("those that were read before"));
        for (const b of fresh) ok(b.gpuBuffer, "the page has it");
        same(await reads(...fresh, good), 1, what("those that were handed out"));
        same(await reads(foreign(gpu, 1), foreign(gpu, 2), ...fresh, good), 3, what("foreign ones"));
      }
    }
    gpu.destroy();
  });

/** A read of a source that a page destroys after it was sent gives what was there. */
export const destroyedOnceSent = async () => {
  const { gpu, readback, own } = await primed({ chunkSize: 64 * K });
  for (const size of [4 * K, 900 * K]) {
    const bytes = pattern(size, 5);
    const b = own(0, size);
    b.write(0, bytes);
    const f = foreign(gpu, 0, size);
    gpu.device.queue.writeBuffer(f, 0, bytes);
    const native = b.gpuBuffer;
    const reads = [readback.read(b), readback.read(f)];
    await new Promise((done) => setTimeout(done));
    native.destroy();
    f.destroy();
    for (const read of reads) sameBytes(await read, bytes, `${size} bytes`);
  }
  gpu.destroy();
};
