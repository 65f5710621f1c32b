import { COPY_SRC, MAP_WRITE, STORAGE, UNIFORM, VERTEX, api, bytesOf, harmlessCopies, ok, pattern, same, sameBytes, throws, withSystem } from "./check.js";

export const properties = () =>
  withSystem((gpu) => {
    const d = gpu.createDynamicBuffer({ label: "uniforms", size: 4096, usage: UNIFORM });
    same([d.label, d.pageSize, d.alignment, d.slots], ["uniforms", 4096, gpu.device.limits.minUniformBufferOffsetAlignment, 3], "properties");
    throws("state", () => d.bytes, "bytes before an update", "uniforms");
    throws("state", () => d.floats, "floats before an update", "uniforms");
    throws("state", () => d.gpuBuffer, "gpuBuffer before an update", "uniforms");
    same([d.update(20), d.update(4)], [0, d.alignment], "offsets");
    ok(d.bytes instanceof Uint8Array && d.floats instanceof Float32Array && d.uints instanceof Uint32Array, "views");
    same([d.bytes.length, d.floats.length, d.uints.length, d.floats.byteOffset - d.bytes.byteOffset], [4096, 1024, 1024, 0], "views of the page");
    ok(d.gpuBuffer instanceof GPUBuffer && d.gpuBuffer.size === 4096, "a GPUBuffer");
    ok(d.bytes === d.bytes && d.gpuBuffer === d.gpuBuffer, "views and buffer are kept");
    throws("range", () => d.update(0), "0 bytes", "uniforms");
    throws("too-large", () => d.update(4097), "more than a page", "uniforms");
    throws("type", () => d.update("16"), "a string", "uniforms");
    throws("type", () => d.update(NaN), "NaN", "uniforms");
    throws("type", () => d.update(1.5), "a fraction", "uniforms");
    throws("range", () => d.update(-4), "negative", "uniforms");
    throws("type", () => d.update({ valueOf: () => 16 }), "an object", "uniforms");
    throws("type", () => d.update(), "nothing", "uniforms");
    d.destroy();
    throws("destroyed", () => d.update(16), "update", "uniforms");
    throws("destroyed", () => d.bytes, "bytes", "uniforms");
    throws("destroyed", () => d.gpuBuffer, "gpuBuffer", "uniforms");
    throws("destroyed", () => d.write(pattern(4)), "write", "uniforms");
  });

/** Within a task the GPU is done with no frame. */
export const slotsByDefault = () =>
  withSystem(
    (gpu) => {
      const d = gpu.createDynamicBuffer({ label: "uniforms", size: 256, usage: UNIFORM });
      for (let frames = 0; frames < 8; frames++) {
        const frame = gpu.frame();
        d.update(4);
        frame.submit();
      }
      same(d.slots, 8, "slots");
      throws("busy", () => d.update(4), "an update that no slot is left for", "uniforms");
    },
    { maxFramesInFlight: 9 },
  );

/** Records copies of pieces of dynamic buffers into a buffer to be read at the end. */
class Recorder {
  constructor(gpu, size) {
    this.gpu = gpu;
    this.result = gpu.createDeviceBuffer({ label: "result", size, usage: STORAGE });
    this.want = new Uint8Array(size);
    this.used = 0;
  }
  record(encoder, source, offset, bytes) {
    encoder.copyBufferToBuffer(source, offset, this.result.gpuBuffer, this.used, bytes.length);
    this.want.set(bytes, this.used);
    this.used += bytes.length;
  }
  async verify() {
    const rb = this.gpu.createReadbackBuffer();
    sameBytes(await rb.read(this.result, 0, this.used), this.want.subarray(0, this.used), "what the GPU saw");
    rb.destroy();
  }
}

/** 200 frames, several in flight, each with updates of its own that the GPU must see as they were then. */
export const framesInFlight = () =>
  withSystem(async (gpu) => {
    const d = gpu.createDynamicBuffer({ label: "frames", size: 2048, usage: UNIFORM | COPY_SRC });
    const recorder = new Recorder(gpu, 200 * 4 * 16);
    const buffers = new Set();
    for (let i = 0; i < 200; i++) {
      const frame = await gpu.nextFrame();
      for (let k = 0; k < 4; k++) {
        const bytes = pattern(16, i * 4 + k + 1);
        let offset;
        if (k === 0) offset = d.write(bytes);
        else if (k === 1) offset = d.write(new Float32Array(bytes.buffer));
        else if (k === 2) d.uints.set(new Uint32Array(bytes.buffer), (offset = d.update(16)) / 4);
        else d.bytes.set(bytes, (offset = d.update(16)));
        recorder.record(frame.encoder, d.gpuBuffer, offset, bytes);
      }
      buffers.add(d.gpuBuffer);
      frame.submit();
    }
    ok(buffers.size >= 3 && buffers.size <= 8, `${buffers.size} buffers in turns`);
    await recorder.verify();
  });

