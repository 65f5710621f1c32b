import { elements, labelFor, numberFor, options } from "./arguments.js";
import { calibrateAtOpen, fromCalibration, keep, toCalibration } from "./calibration.js";
import { Creations } from "./creations.js";
import { DeviceBuffer } from "./devicebuffer.js";
import { DynamicBuffer, OpenUpdates } from "./dynamic.js";
import { GPUBufferError, refusal, retold } from "./errors.js";
import { Frame } from "./frame.js";
import { uploadImage } from "./image.js";
import { MappableBuffer } from "./mappable.js";
import { Poller } from "./poller.js";
import { ReadbackBuffer } from "./readback.js";
import { bufferOf, calibrated, destroyHandle, dispose, guard, made, owns } from "./resource.js";
import { pictureOf, png } from "./screenshot.js";
import { DeferredStagingBuffer, ImmediateStagingBuffer } from "./staging.js";
import { Waits } from "./waits.js";
import { SharedUploads } from "./shareduploads.js";
import { Writes } from "./writes.js";

/**
 * What the objects of a system share.
 * @typedef {object} Core
 * @property {import("./module.js").Module} module
 * @property {GPUDevice} device
 * @property {Creations} creations
 * @property {object} listeners kept for whom the module calls
 * @property {boolean} tracksLeaks
 * @property {OpenUpdates} updates
 * @property {Poller} poller
 * @property {Waits} waits
 * @property {Writes} writes
 * @property {SharedUploads} uploads
 * @property {GPUBuffer[]} chunks by the number under which they are lent for short reads
 * @property {boolean} destroyed
 * @property {boolean} lost
 * @property {(loss: { reason: string, message: string }) => void} end resolves the promise of a loss
 */

/**
 * Destroys what belongs to a core that was dropped: the objects of a system know its core, and nothing that lives
 * longer does. The device is left alone, since the page may have it.
 */
const dropped = new FinalizationRegistry(({ module, handle }) => destroyHandle(module, handle));

/** The cores of systems by their promises of a loss, which are waited for when nothing else is left. */
const cores = new WeakMap();

/** Ends what waits when the module has ended. It is no closure of the constructor's, which would know the core. */
function endWith({ updates, waits }, error) {
  updates.close();
  waits.end(undefined, "internal", "the WebAssembly module has ended", error.cause);
}

/** Has a core hear of the loss of its device. */
function watchLoss(core) {
  const ref = new WeakRef(core);
  core.device.lost.then(({ reason, message }) => {
    const alive = ref.deref();
    if (alive === undefined) return;
    alive.lost = true;
    alive.waits.end(undefined, "device-lost", `the device is lost: ${message}`);
    alive.end({ reason, message });
  });
}

/** Numbers of systems, for keepChecked of the module's fused calls. */
let systems = 2 ** 30;

export class GPUBufferSystem {
  #core;
  #handle;
  #owned;
  #keeps = false; // its calibration
  #lost;

  static [owns](value) {
    return #core in value;
  }

