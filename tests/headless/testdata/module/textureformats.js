// Every format of the specification, moved by the module and by hand: docs/textures.md is what came of it.
// https://www.w3.org/TR/webgpu/#texture-format-caps
import { api, bytesOf, ok, pattern, same, sameBytes, typed } from "./check.js";

const { COPY_SRC, COPY_DST, RENDER_ATTACHMENT } = GPUTextureUsage;

/** Feature, block in texels, bytes of a block, names; a star stands for the same with -srgb. */
const colors = [
  ["", [1, 1], 1, "r8unorm r8snorm r8uint r8sint"],
  ["", [1, 1], 2, "r16uint r16sint r16float rg8unorm rg8snorm rg8uint rg8sint"],
  ["", [1, 1], 4, "r32uint r32sint r32float rg16uint rg16sint rg16float rgba8unorm* rgba8snorm rgba8uint rgba8sint bgra8unorm*"],
  ["", [1, 1], 4, "rgb9e5ufloat rgb10a2uint rgb10a2unorm rg11b10ufloat"],
  ["", [1, 1], 8, "rg32uint rg32sint rg32float rgba16uint rgba16sint rgba16float"],
  ["", [1, 1], 16, "rgba32uint rgba32sint rgba32float"],
  ["texture-formats-tier1", [1, 1], 2, "r16unorm r16snorm"],
  ["texture-formats-tier1", [1, 1], 4, "rg16unorm rg16snorm"],
  ["texture-formats-tier1", [1, 1], 8, "rgba16unorm rgba16snorm"],
  ["texture-compression-bc", [4, 4], 8, "bc1-rgba-unorm* bc4-r-unorm bc4-r-snorm"],
  ["texture-compression-bc", [4, 4], 16, "bc2-rgba-unorm* bc3-rgba-unorm* bc5-rg-unorm bc5-rg-snorm bc6h-rgb-ufloat bc6h-rgb-float bc7-rgba-unorm*"],
  ["texture-compression-etc2", [4, 4], 8, "etc2-rgb8unorm* etc2-rgb8a1unorm* eac-r11unorm eac-r11snorm"],
  ["texture-compression-etc2", [4, 4], 16, "etc2-rgba8unorm* eac-rg11unorm eac-rg11snorm"],
  ...[[4, 4], [5, 4], [5, 5], [6, 5], [6, 6], [8, 5], [8, 6], [8, 8], [10, 5], [10, 6], [10, 8], [10, 10], [12, 10], [12, 12]].map(([w, h]) => (
    ["texture-compression-astc", [w, h], 16, `astc-${w}x${h}-unorm*`])),
];

/** Feature, format, aspect, bytes where it is known, whether it is written and read by copies. */
const depths = [
  ["", "stencil8", "all", 1, true, true],
  ["", "depth16unorm", "all", 2, true, true],
  ["", "depth24plus", "all", undefined, false, false],
  ["", "depth24plus-stencil8", "all", undefined, false, false],
  ["", "depth24plus-stencil8", "depth-only", undefined, false, false],
  ["", "depth24plus-stencil8", "stencil-only", 1, true, true],
  ["", "depth32float", "all", 4, false, true],
  ["depth32float-stencil8", "depth32float-stencil8", "all", undefined, false, false],
  ["depth32float-stencil8", "depth32float-stencil8", "depth-only", 4, false, true],
  ["depth32float-stencil8", "depth32float-stencil8", "stencil-only", 1, true, true],
];

const formats = [
  ...colors.flatMap(([feature, block, bytes, names]) =>
    names.split(" ").flatMap((name) => (name.endsWith("*") ? [name.slice(0, -1), `${name.slice(0, -1)}-srgb`] : [name])).map((format) => (
      { feature, format, aspect: "all", block, bytes, up: true, back: true, color: true }))),
  ...depths.map(([feature, format, aspect, bytes, up, back]) => ({ feature, format, aspect, block: [1, 1], bytes, up, back })),
];

/** A row for each aspect of each format; its last two cells are "" where the adapter lacks the format. */
export async function table() {
  const adapter = await navigator.gpu.requestAdapter();
  const device = await adapter.requestDevice({ requiredFeatures: [...adapter.features].filter((name) => /^texture-(compression|formats)|stencil8/.test(name)) });
  const gpu = await api.open({ device });
  const readback = gpu.createReadbackBuffer();
  try {
    const rows = [];
    for (const f of formats) {
      const [up, back] = f.feature === "" || device.features.has(f.feature) ? await moves({ gpu, device, readback, ...f }) : ["", ""];
      rows.push([f.format, f.feature, f.aspect, f.block.join(" x "), String(f.bytes ?? ""), up, back]);
    }
    return rows;
  } finally {
    gpu.destroy();
    device.destroy();
  }
}

