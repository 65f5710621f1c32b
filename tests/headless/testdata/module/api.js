import { COPY_DST, COPY_SRC, STORAGE, UNIFORM, VERTEX, api, contents, ok, pattern, rejects, same, sameBytes, throws, withSystem } from "./check.js";

export const deviceBuffer = () =>
  withSystem(async (gpu) => {
    const b = gpu.createDeviceBuffer({ label: "vertices", size: 30, usage: VERTEX });
    same([b.label, b.size, b.usage, b.state, b.valid, b.generation], ["vertices", 32, VERTEX | COPY_SRC | COPY_DST, "ready", true, 0], "properties");
    ok(b.gpuBuffer instanceof GPUBuffer && b.gpuBuffer.label === "vertices", "a GPUBuffer");
    b.write(0, pattern(32));
    b.write(8, new Float32Array([1, 2, 3, 4]), 4, 8);
    const want = pattern(32);
    want.set(new Uint8Array(new Float32Array([2, 3]).buffer), 8);
    sameBytes(await contents(gpu, b), want, "contents");

    const before = b.gpuBuffer;
    b.grow(32);
    same([b.generation, b.gpuBuffer === before], [0, true], "no growth");
    b.grow(100);
    same([b.generation, b.size, b.gpuBuffer === before], [1, 100, false], "growth");
    sameBytes(await contents(gpu, b, 0, 32), want, "contents kept");

    b.destroy();
    b.destroy();
    same([b.label, b.size, b.state, b.valid], ["vertices", 100, "destroyed", false], "destroyed");
    throws("destroyed", () => b.write(0, want), "write", "vertices");
    throws("destroyed", () => b.grow(8), "grow", "vertices");
  });

export const dataKinds = () =>
  withSystem(async (gpu) => {
    const b = gpu.createDeviceBuffer({ size: 64, usage: STORAGE });
    const bytes = pattern(64, 7);
    const shared = new SharedArrayBuffer(64);
    new Uint8Array(shared).set(bytes);
    for (const data of [bytes, bytes.buffer, new DataView(bytes.buffer), new Float64Array(bytes.buffer), shared, new Int16Array(shared)]) {
      b.write(0, new Uint8Array(64));
      b.write(0, data);
      sameBytes(await contents(gpu, b), bytes, data.constructor.name);
    }
    b.write(0, new Uint8Array(64));
    b.write(4, bytes.subarray(5, 45), 3, 16);
    const want = new Uint8Array(64);
    want.set(bytes.subarray(8, 24), 4);
    sameBytes(await contents(gpu, b), want, "part of a view");
  });

export const immediateStaging = () =>
  withSystem(async (gpu) => {
    const b = gpu.createDeviceBuffer({ size: 64, usage: STORAGE });
    const staging = gpu.createImmediateStagingBuffer({ label: "load", size: 48 });
    same([staging.label, staging.size, staging.written], ["load", 48, 0], "properties");
    staging.write(pattern(10, 1));
    staging.write(pattern(6, 2).buffer);
    staging.writeAt(20, pattern(12, 3));
    same(staging.written, 32, "written");
    const encoder = gpu.device.createCommandEncoder();
    staging.uploadTo(encoder, b, 8);
    const other = gpu.createDeviceBuffer({ size: 48, usage: STORAGE });
    staging.uploadTo(encoder, other);
    throws("not-mapped", () => staging.write(pattern(4)), "write after upload", "load");
    throws("not-mapped", () => staging.mappedRange(), "range after upload", "load");
    gpu.submit([encoder.finish()]);
    const want = new Uint8Array(64);
    want.set(pattern(10, 1), 8);
    want.set(pattern(6, 2), 18);
    want.set(pattern(12, 3), 28);
    sameBytes(await contents(gpu, b), want, "contents");
    sameBytes(await contents(gpu, other, 0, 32), want.subarray(8, 40), "a second destination in the same encoder");
    throws("state", () => staging.uploadTo(gpu.device.createCommandEncoder(), b), "upload again", "load");
    staging.reset();
    same(staging.written, 0, "written after reset");
    staging.write(pattern(48, 4));
    throws("range", () => staging.write(pattern(4)), "more than fits", "load");
    const frame = gpu.frame();
    staging.uploadTo(frame.encoder, b.gpuBuffer, 16);
    staging.uploadTo(frame.encoder, other, 0);
    frame.submit();
    sameBytes(await contents(gpu, b, 16, 48), pattern(48, 4), "contents after reset");
    staging.destroy();
    throws("destroyed", () => staging.reset(), "reset", "load");
  });

