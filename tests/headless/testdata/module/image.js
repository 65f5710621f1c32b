// Pictures that go to textures.
import { ok, pattern, rejects, same, sameBytes, withSystem } from "./check.js";

const usage = GPUTextureUsage.COPY_SRC | GPUTextureUsage.COPY_DST | GPUTextureUsage.RENDER_ATTACHMENT | GPUTextureUsage.TEXTURE_BINDING;
const texture = (gpu, size, more) => gpu.device.createTexture({ label: "picture", size, format: "rgba8unorm", usage, ...more });

/** Opaque texels: others would be rounded on the way. */
function opaque(width, height, seed = 1) {
  const bytes = pattern(4 * width * height, seed);
  for (let i = 3; i < bytes.length; i += 4) bytes[i] = 255;
  return new Uint8ClampedArray(bytes);
}

async function level(gpu, from, mipLevel = 0, layer = 0) {
  const reader = gpu.createReadbackBuffer();
  const [width, height] = [from.width, from.height].map((n) => Math.max(1, n >> mipLevel));
  const bytes = new Uint8Array(await reader.readTexture({ texture: from, mipLevel, origin: [0, 0, layer], size: [width, height, 1] }));
  reader.destroy();
  return bytes;
}

function canvasOf(data, canvas = new OffscreenCanvas(data.width, data.height)) {
  [canvas.width, canvas.height] = [data.width, data.height];
  canvas.getContext("2d").putImageData(data, 0, 0);
  return canvas;
}

export const everyKindOfPicture = () =>
  withSystem(async (gpu) => {
    const data = new ImageData(opaque(7, 5), 7, 5);
    const png = await canvasOf(data).convertToBlob();
    const element = new Image();
    element.src = URL.createObjectURL(png);
    await element.decode();
    const sources = {
      ImageData: data,
      ImageBitmap: await createImageBitmap(data),
      HTMLImageElement: element,
      HTMLCanvasElement: canvasOf(data, document.createElement("canvas")),
      OffscreenCanvas: canvasOf(data),
      VideoFrame: new VideoFrame(canvasOf(data), { timestamp: 0 }),
      Blob: png,
      Response: new Response(png),
    };
    for (const [kind, source] of Object.entries(sources)) {
      const to = texture(gpu, [7, 5]);
      await gpu.uploadImage(to, source);
      sameBytes(await level(gpu, to), data.data, kind);
      to.destroy();
    }
    sources.VideoFrame.close();
    same(sources.ImageBitmap.width, 7, "a bitmap of the page's stays open");
  });

export const alphaIsNoFactor = () =>
  withSystem(async (gpu) => {
    const bytes = pattern(4 * 6 * 4, 3);
    const data = new ImageData(new Uint8ClampedArray(bytes), 6, 4);
    const to = texture(gpu, [6, 4]);
    await gpu.uploadImage(to, data);
    sameBytes(await level(gpu, to), bytes, "as given");
    await gpu.uploadImage(to, await gpu.screenshot(to));
    sameBytes(await level(gpu, to), bytes, "by a PNG");
    await gpu.uploadImage(to, new ImageData(Uint8ClampedArray.of(200, 100, 50, 128), 1, 1), { premultipliedAlpha: true, origin: [2, 1] });
    same([...(await level(gpu, to)).subarray(4 * 8, 4 * 9)], [100, 50, 25, 128], "premultiplied, at its place");
  });

export const optionsOfTheBrowser = () =>
  withSystem(async (gpu) => {
    const data = new ImageData(opaque(1, 2), 1, 2);
    const to = texture(gpu, [4, 4], { mipLevelCount: 2 });
    await gpu.uploadImage(to, data, { mipLevel: 1, flipY: true });
    const got = await level(gpu, to, 1);
    sameBytes([...got.subarray(0, 4), ...got.subarray(8, 12)], [...data.data.subarray(4), ...data.data.subarray(0, 4)], "the lowest row first, in the second level");
    ok((await level(gpu, to)).every((x) => x === 0), "the first level");
    const red = new ImageData(Uint8ClampedArray.of(255, 0, 0, 255), 1, 1);
    await gpu.uploadImage(to, red, { colorSpace: "display-p3" });
    const [r, g, b] = await level(gpu, to);
    ok(Math.abs(r - 234) < 4 && Math.abs(g - 51) < 4 && Math.abs(b - 35) < 4, `red of sRGB in display-p3: got ${[r, g, b]}`);
  });

export const smallerLevels = () =>
  withSystem(async (gpu) => {
    for (const [width, height] of [[8, 8], [16, 4], [32, 1]]) {
      const layers = 3;
      const mipLevelCount = 1 + Math.log2(Math.max(width, height));
      const to = texture(gpu, [width, height, layers], { mipLevelCount });
      const data = new ImageData(opaque(width, height, 5), width, height);
      await gpu.uploadImage(to, data, { origin: [0, 0, 1], mipmaps: true });
      let above = [...data.data];
      for (let mip = 1; mip < mipLevelCount; mip++) {
        above = mean(above, Math.max(1, width >> (mip - 1)), Math.max(1, height >> (mip - 1)));
        const got = await level(gpu, to, mip, 1);
        same(got.length, above.length, "bytes");
        got.forEach((x, i) => ok(Math.abs(x - above[i]) <= mip, `${width} x ${height}, level ${mip}, byte ${i}: got ${x}, want ${above[i]}`));
        ok((await level(gpu, to, mip, 0)).every((x) => x === 0), "another layer");
      }
      to.destroy();
    }
  });

/** Half of a picture in each direction that has more than one texel. */
function mean(bytes, width, height) {
  const [w, h] = [Math.max(1, width >> 1), Math.max(1, height >> 1)];
  const half = [];
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      for (let k = 0; k < 4; k++) {
        const at = (dx, dy) => bytes[4 * (Math.min(height - 1, 2 * y + dy) * width + Math.min(width - 1, 2 * x + dx)) + k];
        half.push((at(0, 0) + at(1, 0) + at(0, 1) + at(1, 1)) / 4);
      }
    }
  }
  return half;
}

export const picturesThatCannotGo = () =>
  withSystem(async (gpu) => {
    const data = new ImageData(opaque(4, 4), 4, 4);
    const fine = texture(gpu, [4, 4]);
    const cases = [
      ["no texture", "type", undefined, data],
      ["no source", "type", fine, undefined],
      ["bytes", "type", fine, new Uint8Array(64)],
      ["a Blob that is no picture", "type", fine, new Blob(["text"])],
      ["a Response that is not ok", "type", fine, new Response("", { status: 404 })],
      ["a texture without RENDER_ATTACHMENT", "usage", texture(gpu, [4, 4], { usage: GPUTextureUsage.COPY_DST }), data],
      ["mip levels without TEXTURE_BINDING", "usage", texture(gpu, [4, 4], { usage: GPUTextureUsage.COPY_DST | GPUTextureUsage.RENDER_ATTACHMENT }), data, { mipmaps: true }],
      ["a place outside", "validation", fine, data, { origin: [1, 0] }],
      ["a level that is none", "validation", fine, data, { mipLevel: 3 }],
      ["an option that is none", "type", fine, data, { mips: true }],
    ];
    for (const [what, code, to, source, options] of cases) {
      same((await rejects(code, () => gpu.uploadImage(to, source, options), what)).operation, "uploadImage", what);
    }
    const closed = await createImageBitmap(data);
    closed.close();
    await rejects("validation", () => gpu.uploadImage(fine, closed), "a bitmap that is closed");
    gpu.destroy();
    await rejects("destroyed", () => gpu.uploadImage(fine, data), "a system that has ended");
  });