/** Frames that the GPU is done with before the next begins may have the same buffer, and the same views. */
export const framesOneAfterTheOther = () =>
  withSystem(async (gpu) => {
    const d = gpu.createDynamicBuffer({ size: 2048, usage: UNIFORM | COPY_SRC });
    const recorder = new Recorder(gpu, 12 * 3 * 16);
    let before, again = 0;
    for (let i = 0; i < 12; i++) {
      const frame = gpu.frame();
      for (let k = 0; k < 3; k++) {
        const bytes = pattern(16, 3 * i + k + 1);
        const offset = d.write(bytes);
        recorder.record(frame.encoder, d.gpuBuffer, offset, bytes);
      }
      again += Number(d.gpuBuffer === before);
      before = d.gpuBuffer;
      frame.submit();
      await gpu.device.queue.onSubmittedWorkDone();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    ok(again > 0, "a buffer in two frames in a row");
    await recorder.verify();
  });

/** Vertices are packed by fours, whatever brings them. */
export const packedUpdates = () =>
  withSystem(async (gpu) => {
    const d = gpu.createDynamicBuffer({ size: 1024, usage: VERTEX | COPY_SRC });
    const frame = gpu.frame(), bytes = pattern(40), want = new Uint8Array(44);
    const updates = [
      [0, new Float32Array(bytes.slice(0, 12).buffer)],
      [12, bytes.slice(12, 17)],
      [20, new Float32Array(bytes.slice(20, 24).buffer)],
      [24, new Uint16Array(bytes.slice(24, 26).buffer)],
      [28, new Float32Array(bytes.slice(28, 40).buffer)],
    ];
    for (const [offset, data] of updates) {
      same(d.write(data), offset, "offset");
      want.set(bytesOf(data), offset);
    }
    same(d.update(4), 40, "offset behind them");
    d.uints[10] = 0;
    const result = gpu.createDeviceBuffer({ size: 44, usage: STORAGE });
    for (const at of [17, 18, 19, 26, 27]) d.bytes[at] = 0; // what an earlier use left
    frame.encoder.copyBufferToBuffer(d.gpuBuffer, 0, result.gpuBuffer, 0, 44);
    frame.submit();
    sameBytes(await gpu.createReadbackBuffer().read(result), want, "what the GPU saw");
  });

/** More than a page holds goes on in a further page of the same frame. */
export const pages = () =>
  withSystem(async (gpu) => {
    const d = gpu.createDynamicBuffer({ size: 512, usage: STORAGE | COPY_SRC });
    const recorder = new Recorder(gpu, 3 * 20 * 100);
    for (let i = 0; i < 3; i++) {
      const frame = await gpu.nextFrame();
      const buffers = new Set();
      for (let k = 0; k < 20; k++) {
        const bytes = pattern(100, i * 20 + k + 1);
        recorder.record(frame.encoder, (d.write(bytes.buffer), d.gpuBuffer), offsetOf(d, bytes), bytes);
        buffers.add(d.gpuBuffer);
      }
      same(buffers.size, 10, "two updates of 256 bytes a page");
      frame.submit();
    }
    await recorder.verify();
  });

/** Where in the page the bytes were written last. */
function offsetOf(d, bytes) {
  for (let at = 512 - 256; at >= 0; at -= d.alignment) {
    if (bytes.every((b, i) => d.bytes[at + i] === b)) return at;
  }
  throw new Error("the update is not in the page");
}

/** The module's memory may grow in the middle of updates: no view is of it. */
export const memoryGrowth = () =>
  withSystem(async (gpu) => {
    const d = gpu.createDynamicBuffer({ size: 4096, usage: UNIFORM | COPY_SRC });
    const recorder = new Recorder(gpu, 12 * 32);
    const frame = gpu.frame();
    d.update(4);
    const { bytes, floats, uints } = d;
    same([bytes.byteOffset, bytes.buffer.byteLength, floats.buffer === bytes.buffer, uints.buffer === bytes.buffer], [0, 4096, true, true], "memory of the page's alone");
    for (let i = 0; i < 12; i++) {
      const offset = d.update(32);
      for (let k = 0; k < 500; k++) gpu.createReadbackBuffer({ label: `${k}`.repeat(300) }); // which the module keeps
      ok(d.bytes === bytes && d.floats === floats && d.uints === uints, "the views stay");
      bytes.set(pattern(16, i + 1), offset);
      floats.set(new Float32Array(pattern(16, i + 50).buffer), (offset + 16) / 4);
      recorder.record(frame.encoder, d.gpuBuffer, offset, Uint8Array.of(...pattern(16, i + 1), ...pattern(16, i + 50)));
    }
    frame.submit();
    await recorder.verify();
  });

/** In the steady state nothing new is made: views and buffers are the same few objects. */
export const steadyState = () =>
  withSystem(async (gpu) => {
    const d = gpu.createDynamicBuffer({ size: 64 << 10, usage: UNIFORM });
    const seen = { bytes: new Set(), floats: new Set(), buffers: new Set() };
    const matrix = new Float32Array(16);
    for (let i = 0; i < 50; i++) {
      const frame = await gpu.nextFrame();
      for (let k = 0; k < 100; k++) {
        const offset = d.update(64);
        d.floats.set(matrix, offset / 4);
        seen.bytes.add(d.bytes);
        seen.floats.add(d.floats);
        seen.buffers.add(d.gpuBuffer);
      }
      frame.submit();
    }
    ok(seen.bytes.size <= 2 && seen.floats.size <= 2 && seen.buffers.size <= 8, `${seen.bytes.size} views, ${seen.buffers.size} buffers`);
  });

/** A limit on the arenas of all dynamic buffers keeps the module's memory from running out. */
export const arenaLimit = async () => {
  const gpu = await api.open();
  const d = gpu.createDynamicBuffer({ label: "endless", size: 16 << 20, usage: UNIFORM });
  const error = throws("out-of-memory", () => {
    for (;;) d.update(16 << 20);
  }, "endless updates", "endless");
  ok(/arena/.test(error.message), error.message);
  gpu.destroy();
  const again = await api.open();
  const e = again.createDynamicBuffer({ size: 16 << 20, usage: UNIFORM });
  same(e.update(16), 0, "the module lives");
  again.destroy();
};

/** Bytes of an ArrayBuffer, a view or a DataView, at any offset of theirs. */
export const dataKinds = () =>
  withSystem((gpu) => {
    const d = gpu.createDynamicBuffer({ size: 4096, usage: UNIFORM });
    const bytes = pattern(64, 3);
    for (const data of [bytes, bytes.buffer, new DataView(bytes.buffer, 3, 9), bytes.subarray(5, 11), new Float32Array(bytes.buffer), new Float64Array(bytes.buffer, 8, 2)]) {
      const offset = d.write(data);
      sameBytes(d.bytes.subarray(offset, offset + data.byteLength), bytesOf(data), data.constructor.name);
    }
  });

/** A view that outlives its buffer, or its system, is of no bytes. */
export const staleViews = async () => {
  const gpu = await api.open();
  const stale = [];
  for (let i = 0; i < 20; i++) {
    const d = gpu.createDynamicBuffer({ size: 512, usage: UNIFORM });
    for (let page = 0; page < 3; page++) {
      d.update(512);
      stale.push(d.bytes, d.floats, d.uints);
    }
    if (i % 2) d.destroy();
    same(stale.slice(-3).map((view) => view.byteLength), Array(3).fill(i % 2 ? 0 : 512), "lengths");
  }
  gpu.destroy();
  same(stale.filter((view) => view.byteLength > 0).length, 0, "views that are not detached");
};

/** A page that gives the memory of its updates away loses them, hears of it, and has other memory from then on. */
export const memoryGivenAway = () =>
  withSystem(async (gpu) => {
    const d = gpu.createDynamicBuffer({ label: "given away", size: 4096, usage: UNIFORM | COPY_SRC });
    const recorder = new Recorder(gpu, 64);
    const give = () => structuredClone(d.bytes.buffer, { transfer: [d.bytes.buffer] });
    const lost = gpu.frame();
    d.write(pattern(16, 1));
    give();
    throws("type", () => lost.submit(), "a submit without the memory", "given away");
    lost.discard();
    for (const seed of [2, 3]) {
      const frame = gpu.frame();
      const offset = d.write(pattern(16, seed));
      recorder.record(frame.encoder, d.gpuBuffer, offset, pattern(16, seed));
      frame.submit();
      if (seed === 2) give();
    }
    const frame = gpu.frame();
    d.write(pattern(16, 4));
    give();
    const offset = d.write(pattern(16, 5));
    recorder.record(frame.encoder, d.gpuBuffer, offset, pattern(16, 5));
    frame.submit();
    await recorder.verify();
  });

const page = 260 << 10; // no chunk is as long

/** Where frames go through mapped memory, one that fills its page is filled there, and whole nevertheless. */
const withFullFrames = (test) =>
  withSystem(
    async (gpu) => {
      const d = gpu.createDynamicBuffer({ label: "full", size: page, usage: STORAGE | COPY_SRC });
      const recorder = new Recorder(gpu, 40 * page);
      const frame = gpu.frame();
      d.write(pattern(page, 100));
      const inPlace = () => d.bytes.buffer.byteLength > page;
      ok(!inPlace(), "the first frame lies in memory of the page's");
      frame.submit();
      await test({ gpu, d, recorder, inPlace });
      await recorder.verify();
    },
    { calibration: mappedFrames },
  );

const mappedFrames = {
  version: 1,
  copyCost: 0,
  rates: [
    ...["frame", "flush"].flatMap((operation) => [
      { operation, path: "queue write", size: page, bytesPerSecond: 1e6 },
      { operation, path: "mapped chunk, filled in place", size: page, bytesPerSecond: 1e12 },
    ]),
    ...harmlessCopies,
  ],
};

export const fullFrames = () =>
  withFullFrames(async ({ gpu, d, recorder, inPlace }) => {
    let last;
    for (let i = 0; i < 24; i++) {
      const frame = await gpu.nextFrame();
      const bytes = pattern(page, i + 1);
      for (let at = 0; at < page; at += 4096) {
        const piece = bytes.subarray(at, at + 4096);
        if (at % 3 === 0) d.write(piece);
        else if (at % 3 === 1) d.floats.set(new Float32Array(piece.buffer, at, 1024), d.update(4096) / 4);
        else d.uints.set(new Uint32Array(piece.buffer, at, 1024), d.update(4096) / 4);
        if (at > 0) ok(d.bytes === last, "one view a page");
        last = d.bytes;
      }
      same([last.length, d.floats.length, d.uints.length], [page, page / 4, page / 4], "views of the page");
      ok(inPlace(), `frame ${i} lies in mapped memory`);
      sameBytes(last, bytes, "what was written can be read");
      recorder.record(frame.encoder, d.gpuBuffer, 0, bytes);
      frame.submit();
      same(last.length, 0, "length of a view after the submit");
      ok(!inPlace(), "what is written after the submit goes nowhere");
    }
  });

export const fullFramesOfManyPages = () =>
  withFullFrames(async ({ gpu, d, recorder, inPlace }) => {
    for (let i = 0; i < 6; i++) {
      const frame = await gpu.nextFrame();
      for (let k = 0; k < 3; k++) {
        const bytes = pattern(page, i * 3 + k + 1);
        d.write(bytes);
        same(inPlace(), i > 0 || k === 0, `page ${k} of frame ${i} lies in mapped memory`);
        recorder.record(frame.encoder, d.gpuBuffer, 0, bytes);
      }
      frame.submit();
    }
  });

/** A frame that fills little of its page is the last that lies in mapped memory, which would be sent whole. */
export const emptierFrames = () =>
  withFullFrames(async ({ gpu, d, recorder, inPlace }) => {
    for (const [i, size, mapped] of [[0, page, true], [1, page / 4, true], [2, page / 4, false], [3, page, false], [4, page, true]]) {
      const frame = await gpu.nextFrame();
      const bytes = pattern(size, i + 1);
      same([d.write(bytes), inPlace()], [0, mapped], `frame ${i}`);
      recorder.record(frame.encoder, d.gpuBuffer, 0, bytes);
      frame.submit();
    }
  });

export const fullFramesThatAreNotSent = () =>
  withFullFrames(async ({ gpu, d, recorder, inPlace }) => {
    for (let i = 0; i < 4; i++) {
      const dropped = await gpu.nextFrame();
      d.write(pattern(page, 50 + i));
      ok(inPlace(), "a frame that is discarded");
      const stale = d.bytes;
      dropped.discard();
      same(stale.length, 0, "length of a view after that");
      const frame = await gpu.nextFrame();
      const bytes = pattern(page, i + 1);
      d.write(bytes.subarray(0, page / 2));
      ok(inPlace(), "the next one");
      const mapped = gpu.createMappableBuffer({ label: "mapped", size: 4, usage: COPY_SRC | MAP_WRITE, mappedAtCreation: true });
      frame.use(mapped);
      throws("mapped", () => frame.submit(), "a submit that is refused", "mapped");
      mapped.unmap();
      d.write(bytes.subarray(page / 2));
      ok(inPlace(), "the frame is still open");
      recorder.record(frame.encoder, d.gpuBuffer, 0, bytes);
      frame.submit();
      mapped.destroy();
    }
  });

/** Updates of a device that is lost go nowhere, and nothing throws that did not before. */
export const fullFramesOfALostDevice = async () => {
  const gpu = await api.open({ calibration: mappedFrames });
  const d = gpu.createDynamicBuffer({ size: page, usage: STORAGE });
  for (let i = 0; i < 2; i++) {
    const frame = await gpu.nextFrame();
    d.write(pattern(page));
    if (i === 0) frame.submit();
  }
  const view = d.bytes;
  gpu.device.destroy();
  await gpu.device.lost;
  same(view.length, 0, "the view is detached");
  d.bytes.fill(7);
  throws("device-lost", () => d.update(4), "an update");
  gpu.destroy();
};
