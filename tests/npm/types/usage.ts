import { BufferUsage, open, UsageError, type GPUBufferSystem } from "gpubuffers";

const gpu: GPUBufferSystem = await open({ budget: 1 << 20 });
const size: number = gpu.createDeviceBuffer({ size: 4, usage: BufferUsage.STORAGE }).size;
// @ts-expect-error: it is a number, so the types are found
const text: string = size;
export { text, UsageError };
