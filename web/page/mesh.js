import { sha256 } from "./digest.js";
import { bytes, count, milliseconds } from "./format.js";
import { lookAt, multiply, perspective, turn } from "./matrix.js";
import { meshShader } from "./meshshader.js";
import { vertexBytes } from "./meshfile.js";
import { background, solid, Target } from "./target.js";
import { Turntable } from "./turntable.js";
import { Uniforms } from "./uniforms.js";

const eye = [0, 0.75, 4.6];
const sceneFloats = 16 + 16 + 4 + 4 + 4;

/** A mesh that is uploaded once and drawn turning. */
export class MeshPattern {
  /** @type {import("../gpubuffers.js").GPUBufferSystem} */
  #gpu;
  #mesh;
  #buffer;
  #readback;
  #target;
  #uniforms;
  #pipelines;
  #turntable;
  #listening = new AbortController();

  constructor({ gpu, card, mesh, frameData }) {
    this.card = card;
    this.#gpu = gpu;
    this.#mesh = mesh;
    this.#target = new Target(gpu.device, card.canvas);
    this.#uniforms = new Uniforms(gpu.device, frameData, sceneFloats * 4);
    this.#readback = gpu.createReadbackBuffer({ label: "mesh" });
    this.#buffer = gpu.createDeviceBuffer({
      label: "mesh",
      size: mesh.file.byteLength,
      usage: GPUBufferUsage.VERTEX | GPUBufferUsage.INDEX | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC,
    });
    this.#turntable = new Turntable(card.canvas, this.#listening.signal);
    this.#pipelines = this.#makePipelines();
  }

  moving = true;

  get stale() {
    return this.#target.stale;
  }

  /** Uploads the file of the mesh, reads it back and compares the digests. */
  async run() {
    const { file, vertices, indices } = this.#mesh;
    this.card.running("uploading");
    const start = performance.now();
    await this.#upload();
    const between = performance.now();
    const back = await this.#readback.read(this.#buffer);
    const end = performance.now();

    this.card.show({
      moved: `${bytes(file.byteLength)} up, ${bytes(back.byteLength)} back`,
      took: `${milliseconds(between - start)} up, ${milliseconds(end - between)} back`,
      mesh: `${count(vertices)} vertices, ${count(indices / 3)} triangles`,
    });
    this.card.note({ bytes: file.byteLength, bytesBack: back.byteLength });
    const [sent, got] = await Promise.all([sha256(file), sha256(back)]);
    if (sent !== got) throw new Error(`SHA-256 ${got} came back, ${sent} was sent`);
    this.card.verified(`SHA-256 ${sent.slice(0, 12)}… of ${count(back.byteLength)} bytes is the file's.`);
  }

  draw(frame, seconds) {
    const { indices, vertexOffset, indexOffset, vertices } = this.#mesh;
    const { gpuBuffer } = this.#buffer;
    frame.use(this.#buffer);
    const pass = this.#target.begin(frame.encoder);
    this.#uniforms.bind(pass, this.#scene(seconds));
    pass.setPipeline(this.#pipelines.backdrop);
    pass.draw(3);
    pass.setPipeline(this.#pipelines.shadow);
    pass.draw(6);
    pass.setPipeline(this.#pipelines.surface);
    pass.setVertexBuffer(0, gpuBuffer, vertexOffset, vertices * vertexBytes);
    pass.setIndexBuffer(gpuBuffer, "uint16", indexOffset, indices * 2);
    pass.drawIndexed(indices);
    pass.end();
  }

  destroy() {
    this.#listening.abort();
    this.#readback.destroy();
    this.#buffer.destroy();
    this.#target.destroy();
  }

  async #upload() {
    const { device } = this.#gpu;
    const { file } = this.#mesh;
    const staging = this.#gpu.createImmediateStagingBuffer({ label: "mesh", size: file.byteLength });
    try {
      staging.write(file);
      const encoder = device.createCommandEncoder({ label: "mesh" });
      staging.uploadTo(encoder, this.#buffer);
      this.#gpu.submit([encoder]);
    } finally {
      staging.destroy();
    }
    await device.queue.onSubmittedWorkDone();
  }

  #scene(seconds) {
    const scene = new Float32Array(sceneFloats);
    const { ground, x, z } = this.#mesh.footprint;
    scene.set(multiply(perspective(0.5, this.#target.aspect, 0.1, 20), lookAt(eye, [0, -0.06, 0])), 0);
    scene.set(turn(this.#turntable.angle(seconds)), 16);
    scene.set(eye, 32);
    scene.set([x.middle, ground, z.middle], 36);
    scene.set([x.half, z.half, ...this.#target.size], 40);
    return scene;
  }

  #makePipelines() {
    const { device } = this.#gpu;
    const module = device.createShaderModule({ label: "mesh", code: meshShader });
    const layout = device.createPipelineLayout({ bindGroupLayouts: [this.#uniforms.layout] });
    const { format } = this.#target;
    const make = (label, depth, { buffers = [], blend = undefined } = {}) => device.createRenderPipeline({
      label,
      layout,
      vertex: { module, entryPoint: `${label}Vertex`, buffers },
      fragment: { module, entryPoint: `${label}Fragment`, targets: [{ format, blend }] },
      ...depth,
    });
    return {
      backdrop: make("backdrop", background),
      shadow: make("shadow", background, { blend: over }),
      surface: make("surface", solid, { buffers: [vertexLayout] }),
    };
  }
}

const vertexLayout = {
  arrayStride: vertexBytes,
  attributes: [
    { shaderLocation: 0, offset: 0, format: "float32x3" },
    { shaderLocation: 1, offset: 12, format: "float32x3" },
  ],
};

const over = {
  color: { srcFactor: "src-alpha", dstFactor: "one-minus-src-alpha" },
  alpha: { srcFactor: "one", dstFactor: "one-minus-src-alpha" },
};