export const stagingRange = () =>
  withSystem(async (gpu) => {
    const b = gpu.createDeviceBuffer({ size: 64, usage: STORAGE });
    const staging = gpu.createImmediateStagingBuffer({ label: "native", size: 64 });
    staging.write(pattern(16, 1)); // takes the browser's range before the page does
    const range = staging.mappedRange();
    ok(range instanceof Uint8Array && range.length === 64, "a Uint8Array of the whole");
    range.set(pattern(40, 2), 8);
    range.fill(0, 48);
    staging.writeAt(60, pattern(4, 3));
    const frame = gpu.frame();
    staging.uploadTo(frame.encoder, b);
    frame.submit();
    same(range.byteLength, 0, "detached by the upload");
    const want = new Uint8Array(64);
    want.set(pattern(16, 1));
    want.set(pattern(40, 2), 8);
    want.set(pattern(4, 3), 60);
    sameBytes(await contents(gpu, b), want, "contents");
    const rows = gpu.createImmediateStagingBuffer({ label: "rows", size: 60, rowBytes: 12 });
    throws("usage", () => rows.mappedRange(), "padded rows", "rows");
  });

/** What a page kept of memory that was not uploaded is detached, lest it writes into another's. */
export const stagingRangeThatIsKept = () =>
  withSystem(async (gpu) => {
    for (const [end, leave] of [["reset", (b) => b.reset()], ["destroyed", (b) => b.destroy()]]) {
      const staging = gpu.createImmediateStagingBuffer({ size: 64 });
      const range = staging.mappedRange();
      leave(staging);
      same(range.length, 0, `length when it is ${end}`);
    }
    const deferred = gpu.createDeferredStagingBuffer({ size: 64 });
    await deferred.mapAsync();
    const range = deferred.mappedRange();
    deferred.unmap();
    same(range.length, 0, "length when it is unmapped");
  });

export const deferredStaging = () =>
  withSystem(async (gpu) => {
    const b = gpu.createDeviceBuffer({ size: 64, usage: STORAGE });
    const staging = gpu.createDeferredStagingBuffer({ label: "stream", size: 64 });
    throws("not-mapped", () => staging.write(pattern(4)), "write unmapped", "stream");
    throws("not-mapped", () => staging.unmap(), "unmap unmapped", "stream");
    for (let turn = 1; turn <= 5; turn++) {
      same(await staging.mapAsync(), undefined, "mapAsync resolves with nothing");
      await rejects("mapped", () => staging.mapAsync(), "map mapped", "stream");
      staging.write(pattern(64, turn));
      const encoder = gpu.device.createCommandEncoder();
      staging.uploadTo(encoder, b);
      gpu.submit([encoder]);
      sameBytes(await contents(gpu, b), pattern(64, turn), `turn ${turn}`);
    }
    await staging.mapAsync();
    staging.write(pattern(8, 9));
    staging.unmap();
    throws("not-mapped", () => staging.write(pattern(4)), "write after unmap", "stream");
    staging.destroy();
    await rejects("destroyed", () => staging.mapAsync(), "map destroyed", "stream");
  });

export const readback = () =>
  withSystem(async (gpu) => {
    const b = gpu.createDeviceBuffer({ size: 256, usage: STORAGE });
    const bytes = pattern(256, 5);
    b.write(0, bytes);
    const rb = gpu.createReadbackBuffer({ label: "results" });
    const whole = await rb.read(b);
    ok(whole instanceof ArrayBuffer, "an ArrayBuffer");
    sameBytes(whole, bytes, "whole");
    const parts = await Promise.all(Array.from({ length: 64 }, (_, i) => rb.read(b, i * 3, 5)));
    parts.forEach((part, i) => sameBytes(part, bytes.subarray(i * 3, i * 3 + 5), `part ${i}`));
    sameBytes(await rb.read(b.gpuBuffer, 100), bytes.subarray(100), "of a GPUBuffer, to its end");

    const into = new Float32Array(8);
    ok((await rb.read(b, 16, undefined, { into })) === into, "resolves with into");
    sameBytes(into, bytes.subarray(16, 48), "into");
    const partly = new Uint8Array(16).fill(7);
    await rb.read(b, 0, 5, { into: partly.subarray(4) });
    sameBytes(partly, [7, 7, 7, 7, ...bytes.subarray(0, 5), 7, 7, 7, 7, 7, 7, 7], "into a part");
    await rejects("range", () => rb.read(b, 0, 20, { into: partly }), "into too little", "results");
    await rejects("range", () => rb.read(b, 257), "offset past the end", "results");
    await rejects("range", () => rb.read(b, 250, 7), "size past the end", "results");
    same((await rb.read(b, 256)).byteLength, 0, "0 bytes");
    rb.destroy();
    await rejects("destroyed", () => rb.read(b), "read destroyed", "results");
  });

