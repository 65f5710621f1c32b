// Other users of a device. Each does its work every 5 ms, with two turns of it in flight at most, until it is stopped.

const every = 5; // ms
const most = 2;

/** What a crowd does is made by one of these, on a device: { turn(), destroy() }. */
export const crowds = { "a renderer": renderer, "a mover of data": mover };

export class Crowd {
  #device;
  #work;
  #inFlight = 0;
  #timer;

  constructor(device, name) {
    this.#device = device;
    this.#work = crowds[name](device);
  }

  /** Resolves when its first work is done. */
  async start() {
    if (this.#timer) return;
    this.#timer = setInterval(() => this.#turn(), every);
    await this.#turn();
  }

  async #turn() {
    if (this.#inFlight === most) return;
    this.#inFlight++;
    this.#work.turn();
    await this.#device.queue.onSubmittedWorkDone();
    this.#inFlight--;
  }

  stop() {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  destroy() {
    this.stop();
    this.#work.destroy();
  }
}

const objects = 64;
const shader = `
struct Object { place: vec4f, color: vec4f }
@group(0) @binding(0) var<uniform> object: Object;
@vertex fn vertex(@builtin(vertex_index) i: u32) -> @builtin(position) vec4f {
  return vec4f(object.place.xy + object.place.z * vec2f(f32(i % 2), f32(i / 2)), 0, 1);
}
@fragment fn fragment() -> @location(0) vec4f { return object.color; }`;

/** Writes the uniforms of 64 objects, each by itself as most renderers do, and draws them. */
function renderer(device) {
  const module = device.createShaderModule({ code: shader });
  const format = "rgba8unorm";
  const pipeline = device.createRenderPipeline({ layout: "auto", vertex: { module }, fragment: { module, targets: [{ format }] } });
  const texture = device.createTexture({ size: [256, 256], format, usage: GPUTextureUsage.RENDER_ATTACHMENT });
  const view = texture.createView();
  const uniforms = Array.from({ length: objects }, () => device.createBuffer({ size: 256, usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST }));
  const layout = pipeline.getBindGroupLayout(0);
  const groups = uniforms.map((buffer) => device.createBindGroup({ layout, entries: [{ binding: 0, resource: { buffer } }] }));
  const data = new Float32Array(64);
  let frame = 0;
  const turn = () => {
    frame++;
    uniforms.forEach((buffer, i) => {
      data.fill(((i + frame) % objects) / objects);
      device.queue.writeBuffer(buffer, 0, data);
    });
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginRenderPass({ colorAttachments: [{ view, loadOp: "clear", storeOp: "store" }] });
    pass.setPipeline(pipeline);
    for (const group of groups) {
      pass.setBindGroup(0, group);
      pass.draw(3);
    }
    pass.end();
    device.queue.submit([encoder.finish()]);
  };
  return { turn, destroy: () => [texture, ...uniforms].forEach((made) => made.destroy()) };
}

/** Writes 1 MiB, and reads 64 KiB of it. */
function mover(device) {
  const bytes = new Uint8Array(1 << 20);
  const buffer = device.createBuffer({ size: bytes.length, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC });
  const kept = device.createBuffer({ size: 65536, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  let reading = false;
  const turn = () => {
    bytes[0]++;
    device.queue.writeBuffer(buffer, 0, bytes);
    if (!reading) read();
  };
  const read = () => {
    reading = true;
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, 0, kept, 0, kept.size);
    device.queue.submit([encoder.finish()]);
    const take = () => {
      new Uint8Array(kept.getMappedRange()).slice();
      kept.unmap();
      reading = false;
    };
    kept.mapAsync(GPUMapMode.READ).then(take, () => {}); // destroyed
  };
  return { turn, destroy: () => [buffer, kept].forEach((made) => made.destroy()) };
}
