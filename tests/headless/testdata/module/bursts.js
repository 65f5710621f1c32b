// Writes and uploads that follow each other at once: each write has a chunk of its own, short uploads of a task share them.
import { STORAGE, api, contents, ok, pattern, randomFrom, rejects, same, sameBytes, takePath, withSystem } from "./check.js";

const KiB = 1 << 10;
const MiB = 1 << 20;

const paths = ["queue write", "mapped ring, 2 MiB chunks", "mapped ring, 4 MiB chunks"];

/** Runs a test with bursts on each path, on a system of its own. */
async function onEachPath(test, options) {
  for (const path of paths) {
    await withSystem(async (gpu) => {
      takePath(gpu, paths, path);
      await test(gpu, path);
    }, options);
  }
}

/** A buffer that was written to once, as one that is in use. */
function used(gpu, size, label = "used") {
  const b = gpu.createDeviceBuffer({ label, size, usage: STORAGE });
  b.write(0, new Uint8Array(4));
  return b;
}

export const uploadsOfATaskArrive = () =>
  onEachPath(async (gpu, path) => {
    const random = randomFrom(7);
    for (const largest of [1000, 64 * KiB, MiB, 3 * MiB]) {
      const buffers = Array.from({ length: 40 }, () => used(gpu, 2 * largest + 8));
      const data = buffers.map((_, i) => pattern(4 + 4 * Math.floor((random() * largest) / 4), i));
      const offsets = data.map(() => 4 * Math.floor((random() * largest) / 4));
      const moved = await Promise.all(buffers.map((b, i) => b.upload(offsets[i], data[i])));
      same(moved, data.map(({ length }) => length), `${path}, up to ${largest}: bytes`);
      for (const [i, b] of buffers.entries()) {
        const got = await contents(gpu, b);
        sameBytes(got.subarray(offsets[i], offsets[i] + data[i].length), data[i], `${path}, up to ${largest}: upload ${i}`);
        ok(got.subarray(offsets[i] + data[i].length).every((x) => x === 0), `${path}, up to ${largest}: behind upload ${i}`);
        b.destroy();
      }
    }
  });

export const everyPartOfABufferArrives = () =>
  onEachPath(async (gpu, path) => {
    for (const piece of [16 * KiB, 192 * KiB, 768 * KiB]) {
      const bytes = pattern(48 * piece, piece);
      const b = used(gpu, bytes.length);
      await Promise.all(Array.from({ length: 48 }, (_, i) => b.upload(i * piece, bytes.subarray(i * piece, (i + 1) * piece))));
      sameBytes(await contents(gpu, b), bytes, `${path}, pieces of ${piece}`);
      b.destroy();
    }
  });

export const memoryOfSharedUploadsIsBounded = () =>
  withSystem(async (gpu) => {
    takePath(gpu, paths, "mapped ring, 2 MiB chunks");
    const piece = 512 * KiB;
    const bytes = pattern(64 * MiB);
    const b = used(gpu, bytes.length);
    await Promise.all(Array.from({ length: 128 }, (_, i) => b.upload(i * piece, bytes.subarray(i * piece, (i + 1) * piece))));
    ok(gpu.stats().uploads.bytes <= 20 * MiB, `${gpu.stats().uploads.bytes} bytes of chunks`);
    sameBytes(await contents(gpu, b), bytes, "64 MiB");
  });

/** What is done right after an upload that nobody has waited for: by then its bytes are there. */
const followers = {
  "a small write": (gpu, b) => void b.write(0, pattern(64, 9)),
  "a large write": (gpu, b) => void b.write(0, pattern(300 * KiB, 9)),
  "a long upload": (gpu, b) => b.upload(0, pattern(MiB, 9)),
};

export const whatFollowsAnUploadIsBehindIt = () =>
  onEachPath(async (gpu, path) => {
    const size = 2 * MiB;
    const bytes = pattern(200 * KiB, 3); // two do not fill a chunk
    for (const [name, follow] of Object.entries(followers)) {
      const b = used(gpu, size);
      const uploads = [b.upload(0, bytes), b.upload(MiB, bytes)];
      await follow(gpu, b);
      await Promise.all(uploads);
      const got = await contents(gpu, b);
      sameBytes(got.subarray(0, 64), pattern(64, 9), `${path}: ${name}`);
      sameBytes(got.subarray(MiB, MiB + bytes.length), bytes, `${path}: the upload beside ${name}`);
      b.destroy();
    }
  });

