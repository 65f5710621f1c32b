// Queue writes, and chunks that the module lends to JavaScript for writes and uploads.

import { MapMode } from "./usages.js";

/** The longest pause between two writes of a burst, in milliseconds: see takeUpload in buffers/engine.go. */
const together = 0.15;
/**
 * The bytes of queue writes after which the browser is to hand them on. By itself it does so between two microtasks, or when
 * something is submitted, and until then the GPU's process moves none of them: with SwiftShader 32 writes of 768 KiB take 223 us
 * each if 1 MiB is submitted at a time, and 256 us if not; 8 of 3 MiB 773 and 1,211 (measured). It is flushAfter in
 * buffers/engine_kept.go, and settling is that of the same file.
 */
const handOn = 1 << 20;
/**
 * The bytes of a write ahead of which it is to. On a discrete GPU 128 writes of 64 KiB take 26 us each so, and 38 us if nothing is
 * submitted; 256 of 16 KiB 9.5 and 9.2. On a CPU adapter the former take 26 and 21 us, and 64 of 256 KiB 73 and 80 (measured).
 */
const handsOn = 32 << 10;
const handsOnByCPU = 128 << 10;
/**
 * How long after the first touch of memory nothing is submitted for that if a processor stands in for a GPU, in milliseconds: it
 * would take longer. The load of a scene into new buffers takes a discrete GPU 32 ms with submits, and 54 without (measured).
 */
const settling = 20;

/** Whether it is known that a GPU does the work, and not a processor that stands in for one. It is Device.IsHardware of package webgpu. */
function isHardware({ vendor, architecture, device, description, isFallbackAdapter } = /** @type {Partial<GPUAdapterInfo>} */ ({})) {
  return Boolean(vendor || architecture || device || description) && !isFallbackAdapter;
}
/**
 * A part of a transfer.
 * @typedef {object} Part
 * @property {GPUBuffer | undefined} target undefined if it is not to be copied any more
 * @property {number} offset in target
 * @property {ArrayBufferLike} memory
 * @property {number} start in memory
 * @property {number} size a multiple of 4
 * @property {object} [owner] the buffer that is sent apart from others, since it may turn out to be of no use
 */

/** The chunks of a system, each filled, sent and mapped again. */
export class Writes {
  #device;
  #module;
  #poller;
  isGPU; // and no processor stands in for it, as far as is known
  #handsOn;
  #chunks = []; // by the number under which the module lent them last,
  #returns = []; // and functions that give them back
  #ended = []; // numbers of chunks that are mapped again, and whether that failed
  #flush = () => this.flush();
  #endedAt = -Infinity;
  #kept = 0; // bytes of queue writes that may not be handed on yet,
  #keptAt = 0; // and when they were enough for that
  #touchedAt = -Infinity; // when a buffer was last written to for the first time
  written = 0; // bytes that the module does not know of

  /**
   * @param {import("./module.js").Module} module
   * @param {import("./poller.js").Poller} poller
   */
  constructor(device, module, poller) {
    this.#device = device;
    this.#module = module;
    this.#poller = poller;
    this.isGPU = isHardware(device.adapterInfo);
    this.#handsOn = this.isGPU ? handsOn : handsOnByCPU;
  }

  /** 1 if a write that begins now follows another at once, and else 0. */
  get follows() {
    return performance.now() - this.#endedAt < together ? 1 : 0;
  }

  /** Writes by the queue. */
  writeBuffer(target, offset, memory, start, size) {
    if (this.#kept >= handOn) this.#handOn(size >= this.#handsOn);
    this.#device.queue.writeBuffer(target, offset, memory, start, size);
    this.#kept += size;
    if (this.#kept >= handOn) this.#keptAt = performance.now();
  }

  /** Whether so much was written that the browser is to hand it on, which is left to the end of the microtask. */
  get keeps() {
    return this.#kept >= handOn && !this.#isSettled(performance.now());
  }

  #isSettled(now) {
    return this.isGPU || now - this.#touchedAt > settling;
  }

  /** Is called before a buffer is written to for the first time. */
  touch() {
    this.#touchedAt = performance.now();
  }

  /** Is called between two microtasks, where the browser hands on what was written before. */
  handedOn() {
    this.#kept = 0;
  }

  /** Hands on what was written just now, if the next write is long. What is older was handed on, most likely. */
  #handOn(isLong) {
    const now = performance.now();
    if (isLong && now - this.#keptAt < together && this.#isSettled(now)) this.#submit([]);
    else this.#kept = 0;
  }

  #submit(commands) {
    this.#device.queue.submit(commands);
    this.#kept = 0;
  }

