// Uploads of one task, which share chunks, submits and maps.

import { sharing } from "./devicebuffer.js";

/** The bytes of a chunk that uploads share. */
const sharedSize = 2 << 20;
/** The most chunks of shared uploads that the GPU may have. */
const mostInFlight = 6;
/**
 * The buffers of a chunk of which it is not known whether there was memory for them, from which on the chunk waits until it is:
 * each of fewer has a submit of its own, which takes as long as to copy some 200 KiB (measured).
 */
const manyUnknown = 3;
/** The most chunks that wait for that. All that comes after them waits, too. */
const mostHeld = 2;

/** Its then runs a function as queueMicrotask does, in less time (measured in Chromium). */
const resolved = Promise.resolve();

/**
 * An upload of a buffer that may be written to.
 * @typedef {object} Shared
 * @property {import("./devicebuffer.js").DeviceBuffer} buffer
 * @property {number} offset in the buffer
 * @property {ArrayBufferLike} memory
 * @property {number} start in memory
 * @property {number} size a multiple of 4
 * @property {number} sent bytes of it, or in a chunk that waits,
 * @property {number} done and those that do not wait
 * @property {number} order in which it was asked for
 * @property {(outcome: unknown) => void} [resolve] unset once it was called
 */

/**
 * A part of an upload. See Part.
 * @typedef {import("./writes.js").Part & { upload: Shared, at: number }} SharedPart at is where it begins in the upload
 */