/** A browser moves few long queue writes in less time than more of them. */
export const uploadsByQueueWritesAreWhole = () =>
  withSystem(async (gpu) => {
    takePath(gpu, paths, "queue write");
    const { writeBuffer } = GPUQueue.prototype;
    for (const size of [MiB / 2, 3 * MiB, 4 * MiB]) {
      const b = used(gpu, 8 * size);
      const bytes = pattern(8 * size, size);
      const seen = [];
      const before = gpu.stats().bytesUp;
      GPUQueue.prototype.writeBuffer = function (...values) {
        seen.push(values[4]);
        return writeBuffer.apply(this, values);
      };
      try {
        await Promise.all(Array.from({ length: 8 }, (_, i) => b.upload(i * size, bytes.subarray(i * size, (i + 1) * size))));
      } finally {
        GPUQueue.prototype.writeBuffer = writeBuffer;
      }
      same(seen, Array(8).fill(size), "bytes of each write");
      same(gpu.stats().bytesUp - before, 8 * size, "bytes");
      sameBytes(await contents(gpu, b), bytes, `uploads of ${size}`);
      b.destroy();
    }
  });

/** A browser keeps queue writes until a task or a microtask ends, unless something is submitted. */
export const longQueueWritesInARowAreFlushed = () =>
  withSystem(async (gpu) => {
    takePath(gpu, paths, "queue write");
    const b = used(gpu, 8 * MiB);
    const bytes = pattern(8 * MiB, 3);
    const each = (move) => Array.from({ length: 8 }, (_, i) => move(i * MiB, bytes.subarray(i * MiB, (i + 1) * MiB)));
    const oneByOne = async (move) => {
      for (let i = 0; i < 8; i++) await move(i * MiB, bytes.subarray(i * MiB, (i + 1) * MiB));
    };
    const ways = {
      writes: [() => each((at, part) => b.write(at, part)), 7],
      "uploads at once": [() => Promise.all(each((at, part) => b.upload(at, part))), 7],
      "uploads one by one": [() => oneByOne((at, part) => b.upload(at, part)), 0],
      "writes with a pause between them": [(pause) => oneByOne((at, part) => (b.write(at, part), pause())), 0],
      "writes that touch new memory": [() => each(((to) => (at, part) => to.write(at, part))(used(gpu, 8 * MiB))), 0],
    };
    for (const [name, [move, flushes]] of Object.entries(ways)) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      same(await flushesOf(move), flushes, `${name}: flushes`);
      sameBytes(await contents(gpu, b), bytes, name);
    }
  });

/** How often something empty is submitted in a call of move, in which time goes on as long as it pauses. */
async function flushesOf(move) {
  let now = performance.now();
  performance.now = () => now;
  try {
    return await submitsOf(() => move(async () => void (now += 1)), (commands) => commands.length === 0);
  } finally {
    delete performance.now;
  }
}

/** How many submits there are in a call of move, of those that count. */
async function submitsOf(move, counts = (commands) => commands.length > 0) {
  const { submit } = GPUQueue.prototype;
  let submits = 0;
  GPUQueue.prototype.submit = function (commands) {
    if (counts(commands)) submits++;
    return submit.call(this, commands);
  };
  try {
    await move();
  } finally {
    GPUQueue.prototype.submit = submit;
  }
  return submits;
}

/** Those beyond the chunks that the GPU may have wait, and are asked for again. */
export const bytesOfUploadsAreCountedOnce = () =>
  onEachPath(async (gpu, path) => {
    const b = used(gpu, 32 * MiB);
    const bytes = pattern(MiB / 2, 1);
    for (let round = 0; round < 3; round++) {
      const before = gpu.stats().bytesUp;
      await Promise.all(Array.from({ length: 64 }, (_, i) => b.upload((i * MiB) / 2, bytes)));
      await gpu.device.queue.onSubmittedWorkDone();
      same(gpu.stats().bytesUp - before, 32 * MiB, `${path}: bytes`);
    }
  });

