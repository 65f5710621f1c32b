// GPU buffers for web pages; gpubuffers.d.ts says what each class does.
//
// The work is done by a WebAssembly module. The files here load it, give its handles the form of classes, and
// throw. `make build` bundles them into web/gpubuffers.js, beside which the module lies.

import { fields, options as optionsOf } from "./arguments.js";
import { checkCalibrationOption } from "./calibration.js";
import { AbortedError, BoundsError, DeviceLostError, GPUBufferError, MemoryError, refusal, StateError, UsageError } from "./errors.js";
import { moduleOf } from "./module.js";
import { DeviceBuffer } from "./devicebuffer.js";
import { DynamicBuffer } from "./dynamic.js";
import { Frame } from "./frame.js";
import { MappableBuffer } from "./mappable.js";
import { named } from "./names.js";
import { ReadbackBuffer } from "./readback.js";
import { checkReceivers } from "./receiver.js";
import { calibrated, made, NativeBuffer, Resource } from "./resource.js";
import { DeferredStagingBuffer, ImmediateStagingBuffer, StagingBuffer } from "./staging.js";
import { Struct } from "./struct.js";
import { GPUBufferSystem } from "./system.js";

export { AbortedError, BoundsError, DeviceLostError, GPUBufferError, MemoryError, StateError, UsageError };
export { BufferUsage, MapMode, TextureUsage } from "./usages.js";
export { struct } from "./struct.js";
export { DeferredStagingBuffer, DeviceBuffer, DynamicBuffer, Frame, GPUBufferSystem, ImmediateStagingBuffer, MappableBuffer, ReadbackBuffer, Struct };

named({ AbortedError, BoundsError, DeviceLostError, GPUBufferError, MemoryError, StateError, UsageError });
named({ NativeBuffer, Resource, StagingBuffer });
named({ DeferredStagingBuffer, DeviceBuffer, DynamicBuffer, Frame, GPUBufferSystem, ImmediateStagingBuffer, MappableBuffer, ReadbackBuffer, Struct });
[DeferredStagingBuffer, DeviceBuffer, DynamicBuffer, Frame, GPUBufferSystem, ImmediateStagingBuffer, MappableBuffer, ReadbackBuffer, Struct].forEach(checkReceivers);

/** Loads the module and opens a system. */
export async function open(options) {
  const [
    given, adapterOptions, deviceDescriptor, wasm, calibration, trackLeaks = false,
    budget, onBudget, chunkSize, maxFramesInFlight, logLevel, onLog, onError,
  ] = optionsOf(
    "open", "", "options", options, "device", "adapterOptions", "deviceDescriptor", "wasm", "calibration", "trackLeaks",
    "budget", "onBudget", "chunkSize", "maxFramesInFlight", "logLevel", "onLog", "onError",
  );
  checkCalibrationOption(calibration);
  if (typeof trackLeaks !== "boolean") throw refusal("type", "open", "", "trackLeaks is to be a boolean");
  fields("open", "", "adapterOptions", adapterOptions);
  fields("open", "", "deviceDescriptor", deviceDescriptor);
  const listeners = { onLog: onLog === undefined ? (record) => toConsole(record, onError) : onLog, onError };
  const owned = given === undefined;
  if (owned && !globalThis.navigator?.gpu) throw refusal("unsupported", "open", "", noWebGPU);
  const loading = moduleOf(wasm === undefined ? new URL("./gpubuffers.wasm", import.meta.url) : wasm);
  const requested = deviceOf(owned ? requestDevice(adapterOptions, deviceDescriptor) : given);
  let gpu;
  try {
    const [module, device] = await Promise.all([loading, requested]);
    const callers = [callerOf(listeners, "onLog"), callerOf(listeners, "onError")];
    const level = onLog === undefined && inConsole.has(logLevel) ? "warn" : logLevel;
    const handle = module.call("open", device, budget, onBudget, chunkSize, maxFramesInFlight, level, ...callers);
    gpu = new GPUBufferSystem(made, module, handle, device, owned, listeners, trackLeaks, level === "debug");
    await gpu[calibrated](calibration);
    return gpu;
  } catch (error) {
    gpu?.destroy();
    requested.then((device) => owned && device.destroy(), () => {});
    throw error;
  }
}

/** The levels for which the console is told less than a listener would be: it is told from "warn" up. */
const inConsole = new Set([undefined, "debug", "info"]);

/** Tells a page that has no onLog, but not of errors twice. The console has methods of the names of the levels. */
function toConsole(record, onError) {
  if (record.level !== "error" || onError === undefined) console[record.level](`gpubuffers: ${record.message}`, record.fields);
}

/** A function that calls one of the listeners for as long as their system is alive: they may refer to it. */
function callerOf(listeners, name) {
  if (typeof listeners[name] !== "function") return listeners[name];
  const ref = new WeakRef(listeners);
  return (value) => {
    const listener = ref.deref()?.[name];
    listener?.(value);
  };
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

const noWebGPU = "there is no WebGPU: the browser has none, the page comes neither by https nor from localhost, or this runs on a server";

/** @type {GPURequestAdapterOptions} */
const fastest = { powerPreference: "high-performance" };

/**
 * An adapter of the compatibility mode, which has lower limits, where there is no other.
 * @param {any} adapterOptions which older types know less of
 */
async function lesserAdapter(adapterOptions) {
  if (adapterOptions.featureLevel !== undefined) return null;
  return navigator.gpu.requestAdapter({ ...adapterOptions, featureLevel: "compatibility" });
}

async function requestDevice(adapterOptions = fastest, descriptor) {
  const adapter = (await navigator.gpu.requestAdapter(adapterOptions)) ?? (await lesserAdapter(adapterOptions));
  if (!adapter) throw refusal("unsupported", "open", "", "the browser gives no WebGPU adapter: it may have none that it trusts, which chrome://gpu or about:support says, or have lost too many");
  return adapter.requestDevice(descriptor ?? { requiredLimits: sizeLimits(adapter.limits) });
}

/** Buffers as large as the adapter allows. */
function sizeLimits({ maxBufferSize, maxStorageBufferBindingSize, maxUniformBufferBindingSize }) {
  return { maxBufferSize, maxStorageBufferBindingSize, maxUniformBufferBindingSize };
}
