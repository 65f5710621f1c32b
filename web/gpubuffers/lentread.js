// Reads that JavaScript makes through chunks that the module lends it.

import { copyScoped, noVerdict, RefusedCopy } from "./scopes.js";
import { MapMode } from "./usages.js";

/** One piece: copies of all runs into one chunk. */
export class ShortCopies {
  isShort = true;
  isDone = false;
  #runs;
  #size;

  /** @param {import("./runs.js").Run[]} runs */
  constructor(runs) {
    this.#runs = runs;
    this.#size = runs.reduce((sum, run) => sum + run.copySize, 0);
  }

  get size() {
    return this.#size;
  }

  /** Copies the next piece to a chunk. */
  copyTo(chunk, device) {
    this.isDone = true;
    const encoder = device.createCommandEncoder();
    let at = 0;
    for (const run of this.#runs) {
      run.copyTo(chunk, at, encoder);
      at += run.copySize;
    }
    device.queue.submit([encoder.finish()]);
    return { chunk, at: 0, size: this.#size, mapped: undefined };
  }

  keepRest() {}

  /** Hands out a piece. */
  take(range) {
    for (const run of this.#runs) run.takeCopy(range);
    for (const run of this.#runs) run.end(); // a result may have a getter named then, which may destroy the chunk
  }
}

/** Pieces of one run. What the first pieces do not take keeps its place in rest, if there is one, and else in the source. */
export class LongCopies {
  isShort = false;
  #run;
  #source;
  #offset; // of the run, in that
  #size;
  #pieceSize;
  #rest;
  #at = 0; // where the next piece begins

  /** @param {import("./runs.js").Run} run */
  constructor(run, source, offset, size, pieceSize, rest) {
    this.#run = run;
    this.#source = source;
    this.#offset = offset;
    this.#size = size;
    this.#pieceSize = pieceSize;
    this.#rest = rest;
  }

  get isDone() {
    return this.#at >= this.#size;
  }

  copyTo(chunk, device) {
    const at = this.#at;
    const size = Math.min(this.#pieceSize, this.#size - at);
    this.#copy(device, chunk, size);
    this.#at += size;
    return { chunk, at, size, mapped: undefined };
  }

  keepRest(device) {
    if (this.#rest === undefined) return;
    this.#copy(device, this.#rest, this.#size - this.#at);
    this.#source = this.#rest;
    this.#offset = -this.#at;
  }

  #copy(device, target, size) {
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(this.#source, this.#offset + this.#at, target, 0, size);
    device.queue.submit([encoder.finish()]);
  }

  take(range, { at, size }) {
    if (this.#run.take(range, at, 0, size, size, 1)) this.#run.end();
  }
}

/** Makes copies through chunks: each piece is copied, mapped, taken and, if its chunk is to take another, unmapped. */
export class LentRead {
  #device;
  #poller;
  #copies;
  #isScoped;
  #isOpen;
  #onEnd;
  #afterChecks; // a promise, when it is known of all earlier buffers whether there was memory, too
  #verdict = noVerdict; // on the first copies
  #inUse = 0; // chunks
  #unpolled = 0; // maps that are pending, while more submits are to come
  #failure; // { refused }: the RefusedCopy, if that was it

  /**
   * isOpen says whether somebody waits. onEnd is called when no chunk is in use, with what failed; it never is within start.
   * @param {import("./system.js").Core} core
   * @param {ShortCopies | LongCopies} copies
   */
  constructor({ device, poller, module }, copies, isScoped, isOpen, onEnd) {
    this.#device = device;
    this.#afterChecks = module.agreed.fused.afterChecks;
    this.#poller = poller;
    this.#copies = copies;
    this.#isScoped = isScoped;
    this.#isOpen = isOpen;
    this.#onEnd = onEnd;
  }

  /** Every byte is copied from the source at once. */
  start(chunks) {
    let pieces = [];
    this.#inUse = chunks.length;
    try {
      this.#verdict = copyScoped(this.#device, this.#isScoped, () => {
        pieces = chunks.map((chunk) => this.#copies.copyTo(chunk, this.#device));
        this.#copies.keepRest(this.#device);
      });
      for (const piece of pieces) this.#map(piece);
      for (const piece of pieces) void this.#goRound(piece);
    } catch {
      this.#failure = {};
      void Promise.resolve().then(() => this.#onEnd(this.#failure));
    }
  }

  #map(piece) {
    piece.mapped = this.#afterChecks(this.#poller.watch(piece.chunk.mapAsync(MapMode.READ, 0, piece.size)));
    this.#unpolled++;
    if (!this.#copies.isDone || (this.#copies.isShort && !this.#poller.isNeeded())) return;
    this.#poller.asked(this.#unpolled, this.#verdict);
    this.#unpolled = 0;
  }

  #landed() {
    if (this.#unpolled > 0) this.#unpolled--;
    else this.#poller.settled();
  }

  /** Goes on with the chunk of a piece until there is no piece for it. */
  async #goRound(piece) {
    try {
      for (; piece !== undefined; piece = this.#next(piece)) {
        try {
          await piece.mapped;
        } finally {
          this.#landed();
        }
        if (this.#verdict !== undefined) await this.#verdict;
        if (this.#isOpen()) this.#copies.take(piece.chunk.getMappedRange(0, piece.size), piece);
      }
    } catch (error) {
      this.#failure ??= { refused: error instanceof RefusedCopy ? error : undefined };
    }
    if (--this.#inUse === 0) this.#onEnd(this.#failure);
  }

  /** The next piece, by the same chunk, which stays mapped if there is none. */
  #next({ chunk }) {
    if (this.#copies.isDone || this.#failure !== undefined || !this.#isOpen()) return undefined;
    chunk.unmap();
    const piece = this.#copies.copyTo(chunk, this.#device);
    this.#map(piece);
    return piece;
  }
}
