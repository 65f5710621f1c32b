// Pictures of textures and canvases, as PNG.

import { isA, oneOf } from "./arguments.js";
import { refusal } from "./errors.js";
import { usageOf } from "./image.js";
import { TextureUsage } from "./usages.js";

const operation = "screenshot";

/** Where in a texel red lies, by format. */
const redAt = new Map(Object.entries({ "rgba8unorm": 0, "rgba8unorm-srgb": 0, "bgra8unorm": 2, "bgra8unorm-srgb": 2 }));

const alphaModes = ["opaque", "premultiplied", "straight"];

/**
 * What is to be shown: a texture, how its alpha is meant, and where red lies in a texel.
 * @param {GPUTexture | HTMLCanvasElement | OffscreenCanvas} source
 */
export function pictureOf(source, alphaMode) {
  const context = isCanvas(source) ? contextOf(source) : undefined;
  const texture = context?.getCurrentTexture() ?? source;
  if (usageOf(texture) === undefined) throw refusal("type", operation, "", "source must be a GPUTexture or a canvas");
  const { label, format, dimension } = texture;
  if (context && (texture.usage & TextureUsage.COPY_SRC) === 0) {
    throw refusal("usage", operation, label, "the canvas is to be configured with usage COPY_SRC besides RENDER_ATTACHMENT");
  }
  const red = redAt.get(format);
  if (red === undefined || dimension !== "2d") {
    throw refusal("unsupported", operation, label, `it is a ${dimension} texture of ${format}: pictures are of 2d textures of ${[...redAt.keys()].join(", ")}`);
  }
  const mode = oneOf(operation, label, "alphaMode", alphaModes, alphaMode) ?? context?.getConfiguration?.()?.alphaMode ?? "straight";
  return { texture, mode, red };
}

function isCanvas(source) {
  return isA(source, globalThis.HTMLCanvasElement) || isA(source, globalThis.OffscreenCanvas);
}

function contextOf(canvas) {
  const context = canvas.getContext("webgpu");
  if (context === null) throw refusal("type", operation, "", "the canvas has a context of another kind than webgpu");
  try {
    context.getCurrentTexture();
  } catch (cause) {
    throw refusal("state", operation, "", "the canvas is not configured", cause);
  }
  return context;
}

/** The PNG of width times height texels in bytes, which it changes. */
export async function png(bytes, width, height, { mode, red }) {
  toStraight(bytes, mode, red);
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, 6], 8); // bits of a colour, and red, green, blue, alpha
  const deflated = new Blob([rowsOf(bytes, width, height)]).stream().pipeThrough(new CompressionStream("deflate"));
  const data = new Uint8Array(await new Response(deflated).arrayBuffer());
  const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
  return new Blob([signature, chunk("IHDR", header), chunk("IDAT", data), chunk("IEND", new Uint8Array(0))], { type: "image/png" });
}

/** Has texels be red, green, blue and alpha, which is no factor of the others. */
function toStraight(bytes, mode, red) {
  for (let i = 0; i < bytes.length; i += 4) {
    const a = mode === "opaque" ? 255 : bytes[i + 3];
    const scale = mode === "premultiplied" && a > 0 ? 255 / a : 1;
    const [r, g, b] = [bytes[i + red], bytes[i + 1], bytes[i + 2 - red]];
    bytes[i] = Math.min(255, Math.round(r * scale));
    bytes[i + 1] = Math.min(255, Math.round(g * scale));
    bytes[i + 2] = Math.min(255, Math.round(b * scale));
    bytes[i + 3] = a;
  }
}

/** Rows, each behind a byte that says that it is as it is. */
function rowsOf(bytes, width, height) {
  const pitch = 4 * width;
  const rows = new Uint8Array((pitch + 1) * height);
  for (let y = 0; y < height; y++) rows.set(bytes.subarray(y * pitch, (y + 1) * pitch), y * (pitch + 1) + 1);
  return rows;
}

/** https://www.w3.org/TR/png-3/#5Chunk-layout */
function chunk(type, data) {
  const bytes = new Uint8Array(data.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  for (let i = 0; i < 4; i++) bytes[4 + i] = type.charCodeAt(i);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc(bytes.subarray(4, 8 + data.length)));
  return bytes;
}

/** https://www.w3.org/TR/png-3/#D-CRCAppendix */
function crc(bytes) {
  let sum = -1;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (0xedb88320 & -(sum & 1));
  }
  return ~sum >>> 0;
}
