// One object of each kind, and every call on them.
import { COPY_DST, MAP_READ, UNIFORM, VERTEX, rejects } from "./check.js";

export function makeAll(gpu) {
  const staging = gpu.createImmediateStagingBuffer({ label: "it", size: 16 });
  const deferred = gpu.createDeferredStagingBuffer({ label: "it", size: 16 });
  const dynamic = gpu.createDynamicBuffer({ label: "it", size: 256, usage: UNIFORM });
  dynamic.update(16);
  return {
    buffer: gpu.createDeviceBuffer({ label: "it", size: 16, usage: VERTEX }),
    mappable: gpu.createMappableBuffer({ label: "it", size: 16, usage: MAP_READ | COPY_DST }),
    readback: gpu.createReadbackBuffer({ label: "it" }),
    staging, deferred, dynamic,
  };
}

/** Every call on a system and its objects. */
export function calls(gpu, { buffer, mappable, readback, staging, deferred, dynamic }, frame) {
  const encoder = gpu.device.createCommandEncoder();
  const data = new Uint8Array(4);
  return {
    createDeviceBuffer: () => gpu.createDeviceBuffer({ size: 16, usage: VERTEX }),
    createImmediateStagingBuffer: () => gpu.createImmediateStagingBuffer({ size: 16 }),
    createDynamicBuffer: () => gpu.createDynamicBuffer({ size: 256, usage: UNIFORM }),
    createMappableBuffer: () => gpu.createMappableBuffer({ size: 16, usage: MAP_READ }),
    frame: () => gpu.frame(),
    nextFrame: () => gpu.nextFrame(),
    submit: () => gpu.submit(),
    write: () => buffer.write(0, data),
    grow: () => buffer.grow(64),
    upload: () => buffer.upload(0, data),
    uploadStream: () => buffer.upload(0, new Blob([data])),
    calibrate: () => gpu.calibrate(),
    stage: () => staging.write(data),
    stageAt: () => staging.writeAt(0, data),
    mappedRange: () => staging.mappedRange(),
    uploadTo: () => staging.uploadTo(encoder, buffer),
    reset: () => staging.reset(),
    mapStaging: () => deferred.mapAsync(),
    read: () => readback.read(buffer),
    update: () => dynamic.update(16),
    map: () => mappable.mapAsync(GPUMapMode.READ),
    frameEncoder: () => frame.encoder,
    submitFrame: () => frame.submit(),
  };
}

/** The calls that work when the device is lost. */
export function questions(gpu) {
  return {
    stats: () => gpu.stats(),
    explain: () => gpu.explain("upload", 4),
    calibration: () => gpu.calibration(),
    loadCalibration: () => gpu.loadCalibration({ version: 1, copyCost: 0, rates: [] }),
  };
}

export async function allRefused(code, all) {
  for (const [name, f] of Object.entries(all)) await rejects(code, async () => f(), name);
}
