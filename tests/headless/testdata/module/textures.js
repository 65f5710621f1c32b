// The rules of texture copies, which the module keeps before the browser hears of them.
import { STORAGE, ok, pattern, rejects, sameBytes, throws, withSystem } from "./check.js";

const { COPY_SRC, COPY_DST, TEXTURE_BINDING, RENDER_ATTACHMENT } = GPUTextureUsage;

const make = (gpu, descriptor) => gpu.device.createTexture({ label: "t", size: [8, 8], format: "rgba8unorm", usage: COPY_SRC | COPY_DST, ...descriptor });

function staged(gpu, data, rowBytes) {
  const staging = gpu.createImmediateStagingBuffer({ label: "s", size: data.length, rowBytes });
  staging.write(data);
  return staging;
}

function upload(gpu, region, data, rowBytes) {
  const frame = gpu.frame();
  staged(gpu, data, rowBytes).uploadToTexture(frame.encoder, region);
  frame.submit();
}

/** Checks that region goes neither up nor down. */
async function refuses(gpu, code, region, what) {
  await rejects(code, () => gpu.createReadbackBuffer().readTexture(region), `${what}: read`, "t");
  const staging = staged(gpu, new Uint8Array(1024), 32);
  throws(code, () => staging.uploadToTexture(gpu.device.createCommandEncoder(), region), `${what}: upload`, "t");
}

export const usageAndSamples = () =>
  withSystem(async (gpu) => {
    const readback = gpu.createReadbackBuffer();
    const written = gpu.createDeviceBuffer({ size: 256, usage: STORAGE });
    written.write(0, pattern(256));
    const texture = make(gpu, { usage: TEXTURE_BINDING });
    const [neighbour] = await Promise.all([readback.read(written), refuses(gpu, "usage", { texture }, "neither source nor destination")]);
    sameBytes(neighbour, pattern(256), "a read in the same task");
    await rejects("usage", () => readback.readTexture({ texture: make(gpu, { usage: COPY_DST }) }), "no source");
    const samples = make(gpu, { sampleCount: 4, usage: RENDER_ATTACHMENT });
    const error = await rejects("unsupported", () => readback.readTexture({ texture: samples }), "samples");
    ok(/multisampled/.test(error.message), error.message);
    await refuses(gpu, "unsupported", { texture: make(gpu, { sampleCount: 4, usage: COPY_SRC | COPY_DST | RENDER_ATTACHMENT }) }, "samples");
  });

export const aspects = () =>
  withSystem(async (gpu) => {
    const readback = gpu.createReadbackBuffer();
    const texture = make(gpu, { format: "depth24plus-stencil8" });
    const region = { texture, aspect: "stencil-only" };
    upload(gpu, region, pattern(64), 8);
    sameBytes(await readback.readTexture(region), pattern(64), "stencil");
    sameBytes(await readback.readTexture({ texture, aspect: "stencil-only", origin: [0, 0], size: [8, 8] }), pattern(64), "stencil, with its size");
    for (const aspect of [undefined, "all", "depth-only"]) await refuses(gpu, "unsupported", { texture, aspect }, String(aspect));
    await refuses(gpu, "unsupported", { texture: make(gpu), aspect: "depth-only" }, "depth of a colour");
    await refuses(gpu, "range", { ...region, size: [8, 4] }, "a part of a layer");
    for (const aspect of ["depth", "", 1, null, {}]) await rejects("type", () => readback.readTexture({ texture, aspect }), `aspect ${aspect}`);
  });

