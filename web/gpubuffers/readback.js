import { numberOr, options as optionsOf, region } from "./arguments.js";
import { readableOf, restOf } from "./devicebuffer.js";
import { refusal, wrongReceiver } from "./errors.js";
import { Read } from "./read.js";
import { bufferOf, call, Resource, usable } from "./resource.js";

export class ReadbackBuffer extends Resource {
  #module;
  #handle;
  #core;
  #joins; // reads of neighbouring places

  /** @param {import("./system.js").Core} core */
  constructor(key, core, handle, label, policy = "all") {
    super(key, core, handle, label);
    this.#module = core.module;
    this.#handle = handle;
    this.#core = core;
    this.#joins = policy === "all";
  }

  read(source, offset = 0, size, options) {
    if (!(#core in Object(this))) return Promise.reject(wrongReceiver("read", "ReadbackBuffer"));
    return this.#start("read", options, (read) => {
      const n = size === undefined ? (read.intoSize ?? restOf(source, offset)) : size;
      if (typeof n === "number" && n > read.intoSize) throw refusal("range", "read", this.label, `memory of ${read.intoSize} bytes for a read of ${n}`);
      const handle = bufferOf(this.#core, "read", this.label, "source", source);
      read.describe((number) => this.#begin(source, offset, n, number, read.intoSize === undefined), labelOf(source));
      if (this.#joins && readableOf(this.#core, source, offset, n)) read.locate(source, handle, offset, n);
    });
  }

  readTexture(texels, options) {
    return this.#start("readTexture", options, (read) => {
      read.describe((number) => this[call]("readTextureStart", ...region("readTexture", this.label, "region", texels), read.intoSize, number), "");
    });
  }

  #start(operation, options, describe) {
    return new Promise((resolve, reject) => {
      const [into, signal] = optionsOf(operation, this.label, "options", options, "into", "signal");
      const read = new Read(this, this.#handle, this.#core, operation, into, signal, resolve, reject);
      describe(read);
      this.#module.reads.start(read);
    });
  }

  /** Has the module make a read, and gives its size. */
  #begin(source, offset, size, number, making) {
    const handle = bufferOf(this.#core, "read", this.label, "source", source); // by now it may be destroyed
    const module = this[usable]("read");
    const at = numberOr(0, "read", this.label, "offset", offset);
    const n = numberOr(NaN, "read", this.label, "size", size);
    if (typeof handle === "number") return module.run("readStart", this.#handle, handle, at, n, number, Number(making));
    return module.runWith({ source: handle }, "readStart", this.#handle, 0, at, n, number, Number(making));
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
