import { elements } from "./arguments.js";
import { refusal } from "./errors.js";
import { beginReads } from "./reads.js";
import { bufferOf, dispose, guard, owns } from "./resource.js";

export class Frame {
  #core;
  #handle;
  #encoder;
  #isOpen = true;

  static [owns](value) {
    return #core in value;
  }

  /** @param {import("./system.js").Core} core */
  constructor(key, core, handle) {
    guard(key, new.target);
    this.#core = core;
    this.#handle = handle;
  }

  get encoder() {
    return this.#core.destroyed ? this.#call("frameEncoder") : (this.#encoder ??= this.#takeEncoder());
  }

  #takeEncoder() {
    const { module } = this.#core;
    return module.numbers("frameEncoder", this.#handle) > 0 ? module.take() : this.#call("frameEncoder"); // or says why not
  }

  use(...buffers) {
    this.#call("use", buffers.map((buffer) => bufferOf(this.#core, "use", "", "a buffer", buffer)));
    this.#core.updates.keep(...buffers);
  }

  submit(commands) {
    const given = elements("submit", "", "commands", commands);
    const { module } = this.#core;
    this.#core.updates.report();
    beginReads(module);
    if (given.length > 0 || !this.#submitOwn(module)) this.#call("submitFrame", given);
    this.#close();
  }

  /** Submits what is in the frame's own encoder, and says whether that was done. */
  #submitOwn(module) {
    if (this.#core.destroyed) return false;
    try {
      return module.exports.submitFrame(this.#handle) > 0;
    } catch (cause) {
      module.fault(cause);
      return false;
    }
  }

  discard() {
    beginReads(this.#core.module);
    this.#call("discardFrame");
    this.#close();
  }

  /** Discards what was not submitted. */
  [dispose]() {
    if (this.#isOpen && !this.#core.destroyed && !this.#core.module.ended) this.discard();
  }

  #close() {
    this.#core.updates.close();
    this.#encoder = undefined;
    this.#isOpen = false;
  }

  #call(name, ...values) {
    if (this.#core.destroyed) throw refusal("destroyed", name, "", "the system is destroyed");
    return this.#core.module.call(name, this.#handle, ...values);
  }
}