export const readsKeepOrder = () =>
  withSystem(async (gpu) => {
    const rb = gpu.createReadbackBuffer();
    const value = (n) => new Uint32Array([n]);
    const whole = (b) => rb.read(b);
    const place = (b) => rb.read(b, 0, 4); // may be joined with its neighbours
    for (const [how, read] of Object.entries({ whole, place })) {
      const b = gpu.createDeviceBuffer({ size: 4, usage: STORAGE });
      b.write(0, value(1));
      const first = read(b);
      const frame = gpu.frame();
      b.write(0, value(2));
      const second = read(b);
      await new Promise((resolve) => setTimeout(resolve, 20));
      sameBytes(await first, value(1), `${how}: asked for before the frame: sent before it`);
      const staging = gpu.createImmediateStagingBuffer({ size: 4 });
      staging.write(value(3));
      staging.uploadTo(frame.encoder, b);
      frame.submit();
      sameBytes(await second, value(3), `${how}: asked for in the frame: sent after all that is in it`);
      const discarded = gpu.frame();
      const third = read(b);
      discarded.discard();
      sameBytes(await third, value(3), `${how}: of a frame that is discarded`);
      const opening = gpu.nextFrame();
      (await opening).discard();
      const early = read(b);
      const next = gpu.nextFrame();
      b.write(0, value(4));
      const opened = await next;
      sameBytes(await early, value(3), `${how}: asked for before the next frame`);
      opened.discard();
      const submitted = read(b);
      gpu.submit([]);
      b.write(0, value(5));
      b.destroy();
      sameBytes(await submitted, value(4), `${how}: sent with a submit, ahead of the buffer's end`);
      const other = gpu.createDeviceBuffer({ size: 4, usage: STORAGE });
      other.write(0, value(6));
      const last = gpu.frame();
      const framed = read(other);
      last.submit();
      other.destroy();
      sameBytes(await framed, value(6), `${how}: sent with its frame, ahead of the buffer's end`);
    }
    const b = gpu.createDeviceBuffer({ size: 4, usage: STORAGE });
    b.write(0, value(3));
    const latest = gpu.createReadbackBuffer({ label: "latest", policy: "latest" });
    const [stale, fresh] = [latest.read(b), latest.read(b)];
    await rejects("stale", () => stale, "the older of two");
    sameBytes(await fresh, value(3), "the newer of two");
  });

export const abortedReads = () =>
  withSystem(async (gpu) => {
    const b = gpu.createDeviceBuffer({ size: 1 << 20, usage: STORAGE });
    const rb = gpu.createReadbackBuffer();
    const reasonOf = (promise) => promise.then(() => "none", (reason) => reason);
    const controller = new AbortController();
    const into = new Uint8Array(1 << 20);
    const pending = reasonOf(rb.read(b, 0, undefined, { into, signal: controller.signal }));
    b.write(0, new Uint8Array(1 << 20).fill(1));
    const other = rb.read(b, 0, 8);
    controller.abort("enough");
    same(await pending, "enough", "reason");
    await other;
    same(into.indexOf(1), -1, "not written after the abort");
    const { name } = await reasonOf(rb.read(b, 0, 4, { signal: AbortSignal.abort() }));
    same(name, "AbortError", "aborted before");
    const calm = new AbortController();
    await rb.read(b, 0, 4, { signal: calm.signal });
    calm.abort();
  });

export const frames = () =>
  withSystem(async (gpu) => {
    const frame = gpu.frame();
    ok(frame.encoder instanceof GPUCommandEncoder && frame.encoder === frame.encoder, "one encoder");
    throws("state", () => gpu.frame(), "two frames");
    frame.submit();
    throws("state", () => frame.submit(), "submit twice");
    throws("state", () => frame.encoder, "encoder after submit");
    throws("state", () => frame.discard(), "discard after submit");
    throws("state", () => frame.use(), "use after submit");
    const next = await gpu.nextFrame();
    const mappable = gpu.createMappableBuffer({ label: "open", size: 16, usage: GPUBufferUsage.MAP_WRITE | COPY_SRC, mappedAtCreation: true });
    const dead = gpu.createDeviceBuffer({ label: "dead", size: 16, usage: VERTEX });
    next.use(mappable, dead, dead.gpuBuffer);
    throws("mapped", () => next.submit(), "submit while mapped", "open");
    mappable.unmap();
    next.submit([gpu.device.createCommandEncoder(), gpu.device.createCommandEncoder().finish()]);
    const third = gpu.frame();
    dead.destroy();
    throws("destroyed", () => third.use(dead), "use destroyed");
    const target = gpu.createDeviceBuffer({ label: "target", size: 16, usage: VERTEX });
    const staging = gpu.createImmediateStagingBuffer({ size: 16 });
    staging.write(pattern(16));
    staging.uploadTo(third.encoder, target);
    target.destroy();
    throws("destroyed", () => third.submit(), "submit of an upload to a destroyed buffer", "target");
    third.discard();
  });

