import { elements, fields } from "./arguments.js";
import { DeviceBuffer } from "./devicebuffer.js";
import { DynamicBuffer } from "./dynamic.js";
import { refusal } from "./errors.js";
import { Frame } from "./frame.js";
import { MappableBuffer } from "./mappable.js";
import { ReadbackBuffer } from "./readback.js";
import { dispose, guard, made } from "./resource.js";
import { DeferredStagingBuffer, ImmediateStagingBuffer } from "./staging.js";

export class GPUBufferSystem {
  #core;
  #handle;
  #owned;
  #end;
  #lost;

  constructor(key, module, handle, device, owned) {
    guard(key, new.target);
    this.#core = { module, device, destroyed: false };
    this.#handle = handle;
    this.#owned = owned;
    const end = new Promise((resolve) => (this.#end = resolve));
    this.#lost = Promise.race([end, device.lost.then(({ reason, message }) => ({ reason, message }))]);
  }

  get device() {
    return this.#core.device;
  }

  get lost() {
    return this.#lost;
  }

  createDeviceBuffer(descriptor) {
    const [label, size, usage] = fields("create", descriptor, "label", "size", "usage");
    return this.#make("createDeviceBuffer", DeviceBuffer, label, size, usage);
  }

  createImmediateStagingBuffer(descriptor) {
    return this.#makeStaging("createImmediateStagingBuffer", ImmediateStagingBuffer, descriptor);
  }

  createDeferredStagingBuffer(descriptor) {
    return this.#makeStaging("createDeferredStagingBuffer", DeferredStagingBuffer, descriptor);
  }

  createReadbackBuffer(descriptor) {
    const [label, policy, maxInFlight] = fields("create", descriptor, "label", "policy", "maxInFlight");
    return this.#make("createReadbackBuffer", ReadbackBuffer, label, policy, maxInFlight);
  }

  createDynamicBuffer(descriptor) {
    const [label, size, usage, maxSlots] = fields("create", descriptor, "label", "size", "usage", "maxSlots");
    return this.#make("createDynamicBuffer", DynamicBuffer, label, size, usage, maxSlots);
  }

  createMappableBuffer(descriptor) {
    const [label, size, usage, mapped] = fields("create", descriptor, "label", "size", "usage", "mappedAtCreation");
    return this.#make("createMappableBuffer", MappableBuffer, label, size, usage, mapped);
  }

  #makeStaging(name, type, descriptor) {
    const [label, size, rowBytes] = fields("create", descriptor, "label", "size", "rowBytes");
    return this.#make(name, type, label, size, rowBytes);
  }

  #make(name, type, label, ...values) {
    const handle = this.#call(name, label, ...values);
    return new type(made, this.#core, handle, label, values[0]);
  }

  frame() {
    return new Frame(made, this.#core, this.#call("beginFrame"));
  }

  async nextFrame() {
    this.#usable("nextFrame");
    return new Frame(made, this.#core, await this.#core.module.ask("nextFrame", this.#handle));
  }

  submit(commands) {
    this.#call("submit", elements("submit", "commands", commands));
  }

  stats() {
    return this.#call("stats");
  }

  trim() {
    this.#call("trim");
  }

  destroy() {
    if (this.#core.destroyed) return;
    this.#core.destroyed = true;
    if (!this.#core.module.ended) this.#core.module.call("destroy", this.#handle);
    this.#end({ reason: "destroyed", message: "the system was destroyed" });
    if (this.#owned) this.#core.device.destroy();
  }

  [dispose]() {
    this.destroy();
  }

  #usable(name) {
    if (this.#core.destroyed) throw refusal("destroyed", name, "", "the system is destroyed");
  }

  #call(name, ...values) {
    this.#usable(name);
    return this.#core.module.call(name, this.#handle, ...values);
  }
}
