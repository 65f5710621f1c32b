import { BufferUsage, open, TextureUsage } from "gpubuffers";

const corners = "@vertex fn corner(@location(0) at: vec2f) -> @builtin(position) vec4f { return vec4f(at, 0, 1); }";
const green = "@fragment fn green() -> @location(0) vec4f { return vec4f(0, 1, 0, 1); }";

/** Uploads numbers, draws a triangle, and reads both back. options are those of open. */
export async function first(canvas, options) {
  const gpu = await open(options);
  const context = canvas.getContext("webgpu");
  const format = navigator.gpu.getPreferredCanvasFormat();
  context.configure({ device: gpu.device, format, usage: TextureUsage.RENDER_ATTACHMENT | TextureUsage.COPY_SRC });
  const module = gpu.device.createShaderModule({ code: corners + green });
  const pipeline = gpu.device.createRenderPipeline({
    layout: "auto",
    vertex: { module, buffers: [{ arrayStride: 8, attributes: [{ shaderLocation: 0, offset: 0, format: "float32x2" }] }] },
    fragment: { module, targets: [{ format }] },
  });

  // The first upload.
  const numbers = gpu.createDeviceBuffer({ label: "numbers", size: 16, usage: BufferUsage.STORAGE });
  await numbers.upload(0, new Float32Array([1, 2, 3, 4]));

  // The first frame, with data of its own.
  const vertices = gpu.createDynamicBuffer({ label: "vertices", size: 4096, usage: BufferUsage.VERTEX });
  const readback = gpu.createReadbackBuffer();
  const frame = gpu.frame();
  const texture = context.getCurrentTexture();
  const pass = frame.encoder.beginRenderPass({ colorAttachments: [{ view: texture.createView(), loadOp: "clear", storeOp: "store" }] });
  const offset = vertices.write(new Float32Array([-1, -1, 3, -1, -1, 3]));
  pass.setPipeline(pipeline);
  pass.setVertexBuffer(0, vertices.gpuBuffer, offset);
  pass.draw(3);
  pass.end();

  // The first reads: they are sent with the frame.
  const bytes = readback.read(numbers, 4, 8);
  const pixels = readback.readTexture({ texture, size: [1, 1] });
  frame.submit();
  const result = { numbers: [...new Float32Array(await bytes)], pixel: [...new Uint8Array(await pixels)] };
  for (const made of [readback, vertices, numbers, gpu]) made.destroy(); // which an application keeps
  return result;
}