export const whatIsSubmittedSeesTheUploads = () =>
  onEachPath(async (gpu, path) => {
    const bytes = pattern(512 * KiB, 3);
    const to = gpu.createDeviceBuffer({ size: bytes.length, usage: STORAGE });
    const copyOf = (b, encoder) => encoder.copyBufferToBuffer(b.gpuBuffer, 0, to.gpuBuffer, 0, bytes.length);
    const submits = {
      "a frame": (b) => {
        const frame = gpu.frame();
        copyOf(b, frame.encoder);
        frame.submit();
      },
      "a submit": (b) => {
        const encoder = gpu.device.createCommandEncoder();
        copyOf(b, encoder);
        gpu.submit([encoder]);
      },
    };
    for (const [name, submit] of Object.entries(submits)) {
      const b = used(gpu, MiB);
      const uploads = [b.upload(0, bytes), b.upload(512 * KiB, bytes)];
      submit(b);
      sameBytes(await contents(gpu, to), bytes, `${path}: ${name}`);
      await Promise.all(uploads);
      to.write(0, new Uint8Array(bytes.length));
      const reader = gpu.createReadbackBuffer();
      const late = [b.upload(0, pattern(512 * KiB, 5)), b.upload(512 * KiB, bytes)];
      const [got] = await Promise.all([reader.read(b, 0, 512 * KiB), ...late]);
      sameBytes(got, pattern(512 * KiB, 5), `${path}: a read`);
      reader.destroy();
      b.destroy();
    }
  });

export const aBufferTakesItsUploadsAlong = () =>
  onEachPath(async (gpu) => {
    const [grown, destroyed, neighbour] = [used(gpu, MiB), used(gpu, MiB), used(gpu, MiB)];
    const bytes = pattern(256 * KiB, 3);
    const uploads = [grown, destroyed, neighbour].map((b) => b.upload(0, bytes));
    destroyed.destroy();
    const growing = grown.grow(4 * MiB);
    const again = [grown.upload(2 * MiB, bytes), neighbour.upload(512 * KiB, bytes)];
    same(await Promise.all([...uploads, ...again]), Array(5).fill(bytes.length), "bytes");
    await growing;
    await rejects("destroyed", () => destroyed.upload(0, bytes), "a destroyed buffer");
    const got = await contents(gpu, grown);
    sameBytes(got.subarray(0, bytes.length), bytes, "before it grew");
    sameBytes(got.subarray(2 * MiB, 2 * MiB + bytes.length), bytes, "afterwards");
    sameBytes((await contents(gpu, neighbour)).subarray(512 * KiB, 768 * KiB), bytes, "a neighbour");
  });

export const oneUploadThatCannotLeavesTheOthersAlone = () =>
  onEachPath(async (gpu, path) => {
    const [a, b, c] = [used(gpu, MiB, "a"), used(gpu, MiB, "b"), used(gpu, MiB, "c")];
    const bytes = pattern(128 * KiB, 3);
    const gone = pattern(128 * KiB, 4);
    const uploads = [a.upload(0, bytes), b.upload(0, gone), c.upload(0, bytes), a.upload(512 * KiB, bytes)];
    structuredClone(gone, { transfer: [gone.buffer] });
    await rejects("type", () => uploads[1], `${path}: memory that was transferred`, "b");
    same(await Promise.all([uploads[0], uploads[2], uploads[3]]), Array(3).fill(bytes.length), "bytes");
    sameBytes((await contents(gpu, c)).subarray(0, bytes.length), bytes, "a neighbour");
    ok((await contents(gpu, b)).every((x) => x === 0), "nothing was uploaded");
    await rejects("range", () => a.upload(MiB - 4, bytes), "beyond the end", "a");
    await rejects("alignment", () => a.upload(2, bytes), "between words", "a");
  });

/** A submit that uses a destroyed buffer does nothing. So it has to be one that nobody else uses. */
export const aBufferThatThePageDestroyedTakesNoUploadAlong = () =>
  onEachPath(async (gpu, path) => {
    const bytes = pattern(256 * KiB, 3);
    const [first, gone, last] = ["first", "gone", "last"].map((label) => used(gpu, MiB, label));
    await contents(gpu, last); // all are known to be there
    gone.gpuBuffer.destroy();
    await Promise.allSettled([first, gone, last, first].map((b, i) => b.upload(i * bytes.length, bytes)));
    const got = await contents(gpu, first);
    sameBytes(got.subarray(0, bytes.length), bytes, `${path}: before it`);
    sameBytes(got.subarray(3 * bytes.length), bytes, `${path}: behind it`);
    sameBytes((await contents(gpu, last)).subarray(2 * bytes.length, 3 * bytes.length), bytes, `${path}: another buffer`);
  }, { onError() {} });

