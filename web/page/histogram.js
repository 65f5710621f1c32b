import { Chart } from "./chart.js";
import { firstDifference } from "./digest.js";
import { bytes, count, milliseconds } from "./format.js";

const levels = 256;
const channels = 4; // red, green, blue, luminance
const workgroups = 64;

// Luminance is in integers, with the weights of BT.709 in 256ths, so that the
// CPU and the GPU cannot round apart: https://www.itu.int/rec/R-REC-BT.709
const luminance = (r, g, b) => (54 * r + 183 * g + 19 * b + 128) >> 8;

const shader = /* wgsl */ `
@group(0) @binding(0) var<storage, read> pixels: array<u32>;
@group(0) @binding(1) var<storage, read_write> total: array<atomic<u32>, ${levels * channels}>;
var<workgroup> local: array<atomic<u32>, ${levels * channels}>;

@compute @workgroup_size(${levels})
fn tally(@builtin(global_invocation_id) id: vec3u, @builtin(local_invocation_index) lane: u32) {
  for (var i = id.x; i < arrayLength(&pixels); i += ${workgroups * levels}u) {
    let p = pixels[i];
    let r = p & 255u;
    let g = (p >> 8u) & 255u;
    let b = (p >> 16u) & 255u;
    atomicAdd(&local[r], 1u);
    atomicAdd(&local[${levels}u + g], 1u);
    atomicAdd(&local[${2 * levels}u + b], 1u);
    atomicAdd(&local[${3 * levels}u + ((54u * r + 183u * g + 19u * b + 128u) >> 8u)], 1u);
  }
  workgroupBarrier();
  for (var channel = 0u; channel < ${channels}u; channel++) {
    let at = channel * ${levels}u + lane;
    atomicAdd(&total[at], atomicLoad(&local[at]));
  }
}`;

/** Counts an image's levels by a compute shader and reads the counts back. */
export class HistogramPattern {
  /** @type {import("../gpubuffers.js").GPUBufferSystem} */
  #gpu;
  #image;
  #pipeline;
  #pixels;
  #readback;
  #chart;

  constructor({ gpu, card, image }) {
    this.card = card;
    this.#gpu = gpu;
    this.#image = image;
    this.#chart = new Chart(card.canvas);
    this.#readback = gpu.createReadbackBuffer({ label: "histogram" });
    this.#pixels = gpu.createDeviceBuffer({
      label: "pixels",
      size: image.pixels.length,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST,
    });
    this.#pipeline = gpu.device.createComputePipeline({
      label: "histogram",
      layout: "auto",
      compute: { module: gpu.device.createShaderModule({ label: "histogram", code: shader }) },
    });
  }

  moving = false;

  /** Uploads the image, counts on the GPU and on the CPU, and compares. */
  async run() {
    const { pixels } = this.#image;
    this.card.running("counting on the GPU");
    const start = performance.now();
    this.#pixels.write(0, pixels);
    const counts = await this.#countOnGPU();
    const between = performance.now();
    const expected = countOnCPU(pixels);
    const end = performance.now();

    this.#chart.show(counts);
    this.card.show({
      moved: `${bytes(pixels.length)} up, ${bytes(counts.byteLength)} back`,
      took: `${milliseconds(between - start)} with both transfers, CPU ${milliseconds(end - between)}`,
      mean: means(counts),
    });
    this.card.note({ bytes: pixels.length, bytesBack: counts.byteLength });
    const difference = firstDifference(counts, expected);
    if (difference >= 0) throw new Error(`GPU and CPU differ in count ${difference >> 2} of ${counts.length}`);
    this.card.verified(`all ${count(counts.length)} counts equal those that JavaScript made on the CPU.`);
  }

  destroy() {
    this.#chart.destroy();
    this.#readback.destroy();
    this.#pixels.destroy();
  }

  async #countOnGPU() {
    const { device } = this.#gpu;
    const counts = this.#gpu.createDeviceBuffer({
      label: "histogram",
      size: levels * channels * 4,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC,
    });
    try {
      const encoder = device.createCommandEncoder({ label: "histogram" });
      const pass = encoder.beginComputePass();
      pass.setPipeline(this.#pipeline);
      pass.setBindGroup(0, device.createBindGroup({
        layout: this.#pipeline.getBindGroupLayout(0),
        entries: [
          { binding: 0, resource: { buffer: this.#pixels.gpuBuffer } },
          { binding: 1, resource: { buffer: counts.gpuBuffer } },
        ],
      }));
      pass.dispatchWorkgroups(workgroups);
      pass.end();
      this.#gpu.submit([encoder]);
      return new Uint32Array(await this.#readback.read(counts));
    } finally {
      counts.destroy();
    }
  }
}

function countOnCPU(pixels) {
  const counts = new Uint32Array(levels * channels);
  for (let i = 0; i < pixels.length; i += 4) {
    const r = pixels[i], g = pixels[i + 1], b = pixels[i + 2];
    counts[r]++;
    counts[levels + g]++;
    counts[2 * levels + b]++;
    counts[3 * levels + luminance(r, g, b)]++;
  }
  return counts;
}

function means(counts) {
  const mean = (channel) => {
    let sum = 0, n = 0;
    for (let level = 0; level < levels; level++) {
      const c = counts[channel * levels + level];
      sum += c * level;
      n += c;
    }
    return Math.round(sum / n);
  };
  return `red ${mean(0)}, green ${mean(1)}, blue ${mean(2)}, luminance ${mean(3)}`;
}
