// GPU buffers for web pages; gpubuffers.d.ts says what each class does.
//
// The work is done by a WebAssembly module. The files in gpubuffers/ load it, give its handles the form of
// classes, and throw.

import { fields } from "./gpubuffers/arguments.js";
import { checkCalibrationOption } from "./gpubuffers/calibration.js";
import { GPUBufferError, refusal } from "./gpubuffers/errors.js";
import { moduleOf } from "./gpubuffers/module.js";
import { calibrated, made } from "./gpubuffers/resource.js";
import { GPUBufferSystem } from "./gpubuffers/system.js";

export { AbortedError, BoundsError, DeviceLostError, GPUBufferError, MemoryError, StateError, UsageError } from "./gpubuffers/errors.js";
export { DeviceBuffer } from "./gpubuffers/devicebuffer.js";
export { DynamicBuffer } from "./gpubuffers/dynamic.js";
export { Frame } from "./gpubuffers/frame.js";
export { MappableBuffer } from "./gpubuffers/mappable.js";
export { ReadbackBuffer } from "./gpubuffers/readback.js";
export { DeferredStagingBuffer, ImmediateStagingBuffer } from "./gpubuffers/staging.js";
export { GPUBufferSystem } from "./gpubuffers/system.js";

/** Loads the module and opens a system. */
export async function open(options) {
  const [given, adapterOptions, deviceDescriptor, wasm, calibration, ...settings] = fields(
    "open", options, "device", "adapterOptions", "deviceDescriptor", "wasm", "calibration",
    "budget", "onBudget", "chunkSize", "maxFramesInFlight", "logLevel", "onLog", "onError",
  );
  checkCalibrationOption(calibration);
  const loading = moduleOf(wasm === undefined ? new URL("./gpubuffers.wasm", import.meta.url) : wasm);
  const owned = given === undefined;
  const requested = deviceOf(owned ? requestDevice(adapterOptions, deviceDescriptor) : given);
  let gpu;
  try {
    const [module, device] = await Promise.all([loading, requested]);
    gpu = new GPUBufferSystem(made, module, module.call("open", device, ...settings), device, owned);
    await gpu[calibrated](calibration);
    return gpu;
  } catch (error) {
    gpu?.destroy();
    requested.then((device) => owned && device.destroy(), () => {});
    throw error;
  }
}

/** A device, or what a promise of one brings. */
async function deviceOf(promised) {
  try {
    return await promised;
  } catch (cause) {
    if (cause instanceof GPUBufferError) throw cause;
    throw refusal(cause instanceof TypeError ? "type" : "unsupported", "open", "", "the device was refused", cause);
  }
}

async function requestDevice(adapterOptions = { powerPreference: "high-performance" }, descriptor) {
  const gpu = globalThis.navigator?.gpu;
  if (!gpu) throw refusal("unsupported", "open", "", "there is no WebGPU in this browser, or on this page");
  const adapter = await gpu.requestAdapter(adapterOptions);
  if (!adapter) throw refusal("unsupported", "open", "", "there is no WebGPU adapter");
  return adapter.requestDevice(descriptor ?? { requiredLimits: sizeLimits(adapter.limits) });
}

/** Buffers as large as the adapter allows. */
function sizeLimits({ maxBufferSize, maxStorageBufferBindingSize, maxUniformBufferBindingSize }) {
  return { maxBufferSize, maxStorageBufferBindingSize, maxUniformBufferBindingSize };
}