  /**
   * @param {import("./module.js").Module} module
   * @param {GPUDevice} device
   */
  constructor(key, module, handle, device, owned, listeners, tracksLeaks, logsAll) {
    guard(key, new.target, "open");
    /** @type {any} */
    let end;
    this.#lost = new Promise((resolve) => (end = resolve));
    const poller = new Poller(device, module.agreed);
    const writes = new Writes(device, module, poller);
    /** @type {Core} */
    const core = {
      module,
      device,
      creations: new Creations(device, module, handle, module.agreed.fused.keepChecked.bind(undefined, systems++, device, module.take()), logsAll),
      listeners,
      tracksLeaks,
      updates: new OpenUpdates(),
      poller,
      waits: new Waits(),
      writes,
      uploads: new SharedUploads(module, handle, device, writes),
      chunks: [],
      destroyed: false,
      lost: false,
      end,
    };
    this.#core = core;
    this.#handle = handle;
    this.#owned = owned;
    cores.set(this.#lost, core);
    watchLoss(core);
    module.whenEnded(core, endWith);
    dropped.register(core, { module, handle }, core);
  }

  get device() {
    return this.#core.device;
  }

  get lost() {
    return this.#lost;
  }

  createDeviceBuffer(descriptor) {
    const [label, size, usage] = options("createDeviceBuffer", "", "descriptor", descriptor, "label", "size", "usage");
    this.#usable("createDeviceBuffer");
    const text = labelFor("createDeviceBuffer", label);
    const bytes = numberFor("createDeviceBuffer", text, "size", size);
    const bits = numberFor("createDeviceBuffer", text, "usage", usage);
    const { module, creations, lost } = this.#core;
    const creation = lost || module.ended ? undefined : creations.make(text, bytes, bits);
    if (creation === undefined) {
      const handle = module.asideWith({ label: text }, "createDeviceBuffer", this.#handle, bytes, bits, text.length);
      if (handle < 0) throw module.refusal("createDeviceBuffer");
      return new DeviceBuffer(made, this.#core, handle, label);
    }
    const buffer = new DeviceBuffer(made, this.#core, undefined, label, creation.gpuBuffer);
    creations.add(buffer, creation);
    return buffer;
  }

  wrap(buffer, givenOptions) {
    const [label] = options("wrap", "", "options", givenOptions, "label");
    const handle = this.#call("wrap", labelFor("wrap", label), buffer); // which refuses all but a GPUBuffer
    return new DeviceBuffer(made, this.#core, handle, label ?? buffer.label, buffer, true);
  }

  createImmediateStagingBuffer(descriptor) {
    return this.#makeStaging("createImmediateStagingBuffer", ImmediateStagingBuffer, descriptor);
  }

  createDeferredStagingBuffer(descriptor) {
    return this.#makeStaging("createDeferredStagingBuffer", DeferredStagingBuffer, descriptor);
  }

  createReadbackBuffer(descriptor) {
    const [label, policy, maxInFlight] = options("createReadbackBuffer", "", "descriptor", descriptor, "label", "policy", "maxInFlight");
    return this.#make("createReadbackBuffer", ReadbackBuffer, label, policy, maxInFlight);
  }

  createDynamicBuffer(descriptor) {
    const [label, size, usage, maxSlots] = options("createDynamicBuffer", "", "descriptor", descriptor, "label", "size", "usage", "maxSlots");
    return this.#make("createDynamicBuffer", DynamicBuffer, label, size, usage, maxSlots);
  }

  createMappableBuffer(descriptor) {
    const [label, size, usage, mapped] = options("createMappableBuffer", "", "descriptor", descriptor, "label", "size", "usage", "mappedAtCreation");
    return this.#make("createMappableBuffer", MappableBuffer, label, size, usage, mapped);
  }

  #makeStaging(name, type, descriptor) {
    const [label, size, rowBytes] = options(name, "", "descriptor", descriptor, "label", "size", "rowBytes");
    return this.#make(name, type, label, size, rowBytes);
  }

  #make(name, type, label, ...values) {
    const handle = this.#call(name, label, ...values);
    return new type(made, this.#core, handle, label, values[0]);
  }

  frame() {
    this.#core.module.reads.begin();
    return new Frame(made, this.#core, this.#call("beginFrame"));
  }

  async nextFrame() {
    this.#usable("nextFrame");
    const { module } = this.#core;
    module.reads.begin();
    for (;;) {
      const frame = module.awaits("nextFrame", this.#handle);
      if (typeof frame === "number") return new Frame(made, this.#core, frame);
      await frame;
      this.#usable("nextFrame");
    }
  }

  submit(commands) {
    const list = elements("submit", "", "commands", commands);
    this.#core.updates.report();
    this.#core.module.reads.begin();
    this.#call("submit", list);
    this.#core.updates.close();
  }

  async uploadImage(texture, source, givenOptions) {
    const [origin, mipLevel, mipmaps, flipY, premultipliedAlpha, colorSpace] = options(
      "uploadImage", "", "options", givenOptions, "origin", "mipLevel", "mipmaps", "flipY", "premultipliedAlpha", "colorSpace",
    );
    this.#usable("uploadImage");
    await uploadImage(this.#core.device, texture, source, { origin, mipLevel, mipmaps, flipY, premultipliedAlpha, colorSpace });
    this.#usable("uploadImage");
  }

  async screenshot(source, givenOptions) {
    const [alphaMode, signal] = options("screenshot", "", "options", givenOptions, "alphaMode", "signal");
    this.#usable("screenshot");
    const picture = pictureOf(source, alphaMode);
    const { texture } = picture;
    const { width, height } = texture;
    const reader = this.createReadbackBuffer({ label: texture.label });
    try {
      const bytes = await reader.readTexture({ texture, size: [width, height, 1] }, { signal });
      return await png(new Uint8Array(bytes), width, height, picture);
    } catch (error) {
      throw error instanceof GPUBufferError ? retold(error, "screenshot") : error;
    } finally {
      reader.destroy();
    }
  }

  explain(operation, size, buffer) {
    return this.#call("explain", operation, size, bufferOf(this.#core, "explain", "", "buffer", buffer));
  }

  async calibrate() {
    await this.#ask("calibrate");
  }

  calibration() {
    return toCalibration(this.#call("calibration"));
  }

  loadCalibration(calibration) {
    this.#call("loadCalibration", ...fromCalibration(calibration));
  }

  /** What open does with its option of that name. */
  async [calibrated](option) {
    await calibrateAtOpen(this, option);
    this.#keeps = option === "local";
  }

  stats() {
    const stats = this.#call("stats");
    return { ...stats, bytesUp: stats.bytesUp + this.#core.writes.written };
  }

  trim() {
    this.#call("trim");
  }

  destroy() {
    if (this.#core.destroyed) return;
    if (this.#keeps) keep(this);
    this.#core.destroyed = true;
    this.#core.updates.close();
    dropped.unregister(this.#core);
    destroyHandle(this.#core.module, this.#handle);
    this.#core.waits.end(undefined, "destroyed", "the system was destroyed");
    this.#core.end({ reason: "destroyed", message: "the system was destroyed" });
    if (this.#owned) this.#core.device.destroy();
  }

  [dispose]() {
    this.destroy();
  }

  #usable(name) {
    if (this.#core.destroyed) throw refusal("destroyed", name, "", "the system is destroyed");
  }

  async #ask(name) {
    this.#usable(name);
    return this.#core.module.ask(this, name, this.#handle);
  }

  #call(name, ...values) {
    this.#usable(name);
    return this.#core.module.call(name, this.#handle, ...values);
  }
}
