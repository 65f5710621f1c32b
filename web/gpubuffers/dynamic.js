import { bytesOf, kindOf, numberFor, sizeOf } from "./arguments.js";
import { GPUBufferError, refusal, retold, wrongReceiver } from "./errors.js";
import { call, destroyed, keep, Resource, run } from "./resource.js";

const none = new Uint8Array(0);
const report = Symbol("report");

/** The dynamic buffers of a system that were updated since the last submit, and what else that needs. */
export class OpenUpdates {
  #buffers = [];
  #named = [];
  submits = 0; // so far

  add(buffer) {
    this.#buffers.push(buffer);
  }

  /** Has what commands name live until the submit: the module would refuse them if it was destroyed. */
  keep(...objects) {
    this.#named.push(...objects);
  }

  /** Tells the module of every update, ahead of a submit. */
  report() {
    for (const buffer of this.#buffers) buffer[report]();
  }

  /** A submit has taken the updates, or they are dropped. */
  close() {
    this.submits++;
    this.#buffers.length = this.#named.length = 0;
  }
}

/**
 * The first update of a frame, and of each page, asks the module for a place; those after it are given out
 * here, from the rest of the page.
 */
export class DynamicBuffer extends Resource {
  #module;
  #handle;
  #pageSize;
  #alignment = this[call]("dynamicAlignment"); // a power of two
  #mask = this.#alignment - 1;
  #updates;
  #submits = -1; // before the latest update
  #end = 0; // of the latest update, in its page
  #page = 0; // number of the latest update's buffer; 0 is none
  #gpuBuffers = new Map(); // by number
  #kept = false;
  #gpuBuffer;
  #arenas = []; // views of the memory of each page, by its number
  #bytes = none;
  #floats;
  #uints;

  /** @param {import("./system.js").Core} core */
  constructor(key, core, handle, label, pageSize) {
    super(key, core, handle, label);
    this.#module = core.module;
    this.#handle = handle;
    this.#pageSize = pageSize;
    this.#updates = core.updates;
  }

  get pageSize() {
    return this.#pageSize;
  }

  get alignment() {
    return this.#alignment;
  }

  get slots() {
    return this[call]("dynamicSlots");
  }

  update(size) {
    if (!(#end in Object(this))) throw wrongReceiver("update", "DynamicBuffer");
    const offset = (this.#end + this.#mask) & ~this.#mask; // a page is smaller than 2 GiB
    const whole = typeof size === "number" ? size | 0 : 0;
    if (whole !== size || whole <= 0 || whole > this.#pageSize - offset || this.#submits !== this.#updates.submits) return this.#ask(size);
    this.#end = offset + whole;
    return offset;
  }

  #ask(size) {
    if (this.#submits === this.#updates.submits) this[report]();
    const update = this[run]("dynamicUpdate", numberFor("dynamicUpdate", this.label, "size", size));
    const page = Math.floor(update / 2 ** 32);
    if (page !== this.#page || this.#submits !== this.#updates.submits) this.#goOn(page);
    const offset = (update - page * 2 ** 32) | 0; // whole for V8 too, which else computes every place in doubles
    this.#end = offset + size;
    return offset;
  }

  [report]() {
    this.#module.exports.dynamicAdvance(this.#handle, this.#end);
  }

  write(data) {
    if (!(#end in Object(this))) throw wrongReceiver("write", "DynamicBuffer");
    try {
      const kind = kindOf(data);
      const size = kind === "Float32Array" || kind === "Uint8Array" ? sizeOf(data) : 0;
      const source = size > 0 ? data : bytesOf("write", this.label, data);
      const offset = this.update(size || source.length || 1); // no bytes have a place, too
      if (size > 0 && kind === "Float32Array") this.floats.set(source, offset / 4);
      else this.bytes.set(source, offset);
      return offset;
    } catch (error) {
      throw error instanceof GPUBufferError ? retold(error, "write") : refusal("type", "write", this.label, "data is not what it seems", error);
    }
  }

  get gpuBuffer() {
    if (this.#page === 0 || this[destroyed]) this[call]("dynamicNative"); // throws
    if (!this.#kept) this[keep]();
    this.#kept = true;
    return this.#gpuBuffer;
  }

  get bytes() {
    if (!(#end in Object(this))) throw wrongReceiver("bytes", "DynamicBuffer");
    if (this.#bytes.byteLength === 0 || this[destroyed]) this.#view("bytes");
    return this.#bytes;
  }

  get floats() {
    if (!(#end in Object(this))) throw wrongReceiver("floats", "DynamicBuffer");
    if (this.#bytes.byteLength === 0 || this[destroyed]) this.#view("floats");
    return this.#floats;
  }

  get uints() {
    if (!(#end in Object(this))) throw wrongReceiver("uints", "DynamicBuffer");
    if (this.#bytes.byteLength === 0 || this[destroyed]) this.#view("uints");
    return this.#uints;
  }

  destroy() {
    super.destroy();
    this.#submits = -1;
    this.#page = 0;
    this.#bytes = none;
    this.#arenas.length = 0;
    this.#gpuBuffers.clear();
  }

  /** Goes on in another buffer, or after a submit. */
  #goOn(page) {
    if (this.#submits !== this.#updates.submits) this.#updates.add(this);
    this.#submits = this.#updates.submits;
    if (this.#gpuBuffers.size > 64) this.#gpuBuffers.clear();
    if (!this.#gpuBuffers.has(page)) this.#gpuBuffers.set(page, this[call]("dynamicNative"));
    this.#page = page;
    this.#gpuBuffer = this.#gpuBuffers.get(page);
    this.#view("update");
  }

  /** Views the memory of the page: an arena of its own, or a mapped range, which the submit detaches. */
  #view(operation) {
    if (this.#page === 0 || this[destroyed]) this.#refuse(operation);
    const page = this.#module.exports.dynamicPage(this.#handle);
    ({ bytes: this.#bytes, floats: this.#floats, uints: this.#uints } = page === 0 ? viewsOf(this.#module.mappedRange) : this.#arena(page));
  }

  #arena(page) {
    const known = this.#arenas[page];
    if (page > 0 && known?.bytes.byteLength > 0) return known;
    return (this.#arenas[page] = viewsOf(this.#memory()));
  }

  /** The memory of the page's own; of a device that is no more, memory that goes nowhere. */
  #memory() {
    try {
      return this[call]("dynamicMemory");
    } catch (error) {
      if (error.code !== "device-lost") throw error;
      return new Uint8Array(this.#pageSize);
    }
  }

  /** Throws, with the reason why there is nothing to write to. */
  #refuse(operation) {
    try {
      this[call]("dynamicNative");
    } catch (error) {
      throw retold(error, operation);
    }
  }
}

function viewsOf(bytes) {
  const words = bytes.length / 4;
  return { bytes, floats: new Float32Array(bytes.buffer, 0, words), uints: new Uint32Array(bytes.buffer, 0, words) };
}
