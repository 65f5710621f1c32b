// Uploads of streams. The module says which way the bytes go: into mapped ranges of the GPU's memory, one after another,
// or by queue writes. The latter are gathered, since small ones are slow.

import { bytesOf, fixed } from "./arguments.js";
import { refusal } from "./errors.js";

let spare; // memory to gather in

/** One upload into a DeviceBuffer. Its methods are called one at a time, but for abort. */
export class Upload {
  #module;
  #buffer;
  #handle;
  #offset;
  #queuePiece; // from there on a browser moves a queue write through memory of its own
  #range; // being filled
  #size = 0; // of the range
  #filled = 0;
  #filling = 0; // milliseconds that filling it took
  #gathers = false; // for queue writes: the range is not the GPU's
  #write; // (offset, bytes, n): writes the first n bytes
  #done = 0; // bytes sent

  /**
   * @param {import("./module.js").Module} module
   * @param {import("./devicebuffer.js").DeviceBuffer} buffer
   */
  constructor(module, buffer, handle, offset, write) {
    this.#module = module;
    this.#queuePiece = module.agreed.queuePiece;
    this.#buffer = buffer;
    this.#handle = handle;
    this.#offset = offset;
    this.#write = write;
  }

  /** Takes a piece of any length, the one after the first total bytes: at once, or when the promise resolves. */
  write(piece, total) {
    const bytes = fixed(bytesOf("upload", this.#buffer.label, piece, "a piece of the source"));
    const at = this.#offset + total;
    if (bytes.length > this.#buffer.size - at) throw this.#refusal("range", `${bytes.length} bytes at ${at} exceed size ${this.#buffer.size}`);
    return this.#writeFrom(bytes, 0, bytes.length);
  }

  /** Takes the rest of what had length bytes when it came. */
  #writeFrom(bytes, done, length) {
    while (done < length) {
      if (bytes.length < length) throw gone("upload", this.#buffer.label);
      const taken = this.#step(bytes.subarray(done));
      if (typeof taken !== "number") return taken.then((n) => this.#writeFrom(bytes, done + n, length));
      done += taken;
    }
  }

  /** Takes the first of some bytes, and gives their number, or a promise of it. */
  #step(bytes) {
    if (this.#filled === this.#size) return this.#next();
    return this.#isDirect(bytes.length) ? this.#send(bytes) : this.#fill(bytes);
  }

  /** Sends what is left. Then everything is ordered ahead of what is submitted later. */
  async finish() {
    if (this.#gathers) await this.#flush();
    this.#module.run("uploadFinish", this.#handle, this.#filled, this.#microseconds());
    this.#giveBack();
  }

  abort() {
    this.#module.tell("uploadAbort", this.#handle);
    this.#giveBack();
  }

  /** Sends the range that is filled, and gets another. No bytes are taken. */
  #next() {
    if (this.#gathers) return this.#flush();
    const filled = this.#sent(this.#filled);
    this.#filled = this.#size = 0;
    const size = this.#module.awaits("uploadNext", this.#handle, filled, this.#microseconds());
    if (typeof size !== "number") return size.then(() => 0); // and is called again
    this.#gathers = size === this.#module.agreed.byQueue;
    this.#range = this.#gathers ? (spare ?? new Uint8Array(this.#queuePiece)) : this.#module.mappedRange;
    if (this.#gathers) spare = undefined;
    this.#size = this.#range.length;
    return 0;
  }

  /** Writes what was gathered. */
  async #flush() {
    for (let at = 0; at < this.#filled; ) at += await this.#send(this.#range.subarray(at, this.#filled));
    this.#filled = 0;
    return 0;
  }

  #isDirect(length) {
    return this.#gathers && this.#filled === 0 && length >= this.#queuePiece;
  }

  /** Writes the first of some bytes, and gives their number, or a promise of it. */
  #send(bytes) {
    const n = this.#module.tell("uploadAllow", this.#handle, bytes.length);
    if (n <= 0) return this.#sendByModule(bytes);
    this.#write(this.#offset + this.#done, bytes, n);
    return this.#sent(n);
  }

  async #sendByModule(bytes) {
    const { length } = bytes;
    try {
      await this.#module.awaitsWith({ memory: bytes.buffer }, "uploadWrite", this.#handle, bytes.byteOffset, length);
    } catch (error) {
      throw bytes.length < length ? gone("upload", this.#buffer.label, error) : error;
    }
    return this.#sent(length);
  }

  #sent(n) {
    this.#done += n;
    return n;
  }

  #fill(bytes) {
    const part = bytes.subarray(0, this.#size - this.#filled);
    const start = performance.now();
    try {
      this.#range.set(part, this.#filled);
    } catch (cause) {
      this.#module.run("uploadFinish", this.#handle, this.#filled & ~3, 0); // says what has ended
      throw this.#refusal("device-lost", "the mapped memory is gone with its device", cause);
    }
    this.#filling += performance.now() - start;
    this.#filled += part.length;
    return part.length;
  }

  /** How long the range was being filled, once. */
  #microseconds() {
    const took = Math.round(1000 * this.#filling);
    this.#filling = 0;
    return took;
  }

  #giveBack() {
    if (this.#gathers) spare = this.#range;
    this.#gathers = false;
    this.#range = undefined;
  }

  #refusal(code, detail, cause) {
    return refusal(code, "upload", this.#buffer.label, detail, cause);
  }
}

/** The error of data whose memory is gone. */
export function gone(operation, label, cause) {
  return refusal("type", operation, label, "the data was transferred before it was sent", cause);
}

/** A reader of data that is there already, in pieces between which others get their turn. */
export function readerOfBytes(bytes, label) {
  const piece = 16 << 20;
  const { length } = bytes;
  let at = 0;
  return {
    async read() {
      if (bytes.length < length) throw gone("upload", label);
      const value = bytes.subarray(at, (at += piece));
      return value.length === 0 ? { done: true } : { done: false, value };
    },
    async cancel() {
      at = length;
    },
    releaseLock() {},
  };
}
