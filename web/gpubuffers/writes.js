// Writes and uploads that JavaScript makes through chunks that the module lends it.

import { sharing } from "./devicebuffer.js";
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
/** How long after the first touch of memory nothing is submitted for that, in milliseconds: it would take longer (measured). */
const settling = 20;
/** The bytes of a chunk that uploads share. */
const sharedSize = 1 << 20;
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
 * @property {object} [owner] the buffer that is sent apart from others, since it may turn out to be of no use
 */

/** The chunks of a system, each filled, sent and mapped again. */
export class Writes {
  #device;
  #module;
  #poller;
  #chunks = []; // by the number under which the module lent them last,
  #returns = []; // and functions that give them back
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
  }

  /** 1 if a write that begins now follows another at once, and else 0. */
  get follows() {
    return performance.now() - this.#endedAt < together ? 1 : 0;
  }

  /** Writes by the queue. */
  writeBuffer(target, offset, memory, start, size) {
    if (this.#kept >= handOn) this.#handOn(size);
    this.#device.queue.writeBuffer(target, offset, memory, start, size);
    this.#kept += size;
    if (this.#kept >= handOn) this.#keptAt = performance.now();
  }

  /** Whether so much was written that the browser is to hand it on. */
  get keeps() {
    return this.#kept >= handOn;
  }

  /** Is called before a buffer is written to for the first time. */
  touch() {
    this.#touchedAt = performance.now();
  }

  /** Is called between two microtasks, where the browser hands on what was written before. */
  handedOn() {
    this.#kept = 0;
  }

  /** Hands on what was written just now before a long write. What is older was handed on, most likely. */
  #handOn(size) {
    const now = performance.now();
    if (size >= this.#module.agreed.smallest && now - this.#keptAt < together && now - this.#touchedAt > settling) this.#submit([]);
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
   * @param {(number: number) => boolean} [goesOn] is called when the chunk is back, or with -1 if it is gone, and says whether
   * it was sent again
   */
  send(number, size, parts, goesOn) {
    const chunk = this.#chunks[number];
    try {
      this.#fill(chunk, size, parts);
      this.#copy(chunk, parts);
      const returned = (this.#returns[number] ??= [this.#returnOf(number, 0), this.#returnOf(number, 1)]);
      const mapped = this.#poller.watch(chunk.mapAsync(MapMode.WRITE));
      if (goesOn === undefined) void mapped.then(returned[0], returned[1]);
      else void mapped.then(() => void (goesOn(number) || returned[0]()), () => void (returned[1](), goesOn(-1)));
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

  /** A submit that uses a buffer of no use does nothing. So each owner has a submit of its own. */
  #copy(chunk, parts) {
    const encoders = new Map(); // by owner
    let at = 0;
    for (const { target, offset, size, owner } of parts) {
      let encoder = encoders.get(owner);
      if (encoder === undefined) encoders.set(owner, (encoder = this.#device.createCommandEncoder()));
      encoder.copyBufferToBuffer(chunk, at, target, offset, size);
      at += size;
    }
    for (const encoder of encoders.values()) this.#submit([encoder.finish()]);
  }

  #returnOf(number, failed) {
    return () => void this.#module.tell("writeEnded", number, failed);
  }
}

/**
 * An upload of a buffer that may be written to.
 * @typedef {object} Shared
 * @property {import("./devicebuffer.js").DeviceBuffer} buffer
 * @property {number} offset in the buffer
 * @property {ArrayBufferLike} memory
 * @property {number} start in memory
 * @property {number} size a multiple of 4
 * @property {number} sent bytes of it
 * @property {(outcome: unknown) => void} [resolve] unset once it was called
 */

/** Uploads of one task that share chunks. One that does not fit into the rest of a chunk goes on in the next. */
export class SharedUploads {
  #module;
  #writes;
  #asked = []; // uploads of this task
  #size = 0; // of them
  #waiting = []; // uploads, or the rest of them, for which there is no chunk yet
  #counted = 0; // bytes of the waiting ones that go through a chunk, and that the module knows of
  #inFlight = 0; // chunks
  #touches = false; // something of these went where nothing was before
  #back = -1; // the number of one that is back, to be sent again; less than 0 if there is none
  #inMicrotask = () => {
    this.#writes.handedOn();
    this.#flush(true);
  };
  #goesOn = (number) => this.#returned(number);

  /**
   * @param {import("./module.js").Module} module
   * @param {Writes} writes
   */
  constructor(module, writes) {
    this.#module = module;
    this.#writes = writes;
  }

  /** Takes an upload. The promise resolves when it is ahead of everything submitted later. */
  add(buffer, offset, memory, start, size) {
    return new Promise((resolve) => {
      this.#keep().push({ buffer, offset, memory, start, size, sent: 0, resolve });
      this.#size += size;
      if (this.#asked.length > 1 && this.#size >= sharedSize && this.#inFlight < mostInFlight && this.#waiting.length === 0 && !this.#writes.keeps) this.#sendFull();
    });
  }

  /** Gives the uploads of this task, which are sent when it ends. */
  #keep() {
    if (this.#asked.length === 0) {
      this.#module.untold.push(this);
      this.#goOnSoon();
    }
    return this.#asked;
  }

  #goOnSoon() {
    void resolved.then(this.#inMicrotask);
  }

  /** Gives the uploads of this task, which are kept no longer. */
  #take() {
    const { untold } = this.#module;
    const at = untold.indexOf(this);
    if (at >= 0) untold.splice(at, 1);
    const asked = this.#asked;
    this.#asked = [];
    this.#size = 0;
    return asked;
  }

  /** Sends what was asked for so far: before anything that is to be behind it. */
  flush() {
    this.#flush(false);
  }

  #flush(mayPause) {
    const asked = this.#take();
    if (this.#waiting.length === 0 && asked.length === 1 && asked[0].sent === 0) {
      this.#touches = false;
      this.#settle(asked[0], sharing.alone(asked[0]));
      return;
    }
    this.#waiting.push(...asked);
    this.#send(mayPause);
  }

  /** Sends what fills chunks, if there are any. */
  #sendFull() {
    const asked = this.#take();
    let rest = restOf(asked);
    while (rest >= sharedSize && !this.#writes.keeps && this.#share(asked)) rest = restOf(asked);
    if (asked.length === 0) return;
    this.#keep().push(...asked);
    this.#size = rest;
  }

  /**
   * Sends uploads, chunk by chunk. Those for which there is none wait. If it may pause, it goes on in the next microtask whenever the
   * browser is to hand on what was written.
   */
  #send(mayPause) {
    const uploads = this.#waiting;
    while (uploads.length > 0 && this.#share(uploads)) {
      if (mayPause && uploads.length > 0 && this.#writes.keeps) return this.#goOnSoon();
    }
    this.#touches &&= uploads.length > 0;
  }

  /** Sends the first of some uploads together, as much as one chunk takes, unless they have to wait for a chunk. */
  #share(uploads) {
    const { parts, size } = this.#aim(uploads);
    if (size === 0) return uploads.splice(0).length > 0; // none is left
    const module = this.#module;
    const writes = this.#writes;
    const handle = sharing.handle(parts[0].upload);
    const isChosen = size >= module.agreed.smallest;
    const row = writes.follows || (restOf(uploads) > size ? beginsRow : 0);
    const counted = this.#counted;
    this.#counted = 0;
    const whole = parts.reduce((sum, part) => sum + this.#restOf(part), 0);
    if (counted > 0 || (isChosen && module.tell("sharedAllow", handle, size, this.#pastOf(parts), row, parts.length, whole) === 1)) {
      if (counted > 0) writes.written += size - counted; // more may have been added since
      const number = this.#takeBack(size) ?? (this.#inFlight < mostInFlight ? writes.borrow(handle, size) : -1);
      if (number < 0 && this.#inFlight > 0) {
        this.#counted = size;
        return false;
      }
      if (number < 0 || !writes.send(number, size, parts, this.#goesOn)) {
        for (const { upload } of parts) this.#byModule(upload); // which may wait for memory
      } else {
        this.#inFlight++;
        for (const { upload } of parts) sharing.addCopy(upload);
      }
    } else {
      if (!isChosen) writes.written += whole;
      for (const part of parts) this.#write(part);
    }
    for (const { upload, size: n } of parts) {
      sharing.touch(upload);
      upload.sent += n;
      if (upload.sent === upload.size) this.#settle(upload, upload.size);
    }
    while (uploads.length > 0 && uploads[0].resolve === undefined) uploads.shift();
    writes.end();
    return true;
  }

  /**
   * What went into all buffers before these uploads: copies are 1, any bytes 2. A browser that clears memory may take as long for a
   * later one of them.
   */
  #pastOf(parts) {
    this.#touches ||= !parts.every(isTouched);
    return (parts.every(isCopied) ? 1 : 0) + (this.#touches ? 0 : 2);
  }

  /** The parts of uploads that fill a chunk together. If there is no GPUBuffer to write one to, the module says why. */
  #aim(uploads) {
    const parts = [];
    let size = 0;
    for (const upload of uploads) {
      if (size === sharedSize) break;
      if (upload.resolve === undefined) continue;
      const target = sharing.target(upload);
      if (target === undefined) {
        this.#byModule(upload);
        continue;
      }
      const { buffer, sent } = upload;
      const n = Math.min(upload.size - sent, sharedSize - size);
      parts.push({ upload, target, owner: sharing.isVouched(buffer) ? undefined : buffer, offset: upload.offset + sent, memory: upload.memory, start: upload.start + sent, size: n });
      size += n;
    }
    return { parts, size };
  }

  /** Writes the rest of an upload. The module counts long ones. */
  #write(part) {
    const { upload, target, offset, memory, start } = part;
    const rest = this.#restOf(part);
    if (rest === 0) return this.#byModule(upload);
    part.size = rest;
    this.#writes.writeBuffer(target, offset, memory, start, rest);
  }

  /**
   * The bytes of an upload that are written by one queue write: a browser moves few long ones in less time than more of them.
   * Long uploads wait now and then, so that little of them is on its way.
   */
  #restOf({ upload }) {
    return upload.size <= this.#module.agreed.queuePiece ? upload.size - upload.sent : 0;
  }

  #byModule(upload) {
    this.#settle(upload, sharing.byModule(upload));
  }

  #settle(upload, outcome) {
    upload.resolve?.(outcome);
    upload.resolve = undefined;
  }

  /** The number of the chunk that is back, if it takes so many bytes. */
  #takeBack(size) {
    const number = this.#back;
    if (number < 0 || this.#writes.sizeOf(number) < size) return undefined;
    this.#back = -1;
    return number;
  }

  #returned(number) {
    this.#inFlight--;
    this.#back = number;
    this.#send(true);
    const isSent = this.#back !== number;
    this.#back = -1;
    return isSent;
  }
}

/** Of sharedAllow: the uploads are the first of several chunks. */
const beginsRow = 2;

const isCopied = ({ upload }) => sharing.isCopied(upload);
const isTouched = ({ upload }) => sharing.isTouched(upload);

/** Bytes of uploads that were not sent yet. */
const restOf = (uploads) => uploads.reduce((sum, { resolve, size, sent }) => sum + (resolve ? size - sent : 0), 0);
