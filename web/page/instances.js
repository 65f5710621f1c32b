import { blockIndices, blockVertices } from "./block.js";
import { firstDifference } from "./digest.js";
import { bytes, count, milliseconds } from "./format.js";
import { lookAt, multiply, perspective } from "./matrix.js";
import { solid, Target } from "./target.js";
import { Uniforms } from "./uniforms.js";

const instanceFloats = 8; // place, width and height; colour
const instanceBytes = instanceFloats * 4;
const framesBetweenSamples = 8;
const mostSampled = 1024; // blocks

const shader = /* wgsl */ `
struct Camera { viewProjection: mat4x4f }
@group(0) @binding(0) var<uniform> camera: Camera;

struct Block { @location(2) place: vec4f, @location(3) colour: vec4f }
struct Lit { @builtin(position) at: vec4f, @location(0) colour: vec3f }

@vertex fn raise(@location(0) corner: vec3f, @location(1) normal: vec3f, block: Block) -> Lit {
  let size = vec3f(block.place.w, block.place.y, block.place.w);
  let world = vec3f(block.place.x, 0, block.place.z) + corner * size;
  let light = 0.58 + 0.42 * max(dot(normal, normalize(vec3f(0.35, 0.9, 0.55))), 0);
  let foot = mix(0.7, 1.0, corner.y);
  return Lit(camera.viewProjection * vec4f(world, 1), block.colour.rgb * light * foot);
}

@fragment fn shade(lit: Lit) -> @location(0) vec4f { return vec4f(lit.colour, 1); }`;

/** Draws a field of blocks whose heights and colours are new in each frame. */
export class InstancesPattern {
  /** @type {import("../gpubuffers.js").GPUBufferSystem} */
  #gpu;
  #frameData;
  #pace;
  #target;
  #uniforms;
  #pipeline;
  #vertices;
  #indices;
  #readback;
  #blocks;
  #frames = 0;
  #samples = 0;
  #sampling = false;
  #fillTime = 0;
  #sampled = Promise.withResolvers();
  #listening = new AbortController();

  /** frameData is a DynamicBuffer for vertices and uniforms; pace measures the frame loop. */
  constructor({ gpu, card, frameData, pace }) {
    this.card = card;
    this.#gpu = gpu;
    this.#frameData = frameData;
    this.#pace = pace;
    this.#target = new Target(gpu.device, card.canvas);
    this.#uniforms = new Uniforms(gpu.device, frameData, 64);
    this.#readback = gpu.createReadbackBuffer({ label: "frame sample" });
    this.#vertices = this.#upload("block vertices", GPUBufferUsage.VERTEX, blockVertices());
    this.#indices = this.#upload("block indices", GPUBufferUsage.INDEX, blockIndices());
    this.#pipeline = this.#makePipeline();
    this.#listen();
  }

  /** Resolves when the first sample of a frame's data was compared. */
  async run() {
    this.card.running("comparing the first frame");
    await this.#sampled.promise;
  }

  moving = true;

  get stale() {
    return this.#target.stale;
  }

