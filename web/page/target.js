const samples = 4;
const depthFormat = "depth24plus";
const mostPixelRatio = 2;
const paper = [0.937, 0.945, 0.965, 1];

/**
 * What a pipeline says that draws a solid on a Target.
 * @type {Partial<GPURenderPipelineDescriptor>}
 */
export const solid = {
  multisample: { count: samples },
  depthStencil: { format: depthFormat, depthWriteEnabled: true, depthCompare: "less" },
};

/**
 * What one says that draws the background of a solid.
 * @type {Partial<GPURenderPipelineDescriptor>}
 */
export const background = {
  multisample: { count: samples },
  depthStencil: { format: depthFormat, depthWriteEnabled: false, depthCompare: "always" },
};

/** A canvas to draw on, as large as its layout makes it; for solids with depth and several samples a pixel. */
export class Target {
  #device;
  #canvas;
  #context;
  #flat;
  #attachments = [];
  #observer;

  constructor(device, canvas, { flat = false } = {}) {
    this.#device = device;
    this.#canvas = canvas;
    this.#flat = flat;
    this.format = navigator.gpu.getPreferredCanvasFormat();
    this.#context = canvas.getContext("webgpu");
    this.#context.configure({ device, format: this.format, alphaMode: "opaque" });
    this.#resize();
    this.#observer = new ResizeObserver(() => this.#resize());
    this.#observer.observe(canvas);
  }

  /** Width by height. */
  get aspect() {
    return this.#canvas.width / this.#canvas.height;
  }

  /** Width and height in pixels. */
  get size() {
    return [this.#canvas.width, this.#canvas.height];
  }

  /** Begins a pass that replaces the picture. */
  begin(encoder) {
    this.stale = false;
    const canvas = this.#context.getCurrentTexture().createView();
    const stored = { clearValue: paper, loadOp: "clear", storeOp: "store" };
    if (this.#flat) return encoder.beginRenderPass({ colorAttachments: [{ view: canvas, ...stored }] });

    const [colour, depth] = this.#attach().map((texture) => texture.createView());
    return encoder.beginRenderPass({
      colorAttachments: [{ view: colour, resolveTarget: canvas, ...stored, storeOp: "discard" }],
      depthStencilAttachment: { view: depth, depthClearValue: 1, depthLoadOp: "clear", depthStoreOp: "discard" },
    });
  }

  destroy() {
    this.#observer.disconnect();
    this.#detach();
    this.#context.unconfigure();
  }

  /** Whether the picture must be drawn anew although nothing in it moved. */
  stale = true;

  #resize() {
    const ratio = Math.min(devicePixelRatio, mostPixelRatio);
    const width = Math.max(1, Math.round(this.#canvas.clientWidth * ratio));
    const height = Math.max(1, Math.round(this.#canvas.clientHeight * ratio));
    if (width === this.#canvas.width && height === this.#canvas.height) return;
    Object.assign(this.#canvas, { width, height });
    this.#detach();
    this.stale = true;
  }

  #attach() {
    if (this.#attachments.length > 0) return this.#attachments;
    const { width, height } = this.#canvas;
    const make = (format) => this.#device.createTexture({
      size: [width, height], format, sampleCount: samples, usage: GPUTextureUsage.RENDER_ATTACHMENT,
    });
    return this.#attachments = [make(this.format), make(depthFormat)];
  }

  #detach() {
    for (const texture of this.#attachments) texture.destroy();
    this.#attachments = [];
  }
}
