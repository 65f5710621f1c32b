// Pictures of textures and canvases.
import { ok, pattern, rejects, same, sameBytes, withSystem } from "./check.js";

const usage = GPUTextureUsage.COPY_SRC | GPUTextureUsage.COPY_DST | GPUTextureUsage.RENDER_ATTACHMENT;

function texture(gpu, format, [width, height], bytes, more) {
  const made = gpu.device.createTexture({ label: "picture", size: [width, height], format, usage, ...more });
  if (bytes) gpu.device.queue.writeTexture({ texture: made }, bytes, { bytesPerRow: 4 * width }, [width, height]);
  return made;
}

/** Width, height and texels of a PNG, by its bytes: a canvas would round them. */
async function decoded(blob) {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  const view = new DataView(bytes.buffer);
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  const data = [];
  for (let at = 8; at < bytes.length; at += view.getUint32(at) + 12) {
    if (String.fromCharCode(...bytes.subarray(at + 4, at + 8)) === "IDAT") data.push(bytes.subarray(at + 8, at + 8 + view.getUint32(at)));
  }
  const rows = new Uint8Array(await new Response(new Blob(data).stream().pipeThrough(new DecompressionStream("deflate"))).arrayBuffer());
  const texels = new Uint8Array(4 * width * height);
  for (let y = 0; y < height; y++) {
    same(rows[y * (4 * width + 1)], 0, "filter of a row");
    texels.set(rows.subarray(y * (4 * width + 1) + 1, (y + 1) * (4 * width + 1)), 4 * width * y);
  }
  return { width, height, texels };
}

const swapped = (bytes) => bytes.map((_, i) => bytes[i % 4 === 3 || i % 4 === 1 ? i : i + (i % 4 === 0 ? 2 : -2)]);

export const aPictureIsItsTexture = () =>
  withSystem(async (gpu) => {
    for (const format of ["rgba8unorm", "rgba8unorm-srgb", "bgra8unorm", "bgra8unorm-srgb"]) {
      for (const [width, height] of [[1, 1], [3, 5], [64, 2], [130, 7]]) { // rows with padding, and without
        const bytes = pattern(4 * width * height, width);
        const blob = await gpu.screenshot(texture(gpu, format, [width, height], bytes));
        same(blob.type, "image/png", "type");
        const found = await decoded(blob);
        same([found.width, found.height], [width, height], "size");
        sameBytes(found.texels, format.startsWith("b") ? swapped(bytes) : bytes, `${format} of ${width} x ${height}`);
        const bitmap = await createImageBitmap(blob);
        same([bitmap.width, bitmap.height], [width, height], "what the browser makes of it");
      }
    }
  });

export const alphaOfAPicture = () =>
  withSystem(async (gpu) => {
    const of = async (texel, alphaMode) => [...(await decoded(await gpu.screenshot(texture(gpu, "rgba8unorm", [1, 1], Uint8Array.from(texel)), { alphaMode }))).texels];
    same(await of([10, 20, 30, 40], "straight"), [10, 20, 30, 40], "straight");
    same(await of([10, 20, 30, 40], "opaque"), [10, 20, 30, 255], "opaque");
    same(await of([10, 20, 30, 100], "premultiplied"), [26, 51, 77, 100], "premultiplied");
    same(await of([10, 20, 30, 0], "premultiplied"), [10, 20, 30, 0], "nothing of them");
    same(await of([200, 20, 30, 100], "premultiplied"), [255, 51, 77, 100], "more than all of them");
  });

export const aPictureOfACanvas = () =>
  withSystem(async (gpu) => {
    for (const canvas of [document.createElement("canvas"), new OffscreenCanvas(4, 3)]) {
      [canvas.width, canvas.height] = [4, 3];
      const context = canvas.getContext("webgpu");
      await rejects("state", () => gpu.screenshot(canvas), "one that is not configured");
      for (const [alphaMode, alpha] of [["opaque", 255], ["premultiplied", 128]]) {
        const format = navigator.gpu.getPreferredCanvasFormat();
        context.configure({ device: gpu.device, format, usage, alphaMode });
        const encoder = gpu.device.createCommandEncoder();
        const clearValue = { r: 32 / 255, g: 64 / 255, b: 16 / 255, a: 128 / 255 };
        const view = context.getCurrentTexture().createView();
        encoder.beginRenderPass({ colorAttachments: [{ view, loadOp: "clear", storeOp: "store", clearValue }] }).end();
        gpu.device.queue.submit([encoder.finish()]);
        const { width, height, texels } = await decoded(await gpu.screenshot(canvas));
        same([width, height], [4, 3], "size");
        same([...texels.subarray(0, 4)], alpha === 255 ? [32, 64, 16, 255] : [64, 128, 32, 128], `a texel, ${alphaMode}`);
        sameBytes(texels.subarray(4), texels.subarray(0, 44), "all are alike");
      }
      context.configure({ device: gpu.device, format: "rgba8unorm" });
      const isCopied = (context.getCurrentTexture().usage & GPUTextureUsage.COPY_SRC) !== 0; // it always is in Firefox
      if (!isCopied) ok((await rejects("usage", () => gpu.screenshot(canvas), "one without COPY_SRC")).message.includes("COPY_SRC"), "what to do");
    }
    const other = document.createElement("canvas");
    other.getContext("2d");
    await rejects("type", () => gpu.screenshot(other), "one of another kind");
  });

export const picturesRefused = () =>
  withSystem(async (gpu) => {
    const failed = await rejects("unsupported", () => gpu.screenshot(texture(gpu, "rgba16float", [4, 4])), "a format");
    same([failed.operation, failed.label], ["screenshot", "picture"], "operation and label");
    await rejects("unsupported", () => gpu.screenshot(texture(gpu, "rgba8unorm", [4, 4], undefined, { sampleCount: 4, usage: GPUTextureUsage.RENDER_ATTACHMENT })), "samples");
    const noCopy = texture(gpu, "rgba8unorm", [4, 4], undefined, { usage: GPUTextureUsage.COPY_DST });
    same((await rejects("usage", () => gpu.screenshot(noCopy), "no COPY_SRC")).operation, "screenshot", "operation");
    for (const value of [undefined, null, 3, {}, gpu.device.createBuffer({ size: 4, usage: GPUBufferUsage.COPY_SRC })]) {
      same((await rejects("type", () => gpu.screenshot(value), String(value))).operation, "screenshot", "operation");
    }
    const fine = texture(gpu, "rgba8unorm", [4, 4], pattern(64));
    await rejects("type", () => gpu.screenshot(fine, { alphaMode: "none" }), "a mode that is none");
    await rejects("type", () => gpu.screenshot(fine, { alpha: "opaque" }), "an option that is none");
    const reason = new Error("enough");
    const got = await gpu.screenshot(fine, { signal: AbortSignal.abort(reason) }).catch((error) => error);
    same(got === reason, true, "the reason of the signal");
    gpu.destroy();
    same((await rejects("destroyed", () => gpu.screenshot(fine), "a system that has ended")).operation, "screenshot", "operation");
  });
