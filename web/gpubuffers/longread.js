import { copyScoped, noVerdict } from "./copies.js";
import { Looks } from "./looks.js";
import { MapMode } from "./usages.js";

/** A long read that JavaScript makes, piece by piece through chunks that are lent for it. */
export class LongRead {
  #isOpen;
  #read;
  #device;
  #looks;
  #place;
  #at = 0; // where the next piece begins
  #failed = false;
  #verdict = noVerdict; // what the browser says of the first copies

  /**
   * place is a source and an offset in it, the size of all and of a piece, whether the copies are scoped, and a rest:
   * where the read keeps its place, unless it does so in the source, or goes into the chunks whole.
   * @param {import("./read.js").Read} read
   */
  constructor(read, place, isOpen) {
    this.#isOpen = isOpen;
    this.#read = read;
    this.#device = read.core.device;
    this.#looks = new Looks(read.core.device);
    this.#place = place;
  }

  /** Ends when no chunk is in use, with whether something failed. Every byte is copied from the source at once. */
  async run(chunks) {
    try {
      const turns = this.#begin(chunks);
      await Promise.all(turns.map((turn) => this.#goRound(turn)));
    } catch {
      this.#failed = true;
    }
    return this.#failed;
  }

  /** What was copied to each chunk. */
  #begin(chunks) {
    const turns = [];
    this.#verdict = copyScoped(this.#device, this.#place.isScoped, () => {
      for (const chunk of chunks) turns.push(this.#copyTo(chunk));
      this.#keepRest();
    });
    for (const turn of turns) this.#map(turn);
    return turns;
  }

  /** Copies the next piece to a chunk. */
  #copyTo(chunk) {
    const { source, offset, size, piece } = this.#place;
    const at = this.#at;
    const n = Math.min(piece, size - at);
    this.#at += n;
    this.#copy(source, offset + at, chunk, n);
    return { chunk, at, n, mapped: undefined };
  }

  /** Copies what no chunk has taken to where it keeps its place. */
  #keepRest() {
    const { source, offset, size, rest } = this.#place;
    if (rest === undefined) return;
    this.#copy(source, offset + this.#at, rest, size - this.#at);
    this.#place.source = rest;
    this.#place.offset = -this.#at;
  }

  #copy(source, offset, target, n) {
    const encoder = this.#device.createCommandEncoder();
    encoder.copyBufferToBuffer(source, offset, target, 0, n);
    this.#device.queue.submit([encoder.finish()]);
  }

  #map(turn) {
    turn.mapped = turn.chunk.mapAsync(MapMode.READ, 0, turn.n);
    if (this.#at >= this.#place.size) this.#looks.start(); // there are no more submits
  }

  async #goRound(turn) {
    try {
      for (;;) {
        await turn.mapped;
        await this.#verdict;
        const range = turn.chunk.getMappedRange(0, turn.n);
        if (this.#isOpen()) this.#read.take(range, turn.at, 0, turn.n, turn.n, 1); // which does not throw
        turn.chunk.unmap();
        if (this.#at >= this.#place.size) return this.#looks.start();
        if (this.#failed || !this.#isOpen()) return;
        turn = this.#copyTo(turn.chunk);
        this.#map(turn);
      }
    } catch (error) {
      this.#failed = true;
      this.#read.refuse(error);
    }
  }
}