export const framesAreDisposed = () =>
  withSystem((gpu) => {
    const dispose = Symbol.dispose ?? Symbol.for("Symbol.dispose");
    const left = gpu.frame();
    same(/submit or discard/.test(throws("state", () => gpu.frame(), "a frame was left open").message), true, "it says what to do");
    left[dispose]();
    const frame = gpu.frame();
    throws("state", () => left.submit(), "submit after the end");
    left[dispose](); // of a frame that has ended: nothing
    frame.submit();
    frame[dispose]();
    gpu.frame()[dispose]();
    const last = gpu.frame();
    gpu.destroy();
    last[dispose]();
  });

export const framesInFlight = () =>
  withSystem(
    async (gpu) => {
      gpu.frame().submit();
      gpu.frame().submit();
      throws("busy", () => gpu.frame(), "a third frame in one task");
      (await gpu.nextFrame()).submit();
      await gpu.device.queue.onSubmittedWorkDone();
      await new Promise((resolve) => setTimeout(resolve, 20));
      gpu.frame().discard();
    },
    { maxFramesInFlight: 2 },
  );

export const statistics = () =>
  withSystem(async (gpu) => {
    const b = gpu.createDeviceBuffer({ size: 64, usage: STORAGE });
    b.write(0, pattern(64));
    await contents(gpu, b);
    const { kinds, ...rest } = gpu.stats();
    same(Object.keys(kinds), ["DeviceBuffer", "ImmediateStagingBuffer", "DeferredStagingBuffer", "ReadbackBuffer", "DynamicBuffer", "MappableBuffer"], "kinds");
    same(kinds.DeviceBuffer, { count: 1, peak: 1, bytes: 64, peakBytes: 64, created: 1 }, "device buffers");
    same([rest.bytesUp, rest.bytesDown, rest.mapsPending, rest.leaks, rest.budget], [64, 64, 0, 0, 256 << 20], "counts");
    ok(rest.reads.chunks === 1 && rest.reads.idleBytes === rest.reads.bytes && rest.mappable === rest.reads.bytes, "one idle chunk");
    ok(rest.mapLatency.count === 1 && rest.mapLatency.last > 0, "map latency");
    gpu.trim();
    same([gpu.stats().reads.chunks, gpu.stats().mappable], [0, 0], "after trim");
  });

export const logs = async () => {
  const records = [];
  const gpu = await api.open({
    logLevel: "debug",
    onLog: (record) => {
      records.push(record);
      if (record.message === "buffer created") gpu.stats(); // it may call the module
    },
  });
  gpu.createDeviceBuffer({ label: "logged", size: 64, usage: UNIFORM });
  same(records.length, 0, "not within the call");
  await null;
  same(records.at(-1), { level: "debug", message: "buffer created", fields: { kind: "DeviceBuffer", label: "logged", bytes: 64 } }, "record");
  gpu.destroy();
  const { reason } = await gpu.lost;
  same(reason, "destroyed", "lost");
  const quiet = await api.open({ onLog: ({ level }) => ok(level !== "debug", "debug is below info") });
  quiet.createDeviceBuffer({ size: 64, usage: UNIFORM });
  await null;
  quiet.destroy();
};

export const budgets = () =>
  withSystem(
    async (gpu) => {
      const first = gpu.createImmediateStagingBuffer({ size: 512 << 10 });
      throws("budget", () => gpu.createImmediateStagingBuffer({ label: "second", size: 1 << 20 }), "staging over the budget", "second");
      throws("budget", () => gpu.createMappableBuffer({ label: "third", size: 1 << 20, usage: GPUBufferUsage.MAP_READ }), "mappable over the budget", "third");
      const deferred = gpu.createDeferredStagingBuffer({ size: 1 << 20 });
      const waits = deferred.mapAsync();
      first.destroy();
      await waits;
      const again = gpu.createDeferredStagingBuffer({ label: "again", size: 1 << 20 });
      const cancelled = again.mapAsync();
      await rejects("map-pending", () => again.mapAsync(), "map pending", "again");
      again.unmap();
      await rejects("map-aborted", () => cancelled, "unmap while pending", "again");
    },
    { budget: 1 << 20, chunkSize: 256 << 10 },
  );