  /** Is called when a write was issued. */
  end() {
    this.#endedAt = performance.now();
  }

  /**
   * Borrows a chunk for size bytes, and gives its number: less than 0 if there is none now. The handle is of one of the buffers.
   * hasToWin says that a queue write is made then.
   */
  borrow(handle, size, hasToWin = false) {
    this.flush();
    return this.borrowed(this.#module.aside("writeLend", handle, size, Number(hasToWin)));
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

  /** Fills a borrowed chunk with parts of size bytes, copies them to where they belong, and says whether that went well. */
  send(number, size, parts) {
    return this.fill(number, size, parts) && this.copy(number, parts);
  }

  /** Fills a borrowed chunk with parts of size bytes, and says whether that went well: else it is lent no longer. */
  fill(number, size, parts) {
    try {
      const range = new Uint8Array(this.#chunks[number].getMappedRange(0, size));
      let at = 0;
      for (const part of parts) {
        range.set(new Uint8Array(part.memory, part.start, part.size), at);
        at += part.size;
      }
      return true;
    } catch {
      return this.#fail(number);
    }
  }

  /**
   * Copies the parts of a chunk that is filled to where they belong, and says whether that went well: else it is lent no longer.
   * @param {Part[]} parts those without a target are left out
   * @param {(number: number) => boolean} [goesOn] is called when the chunk is back, or with -1 if it is gone, and says whether
   * it was sent again
   */
  copy(number, parts, goesOn) {
    const chunk = this.#chunks[number];
    try {
      chunk.unmap();
      this.#copyParts(chunk, parts);
      const returned = (this.#returns[number] ??= [this.#returnOf(number, 0), this.#returnOf(number, 1)]);
      const mapped = this.#poller.watch(chunk.mapAsync(MapMode.WRITE));
      if (goesOn === undefined) void mapped.then(returned[0], returned[1]);
      else void mapped.then(() => void (goesOn(number) || returned[0]()), () => void (returned[1](), goesOn(-1)));
      return true;
    } catch {
      return this.#fail(number);
    }
  }

  /** The device is lost, or the memory was transferred: another path says why. */
  #fail(number) {
    this.#module.aside("writeEnded", number, 1);
    return false;
  }

  /** A submit that uses a buffer of no use does nothing. So each owner has a submit of its own. */
  #copyParts(chunk, parts) {
    const encoders = new Map(); // by owner
    let at = 0;
    for (const { target, offset, size, owner } of parts) {
      if (target !== undefined) {
        let encoder = encoders.get(owner);
        if (encoder === undefined) encoders.set(owner, (encoder = this.#device.createCommandEncoder()));
        encoder.copyBufferToBuffer(chunk, at, target, offset, size);
      }
      at += size;
    }
    for (const encoder of encoders.values()) this.#submit([encoder.finish()]);
  }

  #returnOf(number, failed) {
    return () => this.#giveBack(number, failed);
  }

  /** Gives a chunk back: with others when the task has ended, or before one is borrowed. One by one it takes longer. */
  #giveBack(...ended) {
    if (this.#ended.length === 0) {
      this.#module.untold.push(this);
      setTimeout(this.#flush);
    }
    this.#ended.push(ended);
  }

  /** Gives the chunks back that are mapped again. */
  flush() {
    if (this.#ended.length === 0) return;
    const { untold } = this.#module;
    untold.splice(untold.indexOf(this), 1);
    for (const ended of this.#ended.splice(0)) this.#module.aside("writeEnded", ...ended);
  }
}