/** Sizes as those of a scene: many small ones, some that go on in another chunk, and some that are too long to share any. */
export const newBuffersAreFilled = () =>
  onEachPath(async (gpu, path) => {
    const random = randomFrom(5);
    const data = Array.from({ length: 120 }, (_, i) => pattern(4 * Math.ceil(2 ** (9 + 12 * random())), i));
    const buffers = data.map(({ length }) => gpu.createDeviceBuffer({ size: length, usage: STORAGE }));
    same(await Promise.all(buffers.map((b, i) => b.upload(0, data[i]))), data.map(({ length }) => length), "bytes");
    for (const [i, b] of buffers.entries()) {
      sameBytes(await contents(gpu, b), data[i], `${path}: buffer ${i}`);
      b.destroy();
    }
  });

/** Buffers that are new, and bytes for each: enough of them to wait until it is known whether there was memory. */
function newBuffers(gpu, count, size) {
  const buffers = Array.from({ length: count }, (_, i) => gpu.createDeviceBuffer({ label: `new ${i}`, size, usage: STORAGE }));
  return { buffers, data: buffers.map((_, i) => pattern(size, i + 1)) };
}

async function theyHold(gpu, buffers, data, name, but = -1) {
  for (const [i, b] of buffers.entries()) if (i !== but) sameBytes(await contents(gpu, b), data[i], `${name}: ${b.label}`);
}

/** As each is made and filled at once, and all of them then waited for. */
export const aSceneTakesFewSubmits = () =>
  withSystem(async (gpu) => {
    takePath(gpu, paths, "mapped ring, 2 MiB chunks");
    const size = 256 * KiB;
    const buffers = [];
    const data = Array.from({ length: 64 }, (_, i) => pattern(size, i));
    const submits = await submitsOf(async () => {
      const uploads = data.map((bytes, i) => {
        buffers.push(gpu.createDeviceBuffer({ label: `new ${i}`, size, usage: STORAGE }));
        return buffers[i].upload(0, bytes);
      });
      same(await Promise.all(uploads), Array(64).fill(size), "bytes");
    });
    same(submits, 8, "submits of 2 MiB");
    await theyHold(gpu, buffers, data, "scene");
  });

/** What is asked for until it is known whether there was memory for new buffers comes behind their uploads. */
export const whatFollowsUploadsToNewBuffersIsBehindThem = () =>
  onEachPath(async (gpu, path) => {
    const follow = {
      "a short upload": (b) => b.upload(1024, pattern(512, 99)),
      "a long upload": (b) => b.upload(1024, pattern(256 * KiB, 99)),
      "a write": (b) => b.write(1024, pattern(512, 99)),
      "a frame": (b) => {
        const frame = gpu.frame();
        frame.encoder.clearBuffer(b.gpuBuffer, 1024, 512);
        frame.submit();
      },
    };
    for (const [name, f] of Object.entries(follow)) {
      const { buffers, data } = newBuffers(gpu, 12, 512 * KiB);
      const uploads = buffers.map((b, i) => b.upload(0, data[i]));
      await Promise.all([f(buffers[1]), ...uploads]);
      const got = await contents(gpu, buffers[1]);
      const [expected, n] = name === "a frame" ? [new Uint8Array(512), 512] : [pattern(name === "a long upload" ? 256 * KiB : 512, 99), name === "a long upload" ? 256 * KiB : 512];
      sameBytes(got.subarray(1024, 1024 + n), expected, `${path}: ${name}`);
      sameBytes(got.subarray(1024 + n), data[1].subarray(1024 + n), `${path}: behind ${name}`);
      await theyHold(gpu, buffers, data, `${path}: ${name}`, 1);
      buffers.forEach((b) => b.destroy());
    }
  });

