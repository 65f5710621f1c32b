import { options as optionsOf, region } from "./arguments.js";
import { readableOf, restOf } from "./devicebuffer.js";
import { refusal, wrongReceiver } from "./errors.js";
import { Read } from "./read.js";
import { endReads, readsOf } from "./reads.js";
import { bufferOf, call, Resource } from "./resource.js";

export class ReadbackBuffer extends Resource {
  #module;
  #handle;
  #reads;
  #core;
  #joins; // reads of neighbouring places

  /** @param {import("./system.js").Core} core */
  constructor(key, core, handle, label, policy = "all") {
    super(key, core, handle, label);
    this.#module = core.module;
    this.#handle = handle;
    this.#reads = readsOf(core.module);
    this.#core = core;
    this.#joins = policy === "all";
  }

  read(source, offset = 0, size, options) {
    if (!(#core in Object(this))) return Promise.reject(wrongReceiver("read", "ReadbackBuffer"));
    return this.#start("read", options, (read) => {
      const n = size === undefined ? (read.room ?? restOf(source, offset)) : size;
      if (typeof n === "number" && n > read.room) throw refusal("range", "read", this.label, `memory of ${read.room} bytes for a read of ${n}`);
      const handle = bufferOf(this.#core, "read", this.label, "source", source);
      const making = read.room === undefined;
      const start = (number) => this.#startFast(handle, offset, n, number, making) ?? this[call]("readStart", bufferOf(this.#core, "read", this.label, "source", source), offset, n, number, making); // by now it may be destroyed
      if (this.#joins && readableOf(this.#core, source, offset, n)) read.describe(start, source.label, source, handle, offset, n);
      else read.describe(start, labelOf(source));
    });
  }

  readTexture(texels, options) {
    return this.#start("readTexture", options, (read) => {
      read.describe((number) => this[call]("readTextureStart", ...region("readTexture", this.label, "region", texels), read.room, number), "");
    });
  }

  destroy() {
    endReads(this.#module);
    super.destroy();
  }

  #start(operation, options, describe) {
    return new Promise((resolve, reject) => {
      const [into, signal] = optionsOf(operation, this.label, "options", options, "into", "signal");
      const read = new Read(this, this.#handle, this.#core, operation, into, signal, resolve, reject);
      describe(read);
      this.#reads.start(read);
    });
  }

  /** Starts a read of a buffer of this module's, and gives its size; else the module's function says why not. */
  #startFast(handle, offset, size, number, making) {
    if (typeof handle !== "number" || typeof offset !== "number" || typeof size !== "number") return undefined;
    try {
      const started = this.#module.exports.readStart(this.#handle, handle, offset, size, number, Number(making));
      return started < 0 ? undefined : started;
    } catch (cause) {
      this.#module.fault(cause);
      return undefined;
    }
  }
}

/** What a source is called, of which nothing is known yet. */
function labelOf(source) {
  try {
    return typeof source.label === "string" ? source.label : "";
  } catch {
    return "";
  }
}
