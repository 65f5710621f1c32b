import { lifetimePart } from "../workloads/lifetime.js";

export function lifetime(device, bound) {
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
  const make = () => device.createBuffer({ size: 256, usage });
  return lifetimePart({ name: "createBuffer, destroy", make, drop: (buffer) => buffer.destroy() }, device, bound);
}