/** A submit that uses a buffer of no use does nothing. So it has to be known of all others in it that they are of use. */
export const aNewBufferOfNoUseLeavesOthersAlone = () =>
  onEachPath(async (gpu, path) => {
    const ends = {
      "that there was no memory for": async () => {},
      "that is destroyed": async (b) => b.destroy(),
      "that the page destroys": async (b) => b.gpuBuffer.destroy(),
    };
    for (const [name, end] of Object.entries(ends)) {
      const { limits, adapterInfo } = gpu.device;
      if (name === "that there was no memory for" && !(adapterInfo.architecture === "swiftshader" && limits.maxBufferSize >= 2 ** 30)) continue;
      const { buffers, data } = newBuffers(gpu, 12, 512 * KiB);
      buffers[5].destroy();
      const size = name === "that there was no memory for" ? limits.maxBufferSize : 512 * KiB;
      buffers[5] = gpu.createDeviceBuffer({ label: "gone", size, usage: STORAGE });
      const uploads = buffers.map((b, i) => b.upload(0, data[i]));
      const ended = end(buffers[5]);
      const outcomes = await Promise.allSettled(uploads);
      await ended;
      same(outcomes.filter(({ status }, i) => status !== "fulfilled" && i !== 5).length, 0, `${path}: refused beside one ${name}`);
      await theyHold(gpu, buffers, data, `${path}: beside one ${name}`, 5);
      buffers.forEach((b) => b.destroy());
    }
  }, { onError() {} });

