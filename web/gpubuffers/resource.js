// The handles of the module, in the form of classes.

import { refusal, wrongReceiver } from "./errors.js";

/** Held by these files alone: what a constructor is called with by it. */
export const made = Symbol("made");
/** A static method: whether an object was made by a constructor of these files. */
export const owns = Symbol("owns");
export const call = Symbol("call");
export const run = Symbol("run");
export const ask = Symbol("ask");
export const keep = Symbol("keep");
export const handleOf = Symbol("handleOf");
export const told = Symbol("told");
export const isTold = Symbol("isTold");
export const isRefused = Symbol("isRefused");
export const native = Symbol("native");
export const running = Symbol("running");
export const until = Symbol("until");
export const usable = Symbol("usable");
export const destroyed = Symbol("destroyed");
export const calibrated = Symbol("calibrated");
/** @type {typeof Symbol.dispose} */
export const dispose = Symbol.dispose ?? Symbol.for("Symbol.dispose");

export function guard(key, type, maker = "a GPUBufferSystem") {
  if (key !== made) throw refusal("type", "constructor", "", `a ${type.name} is made by ${maker}`);
}

/** Destroys what a handle stands for. */
export function destroyHandle(module, handle) {
  if (module.ended) return;
  module.run("destroy", handle);
}

/** Has the module free what was dropped without being destroyed: its system is alive for as long. */
const dropped = new FinalizationRegistry(({ core, handle, kept, stack }) => {
  if (!core.destroyed && !core.module.ended) core.module.call("forget", handle, kept, stack);
});

/**
 * What the module takes for a buffer that was given, as a parameter of that name, to something of core's: a handle, of that system alone, or a
 * GPUBuffer. Every other value is as it was, but for numbers, which the module would take for handles.
 */
export let bufferOf;

/** What a system makes: a handle of the module's, until it is destroyed. A DeviceBuffer may have none yet: see Creations. */
export class Resource {
  #core;
  #handle;
  #refusal; // why the module did not take it
  #label;
  #destroyed = false;
  #drop; // what is to be done when it is dropped

  static {
    bufferOf = (core, operation, label, name, value) => {
      if (typeof value === "number") throw refusal("type", operation, label, `${name} must be a buffer, not a number`);
      if (value === null || typeof value !== "object" || !(#core in value)) return value;
      if (value.#destroyed) throw refusal("destroyed", operation, value.#label, "it is destroyed");
      return value.#core === core ? value[handleOf] : value.#nativeFor(core, operation, label, name);
    };
  }

  static [owns](value) {
    return #core in value;
  }

  /** @param {import("./system.js").Core} core */
  constructor(key, core, handle, label = "") {
    guard(key, new.target);
    this.#core = core;
    this.#label = label;
    this.#drop = { core, handle, kept: false, stack: core.tracksLeaks ? new Error("made").stack : undefined };
    if (handle !== undefined) this.#take(handle);
  }

  #take(handle) {
    this.#handle = this.#drop.handle = handle;
    dropped.register(this, this.#drop, this);
  }

  /** The module was told of it, and gave its handle, or refused it for a reason: the device was lost meanwhile. */
  [told](handle, reason) {
    this.#refusal = reason;
    if (handle !== undefined) this.#take(handle);
  }

  get [isTold]() {
    return this.#handle !== undefined;
  }

  /** Whether the module, which is told of it, has refused it. */
  get [isRefused]() {
    if (this.#handle === undefined) this.#core.creations.flush();
    return this.#refusal !== undefined;
  }

  /** Its handle. */
  get [handleOf]() {
    if (this[isRefused]) throw this.#refusal;
    return this.#handle;
  }

  get label() {
    if (!(#label in Object(this))) throw wrongReceiver("label", "Resource");
    return this.#label;
  }

  destroy() {
    if (this[destroyed]) return;
    if (this.#handle === undefined) {
      this.#destroyed = true;
      this.#core.creations.destroy(this);
      return;
    }
    this.#core.module.catchUp();
    this.#destroyed = true;
    dropped.unregister(this);
    destroyHandle(this.#core.module, this.#handle);
    this.#core.waits.end(this, "destroyed", "it is destroyed");
  }

  [dispose]() {
    this.destroy();
  }

  get [destroyed]() {
    return this.#destroyed || this.#core.destroyed;
  }

  /** The module, unless this is destroyed. */
  [usable](name) {
    if (this[destroyed]) throw refusal("destroyed", name, this.#label, "it is destroyed");
    return this.#core.module;
  }

  [call](name, ...values) {
    return this[usable](name).call(name, this[handleOf], ...values);
  }

  [run](name, ...numbers) {
    return this[usable](name).run(name, this[handleOf], ...numbers);
  }

  [ask](name, ...values) {
    if (this[destroyed]) return Promise.reject(refusal("destroyed", name, this.#label, "it is destroyed"));
    if (this[isRefused]) return Promise.reject(this.#refusal);
    return this.#core.module.ask(this, name, this.#handle, ...values);
  }

  /** Its GPUBuffer, for another system, which has to be on the same device. */
  #nativeFor(core, operation, label, name) {
    if (!(this instanceof NativeBuffer)) throw refusal("type", operation, label, `${name} is an object of another kind`);
    if (this[destroyed]) throw refusal("destroyed", operation, this.#label, "it is destroyed");
    if (this.#core.device !== core.device) throw refusal("wrong-device", operation, this.#label, "the buffer is of another device");
    return this[native]();
  }

  /**
   * The GPUBuffer that stands behind it now.
   * @returns {GPUBuffer}
   */
  [native]() {
    this[run]("native");
    return this.#core.module.take();
  }

  /**
   * A function that has end called, once, with the error of an operation that this cannot finish any more, until the
   * function that it returns is called.
   */
  [until](operation) {
    const makeError = (code, detail, cause) => refusal(code, operation, this.#label, detail, cause);
    return (end) => this.#core.waits.begin(this, makeError, end);
  }

  /** Throws where the module has ended. */
  [running](name) {
    this.#core.module.check(name);
  }

  /** Has its GPUBuffer outlive it unless it is destroyed, since the page may use that. */
  [keep]() {
    this.#drop.kept = true;
  }
}

/** GPU memory behind one GPUBuffer. */
export class NativeBuffer extends Resource {
  get state() {
    if (this[destroyed]) return "destroyed";
    return this[isRefused] ? "ready" : this[call]("state");
  }

  get valid() {
    return !this[destroyed] && !this[isRefused] && this[call]("valid");
  }
}
