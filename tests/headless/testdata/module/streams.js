import { STORAGE, contents, ok, pattern, rejects, same, sameBytes, withSystem } from "./check.js";

function chunked(bytes, size, fail) {
  let at = 0;
  return new ReadableStream({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      if (fail && at >= fail) controller.error(new Error("the source broke"));
      else if (at >= bytes.length) controller.close();
      else controller.enqueue(bytes.subarray(at, (at += size)));
    },
  });
}

export const intoStaging = () =>
  withSystem(async (gpu) => {
    const size = 300000;
    const bytes = pattern(size, 4);
    const b = gpu.createDeviceBuffer({ size, usage: STORAGE });
    const sources = {
      Blob: () => new Blob([bytes.subarray(0, 1000), bytes.subarray(1000)]),
      Response: () => new Response(bytes),
      ReadableStream: () => chunked(bytes, 70001),
    };
    for (const [name, source] of Object.entries(sources)) {
      for (const deferred of [false, true]) {
        const staging = deferred ? gpu.createDeferredStagingBuffer({ label: name, size }) : gpu.createImmediateStagingBuffer({ label: name, size });
        if (deferred) await staging.mapAsync();
        const progress = [];
        same(await staging.readFrom(source(), { onProgress: (n) => progress.push(n) }), size, `${name}: bytes read`);
        same([progress.at(-1), progress.every((n, i) => i === 0 || n > progress[i - 1])], [size, true], `${name}: progress`);
        b.write(0, new Uint8Array(size));
        const frame = gpu.frame();
        staging.uploadTo(frame.encoder, b);
        frame.submit();
        sameBytes(await contents(gpu, b), bytes, name);
        staging.destroy();
      }
    }
    const empty = gpu.createImmediateStagingBuffer({ size: 4 });
    same(await empty.readFrom(new Response(null)), 0, "an empty response");
    same(await empty.readFrom(new Blob()), 0, "an empty blob");
  });

/** What a server answered instead of the data is not taken for the data. */
export const refusedResponses = () =>
  withSystem(async (gpu) => {
    const b = gpu.createDeviceBuffer({ label: "b", size: 1000, usage: STORAGE });
    const staging = gpu.createImmediateStagingBuffer({ label: "s", size: 1000 });
    const read = async () => {
      const response = new Response(pattern(8));
      await response.arrayBuffer();
      return response;
    };
    const locked = () => {
      const response = new Response(pattern(8));
      response.body.getReader();
      return response;
    };
    const opaque = () => Object.defineProperties(Response.error(), { type: { value: "opaque" } }); // an isolated page is sent none
    for (const [what, make, says] of [
      ["an error page", () => new Response("not found", { status: 404 }), /status 404/],
      ["a status of its own", () => new Response("sorry", { status: 503 }), /status 503/],
      ["an error", () => Response.error(), /status 0/],
      ["a Response that was read", read, /read before/],
      ["a locked Response", locked, /cannot be read/],
      ["an opaque Response", opaque, /opaque/],
    ]) {
      for (const [name, label, take] of [["upload", "b", (source) => b.upload(0, source)], ["readFrom", "s", (source) => staging.readFrom(source)]]) {
        const source = await make();
        const error = await rejects("type", () => take(source), `${name} of ${what}`, label);
        ok(says.test(error.message), `${name} of ${what}: ${error.message}`);
        same(error.operation, name, "operation");
      }
    }
    same(await b.upload(0, new Response(pattern(8), { status: 203 })), 8, "another good status");
    same(await staging.readFrom(new Response(null, { status: 204 })), 0, "no content");
  });

export const refusedStreams = () =>
  withSystem(async (gpu) => {
    const staging = gpu.createImmediateStagingBuffer({ label: "small", size: 1000 });
    const stream = chunked(pattern(3000), 400);
    await rejects("range", () => staging.readFrom(stream), "more than fits", "small");
    ok(!stream.locked, "the stream is free again");
    same(staging.written, 800, "what fitted");
    const broken = await staging.readFrom(chunked(pattern(100), 50, 50)).catch((error) => error);
    same(broken.message, "the source broke", "an error of the source's");
    const locked = chunked(pattern(8), 8);
    locked.getReader();
    await rejects("type", () => staging.readFrom(locked), "a locked stream");
    await rejects("type", () => staging.readFrom(new ReadableStream({ start: (c) => c.enqueue("text") })), "text");
    const used = new Response(pattern(8));
    await used.arrayBuffer();
    await rejects("type", () => staging.readFrom(used), "a response that was read");
    for (const source of [undefined, null, {}, "text", pattern(8), pattern(8).buffer]) await rejects("type", () => staging.readFrom(source), String(source));

    const controller = new AbortController();
    let cancelled;
    const endless = new ReadableStream({ pull: () => new Promise(() => {}), cancel: (reason) => (cancelled = reason) });
    const read = staging.readFrom(endless, { signal: controller.signal });
    setTimeout(() => controller.abort("stop"), 5);
    same(await read.catch((reason) => reason), "stop", "aborted");
    same([cancelled, endless.locked], ["stop", false], "the stream is cancelled");
    const before = await staging.readFrom(new Blob(["x"]), { signal: AbortSignal.abort("early") }).catch((reason) => reason);
    same(before, "early", "aborted before");
    staging.destroy();
    await rejects("destroyed", () => staging.readFrom(new Blob(["x"])), "destroyed", "small");
  });

