import { Looks } from "./looks.js";

/** A long read that JavaScript makes, piece by piece through chunks that are lent for it. */
export class LongRead {
  #isOpen;
  #goesOn; // asks the module, too
  #read;
  #device;
  #looks;
  #source;
  #offset;
  #size;
  #piece;
  #at = 0; // where the next piece begins
  #failed = false;

  constructor(read, source, offset, size, piece, isOpen, goesOn) {
    this.#isOpen = isOpen;
    this.#goesOn = goesOn;
    this.#read = read;
    this.#device = read.core.device;
    this.#looks = new Looks(read.core.device);
    this.#source = source;
    this.#offset = offset;
    this.#size = size;
    this.#piece = piece;
  }

  /** Ends when no chunk is in use, with whether something failed. */
  async run(chunks) {
    await Promise.all(chunks.map((chunk) => this.#goRound(chunk)));
    return this.#failed;
  }

  async #goRound(chunk) {
    try {
      for (let isFirst = true; this.#at < this.#size && !this.#failed; isFirst = false) {
        if (!isFirst && !this.#goesOn()) return;
        const at = this.#at;
        const n = Math.min(this.#piece, this.#size - at);
        this.#at += n;
        await this.#bring(chunk, at, n);
        const range = chunk.getMappedRange(0, n);
        if (this.#isOpen()) this.#read.take(range, at, 0, n, n, 1); // which does not throw
        chunk.unmap();
        if (this.#at >= this.#size) this.#looks.start();
      }
    } catch {
      this.#failed = true;
    }
  }

  /** Copies a piece into a chunk, and maps it. */
  #bring(chunk, at, n) {
    const encoder = this.#device.createCommandEncoder();
    encoder.copyBufferToBuffer(this.#source, this.#offset + at, chunk, 0, n);
    this.#device.queue.submit([encoder.finish()]);
    const mapped = chunk.mapAsync(GPUMapMode.READ, 0, n);
    if (this.#at >= this.#size) this.#looks.start(); // there are no more submits
    return mapped;
  }
}
