import { lifetimePart } from "../workloads/lifetime.js";

export function lifetime(device) {
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
  return lifetimePart("createBuffer, destroy", () => device.createBuffer({ size: 256, usage }), (buffer) => buffer.destroy());
}