/** Uploads of one task that share chunks. One that does not fit into the rest of a chunk goes on in the next. */
export class SharedUploads {
  #module;
  #system; // its handle
  #device;
  #writes;
  #asked = []; // uploads of this task
  #size = 0; // of them
  #waiting = []; // uploads, or the rest of them, that are not in a chunk yet
  #counted = 0; // bytes of the waiting ones that go through chunks, and that the module knows of
  #inFlight = 0; // chunks
  #held = []; // chunks that are filled, and wait until it is known of their buffers whether there was memory
  #asks = false; // for that
  #isSending = false;
  #isReleasing = false;
  /** @type {Map<import("./devicebuffer.js").DeviceBuffer, { offset: number, end: number, order: number, over: Promise<unknown> }[]>} */
  #ahead = new Map(); // uploads that go on by themselves, by buffer
  /** @type {Map<import("./devicebuffer.js").DeviceBuffer, number>} */
  #unsettled = new Map(); // uploads by buffer
  #count = 0; // of uploads
  #touches = false; // something of these went where nothing was before
  #back = -1; // the number of one that is back, to be sent again; less than 0 if there is none
  #inMicrotask = () => {
    this.#writes.handedOn();
    this.#flush(true);
  };
  #onReturn = (number) => this.#returned(number);

  /**
   * @param {import("./module.js").Module} module
   * @param {number} system
   * @param {GPUDevice} device
   * @param {import("./writes.js").Writes} writes
   */
  constructor(module, system, device, writes) {
    this.#module = module;
    this.#system = system;
    this.#device = device;
    this.#writes = writes;
  }

  /** Whether a buffer has no uploads that something else must not overtake. */
  hasNone(buffer) {
    return !this.#unsettled.has(buffer);
  }

  /** A number for an upload that is asked for: larger than those of all before it. */
  nextOrder() {
    return this.#count++;
  }

  /**
   * The promise of an upload that has to wait for others to the same bytes, asked for before it, which go on by themselves. Undefined
   * if there are none.
   */
  after(upload) {
    const { buffer, offset, size, order } = upload;
    const isBefore = (other) => other.order < order && other.offset < offset + size && other.end > offset;
    const others = this.#ahead.get(buffer)?.filter(isBefore) ?? [];
    if (others.length === 0) return undefined;
    const one = { offset, end: offset + size, order, over: Promise.allSettled(others.map(({ over }) => over)) };
    const begin = () => {
      this.#pass(buffer, one); // it is not to wait for itself
      return sharing.again(upload);
    };
    one.over = one.over.then(begin);
    this.#ahead.get(buffer)?.push(one);
    return one.over;
  }

  /** Takes note that an upload goes on by itself until a promise settles. */
  goesOn({ buffer, offset, size, order = this.nextOrder() }, over) {
    const one = { offset, end: offset + size, order, over };
    const end = () => this.#pass(buffer, one);
    this.#ahead.set(buffer, [...(this.#ahead.get(buffer) ?? []), one]);
    over.then(end, end);
  }

  /** Takes note that an upload does not go on by itself any more. */
  #pass(buffer, one) {
    const rest = this.#ahead.get(buffer)?.filter((other) => other !== one) ?? [];
    if (rest.length > 0) this.#ahead.set(buffer, rest);
    else this.#ahead.delete(buffer);
  }

  /**
   * Takes an upload. The promise resolves when it is ahead of everything submitted later. One that has waited goes ahead of those that
   * were asked for after it.
   */
  add(asked, hasWaited) {
    const { buffer, size, order } = asked;
    this.#unsettled.set(buffer, 1 + (this.#unsettled.get(buffer) ?? 0));
    return new Promise((resolve) => {
      const upload = { ...asked, sent: 0, done: 0, resolve };
      if (this.#asked.length === 0) this.#goOnSoon();
      if (hasWaited) {
        const later = this.#waiting.findIndex((other) => other.order > order);
        this.#waiting.splice(later < 0 ? this.#waiting.length : later, 0, upload);
        return;
      }
      this.#asked.push(upload);
      this.#size += size;
      this.#list();
      if (this.#size >= sharedSize && this.#asked.length > 1 && this.#waiting.length === 0 && this.#hasRoom && !this.#writes.keeps) this.#sendFull();
    });
  }

  get #hasRoom() {
    return this.#inFlight < mostInFlight && this.#held.length < mostHeld;
  }

  #goOnSoon() {
    void resolved.then(this.#inMicrotask);
  }

  /** Has the module's calls come behind what is not sent yet. */
  #list() {
    const { untold } = this.#module;
    const at = untold.indexOf(this);
    const isUntold = this.#asked.length > 0 || (this.#held.length > 0 && !this.#isReleasing);
    if (isUntold && at < 0) untold.push(this);
    if (!isUntold && at >= 0) untold.splice(at, 1);
  }

  /** Gives the uploads of this task, which are kept no longer. */
  #take() {
    const asked = this.#asked;
    this.#asked = [];
    this.#size = 0;
    this.#list();
    return asked;
  }

  /** Sends what was asked for so far: before anything that is to be behind it. */
  flush() {
    this.#release(false);
    if (this.#isSending || this.#isReleasing) this.#waiting.push(...this.#take());
    else this.#flush(false);
  }

  #flush(mayPause) {
    const asked = this.#take();
    if (this.#waiting.length === 0 && this.#held.length === 0 && asked.length === 1 && asked[0].sent === 0) {
      this.#touches = false;
      this.#byItself(asked[0], sharing.alone);
      return;
    }
    this.#waiting.push(...asked);
    this.#send(mayPause);
  }

  /** Has an upload go by itself, in a way that gives its bytes or a promise of them, and behind others to the same bytes. */
  #byItself(upload, go) {
    const later = this.#afterOthers(upload);
    const outcome = later ?? go(upload);
    if (later === undefined && typeof outcome !== "number") this.goesOn(upload, outcome);
    this.#settle(upload, outcome);
  }

  /** Sends what fills chunks, if there are any. */
  #sendFull() {
    const asked = this.#take();
    let rest = restOf(asked);
    this.#isSending = true;
    while (rest >= sharedSize && !this.#writes.keeps && this.#share(asked, true)) rest = restOf(asked);
    this.#isSending = false;
    if (asked.length === 0) return;
    this.#asked = asked;
    this.#size = rest;
    this.#list();
  }

  /**
   * Sends uploads, chunk by chunk. Those for which there is none wait. If it may pause, it goes on in the next microtask whenever the
   * browser is to hand on what was written, and chunks may wait.
   */
  #send(mayPause) {
    const uploads = this.#waiting;
    this.#isSending = true;
    while (uploads.length > 0 && this.#share(uploads, mayPause)) {
      if (mayPause && uploads.length > 0 && this.#writes.keeps) {
        this.#goOnSoon();
        break;
      }
    }
    this.#isSending = false;
    this.#touches &&= uploads.length > 0;
    if (uploads.length === 0) this.#uncount(this.#counted);
  }

  /** The module is wrong about bytes that it knows of. */
  #uncount(bytes) {
    this.#counted -= bytes;
    this.#writes.written -= bytes;
  }

  /** Sends the first of some uploads together, as much as one chunk takes, unless they have to wait. */
  #share(uploads, mayHold) {
    const { parts, size } = this.#aim(uploads);
    if (size === 0) return uploads.splice(0).length > 0; // none is left
    const writes = this.#writes;
    const isChosen = size >= this.#module.agreed.smallest;
    if (mayHold && this.#held.length >= (isChosen ? mostHeld : 1)) return false; // they come after those that wait
    const whole = parts.reduce((sum, part) => sum + this.#restOf(part), 0);
    if (isChosen && (this.#counted > 0 || this.#allow(uploads, parts, size, whole))) {
      const number = this.#takeBack(size) ?? (this.#inFlight < mostInFlight ? writes.borrow(sharing.handle(parts[0].upload), size) : -1);
      if (number < 0 && this.#inFlight > 0) return false;
      if (size > this.#counted) { // more were added since
        writes.written += size - this.#counted;
        this.#counted = size;
      }
      this.#counted -= size;
      if (number < 0 || !writes.fill(number, size, parts)) {
        writes.written -= size; // the module counts them again
        for (const { upload } of parts) this.#byModule(upload); // which may wait for memory
      } else {
        this.#inFlight++;
        for (const { upload } of parts) sharing.addCopy(upload);
        if (mayHold && (this.#held.length > 0 || isUnknown(parts))) this.#hold(number, parts);
        else this.#copy(number, parts);
      }
    } else {
      this.#release(false);
      if (!isChosen) writes.written += whole;
      for (const part of parts) this.#write(part);
    }
    for (const { upload, size: n } of parts) {
      sharing.touch(upload);
      upload.sent += n;
    }
    while (uploads.length > 0 && isGone(uploads[0])) uploads.shift();
    writes.end();
    return true;
  }

  /**
   * Whether uploads go through a chunk. If so the module counts those that follow, too: to ask for each chunk takes longer.
   */
  #allow(uploads, parts, size, whole) {
    const past = this.#pastOf(parts);
    const row = this.#writes.follows || (restOf(uploads) > size ? beginsRow : 0);
    const more = size < sharedSize ? 0 : this.#moreOf(uploads, past, size);
    const handle = sharing.handle(parts[0].upload);
    if (this.#module.aside("sharedAllow", handle, size, past, row, whole, more) !== 1) return false;
    this.#counted = size + more;
    return true;
  }

  /** The bytes of uploads after the first ones, as long as at least the same went into their buffers before. */
  #moreOf(uploads, past, first) {
    let bytes = -first;
    for (const upload of uploads) {
      if ((pastOf(sharing.isCopied(upload), sharing.isTouched(upload)) & past) !== past) break;
      bytes += upload.size - upload.sent;
    }
    return Math.max(0, bytes);
  }

  /** Keeps a chunk until it is known of its buffers whether there was memory. */
  #hold(number, parts) {
    this.#held.push({ number, parts });
    this.#list();
    if (!this.#asks) void resolved.then(() => this.#ask());
    this.#asks = true;
  }

  /** Asks for that, of all buffers so far. */
  #ask() {
    const { agreed } = this.#module;
    const made = this.#module.aside("countMade", this.#system);
    const known = () => {
      this.#asks = false;
      this.#module.aside("confirmMade", this.#system, made);
      this.#release(true);
      this.#send(true);
    };
    if (this.#held.length === 0) this.#asks = false;
    else agreed.fused.whenKnown(this.#device, known, known);
  }

  /** Copies what is held. If it may, it goes on holding what it still is not known of. What it calls may flush. */
  #release(mayHold) {
    if (this.#isReleasing) return;
    this.#isReleasing = true;
    this.#list();
    this.#releaseAll(mayHold);
    this.#isReleasing = false;
    this.#list();
  }

  #releaseAll(mayHold) {
    while (this.#held.length > 0) {
      const { number, parts } = this.#held[0];
      for (const part of parts) this.#aimAgain(part);
      if (mayHold && isUnknown(parts)) {
        if (!this.#asks) void resolved.then(() => this.#ask());
        this.#asks = true;
        return;
      }
      this.#held.shift();
      this.#list();
      this.#copy(number, parts);
    }
  }

  /** A buffer may have turned out to be of no use, and the page may have its GPUBuffer. */
  #aimAgain(part) {
    const { upload } = part;
    part.owner = ownerOf(upload);
    if (!sharing.isTarget(upload, part.target)) part.target = undefined;
  }

  /** Copies what is in a chunk to where it belongs. */
  #copy(number, parts) {
    const isCopied = this.#writes.copy(number, parts, this.#onReturn);
    if (!isCopied) this.#inFlight--;
    for (const { upload, target, at, size } of parts) {
      if (isCopied && target !== undefined) this.#done(upload, size);
      else {
        upload.sent = Math.min(upload.sent, at);
        this.#byModule(upload); // says why
      }
    }
  }

  /**
   * What went into all buffers before these uploads. A browser that clears memory may take as long for a later one of them.
   */
  #pastOf(parts) {
    this.#touches ||= !parts.every(isTouched);
    return pastOf(parts.every(isCopied), !this.#touches);
  }

  /**
   * The parts of uploads that fill a chunk together. If there is no GPUBuffer to write one to, the module says why.
   * @returns {{ parts: SharedPart[], size: number }}
   */
  #aim(uploads) {
    const parts = [];
    let size = 0;
    for (const upload of uploads) {
      if (size === sharedSize) break;
      if (isGone(upload)) continue;
      const later = this.#afterOthers(upload);
      if (later !== undefined) {
        this.#settle(upload, later);
        continue;
      }
      const target = sharing.target(upload);
      if (target === undefined) {
        this.#byModule(upload);
        continue;
      }
      const { sent } = upload;
      const n = Math.min(upload.size - sent, sharedSize - size);
      parts.push({ upload, at: sent, target, owner: ownerOf(upload), offset: upload.offset + sent, memory: upload.memory, start: upload.start + sent, size: n });
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
    this.#done(upload, rest);
  }

  /**
   * The bytes of an upload that are written by one queue write: a browser moves few long ones in less time than more of them.
   * Long uploads wait now and then, so that little of them is on its way.
   */
  #restOf({ upload }) {
    return upload.size <= this.#module.agreed.queuePiece ? upload.size - upload.sent : 0;
  }

  /** The promise of an upload that has to wait for others to the same bytes, if there are any. */
  #afterOthers(upload) {
    return upload.sent > 0 ? undefined : this.after(upload);
  }

  #byModule(upload) {
    if (upload.resolve !== undefined) this.#byItself(upload, sharing.byModule);
  }

  /** So many bytes of an upload are ahead of everything submitted later. */
  #done(upload, bytes) {
    upload.done += bytes;
    if (upload.done === upload.size) this.#settle(upload, upload.size);
  }

  #settle(upload, outcome) {
    if (upload.resolve === undefined) return;
    upload.resolve(outcome);
    upload.resolve = undefined;
    const others = (this.#unsettled.get(upload.buffer) ?? 1) - 1;
    if (others > 0) this.#unsettled.set(upload.buffer, others);
    else this.#unsettled.delete(upload.buffer);
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

/** Of sharedAllow: what went into all buffers before. */
const pastOf = (copies, bytes) => (copies ? 1 : 0) + (bytes ? 2 : 0);

const isCopied = ({ upload }) => sharing.isCopied(upload);
const isTouched = ({ upload }) => sharing.isTouched(upload);

/** The buffer of an upload that is sent apart from others, since it may turn out to be of no use. */
const ownerOf = ({ buffer }) => (sharing.isVouched(buffer) ? undefined : buffer);

/** Whether many buffers of a chunk are not known to have memory, but will be. */
function isUnknown(parts) {
  const unknown = new Set();
  for (const { owner, target } of parts) if (owner !== undefined && target !== undefined && !sharing.isHandedOut(owner)) unknown.add(owner);
  return unknown.size >= manyUnknown;
}

/** Whether nothing of an upload is to be sent any more. */
const isGone = ({ resolve, sent, size }) => resolve === undefined || sent === size;

/** Bytes of uploads that were not sent yet. */
const restOf = (uploads) => uploads.reduce((sum, upload) => sum + (isGone(upload) ? 0 : upload.size - upload.sent), 0);
