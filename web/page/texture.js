import { firstDifference } from "./digest.js";
import { bytes, count, milliseconds } from "./format.js";
import { Target } from "./target.js";
import { Uniforms } from "./uniforms.js";

const inFlight = 8; // staging buffers
const streamingTime = 2; // seconds that the tiles are spread over, so that they can be seen
const tileRows = 64;
const mostColumns = 16;
const texelBytes = 4;

const shader = /* wgsl */ `
struct View { size: vec2f, image: vec2f }
@group(0) @binding(0) var<uniform> view: View;
@group(1) @binding(0) var image: texture_2d<f32>;
@group(1) @binding(1) var linear: sampler;

@vertex fn corner(@builtin(vertex_index) i: u32) -> @builtin(position) vec4f {
  return vec4f(f32(i & 1u) * 4 - 1, f32(i >> 1u) * 4 - 1, 0, 1);
}

fn texel(at: vec2f) -> vec4f {
  let scale = max(view.size.x / view.image.x, view.size.y / view.image.y);
  return textureSampleLevel(image, linear, (at - view.size / 2) / (scale * view.image) + 0.5, 0);
}

// A texel that has not come yet is transparent, and paper shows.
@fragment fn cover(@builtin(position) at: vec4f) -> @location(0) vec4f {
  let p = at.xy;
  let colour = (texel(p + vec2f(-.25, -.25)) + texel(p + vec2f(.25, -.25))
              + texel(p + vec2f(-.25, .25)) + texel(p + vec2f(.25, .25))) / 4;
  let square = (u32(p.x / 12) + u32(p.y / 12)) & 1u;
  let paper = vec3f(select(0.90, 0.94, square == 1u));
  return vec4f(mix(paper, colour.rgb, colour.a), 1);
}`;

/** Streams an image into a texture, tile by tile, while the texture is drawn. */
export class TexturePattern {
  /** @type {import("../gpubuffers.js").GPUBufferSystem} */
  #gpu;
  #image;
  #unhurried;
  #target;
  #texture;
  #uniforms;
  #pipeline;
  #group;
  #readback;
  #tiles = []; // still to be written
  #written = []; // for the next frames to upload: { staging, tile, sent }
  #tileCount = 0;
  #uploaded = 0;
  #start = 0;
  #drawn = true;

  constructor({ gpu, card, image, frameData, still }) {
    this.card = card;
    this.#gpu = gpu;
    this.#image = image;
    this.#unhurried = !still;
    this.#target = new Target(gpu.device, card.canvas, { flat: true });
    this.#uniforms = new Uniforms(gpu.device, frameData, 16);
    this.#readback = gpu.createReadbackBuffer({ label: "streamed texture" });
    this.#pipeline = this.#makePipeline();
    this.#renew();
  }

  /** Streams the whole image and verifies the texture. */
  async run() {
    this.card.running("streaming while it draws");
    this.#renew();
    this.#start = performance.now();
    await this.#stream();
    await this.#gpu.device.queue.onSubmittedWorkDone();
    await this.#verify(performance.now() - this.#start);
  }

  get stale() {
    return this.#target.stale;
  }

  get moving() {
    return !this.#drawn || this.stale;
  }