const formats = [["rgba8unorm", 4], ["r8unorm", 1], ["rg8unorm", 2], ["rgba16float", 8], ["rgba32float", 16]];

export const textures = () =>
  withSystem(async (gpu) => {
    const rb = gpu.createReadbackBuffer();
    for (const [format, texel] of formats) {
      for (const [w, h, layers] of [[1, 1, 1], [3, 5, 1], [63, 7, 1], [64, 4, 1], [65, 9, 3], [257, 3, 2]]) {
        const texture = gpu.device.createTexture({ label: "t", size: [w, h, layers], format, usage: GPUTextureUsage.COPY_SRC | GPUTextureUsage.COPY_DST });
        const bytes = finite(pattern(w * h * layers * texel, w), format);
        const staging = gpu.createImmediateStagingBuffer({ size: bytes.length, rowBytes: w * texel });
        staging.write(bytes.subarray(0, 1 + bytes.length / 3));
        staging.write(bytes.subarray(1 + bytes.length / 3));
        const frame = gpu.frame();
        staging.uploadToTexture(frame.encoder, { texture });
        const inFrame = rb.readTexture({ texture });
        frame.submit();
        sameBytes(await inFrame, bytes, `${format} ${w} x ${h} x ${layers}`);
        const into = new Uint8Array(bytes.length);
        ok((await rb.readTexture({ texture }, { into })) === into, "into");
        sameBytes(into, bytes, `${format} ${w} x ${h} x ${layers}, into`);
        texture.destroy();
        staging.destroy();
      }
    }
  });

/** Without the bits that make a float NaN or denormal, which a copy may change. */
function finite(bytes, format) {
  if (!format.endsWith("float")) return bytes;
  const step = format === "rgba16float" ? 2 : 4;
  for (let i = step - 1; i < bytes.length; i += step) bytes[i] = 0x3c;
  return bytes;
}

export const textureParts = () =>
  withSystem(async (gpu) => {
    const texture = gpu.device.createTexture({ size: [16, 16, 2], mipLevelCount: 3, format: "rgba8unorm", usage: GPUTextureUsage.COPY_SRC | GPUTextureUsage.COPY_DST });
    const rb = gpu.createReadbackBuffer();
    const staging = gpu.createImmediateStagingBuffer({ size: 5 * 3 * 4, rowBytes: 20 });
    staging.write(pattern(60));
    const frame = gpu.frame();
    staging.uploadToTexture(frame.encoder, { texture, mipLevel: 1, origin: [2, 4, 1], size: [5, 3] });
    frame.submit();
    sameBytes(await rb.readTexture({ texture, mipLevel: 1, origin: [2, 4, 1], size: [5, 3] }), pattern(60), "the part");
    sameBytes(await rb.readTexture({ texture, mipLevel: 1, origin: [3, 5, 1], size: [1] }), pattern(60).subarray(24, 28), "a texel");
    const level = new Uint8Array(await rb.readTexture({ texture, mipLevel: 1 }));
    same(level.length, 8 * 8 * 4 * 2, "a whole level");
    const want = new Uint8Array(level.length);
    for (let row = 0; row < 3; row++) want.set(pattern(60).subarray(row * 20, row * 20 + 20), 256 + (4 + row) * 32 + 8);
    sameBytes(level, want, "the level around the part");
    await rejects("range", () => rb.readTexture({ texture, mipLevel: 3 }), "no such level");
    await rejects("range", () => rb.readTexture({ texture, size: [17, 1] }), "outside");
    await rejects("type", () => rb.readTexture({ texture: {} }), "no texture");
    await rejects("range", () => rb.readTexture({ texture }, { into: new Uint8Array(16) }), "into too little");
  });