/** Moves textures of every dimension and level; gives "yes" for each way, or why it is refused. */
async function moves(f) {
  let found;
  for (const shape of shapes(f)) {
    const texture = f.device.createTexture({ format: f.format, usage: COPY_SRC | COPY_DST | (f.color ? 0 : RENDER_ATTACHMENT), ...shape });
    for (let mipLevel = 0; mipLevel < texture.mipLevelCount; mipLevel++) {
      const level = levelOf(f, texture, mipLevel);
      const cells = [f.up ? await goesUp(f, level) : await stays(f, level), f.back ? await comesBack(f, level) : await remains(f, level)];
      if (f.up && f.back) await part(f, level);
      same(cells, found ?? cells, `${f.format} ${f.aspect}, level ${mipLevel}: as level 0`);
      found = cells;
    }
    texture.destroy();
  }
  return found;
}

function shapes({ device, format, block: [w, h], color }) {
  const mips = (size) => 1 + Math.floor(Math.log2(Math.max(...size)));
  const flat = (columns, rows, layers) => ({ size: [w * columns, h * rows, layers] });
  const list = w > 1 ? [flat(5, 3, 3), flat(33, 1, 1)] : [flat(13, 7, 3)];
  if (w === 1 && color) list.push(flat(70, 3, 2), { size: [77], dimension: "1d" });
  if (color && (w === 1 || device.features.has(`texture-compression-${format.slice(0, format.startsWith("bc") ? 2 : 4)}-sliced-3d`))) {
    list.push({ ...flat(5, 3, 6), dimension: "3d" });
  }
  return list.map((shape) => ({ ...shape, mipLevelCount: shape.dimension === "1d" ? 1 : mips(shape.size.slice(0, shape.dimension === "3d" ? 3 : 2)) }));
}

/** A mip level: its size in whole blocks, and what that is in memory. */
function levelOf({ block: [w, h], bytes = 4, aspect }, texture, mipLevel) {
  const shrink = (n) => Math.max(n >> mipLevel, 1);
  const columns = Math.ceil(shrink(texture.width) / w), rows = Math.ceil(shrink(texture.height) / h);
  const layers = texture.dimension === "3d" ? shrink(texture.depthOrArrayLayers) : texture.depthOrArrayLayers;
  return { texture, mipLevel, aspect, columns, rows, layers, row: columns * bytes, size: [columns * w, rows * h, layers] };
}

async function goesUp(f, level) {
  const data = texels(f, level, 1);
  await upload(f, level, data);
  sameBytes(await readByHand(f, level), data, `${what(f, level)}: up`);
  return "yes";
}

async function comesBack(f, level) {
  const data = f.up ? texels(f, level, 2) : drawn(level);
  if (f.up) writeByHand(f, level, data);
  else draw(f, level);
  sameBytes(await read(f, level), data, `${what(f, level)}: back`);
  return "yes";
}

/** Moves all but the first block of each direction, of depth and stencil all but the first layer. */
async function part(f, level) {
  const skip = f.color ? [level.columns > 1 ? 1 : 0, level.rows > 1 ? 1 : 0, level.layers > 1 ? 1 : 0] : [0, 0, level.layers - 1];
  const box = { ...level, columns: level.columns - skip[0], rows: level.rows - skip[1], layers: level.layers - skip[2] };
  box.row = box.columns * f.bytes;
  const [w, h] = f.block;
  const region = { origin: [skip[0] * w, skip[1] * h, skip[2]], size: [box.columns * w, box.rows * h, box.layers] };
  const want = texels(f, level, 3), data = texels(f, box, 4);
  writeByHand(f, level, want);
  await upload(f, { ...box, ...region }, data);
  eachRow(box, (row, layer, at) => want.set(data.subarray(at, at + box.row), ((layer + skip[2]) * level.rows + row + skip[1]) * level.row + skip[0] * f.bytes));
  sameBytes(await read(f, { ...box, ...region }), data, `${what(f, level)}: a part`);
  sameBytes(await read(f, level), want, `${what(f, level)}: what is around a part`);
}

function eachRow({ rows, layers, row }, visit) {
  for (let layer = 0; layer < layers; layer++) for (let r = 0; r < rows; r++) visit(r, layer, (layer * rows + r) * row);
}

async function upload({ gpu, device }, { texture, mipLevel, aspect, origin, size, row }, data, rowBytes = row) {
  const staging = gpu.createImmediateStagingBuffer({ size: data.length, rowBytes });
  const encoder = device.createCommandEncoder();
  try {
    staging.write(data);
    staging.uploadToTexture(encoder, { texture, mipLevel, aspect, origin, size: origin && size });
    gpu.submit([encoder]);
  } finally {
    staging.destroy();
  }
}

const read = async ({ readback }, { texture, mipLevel, aspect, origin, size }) =>
  bytesOf(await readback.readTexture({ texture, mipLevel, aspect, origin, size: origin && size }));

async function stays(f, level) {
  ok(await invalid(f, () => writeByHand(f, level, new Uint8Array(level.row * level.rows * level.layers))), `${what(f, level)}: the browser refuses it, too`);
  return refused(upload(f, level, new Uint8Array(4), 4));
}

