// Reads of neighbouring ranges, which are made as one.

import { groupOf, readableOf } from "./devicebuffer.js";

/** The longest read that is joined with others. */
export const longestJoined = 64 << 10;
/** The most Runs for which the module is not asked how far apart ranges may lie to take less time as one. */
const fewRuns = 4;

/** The Runs of reads, which join ranges of one buffer that are gap bytes apart; or the first Runs that are one too many. */
export function runsOf(reads, longest, gap = 0, most = Infinity) {
  if (reads.length === 1) return [new Run(reads[0])];
  const runs = [];
  let last;
  for (const read of reads.sort(byPlace)) {
    if (last?.takesIn(read, gap, longest)) continue;
    runs.push((last = new Run(read)));
    if (runs.length > most) break;
  }
  return runs;
}

function byPlace(a, b) {
  return a.handle - b.handle || a.place.source - b.place.source || a.place.offset - b.place.offset;
}

/**
 * The Runs of at most longest bytes of reads that JavaScript may make by itself, by groups that share a submit; none if it
 * may not. gapOf says how far apart the ranges of so many reads may lie to be joined.
 */
export function groupsToCopy(reads, longest, gapOf) {
  if (reads.length === 0) return [];
  const { handle } = reads[0];
  let runs = runsOf(reads, longest, 0, fewRuns);
  if (runs.length > fewRuns) runs = runsOf(reads, longest, gapOf(handle, reads.length));
  if (!runs.every((run) => run.handle === handle && run.isReadable)) return [];
  if (runs.length === 1) return [[runs[0].group, runs]];
  return [...Map.groupBy(runs, (run) => run.group)];
}

/** Reads that are made as one: neighbours, or one read alone. */
export class Run {
  fetch; // that it is part of
  left; // bytes that have not arrived
  #reads;
  #place; // of the first read: undefined if JavaScript does not know it
  #end; // of the last
  #isJoined = false;
  #at; // where in a chunk its first byte lies

  /** @param {import("./read.js").Read} read */
  constructor(read) {
    this.core = read.core;
    this.handle = read.handle;
    this.#reads = [read];
    this.#place = read.place;
    if (read.place !== undefined) this.#end = read.place.offset + read.size;
    read.run = this;
  }

  get reads() {
    return this.#reads;
  }

  /** Takes in the next read by place, if it is at most gap bytes away, and they are at most longest bytes together. */
  takesIn(read, gap, longest) {
    const { source, offset } = this.#place;
    const end = Math.max(this.#end, read.place.offset + read.size);
    if (read.handle !== this.handle || read.place.source !== source || read.place.offset > this.#end + gap || end - offset > longest) return false;
    this.#end = end;
    this.#isJoined = true;
    this.#reads.push(read);
    read.run = this;
    return true;
  }

  /** Copies move words: where the first one begins, and how many bytes there are to the end of the last. */
  get #start() {
    return this.#place.offset - (this.#place.offset % 4);
  }

  get copySize() {
    return Math.ceil(this.#end / 4) * 4 - this.#start;
  }

  get isReadable() {
    return readableOf(this.core, this.#place.buffer, this.#start, this.copySize) !== undefined;
  }

  get group() {
    return groupOf(this.#place.buffer);
  }

  /** Whether somebody waits for what it brings. */
  get isOpen() {
    return this.#reads.some((read) => read.error === undefined);
  }

  /** Has the module make it, under a number. */
  begin(module, number) {
    const { source, offset } = this.#place ?? {};
    this.left = this.#isJoined ? module.run("readStart", this.handle, source, offset, this.#end - offset, number, 0) : this.#reads[0].begin(number);
  }

  /** Records a copy to a place in a chunk. */
  copyTo(chunk, at, encoder) {
    const start = this.#start;
    const size = this.copySize;
    encoder.copyBufferToBuffer(readableOf(this.core, this.#place.buffer, start, size), start, chunk, at, size);
    this.#at = at + this.#place.offset - start;
    this.left = this.#end - this.#place.offset;
  }

  /** Hands out what that has brought. */
  takeCopy(range) {
    return this.take(range, 0, this.#at, this.left, this.left, 1);
  }

  /** Hands out rows of a chunk, pitch apart from at on, which follow each other from offset on; says whether it has ended. */
  take(chunk, offset, at, pitch, rowBytes, rows) {
    if (this.#isJoined) this.#share(chunk, offset, at, rowBytes);
    else this.#reads[0]?.take(chunk, offset, at, pitch, rowBytes, rows);
    this.left -= rowBytes * rows;
    return this.left === 0 || !this.isOpen;
  }

  /** Gives each read its own of size bytes. */
  #share(chunk, offset, at, size) {
    const from = this.#place.offset + offset;
    for (const read of this.#reads) {
      const first = read.place.offset;
      const start = Math.max(first, from);
      const n = Math.min(first + read.size, from + size) - start;
      if (n > 0) read.take(chunk, start - first, at + start - from, n, n, 1);
    }
  }

  /** Lets go of a read, and says whether it was there. */
  loses(read) {
    const i = this.#reads.indexOf(read);
    if (i >= 0) this.#reads.splice(i, 1);
    return i >= 0;
  }

  /** Ends its reads: with the error, or each with its own. */
  end(error) {
    for (const read of this.#reads.splice(0)) read.end(error ?? read.error);
  }
}

/** Runs that the module knows by one number: one that it makes, or those that are made through chunks that it lends. */
export class Fetch {
  number;
  error; // the module's

  /** @param {Run[]} runs */
  constructor(runs) {
    this.runs = runs;
    this.core = runs[0].core;
    this.handle = runs[0].handle;
    for (const run of runs) run.fetch = this;
  }

  get isOpen() {
    return this.runs.some((run) => run.isOpen);
  }

  get isWhole() {
    return this.runs.every((run) => run.left === 0);
  }

  /** Lets go of a read, and says whether any is left. */
  loses(read) {
    read.run.loses(read);
    return this.runs.some((run) => run.reads.length > 0);
  }

  /** Ends its reads, since the browser refused the copies. */
  refuse(cause) {
    for (const run of this.runs) {
      for (const read of run.reads) read.refuse(cause);
    }
    this.end();
  }

  end(error = this.error) {
    for (const run of this.runs) run.end(error);
  }
}
