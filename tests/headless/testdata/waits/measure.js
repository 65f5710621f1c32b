// Measures what waits for the GPU, side by side with programs by hand, each on a device of its own.
import { BufferUsage, open } from "/gpubuffers.js";

const K = 1024;
const M = K * K;
const large = 64 * M;
const piece = 4 * M;
const { COPY_DST, COPY_SRC, MAP_READ, MAP_WRITE } = GPUBufferUsage;
const requestDevice = async () => (await navigator.gpu.requestAdapter()).requestDevice();
const data = new Uint8Array(large).map((_, i) => i % 251);
const back = new Uint8Array(large);

/** What this project does. */
async function ours() {
  const gpu = await open({ maxFramesInFlight: 1 });
  const buffer = gpu.createDeviceBuffer({ size: large, usage: BufferUsage.STORAGE });
  const readback = gpu.createReadbackBuffer();
  const mappable = gpu.createMappableBuffer({ size: 4 * K, usage: MAP_READ | COPY_DST });
  const frames = gpu.createDynamicBuffer({ size: 4 * M, usage: BufferUsage.STORAGE });
  return {
    map: () => mappable.mapAsync(GPUMapMode.READ).then(() => mappable.unmap()),
    read: () => readback.read(buffer, 0, 4 * K),
    reads: () => Promise.all(Array.from({ length: 64 }, (_, i) => readback.read(buffer, i * 8 * K, 4 * K))),
    up: () => buffer.upload(0, data).then(() => readback.read(buffer, large - 4, 4)),
    down: () => readback.read(buffer, 0, large, { into: back }),
    async frames() {
      for (let i = 0; i < 5; i++) {
        const frame = await gpu.nextFrame();
        frames.write(data.subarray(0, 2_560_000));
        frame.submit();
      }
      (await gpu.nextFrame()).discard();
    },
  };
}

/** The usual ways, one after the other if there are several. */
async function byHand() {
  const device = await requestDevice();
  const { queue } = device;
  const make = (size, usage) => device.createBuffer({ size, usage });
  const buffer = make(large, COPY_SRC | COPY_DST);
  const small = Array.from({ length: 64 }, () => make(4 * K, MAP_READ | COPY_DST));
  const whole = make(large, MAP_READ | COPY_DST);
  const staging = Array.from({ length: 4 }, () => ({ buffer: make(piece, MAP_WRITE | COPY_SRC) }));
  const down = Array.from({ length: 4 }, () => ({ buffer: make(piece, MAP_READ | COPY_DST) }));
  const copy = (...values) => {
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(...values);
    queue.submit([encoder.finish()]);
  };
  const read = async (from, at, size) => {
    copy(buffer, at, from, 0, size);
    await from.mapAsync(GPUMapMode.READ, 0, size);
    const bytes = from.getMappedRange(0, size).slice();
    from.unmap();
    return bytes;
  };
  const take = (from, size, at) => {
    back.set(new Uint8Array(from.getMappedRange(0, size)), at);
    from.unmap();
  };
  const fetch = (chunk, at) => {
    copy(buffer, at, chunk.buffer, 0, piece);
    chunk.mapped = chunk.buffer.mapAsync(GPUMapMode.READ);
  };
  return {
    map: [() => small[0].mapAsync(GPUMapMode.READ).then(() => small[0].unmap())],
    read: [() => read(small[0], 0, 4 * K)],
    reads: [() => Promise.all(small.map((from, i) => read(from, i * 8 * K, 4 * K)))],
    up: [
      () => {
        queue.writeBuffer(buffer, 0, data);
        return read(small[0], large - 4, 4);
      },
      () => {
        for (let at = 0; at < large; at += piece) queue.writeBuffer(buffer, at, data, at, piece);
        return read(small[0], large - 4, 4);
      },
      async () => {
        for (let at = 0; at < large; at += piece) {
          const chunk = staging[(at / piece) % 4];
          await (chunk.mapped ??= chunk.buffer.mapAsync(GPUMapMode.WRITE));
          new Uint8Array(chunk.buffer.getMappedRange()).set(data.subarray(at, at + piece));
          chunk.buffer.unmap();
          copy(chunk.buffer, 0, buffer, at, piece);
          chunk.mapped = chunk.buffer.mapAsync(GPUMapMode.WRITE);
        }
        await read(small[0], large - 4, 4);
      },
    ],
    down: [
      async () => {
        copy(buffer, 0, whole, 0, large);
        await whole.mapAsync(GPUMapMode.READ);
        take(whole, large, 0);
      },
      async () => {
        down.forEach((chunk, i) => fetch(chunk, i * piece));
        for (let at = 0; at < large; at += piece) {
          const chunk = down[(at / piece) % 4];
          await chunk.mapped;
          take(chunk.buffer, piece, at);
          if (at + 4 * piece < large) fetch(chunk, at + 4 * piece);
        }
      },
    ],
    frames: [async () => {
      for (let i = 0; i < 5; i++) {
        queue.writeBuffer(buffer, 0, data, 0, 2_560_000);
        queue.submit([]);
        await queue.onSubmittedWorkDone();
      }
    }],
  };
}

const median = (times) => times.sort((a, b) => a - b)[times.length >> 1];

/** The medians of so many rounds in milliseconds, by workload: ours, and by hand the best. */
export async function measure(rounds) {
  const [project, hand] = [await ours(), await byHand()];
  const medians = {};
  for (const work of Object.keys(hand)) {
    const competitors = [project[work], ...hand[work]].map((run) => ({ run, times: [] }));
    for (let round = -2; round < rounds; round++) {
      for (const { run, times } of competitors.toSorted(() => Math.random() - 0.5)) {
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 30));
        const start = performance.now();
        await run();
        if (round >= 0) times.push(performance.now() - start);
      }
    }
    const [first, ...others] = competitors.map(({ times }) => median(times));
    medians[work] = [first, Math.min(...others)];
  }
  return medians;
}
