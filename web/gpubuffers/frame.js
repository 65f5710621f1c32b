import { elements } from "./arguments.js";
import { refusal } from "./errors.js";
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
    if (this.#encoder === undefined || this.#core.destroyed) {
      this.#usable("frameEncoder").run("frameEncoder", this.#handle);
      this.#encoder = this.#core.module.take();
    }
    return this.#encoder;
  }

  use(...buffers) {
    this.#call("use", buffers.map((buffer) => bufferOf(this.#core, "use", "", "a buffer", buffer)));
    this.#core.updates.keep(...buffers);
  }

  submit(commands) {
    const further = elements("submit", "", "commands", commands);
    this.#core.updates.report();
    this.#core.module.reads.begin();
    const module = this.#usable("submitFrame");
    if (further.length === 0) module.run("submitFrame", this.#handle, 0);
    else module.runWith({ commands: further }, "submitFrame", this.#handle, further.length);
    this.#close();
  }

  discard() {
    this.#core.module.reads.begin();
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

  #usable(name) {
    if (this.#core.destroyed) throw refusal("destroyed", name, "", "the system is destroyed");
    return this.#core.module;
  }

  #call(name, ...values) {
    return this.#usable(name).call(name, this.#handle, ...values);
  }
}
