// A read keeps its place: nothing that is written or submitted later is read, whatever is in its way.
import { COPY_DST, COPY_SRC, STORAGE, api, bytesOf, ok, same } from "./check.js";

const K = 1024;
const M = 1024 * K;
const channel = new MessageChannel();
const task = () =>
  new Promise((done) => {
    channel.port1.onmessage = done;
    channel.port2.postMessage(0);
  });

/** A promise that may reject before it is waited for. */
function sent(promise) {
  promise.catch(() => {});
  return promise;
}

/** Keeps the GPU busy for a while. */
function occupy(gpu, copies = 30) {
  const [from, to] = [0, 0].map(() => gpu.device.createBuffer({ size: 32 * M, usage: COPY_SRC | COPY_DST }));
  const encoder = gpu.device.createCommandEncoder();
  for (let i = 0; i < copies; i++) encoder.copyBufferToBuffer(from, 0, to, 0, 32 * M);
  gpu.device.queue.submit([encoder.finish()]);
}

/** A buffer full of a value. */
function source(gpu, size, value) {
  const from = gpu.device.createBuffer({ size, usage: COPY_SRC, mappedAtCreation: true });
  new Uint8Array(from.getMappedRange()).fill(value);
  from.unmap();
  return from;
}

/** Ways to change what a source holds, each later than a read that was sent. */
const changes = {
  "by write": (gpu, b, value) => b.write(0, new Uint8Array(b.size).fill(value)),
  "by the page's own queue": (gpu, b, value) => gpu.device.queue.writeBuffer(b.gpuBuffer, 0, new Uint8Array(b.size).fill(value)),
  "by a submit of the page's own": (gpu, b, value) => {
    const encoder = gpu.device.createCommandEncoder();
    encoder.copyBufferToBuffer(source(gpu, b.size, value), 0, b.gpuBuffer, 0, b.size);
    gpu.device.queue.submit([encoder.finish()]);
  },
  "by a frame": (gpu, b, value) => {
    const frame = gpu.frame();
    frame.encoder.copyBufferToBuffer(source(gpu, b.size, value), 0, b.gpuBuffer, 0, b.size);
    frame.submit();
  },
};

/** What is in the way of a read. */
const situations = {
  "many short reads": { size: 64, reads: 60 },
  "longer ones": { size: 1 * M + 8, reads: 12 },
  "small chunks": { size: 200 * K + 3, reads: 8, options: { chunkSize: 64 * K } },
  "a small budget": { size: 300 * K, reads: 4, options: { budget: 1 * M, chunkSize: 256 * K } },
  "a budget of no whole number of pieces": { size: 700 * K, reads: 1, options: { budget: 600 * K, chunkSize: 256 * K } },
  "long reads": { size: 30 * M, reads: 2 },
  "only the latest": { size: 64, reads: 20, readback: { policy: "latest", maxInFlight: 1 } },
  "a long read before": { size: 64, reads: 10, before: (gpu, readback, b) => sent(readback.read(b)) },
};

export const readsKeepTheirPlace = async () => {
  for (const [situation, { size, reads, options, readback: descriptor, before }] of Object.entries(situations)) {
    for (const [change, set] of Object.entries(changes)) {
      for (const isFrame of [false, true]) {
        const what = `${situation}, changed ${change}${isFrame ? ", reads of frames" : ""}`;
        const gpu = await api.open({ maxFramesInFlight: 1024, ...options });
        const readback = gpu.createReadbackBuffer(descriptor);
        const b = gpu.createDeviceBuffer({ size: Math.ceil(size / 4) * 4, usage: STORAGE });
        occupy(gpu);
        before?.(gpu, gpu.createReadbackBuffer(), gpu.createDeviceBuffer({ size: 20 * M, usage: STORAGE }));
        const all = [];
        for (let i = 1; i <= reads; i++) {
          set(gpu, b, i);
          const frame = isFrame ? gpu.frame() : undefined;
          all.push(sent(readback.read(b, 0, size)));
          if (frame) frame.submit();
          else await task();
        }
        set(gpu, b, 255);
        const settled = await Promise.allSettled(all);
        settled.forEach(({ value, reason }, i) => {
          if (reason) {
            same([reason.code, descriptor?.policy, i < reads - 1], ["stale", "latest", true], `${what}: read ${i} rejected (${reason.message})`);
          } else {
            const bytes = bytesOf(value);
            const wrong = bytes.findIndex((x) => x !== i + 1);
            ok(wrong < 0, `${what}: byte ${wrong} of read ${i} is ${bytes[wrong]}`);
          }
        });
        gpu.trim();
        same(gpu.stats().held, 0, `${what}: held`);
        gpu.destroy();
      }
    }
  }
};

/** What can be held is bounded by the budget, and what is beyond is refused, not late. */
export const whatCannotBeHeld = async () => {
  for (const onBudget of ["wait", "fail", "fallback"]) {
    const gpu = await api.open({ budget: 1 * M, chunkSize: 256 * K, onBudget });
    const readback = gpu.createReadbackBuffer();
    const b = gpu.createDeviceBuffer({ size: 256 * K, usage: STORAGE });
    await readback.read(b, 0, 4);
    occupy(gpu, 300);
    const all = [];
    let most = 0;
    for (let i = 1; i <= 20; i++) {
      b.write(0, new Uint8Array(256 * K).fill(i));
      all.push(sent(readback.read(b)));
      await task();
      most = Math.max(most, gpu.stats().held);
      ok(gpu.stats().mappable <= 1 * M, "mappable memory is within the budget");
    }
    ok(most > 0 && most <= 1 * M, `${most} bytes were held`);
    const settled = await Promise.allSettled(all);
    const codes = new Set(settled.map((r) => r.reason?.code));
    ok(codes.has(undefined) && codes.has("budget") && codes.size === 2, `${onBudget}: ${[...codes]}`);
    settled.forEach(({ value }, i) => ok(!value || bytesOf(value).every((x) => x === i + 1), `${onBudget}: read ${i}`));
    gpu.destroy();
  }
};

/** A read of a frame is after everything in the frame, and before everything that comes later. */
export const readsOfAFrame = async () => {
  const gpu = await api.open();
  const [b, from] = [7, 9].map((value) => {
    const b = gpu.createDeviceBuffer({ size: 64, usage: STORAGE });
    b.write(0, new Uint8Array(64).fill(value));
    return b;
  });
  const readback = gpu.createReadbackBuffer();
  const before = readback.read(b);
  const frame = gpu.frame();
  const within = readback.read(b);
  frame.encoder.copyBufferToBuffer(from.gpuBuffer, 0, b.gpuBuffer, 0, 64);
  gpu.submit(); // of something else
  await task();
  gpu.submit([gpu.device.createCommandEncoder()]);
  frame.submit();
  b.write(0, new Uint8Array(64).fill(1));
  same([bytesOf(await before)[0], bytesOf(await within)[0]], [7, 9], "before the frame, and in it");
  gpu.destroy();
};