/** Long ones go on by themselves. The third is asked for in the same task, or while the others are on their way. */
export const laterUploadsToTheSameBytesWin = async () => {
  for (const budget of [MiB, 4 * MiB, 256 * MiB]) {
    await onEachPath(async (gpu, path) => {
      for (const [sizes, pause] of [[[8, 8, 1 / 256], 0], [[8, 1 / 2, 1 / 256], 0], [[5, 5, 1], 0], [[1 / 2, 8, 1 / 256], 1], [[8, 8, 1 / 256], 1], [[1, 1, 1 / 256], 0]]) {
        const b = used(gpu, 8 * MiB);
        const grown = b.grow(9 * MiB);
        const expected = new Uint8Array(9 * MiB);
        const uploads = [];
        for (const [i, MiBs] of sizes.entries()) {
          if (i === 2 && pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
          const at = i === 2 ? (sizes[1] - MiBs) * MiB : 0;
          const bytes = pattern(MiBs * MiB, i + 1);
          expected.set(bytes, at);
          uploads.push(b.upload(at, bytes));
        }
        same(await Promise.all(uploads), sizes.map((MiBs) => MiBs * MiB), `${path}, ${sizes}: bytes`);
        await grown;
        sameBytes((await contents(gpu, b)).subarray(0, expected.length), expected, `${path}, ${sizes}, ${pause} ms, budget ${budget}`);
        b.destroy();
      }
    }, { budget });
  }
};

/** Whatever one of them waits for: for a chunk of a small budget, or for one that cannot. Drawn, and compared with memory. */
export const uploadsToTheSameBytesKeepTheirOrder = async () => {
  const random = randomFrom(5);
  const some = (n) => 4 * Math.floor((random() * n) / 4);
  const fill = (size, i) => new Uint8Array(size).fill(i);
  const fixed = [
    [2 * MiB, [[MiB, 2 * MiB], [0, 512 * KiB], [0, 1.5 * MiB]]],
    [2 * MiB, [[4 * MiB, 2 * MiB], [0, 512 * KiB], [0, 6 * MiB]]],
    [16 * MiB, [[0, MiB, "transferred"], [0, 4 * MiB + 4], [3 * MiB, 2 * MiB + 4]]],
  ];
  const drawn = Array.from({ length: 40 }, (_, k) => {
    const uploads = Array.from({ length: 3 + some(40) / 4 }, () => {
      const offset = some(7 * MiB);
      return [offset, 4 + some(Math.min(8 * MiB - offset - 4, 4 * MiB)), random() < 0.1 ? "transferred" : undefined];
    });
    return [[2, 3, 8, 64][k % 4] * MiB, uploads];
  });
  for (const [budget, uploads] of [...fixed, ...drawn]) {
    for (const isGrown of [false, true]) {
      await withSystem(async (gpu) => {
        takePath(gpu, paths, paths[1]);
        const busy = used(gpu, 16 * MiB, "busy"); // whose uploads have the chunks at first
        const b = isGrown ? gpu.createDeviceBuffer({ size: MiB, usage: STORAGE }) : used(gpu, 8 * MiB);
        if (isGrown) void b.grow(8 * MiB);
        const model = new Uint8Array(8 * MiB);
        const others = busy.upload(0, fill(12 * MiB, 99));
        const all = uploads.map(([offset, size, isTransferred], i) => {
          const data = fill(size, i + 1);
          if (!isTransferred) model.set(data, offset);
          const asked = b.upload(offset, data);
          if (!isTransferred) return asked;
          structuredClone(data, { transfer: [data.buffer] });
          return size < 128 * KiB ? asked.then(() => model, () => {}) : rejects("type", () => asked, "data that was transferred");
        });
        await Promise.all([others, ...all]);
        if (uploads.every(([, size, isTransferred]) => !isTransferred || size >= 128 * KiB)) sameBytes(await contents(gpu, b, 0, 8 * MiB), model, JSON.stringify([budget, isGrown, uploads]));
      }, { budget });
    }
  }
};

/** An upload that waits for another to the same bytes copies its data later than its call. */
export const dataTransferredWhileAnUploadWaits = () =>
  withSystem(async (gpu) => {
    const b = used(gpu, 16 * MiB);
    const first = b.upload(0, new Uint8Array(16 * MiB));
    const data = new Uint8Array(64 * KiB);
    const second = rejects("type", () => b.upload(0, data), "what was transferred");
    structuredClone(data, { transfer: [data.buffer] });
    await Promise.all([first, second]);
  });

/** The mapped ranges of a device that is being lost are gone before the browser tells. */
export const uploadsOfADeviceThatIsBeingLost = async () => {
  const { getMappedRange } = GPUBuffer.prototype;
  for (const size of [2 * MiB, 4 * MiB + 4, 16 * MiB]) {
    const gpu = await api.open({ onError() {}, onLog() {}, wasm: `/gpubuffers.wasm?${size}` });
    takePath(gpu, paths, paths[1]);
    const b = used(gpu, 16 * MiB);
    try {
      GPUBuffer.prototype.getMappedRange = () => {
        throw new DOMException("gone", "OperationError");
      };
      const outcomes = await Promise.all([0, 1].map(() => b.upload(0, new Uint8Array(size)).then(() => "resolved", (error) => error.code)));
      ok(outcomes.every((code) => ["device-lost", "resolved"].includes(code)), `${size}: ${outcomes}`);
    } finally {
      GPUBuffer.prototype.getMappedRange = getMappedRange;
      gpu.destroy();
    }
  }
};

/** Its upload is looked at once more when the others of its chunk are on their way. */
export const noUploadIsLeftWaitingBesideOneWithoutMemory = () =>
  withSystem(async (gpu) => {
    const { limits, adapterInfo } = gpu.device;
    if (!(adapterInfo.architecture === "swiftshader" && limits.maxBufferSize >= 2 ** 30)) return;
    takePath(gpu, paths, "mapped ring, 2 MiB chunks");
    for (const sizes of [[MiB, MiB, MiB], [128 * KiB, 1900000, 300000], Array(60).fill(131076)]) {
      const gone = gpu.createDeviceBuffer({ label: "gone", size: limits.maxBufferSize, usage: STORAGE });
      const ending = gone.upload(0, pattern(128 * KiB)).catch(() => {});
      const buffers = sizes.map((size) => gpu.createDeviceBuffer({ size, usage: STORAGE }));
      const uploads = buffers.map((b, i) => b.upload(0, pattern(sizes[i], i)));
      same(await Promise.all(uploads), sizes, "bytes");
      await ending;
      for (const [i, b] of buffers.entries()) sameBytes(await contents(gpu, b), pattern(sizes[i], i), `buffer ${i} of ${sizes.length}`);
      [gone, ...buffers].forEach((b) => b.destroy());
    }
  }, { onError() {} });

/** The module is told of a buffer when the task ends, or when it has to know. */
export const aBufferOfTheTaskTakesItsUploadsAlong = () =>
  onEachPath(async (gpu, path) => {
    for (const size of [4 * KiB, 256 * KiB]) {
      const bytes = pattern(size, 3);
      const made = ["destroyed", "grown", "read", "kept"].map((label) => gpu.createDeviceBuffer({ label, size, usage: STORAGE }));
      const uploads = made.map((b) => b.upload(0, bytes));
      made[0].destroy();
      const grown = made[1].grow(2 * size);
      const reader = gpu.createReadbackBuffer();
      const read = reader.read(made[2], 0, size);
      same(await Promise.all(uploads), Array(4).fill(size), `${path}, ${size}: bytes`);
      sameBytes(await read, bytes, `${path}, ${size}: read at once`);
      await grown;
      sameBytes((await contents(gpu, made[1])).subarray(0, size), bytes, `${path}, ${size}: grown`);
      sameBytes(await contents(gpu, made[3]), bytes, `${path}, ${size}: kept`);
      await rejects("destroyed", () => made[0].upload(0, bytes), "a destroyed buffer", "destroyed");
      await rejects("range", () => gpu.createDeviceBuffer({ label: "short", size: size - 4, usage: STORAGE }).upload(0, bytes), "too long", "short");
      await rejects("alignment", () => gpu.createDeviceBuffer({ label: "odd", size, usage: STORAGE }).upload(2, bytes.subarray(0, 8)), "between words", "odd");
      [...made, reader].forEach((b) => b.destroy());
    }
  });

/** To ask for each chunk takes longer than to fill some. */
export const aBurstIsAskedForAtOnce = () =>
  withSystem(async (gpu) => {
    takePath(gpu, paths, "mapped ring, 2 MiB chunks");
    const b = used(gpu, 32 * MiB);
    const bytes = pattern(512 * KiB, 1);
    const before = gpu.stats();
    await Promise.all(Array.from({ length: 64 }, (_, i) => b.upload(i * bytes.length, bytes)));
    await gpu.device.queue.onSubmittedWorkDone();
    const after = gpu.stats();
    same(after.bytesUp - before.bytesUp, 32 * MiB, "bytes");
    ok(after.uploads.bytes <= 16 * MiB, `${after.uploads.bytes} bytes of chunks`);
  });

export const writesOfABurstArrive = () =>
  onEachPath(async (gpu, path) => {
    for (const size of [64 * KiB, 192 * KiB, MiB, 3 * MiB + 4]) {
      const bytes = pattern(24 * size, size);
      const b = gpu.createDeviceBuffer({ size: bytes.length, usage: STORAGE });
      for (let i = 0; i < 24; i++) b.write(i * size, bytes, i * size, size);
      for (let i = 0; i < 8; i++) b.write(0, pattern(size, i)); // the last one counts
      const got = await contents(gpu, b);
      sameBytes(got.subarray(0, size), pattern(size, 7), `${path}, ${size}: the last of several`);
      sameBytes(got.subarray(size), bytes.subarray(size), `${path}, ${size}`);
      b.destroy();
    }
  });

export const writesBeyondTheBudgetArrive = () =>
  withSystem(
    async (gpu) => {
      takePath(gpu, paths, "mapped ring, 2 MiB chunks");
      const bytes = pattern(40 * MiB);
      const b = gpu.createDeviceBuffer({ size: bytes.length, usage: STORAGE });
      for (let at = 0; at < bytes.length; at += MiB) b.write(at, bytes, at, MiB);
      ok(gpu.stats().uploads.bytes <= 8 * MiB, "half of the budget");
      sameBytes(await contents(gpu, b), bytes, "40 MiB");
    },
    { budget: 16 * MiB },
  );

/** Whatever ends a system, no upload of the task that ends it is left waiting. */
export const anEndSettlesTheUploadsOfItsTask = async () => {
  for (const end of ["destroy", "lose"]) {
    for (const path of paths) {
      const { open } = await import("/gpubuffers.js");
      const gpu = await open({ onLog() {}, onError() {} });
      takePath(gpu, paths, path);
      const buffers = Array.from({ length: 30 }, () => used(gpu, MiB));
      const uploads = buffers.map((b) => b.upload(0, pattern(768 * KiB)));
      if (end === "destroy") gpu.destroy();
      else gpu.device.destroy();
      const outcomes = await Promise.race([Promise.allSettled(uploads), new Promise((resolve) => setTimeout(resolve, 20_000))]);
      ok(outcomes !== undefined, `${end}, ${path}: uploads hang`);
      for (const { status, reason } of outcomes) ok(status === "fulfilled" || ["destroyed", "device-lost"].includes(reason.code), `${end}, ${path}: ${reason}`);
      gpu.destroy();
    }
  }
};
