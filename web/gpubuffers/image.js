// Pictures that go to textures, with the smaller pictures of them that sampling needs.

import { booleanOr, isA, oneOf, unsignedOr0, upToThree } from "./arguments.js";
import { GPUBufferError, refusal } from "./errors.js";
import { TextureUsage } from "./usages.js";

const operation = "uploadImage";
const { COPY_DST, RENDER_ATTACHMENT, TEXTURE_BINDING } = TextureUsage;

/** What every browser copies to a texture by itself, */
const copied = ["ImageBitmap", "HTMLImageElement", "HTMLCanvasElement", "OffscreenCanvas"];
/** and what Firefox does not: an ImageBitmap is made of it. */
const converted = ["ImageData", "HTMLVideoElement", "VideoFrame"];

/**
 * Copies a picture to a texture, and makes the smaller mip levels below it.
 * @param {GPUDevice} device
 * @param {GPUTexture} texture
 */
export async function uploadImage(device, texture, source, options) {
  const usage = usageOf(texture);
  if (usage === undefined) throw refusal("type", operation, "", "texture must be a GPUTexture");
  const { label } = texture;
  const [x, y, layer] = placeOf(label, options.origin);
  const mipLevel = unsignedOr0(operation, label, "mipLevel", options.mipLevel);
  const mipmaps = booleanOr(false, operation, label, "mipmaps", options.mipmaps);
  const flipY = booleanOr(false, operation, label, "flipY", options.flipY);
  const premultipliedAlpha = booleanOr(false, operation, label, "premultipliedAlpha", options.premultipliedAlpha);
  const colorSpace = oneOf(operation, label, "colorSpace", ["srgb", "display-p3"], options.colorSpace);
  const needed = COPY_DST | RENDER_ATTACHMENT | (mipmaps ? TEXTURE_BINDING : 0);
  if ((usage & needed) !== needed) {
    throw refusal("usage", operation, label, `the texture needs usage COPY_DST, RENDER_ATTACHMENT${mipmaps ? " and, for mip levels, TEXTURE_BINDING" : ""}`);
  }
  const image = await imageOf(source, label);
  try {
    await scoped(device, label, () => {
      const from = { source: image, origin: undefined, flipY };
      device.queue.copyExternalImageToTexture(from, { texture, mipLevel, origin: [x, y, layer], premultipliedAlpha, colorSpace }, sizeOf(image));
      if (mipmaps) device.queue.submit([smaller(device, texture, mipLevel, layer)]);
    });
  } finally {
    if (image !== source) image.close();
  }
}

/** The usage of a GPUTexture; undefined for all else, and for what only pretends to be one. */
export function usageOf(texture) {
  try {
    return Object.getOwnPropertyDescriptor(GPUTexture.prototype, "usage")?.get?.call(texture);
  } catch {
    return undefined;
  }
}

function placeOf(label, origin) {
  const list = upToThree(operation, label, "origin", origin);
  return [0, 1, 2].map((i) => unsignedOr0(operation, label, "origin", list[i]));
}

/** The source, or what was decoded from it. */
async function imageOf(source, label) {
  const isOne = (type) => isA(source, globalThis[type]);
  if (copied.some(isOne)) return source;
  const isResponse = isA(source, globalThis.Response);
  if (isResponse && !source.ok) throw refusal("type", operation, label, `source is a Response of status ${source.status}`);
  if (!isResponse && !isOne("Blob") && !converted.some(isOne)) throw refusal("type", operation, label, `source must be a Blob, a Response, ${[...copied, ...converted].join(", ")}`);
  let blob;
  try {
    blob = isResponse ? await source.blob() : source;
  } catch (cause) {
    throw refusal("type", operation, label, "source is a Response that cannot be read", cause);
  }
  try {
    return await createImageBitmap(blob, { premultiplyAlpha: "none", colorSpaceConversion: "none" });
  } catch (cause) {
    throw refusal("type", operation, label, "source is no picture that the browser knows", cause);
  }
}

function sizeOf(image) {
  const width = image.displayWidth ?? image.videoWidth ?? image.naturalWidth ?? image.width;
  const height = image.displayHeight ?? image.videoHeight ?? image.naturalHeight ?? image.height;
  return [width, height];
}

/** Calls f, and rejects with what the browser says of its calls, at once or later. */
async function scoped(device, label, f) {
  device.pushErrorScope("validation");
  let thrown;
  try {
    f();
  } catch (cause) {
    thrown = cause instanceof GPUBufferError ? cause : refusal("validation", operation, label, `the browser refused it: ${cause.message}`, cause);
  }
  const later = await device.popErrorScope().catch(() => null); // of a lost device the caller hears elsewhere
  if (thrown) throw thrown;
  if (later) throw refusal("validation", operation, label, `the browser refused it: ${later.message}`, later);
}

/** By device, by format: what draws a mip level from the one above it. */
const pipelines = new WeakMap();

function pipelineFor(device, format) {
  let made = pipelines.get(device);
  if (made === undefined) pipelines.set(device, (made = { byFormat: new Map(), module: device.createShaderModule({ label: "mip levels", code }), sampler: device.createSampler({ minFilter: "linear" }) }));
  if (!made.byFormat.has(format)) {
    const { module } = made;
    made.byFormat.set(format, device.createRenderPipeline({ label: "mip levels", layout: "auto", vertex: { module }, fragment: { module, targets: [{ format }] }, primitive: { topology: "triangle-strip" } }));
  }
  return { pipeline: made.byFormat.get(format), sampler: made.sampler };
}

const code = `
  struct Corner { @builtin(position) position: vec4f, @location(0) at: vec2f }
  @vertex fn vertex(@builtin(vertex_index) i: u32) -> Corner {
    let at = vec2f(f32(i & 1), f32(i >> 1));
    return Corner(vec4f(2 * at.x - 1, 1 - 2 * at.y, 0, 1), at);
  }
  @group(0) @binding(0) var above: texture_2d<f32>;
  @group(0) @binding(1) var smooth_: sampler;
  @fragment fn fragment(corner: Corner) -> @location(0) vec4f { return textureSample(above, smooth_, corner.at); }`;

/** Commands that draw the mip levels below one, each from the one above it. */
function smaller(device, texture, mipLevel, layer) {
  const { pipeline, sampler } = pipelineFor(device, texture.format);
  const encoder = device.createCommandEncoder({ label: "mip levels" });
  const viewOf = (level) => texture.createView({ dimension: "2d", baseMipLevel: level, mipLevelCount: 1, baseArrayLayer: layer, arrayLayerCount: 1 });
  for (let level = mipLevel + 1; level < texture.mipLevelCount; level++) {
    const entries = [{ binding: 0, resource: viewOf(level - 1) }, { binding: 1, resource: sampler }];
    const pass = encoder.beginRenderPass({ colorAttachments: [{ view: viewOf(level), loadOp: "clear", storeOp: "store" }] });
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
    pass.draw(4);
    pass.end();
  }
  return encoder.finish();
}
