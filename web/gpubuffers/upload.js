// Uploads of streams. The module says which way the bytes go: into mapped memory of the GPU's, a room at a
// time, or by queue writes. The latter are gathered, since small ones are slow.

import { refusal } from "./errors.js";
import { bytesOf } from "./sources.js";

const gathered = 4 << 20; // from there on a browser moves a queue write through memory of its own
const direct = 1 << 20;

let spare; // memory to gather in

/** One upload into a DeviceBuffer. Its methods are called one at a time, but for abort. */
export class Upload {
  #module;
  #buffer;
  #handle;
  #offset;
  #room; // being filled
  #size = 0; // of the room
  #filled = 0;
  #gathers = false; // the room is not the GPU's

  constructor(module, buffer, handle, offset) {
    this.#module = module;
    this.#buffer = buffer;
    this.#handle = handle;
    this.#offset = offset;
  }

  /** Takes a piece of any length, the one after the first total bytes. */
  async write(piece, total) {
    const bytes = bytesOf("upload", this.#buffer.label, piece);
    const at = this.#offset + total;
    if (bytes.length > this.#buffer.size - at) throw this.#refusal("range", `${bytes.length} bytes at ${at} exceed size ${this.#buffer.size}`);
    for (let done = 0; done < bytes.length; ) {
      if (this.#filled === this.#size) await this.#turn();
      done += this.#isDirect(bytes.length - done) ? await this.#send(bytes.subarray(done)) : this.#fill(bytes.subarray(done));
    }
  }

  /** Sends what is left. Then everything is ordered ahead of what is submitted later. */
  async finish() {
    if (this.#gathers) await this.#flush();
    this.#module.call("uploadFinish", this.#handle, this.#filled);
    this.#giveBack();
  }

  abort() {
    if (!this.#module.ended) this.#module.call("uploadAbort", this.#handle);
    this.#giveBack();
  }

  /** Sends the room that is filled, and gets another. */
  async #turn() {
    if (this.#gathers) return this.#flush();
    const filled = this.#filled;
    this.#filled = this.#size = 0;
    const room = await this.#module.ask("uploadNext", this.#handle, filled);
    this.#gathers = room === undefined;
    this.#room = room ?? spare ?? new Uint8Array(gathered);
    if (this.#gathers) spare = undefined;
    this.#size = this.#room.length;
  }

  async #flush() {
    const filled = this.#filled;
    this.#filled = 0;
    if (filled > 0) await this.#module.ask("uploadWrite", this.#handle, this.#room.subarray(0, filled));
  }

  #isDirect(length) {
    return this.#gathers && this.#filled === 0 && length >= direct;
  }

  async #send(bytes) {
    await this.#module.ask("uploadWrite", this.#handle, bytes);
    return bytes.length;
  }

  #fill(bytes) {
    const part = bytes.subarray(0, this.#size - this.#filled);
    try {
      this.#room.set(part, this.#filled);
    } catch (cause) {
      this.#module.call("uploadFinish", this.#handle, this.#filled & ~3); // says what has ended
      throw this.#refusal("device-lost", "the mapped memory is gone with its device", cause);
    }
    this.#filled += part.length;
    return part.length;
  }

  #giveBack() {
    if (this.#gathers) spare = this.#room;
    this.#gathers = false;
    this.#room = undefined;
  }

  #refusal(code, detail, cause) {
    return refusal(code, "upload", this.#buffer.label, detail, cause);
  }
}

/** A reader of data that is there already, in pieces between which others get their turn. */
export function readerOfBytes(bytes) {
  const piece = 16 << 20;
  let at = 0;
  return {
    async read() {
      const value = bytes.subarray(at, (at += piece));
      return value.length === 0 ? { done: true } : { done: false, value };
    },
    async cancel() {
      at = bytes.length;
    },
    releaseLock() {},
  };
}