export const levelsOf3D = () =>
  withSystem(async (gpu) => {
    const readback = gpu.createReadbackBuffer();
    const texture = make(gpu, { size: [8, 8, 8], dimension: "3d", mipLevelCount: 4 });
    for (const [mipLevel, n] of [[0, 8], [1, 4], [2, 2], [3, 1]]) {
      upload(gpu, { texture, mipLevel }, pattern(n * n * n * 4, n), n * 4);
      sameBytes(await readback.readTexture({ texture, mipLevel }), pattern(n * n * n * 4, n), `level ${mipLevel}`);
    }
    await refuses(gpu, "range", { texture, mipLevel: 1, size: [4, 4, 5] }, "more slices than the level has");
    await refuses(gpu, "range", { texture, mipLevel: 1, origin: [0, 0, 4], size: [4, 4] }, "a slice that the level lacks");
    const cut = await readback.readTexture({ texture, origin: [2, 3, 5], size: [1, 1, 2] });
    sameBytes(cut, [5, 6].flatMap((z) => [...pattern(2048, 8).subarray(((z * 8 + 3) * 8 + 2) * 4).subarray(0, 4)]), "texels of two slices");
  });

/** Runs test with compressed textures, where the adapter has them. */
async function withBlocks(test, options, featureLevel = "core") {
  const adapter = await navigator.gpu.requestAdapter({ featureLevel });
  if (!adapter.features.has("texture-compression-bc")) return;
  const device = await adapter.requestDevice({ requiredFeatures: ["texture-compression-bc"] });
  await withSystem(test, { device, ...options });
  device.destroy();
}

export const blocks = () =>
  withBlocks(async (gpu) => {
    const readback = gpu.createReadbackBuffer();
    const texture = make(gpu, { format: "bc7-rgba-unorm", size: [12, 12], mipLevelCount: 3 });
    upload(gpu, { texture, mipLevel: 1 }, pattern(64), 32);
    sameBytes(await readback.readTexture({ texture, mipLevel: 1 }), pattern(64), "6 x 6 texels are 2 x 2 blocks");
    sameBytes(await readback.readTexture({ texture, mipLevel: 1, size: [8, 4] }), pattern(64).subarray(0, 32), "sizes are in texels");
    const into = new Uint8Array(16);
    await readback.readTexture({ texture, mipLevel: 1, origin: [4, 4], size: [4, 4] }, { into });
    sameBytes(into, pattern(64).subarray(48), "a block");
    await refuses(gpu, "alignment", { texture, mipLevel: 1, size: [6, 6] }, "less than whole blocks");
    await refuses(gpu, "alignment", { texture, origin: [2, 0], size: [4, 4] }, "within a block");
    await refuses(gpu, "alignment", { texture, size: [4] }, "a row of texels");
    await refuses(gpu, "range", { texture, mipLevel: 1, size: [12, 4] }, "outside");
    throws("range", () => staged(gpu, pattern(64), 16).uploadToTexture(gpu.device.createCommandEncoder(), { texture, mipLevel: 1 }), "rows of one block");
  });

export const compatibility = () =>
  withBlocks(async (gpu) => {
    if (gpu.device.features.has("core-features-and-limits")) return;
    const texture = make(gpu, { format: "bc7-rgba-unorm" });
    upload(gpu, { texture }, pattern(64), 32);
    await rejects("unsupported", () => gpu.createReadbackBuffer().readTexture({ texture }), "blocks", "t");
    const plain = make(gpu);
    upload(gpu, { texture: plain }, pattern(256), 32);
    sameBytes(await gpu.createReadbackBuffer().readTexture({ texture: plain }), pattern(256), "texels");
  }, {}, "compatibility");

// A layer of depth is copied in one piece, other rows in as many as fit.
const long = [["rgba8unorm", 4096, 300], ["depth16unorm", 2048, 300], ["stencil8", 1024, 300], ["bc7-rgba-unorm", 4096, 75]];

export const longerThanAChunk = () =>
  withBlocks(async (gpu) => {
    const readback = gpu.createReadbackBuffer();
    for (const [format, row, rows] of long) {
      const texture = make(gpu, { format, size: [1024, 300, 2] });
      const data = pattern(row * rows * 2);
      upload(gpu, { texture }, data, row);
      sameBytes(await readback.readTexture({ texture }), data, format);
    }
  }, { chunkSize: 256 << 10 });
