// Writes and uploads that JavaScript makes through chunks that the module lends it.

import { sharing } from "./devicebuffer.js";
import { MapMode } from "./usages.js";

/** The longest pause between two writes of a burst, in milliseconds: see takeUpload in buffers/engine.go. */
const together = 0.15;
/** The most bytes of uploads that share a chunk, and the most of one of them. */
const sharedSize = 2 << 20;
const mostShared = 1 << 20;
/** The most chunks of shared uploads that the GPU may have. */
const mostInFlight = 8;

/** Its then runs a function as queueMicrotask does, in less time (measured in Chromium). */
const resolved = Promise.resolve();

/**
 * A part of a transfer.
 * @typedef {object} Part
 * @property {GPUBuffer} target
 * @property {number} offset in target
 * @property {ArrayBufferLike} memory
 * @property {number} start in memory
 * @property {number} size a multiple of 4
 */

/** The chunks of a system, each filled, sent and mapped again. */
export class Writes {
  #device;
  #module;
  #poller;
  #chunks = []; // by the number under which the module lent them last,
  #returns = []; // and functions that give them back
  #endedAt = -Infinity;
  written = 0; // bytes that the module does not know of

  /**
   * @param {import("./module.js").Module} module
   * @param {import("./poller.js").Poller} poller
   */
  constructor(device, module, poller) {
    this.#device = device;
    this.#module = module;
    this.#poller = poller;
  }

  /** 1 if a write that begins now follows another at once, and else 0. */
  get follows() {
    return performance.now() - this.#endedAt < together ? 1 : 0;
  }

  /** Is called when a write was issued. */
  end() {
    this.#endedAt = performance.now();
  }

  /**
   * Borrows a chunk for size bytes, and gives its number: less than 0 if there is none now. The handle is of one of the buffers.
   */
  borrow(handle, size) {
    return this.borrowed(this.#module.tell("writeLend", handle, size));
  }

  /** Takes the chunk of a number that the module has just given. */
  borrowed(number) {
    const chunk = this.#module.take();
    if (chunk !== undefined) this.#chunks[number] = chunk; // else it is the one that was lent under the number before
    return number;
  }

  /** How many bytes a borrowed chunk takes. */
  sizeOf(number) {
    return this.#chunks[number].size;
  }

  /**
   * Sends parts of size bytes together through a borrowed chunk, and says whether that went well.
   * @param {Part[]} parts
   * @param {() => void} [onReturn] is called when the chunk is back
   */
  send(number, size, parts, onReturn) {
    const chunk = this.#chunks[number];
    try {
      this.#fill(chunk, size, parts);
      this.#copy(chunk, parts);
      const returned = (this.#returns[number] ??= [this.#returnOf(number, 0), this.#returnOf(number, 1)]);
      const mapped = this.#poller.watch(chunk.mapAsync(MapMode.WRITE)).then(returned[0], returned[1]);
      if (onReturn) void mapped.then(onReturn);
      return true;
    } catch { // the device is lost, or the memory was transferred: another path says why
      this.#module.tell("writeEnded", number, 1);
      return false;
    }
  }

  #fill(chunk, size, parts) {
    const range = new Uint8Array(chunk.getMappedRange(0, size));
    let at = 0;
    for (const part of parts) {
      range.set(new Uint8Array(part.memory, part.start, part.size), at);
      at += part.size;
    }
    chunk.unmap();
  }

  #copy(chunk, parts) {
    const encoder = this.#device.createCommandEncoder();
    let at = 0;
    for (const { target, offset, size } of parts) {
      encoder.copyBufferToBuffer(chunk, at, target, offset, size);
      at += size;
    }
    this.#device.queue.submit([encoder.finish()]);
  }

  #returnOf(number, failed) {
    return () => void this.#module.tell("writeEnded", number, failed);
  }
}

/** Uploads of one task that share chunks. */
export class SharedUploads {
  #device;
  #module;
  #writes;
  #parts = []; // of uploads that were asked for in this task
  #size = 0; // of them
  #waiting = []; // parts of a chunk each, for which there is none yet
  #inFlight = 0; // chunks
  #flush = () => this.flush();
  #return = () => this.#returned();

  /**
   * @param {import("./module.js").Module} module
   * @param {Writes} writes
   */
  constructor(device, module, writes) {
    this.#device = device;
    this.#module = module;
    this.#writes = writes;
  }

  /** Whether an upload of so many bytes shares a chunk. */
  takes(size) {
    return size < mostShared;
  }

  /**
   * Takes an upload, of a buffer that may be written to. It resolves when it is ahead of everything submitted later.
   * @param {Omit<Part, "target"> & { buffer: import("./devicebuffer.js").DeviceBuffer }} part
   */
  add(part) {
    if (this.#size + part.size > sharedSize) this.flush();
    if (this.#parts.length === 0) {
      this.#module.unsent.push(this);
      void resolved.then(this.#flush);
    }
    this.#size += part.size;
    return new Promise((resolve) => void this.#parts.push({ ...part, resolve }));
  }

  /** Sends what was asked for so far: before anything that is to be behind it. */
  flush() {
    const parts = this.#parts;
    if (parts.length === 0) return;
    this.#parts = [];
    this.#size = 0;
    const { unsent } = this.#module;
    const at = unsent.indexOf(this);
    if (at >= 0) unsent.splice(at, 1);
    if (this.#waiting.length > 0) this.#waiting.push(parts);
    else this.#send(parts);
  }

  #send(parts) {
    const there = parts.filter((part) => this.#aim(part));
    if (there.length === 1) there[0].resolve(sharing.alone(there[0]));
    else if (there.length > 0 && !this.#share(there)) this.#waiting.push(there);
  }

  /** Finds the GPUBuffer of a part. If there is none to write to, the module says why. */
  #aim(part) {
    part.target = sharing.target(part);
    if (part.target === undefined) part.resolve(sharing.byModule(part));
    return part.target !== undefined;
  }

  /** Sends parts through one chunk or by queue writes, unless they have to wait for a chunk. */
  #share(parts) {
    const module = this.#module;
    const writes = this.#writes;
    const size = parts.reduce((sum, part) => sum + part.size, 0);
    const handle = sharing.handle(parts[0]);
    const isChosen = size >= module.agreed.smallest;
    if (isChosen && module.tell("sharedAllow", handle, size, parts.every(sharing.isCopied) ? 1 : 0, writes.follows) === 1) {
      const number = this.#inFlight < mostInFlight ? writes.borrow(handle, size) : -1;
      if (number < 0 && this.#inFlight > 0) return false; // it is asked again
      if (number < 0 || !writes.send(number, size, parts, this.#return)) {
        for (const part of parts) part.resolve(sharing.byModule(part)); // which may wait for memory
        return true;
      }
      this.#inFlight++;
      parts.forEach(sharing.addCopy);
    } else {
      if (!isChosen) writes.written += size;
      for (const { target, offset, memory, start, size: n } of parts) this.#device.queue.writeBuffer(target, offset, memory, start, n);
    }
    for (const part of parts) part.resolve(part.size);
    writes.end();
    return true;
  }

  #returned() {
    this.#inFlight--;
    const waiting = this.#waiting;
    this.#waiting = [];
    while (waiting.length > 0 && this.#waiting.length === 0) this.#send(waiting.shift());
    this.#waiting.push(...waiting);
  }
}