async function remains(f, level) {
  ok(await invalid(f, () => copyByHand(f, level).destroy()), `${what(f, level)}: the browser refuses it, too`);
  return refused(read(f, level));
}

async function invalid({ device }, action) {
  device.pushErrorScope("validation");
  action();
  return (await device.popErrorScope()) !== null;
}

/** Why a transfer is refused, which the module says without asking the browser. */
async function refused(transfer) {
  const error = await transfer.then(() => undefined, (reason) => reason);
  return typed(error, "unsupported", "refused").message.split(": ").slice(2).join(": ");
}

function writeByHand({ device }, { texture, mipLevel, aspect, rows, row, size }, data) {
  device.queue.writeTexture({ texture, mipLevel, aspect }, data, { bytesPerRow: row, rowsPerImage: rows }, size);
}

const pitchOf = ({ row }) => Math.ceil(row / 256) * 256;

function copyByHand({ device }, level) {
  const { texture, mipLevel, aspect, rows, layers, size } = level;
  const bytesPerRow = pitchOf(level);
  const buffer = device.createBuffer({ size: bytesPerRow * rows * layers, usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ });
  const encoder = device.createCommandEncoder();
  encoder.copyTextureToBuffer({ texture, mipLevel, aspect }, { buffer, bytesPerRow, rowsPerImage: rows }, size);
  device.queue.submit([encoder.finish()]);
  return buffer;
}

async function readByHand(f, level) {
  const buffer = copyByHand(f, level);
  await buffer.mapAsync(GPUMapMode.READ);
  const { rows, layers, row } = level, pitch = pitchOf(level);
  const padded = new Uint8Array(buffer.getMappedRange()), data = new Uint8Array(row * rows * layers);
  eachRow(level, (r, layer, at) => data.set(padded.subarray((layer * rows + r) * pitch, (layer * rows + r) * pitch + row), at));
  buffer.destroy();
  return data;
}

/** Bytes without the bits that make a float NaN or denormal, or -1 of two kinds, all of which a copy may change. */
function texels({ format, bytes }, { row, rows, layers }, seed) {
  const data = pattern(row * rows * layers, seed * 100 + rows);
  const step = format.includes("32float") ? 4 : format.includes("16float") ? 2 : 0;
  if (step) for (let i = step - 1; i < data.length; i += step) data[i] = 0x3c;
  if (format.includes("snorm")) for (let i = 0; i < data.length; i++) data[i] = (data[i] & 0x7f) | 1;
  if (/ufloat/.test(format) && bytes === 4) for (let i = 0; i < data.length; i++) data[i] = 0x52;
  return data;
}

/** Depth that says where it is, which only a draw can write. */
function draw({ device, format, aspect }, { texture, mipLevel, layers }) {
  const module = device.createShaderModule({ code: `
    struct Place { @builtin(position) at: vec4f, @location(0) @interpolate(flat) layer: u32 }
    @vertex fn place(@builtin(vertex_index) i: u32, @builtin(instance_index) layer: u32) -> Place {
      return Place(vec4f(f32(i & 1) * 4 - 1, f32(i >> 1) * 4 - 1, 0, 1), layer);
    }
    @fragment fn depth(p: Place) -> @builtin(frag_depth) f32 {
      return (floor(p.at.x) + 32 * floor(p.at.y) + 1024 * f32(p.layer)) / 4096;
    }` });
  const pipeline = device.createRenderPipeline({
    layout: "auto", vertex: { module }, fragment: { module, targets: [] }, depthStencil: { format, depthWriteEnabled: true, depthCompare: "always" },
  });
  const encoder = device.createCommandEncoder();
  for (let layer = 0; layer < layers; layer++) {
    const view = texture.createView({ dimension: "2d", baseMipLevel: mipLevel, mipLevelCount: 1, baseArrayLayer: layer, arrayLayerCount: 1 });
    const stencil = aspect === "all" ? {} : { stencilLoadOp: "clear", stencilStoreOp: "store" };
    const pass = encoder.beginRenderPass({ colorAttachments: [], depthStencilAttachment: { view, depthClearValue: 1, depthLoadOp: "clear", depthStoreOp: "store", ...stencil } });
    pass.setPipeline(pipeline);
    pass.draw(3, 1, 0, layer);
    pass.end();
  }
  device.queue.submit([encoder.finish()]);
}

function drawn(level) {
  const data = new Float32Array(level.columns * level.rows * level.layers);
  for (let i = 0; i < data.length; i++) {
    const x = i % level.columns, y = Math.floor(i / level.columns) % level.rows, layer = Math.floor(i / level.columns / level.rows);
    data[i] = (x + 32 * y + 1024 * layer) / 4096;
  }
  return data;
}

const what = ({ format, aspect }, { texture, mipLevel }) => `${format} ${aspect}, ${texture.dimension} ${texture.width} x ${texture.height} x ${texture.depthOrArrayLayers}, level ${mipLevel}`;
