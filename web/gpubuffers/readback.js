import { fields, region } from "./arguments.js";
import { refusal } from "./errors.js";
import { Read, readsOf } from "./reads.js";
import { call, handleOf, Resource } from "./resource.js";

export class ReadbackBuffer extends Resource {
  #module;
  #handle;
  #reads;

  constructor(key, core, handle, label) {
    super(key, core, handle, label);
    this.#module = core.module;
    this.#handle = handle;
    this.#reads = readsOf(core.module);
  }

  read(source, offset = 0, size, options) {
    return this.#start("read", options, (number, room) => {
      const n = size === undefined ? room : size;
      if (typeof n === "number" && n > room) throw refusal("range", "read", this.label, `memory of ${room} bytes for a read of ${n}`);
      return this.#startFast(handleOf(source), offset, n, number) ?? this[call]("readStart", handleOf(source), offset, n, number);
    });
  }

  readTexture(texels, options) {
    return this.#start("readTexture", options, (number, room) => this[call]("readTextureStart", ...region("readTexture", texels), room, number));
  }

  #start(operation, options, begin) {
    return new Promise((resolve, reject) => {
      const [into, signal] = fields(operation, options, "into", "signal");
      const read = new Read(this, this.#handle, operation, into, signal, resolve, reject);
      this.#reads.start(read, (number) => begin(number, read.room));
    });
  }

  /** Starts a read of a buffer of this module's, and gives its size; else the module's function says why not. */
  #startFast(source, offset, size, number) {
    if (typeof source !== "number" || typeof offset !== "number" || !(size === undefined || (typeof size === "number" && size > 0))) return undefined;
    try {
      const started = this.#module.exports.readStart(this.#handle, source, offset, size ?? -1, number);
      return started < 0 ? undefined : started;
    } catch (cause) {
      this.#module.fault(cause);
      return undefined;
    }
  }
}