  draw(frame, seconds) {
    const start = performance.now();
    const offset = this.#frameData.update(this.#blocks * instanceBytes);
    const { gpuBuffer, floats } = this.#frameData;
    raiseBlocks(floats, offset / 4, this.#blocks, seconds);
    this.#fillTime = performance.now() - start;
    if (this.#frames++ % framesBetweenSamples === 0) void this.#sample(gpuBuffer, floats, offset);

    const pass = this.#target.begin(frame.encoder);
    pass.setPipeline(this.#pipeline);
    this.#uniforms.bind(pass, camera(this.#target.aspect));
    pass.setVertexBuffer(0, this.#vertices.gpuBuffer);
    pass.setVertexBuffer(1, gpuBuffer, offset, this.#blocks * instanceBytes);
    pass.setIndexBuffer(this.#indices.gpuBuffer, "uint16");
    pass.drawIndexed(this.#indices.size / 2, this.#blocks);
    pass.end();
  }

  /** Shows the figures of the latest frame. */
  report({ framesInFlight }, maxFramesInFlight) {
    const size = this.#blocks * instanceBytes;
    this.card.show({
      moved: `${bytes(size)}, ${this.#pace.perSecond} times a second`,
      took: `${milliseconds(this.#fillTime)} to fill, ${milliseconds(this.#pace.submitTime)} to submit`,
      flight: `${framesInFlight} of ${maxFramesInFlight} frames, ${this.#frameData.slots} slots`,
      samples: `${count(this.#samples)} of ${bytes(this.#sampledBytes)}`,
    });
    this.card.note({ bytes: size, blocks: this.#blocks, samples: this.#samples });
  }

  destroy() {
    this.#listening.abort();
    this.#readback.destroy();
    this.#vertices.destroy();
    this.#indices.destroy();
    this.#target.destroy();
  }

  get #sampledBytes() {
    return Math.min(this.#blocks, mostSampled) * instanceBytes;
  }

  /** Reads a part of the frame's data back, out of the slot that the frame draws from, and compares. */
  async #sample(gpuBuffer, floats, offset) {
    if (this.#sampling) return;
    this.#sampling = true;
    try {
      const size = this.#sampledBytes;
      const from = offset + sampleStart(this.#samples, this.#blocks) * instanceBytes;
      const written = floats.slice(from / 4, (from + size) / 4);
      const difference = firstDifference(await this.#readback.read(gpuBuffer, from, size), written);
      if (difference >= 0) throw new Error(`a frame differs from what was written, from byte ${difference} of ${size}`);
      this.#samples++;
      if (this.card.state === "running") {
        this.card.verified("every sampled frame, read back from its slot, equals what was written.");
      }
      this.#sampled.resolve();
    } catch (error) {
      this.#sampled.reject(error);
      this.card.failed(error.message);
    } finally {
      this.#sampling = false;
    }
  }

  #listen() {
    const slider = this.card.find("input");
    const output = this.card.find("output");
    const take = () => {
      this.#blocks = slider.valueAsNumber;
      output.textContent = count(this.#blocks);
    };
    slider.addEventListener("input", take, { signal: this.#listening.signal });
    slider.disabled = false;
    take();
  }

  #upload(label, usage, data) {
    const buffer = this.#gpu.createDeviceBuffer({ label, size: data.byteLength, usage: usage | GPUBufferUsage.COPY_DST });
    buffer.write(0, data);
    return buffer;
  }

  #makePipeline() {
    const { device } = this.#gpu;
    const module = device.createShaderModule({ label: "blocks", code: shader });
    /** @type {GPUVertexBufferLayout} */
    const corner = {
      arrayStride: 24,
      attributes: [
        { shaderLocation: 0, offset: 0, format: "float32x3" },
        { shaderLocation: 1, offset: 12, format: "float32x3" },
      ],
    };
    /** @type {GPUVertexBufferLayout} */
    const block = {
      arrayStride: instanceBytes,
      stepMode: "instance",
      attributes: [
        { shaderLocation: 2, offset: 0, format: "float32x4" },
        { shaderLocation: 3, offset: 16, format: "float32x4" },
      ],
    };
    return device.createRenderPipeline({
      label: "blocks",
      layout: device.createPipelineLayout({ bindGroupLayouts: [this.#uniforms.layout] }),
      vertex: { module, buffers: [corner, block] },
      fragment: { module, targets: [{ format: this.#target.format }] },
      primitive: { cullMode: "back" },
      ...solid,
    });
  }
}

function mostBlocks() {
  const blocks = /** @type {HTMLInputElement} */ (document.querySelector("#instances input"));
  return Number(blocks.max);
}

/** How many bytes of frame data the largest number of blocks takes. */
export const mostFrameBytes = () => mostBlocks() * instanceBytes;

function camera(aspect) {
  return multiply(perspective(0.5, aspect, 0.1, 20), lookAt([0, 1.75, 2.85], [0, 0.08, 0]));
}

/** Another part of the blocks for each sample. */
function sampleStart(samples, blocks) {
  const places = blocks - Math.min(blocks, mostSampled) + 1;
  return (samples * 977) % places;
}

/** Writes the blocks of a moment: a round field, laid like the seeds of a sunflower, with waves that run outwards. */
function raiseBlocks(floats, at, blocks, seconds) {
  const width = 1.45 / Math.sqrt(blocks);
  for (let i = 0; i < blocks; i++, at += instanceFloats) {
    const radius = Math.sqrt((i + 0.5) / blocks);
    const x = radius * directions[2 * i];
    const z = radius * directions[2 * i + 1];
    const wave = 0.5 + 0.5 * Math.sin(8.5 * radius - 1.8 * seconds);
    const swell = 0.5 + 0.5 * Math.sin(2.6 * x - 1.8 * z + 0.7 * seconds);
    const height = 0.05 + 0.5 * (0.65 * wave + 0.35 * swell) * Math.exp(-0.8 * radius);
    floats[at] = x;
    floats[at + 1] = height;
    floats[at + 2] = z;
    floats[at + 3] = width;
    floats[at + 4] = 0.14 + 0.86 * wave * swell;
    floats[at + 5] = 0.32 + 0.4 * wave + 0.08 * swell;
    floats[at + 6] = 0.88 - 0.42 * wave * swell;
    floats[at + 7] = 1;
  }
}

const goldenAngle = Math.PI * (3 - Math.sqrt(5));

/** Cosine and sine of each block's angle. */
const directions = Float32Array.from({ length: 2 * mostBlocks() }, (_, i) =>
  (i % 2 === 0 ? Math.cos : Math.sin)((i >> 1) * goldenAngle));