  draw(frame) {
    for (const { staging, tile, sent } of this.#written.splice(0, this.#due())) {
      staging.uploadToTexture(frame.encoder, { texture: this.#texture, ...tile });
      this.#uploaded++;
      sent(); // what waits for it goes on after this task, and so after the frame's submit
    }
    this.#showTiles();
    this.#drawn = this.#uploaded === this.#tileCount;

    const pass = this.#target.begin(frame.encoder);
    pass.setPipeline(this.#pipeline);
    const { width, height } = this.#image;
    this.#uniforms.bind(pass, new Float32Array([...this.#target.size, width, height]));
    pass.setBindGroup(1, this.#group);
    pass.draw(3);
    pass.end();
  }

  destroy() {
    this.#readback.destroy();
    this.#target.destroy();
    this.#texture.destroy();
  }

  async #stream() {
    const { width } = this.#image;
    const columns = columnsOf(width);
    const rowBytes = (width / columns) * texelBytes;
    const descriptor = { label: "tile", size: rowBytes * tileRows, rowBytes };
    const stagings = Array.from({ length: inFlight }, () => this.#gpu.createDeferredStagingBuffer(descriptor));
    try {
      await Promise.all(stagings.map((staging) => this.#sendTiles(staging)));
    } finally {
      for (const staging of stagings) staging.destroy();
    }
  }

  async #sendTiles(staging) {
    for (let tile; (tile = this.#tiles.shift()); ) {
      await staging.mapAsync();
      staging.write(cut(this.#image, tile));
      await new Promise((sent) => this.#written.push({ staging, tile, sent }));
    }
  }

  async #verify(took) {
    const { pixels } = this.#image;
    const start = performance.now();
    const back = new Uint8Array(await this.#readback.readTexture({ texture: this.#texture }));
    const difference = firstDifference(back, pixels);
    this.card.show({
      moved: `${bytes(pixels.length)} up, ${bytes(back.length)} back`,
      took: `${milliseconds(took)} streaming, ${milliseconds(performance.now() - start)} back`,
    });
    this.card.note({ bytes: pixels.length, bytesBack: back.length, tiles: this.#uploaded });
    if (difference >= 0) throw new Error(`texture and image differ from byte ${difference} of ${pixels.length}`);
    this.card.verified(`all ${count(pixels.length)} bytes of the texture equal the decoded image.`);
  }

  /** Begins with an empty texture. */
  #renew() {
    const { device } = this.#gpu;
    const { width, height } = this.#image;
    this.#texture?.destroy();
    this.#texture = device.createTexture({
      label: "streamed",
      size: [width, height],
      format: "rgba8unorm",
      usage: GPUTextureUsage.TEXTURE_BINDING | GPUTextureUsage.COPY_DST | GPUTextureUsage.COPY_SRC,
    });
    this.#group = device.createBindGroup({
      layout: this.#pipeline.getBindGroupLayout(1),
      entries: [
        { binding: 0, resource: this.#texture.createView() },
        { binding: 1, resource: device.createSampler({ magFilter: "linear", minFilter: "linear" }) },
      ],
    });
    this.#tiles = fromCentre(tilesOf(this.#image), this.#image);
    this.#tileCount = this.#tiles.length;
    this.#uploaded = 0;
    this.#drawn = false;
  }

  /** How many tiles may have been uploaded by now, less those that were. */
  #due() {
    if (!this.#unhurried) return inFlight;
    const share = (performance.now() - this.#start) / 1000 / streamingTime;
    return Math.max(1, Math.ceil(share * this.#tileCount) - this.#uploaded);
  }

  #showTiles() {
    const flying = Math.min(inFlight, this.#tileCount - this.#uploaded);
    this.card.show({ tiles: `${this.#uploaded} of ${this.#tileCount}, ${flying} on their way` });
  }

  #makePipeline() {
    const { device } = this.#gpu;
    const module = device.createShaderModule({ label: "texture", code: shader });
    const pictureLayout = device.createBindGroupLayout({
      entries: [
        { binding: 0, visibility: GPUShaderStage.FRAGMENT, texture: {} },
        { binding: 1, visibility: GPUShaderStage.FRAGMENT, sampler: {} },
      ],
    });
    return device.createRenderPipeline({
      label: "texture",
      layout: device.createPipelineLayout({ bindGroupLayouts: [this.#uniforms.layout, pictureLayout] }),
      vertex: { module },
      fragment: { module, targets: [{ format: this.#target.format }] },
    });
  }
}

/** How many columns of tiles, all of one width: a staging buffer has one length of row. */
function columnsOf(width) {
  let columns = mostColumns;
  while (width % columns !== 0) columns--;
  return columns;
}

function tilesOf({ width, height }) {
  const tileWidth = width / columnsOf(width);
  const tiles = [];
  for (let y = 0; y < height; y += tileRows) {
    for (let x = 0; x < width; x += tileWidth) {
      tiles.push({ origin: [x, y], size: [tileWidth, Math.min(tileRows, height - y)] });
    }
  }
  return tiles;
}

function fromCentre(tiles, { width, height }) {
  const distance = ({ origin, size }) =>
    Math.hypot(origin[0] + size[0] / 2 - width / 2, origin[1] + size[1] / 2 - height / 2);
  return tiles.sort((a, b) => distance(a) - distance(b));
}

/** The pixels of a tile, row after row. */
function cut({ width, pixels }, { origin: [x, y], size: [columns, rows] }) {
  const rowBytes = columns * texelBytes;
  const out = new Uint8Array(rowBytes * rows);
  for (let row = 0; row < rows; row++) {
    const start = ((y + row) * width + x) * texelBytes;
    out.set(pixels.subarray(start, start + rowBytes), row * rowBytes);
  }
  return out;
}
