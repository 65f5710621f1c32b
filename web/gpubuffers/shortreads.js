import { copyScoped } from "./copies.js";
import { groupOf, readableOf, vouched } from "./devicebuffer.js";
import { MapMode } from "./usages.js";

/** The longest read that is joined with others, the most that is, and the most that goes into one chunk: the module cuts more by itself. */
export const joined = 64 << 10;
const longest = 256 << 10;
const largest = 4 << 20;
/** The most copies that are made without asking the module how far apart ranges may lie to take less time as one. */
const fewRuns = 4;

/** The Runs of reads of known places, which join ranges that are gap bytes apart; or the first Runs that are one too many. */
export function runsOf(reads, gap = 0, most = Infinity) {
  const runs = [];
  let last;
  for (const read of reads.sort(byPlace)) {
    if (last?.takesIn(read, gap)) continue;
    runs.push((last = new Run(read)));
    if (runs.length > most) break;
  }
  return runs;
}

function byPlace(a, b) {
  return a.handle - b.handle || a.source - b.source || a.offset - b.offset;
}

/** Reads of neighbouring ranges, which are made as one. */
class Run {
  number;
  left; // bytes that have not arrived
  error;
  reads;
  #buffer;
  #offset;
  #end;
  #at; // where in a chunk its first byte lies

  /** @param {import("./read.js").Read} read */
  constructor(read) {
    this.core = read.core;
    this.handle = read.handle;
    this.source = read.source;
    this.reads = [read];
    this.#buffer = read.buffer;
    this.#offset = read.offset;
    this.#end = read.offset + read.size;
  }

  /** Takes in the next read by place, if it is at most gap bytes away. */
  takesIn(read, gap) {
    const end = Math.max(this.#end, read.offset + read.size);
    if (read.handle !== this.handle || read.source !== this.source || read.offset > this.#end + gap || end - this.#offset > longest) return false;
    this.#end = end;
    this.reads.push(read);
    return true;
  }

  /** Copies move words: where the first one begins, and how many bytes there are to the end of the last. */
  get #start() {
    return this.#offset - (this.#offset % 4);
  }

  get room() {
    return Math.ceil(this.#end / 4) * 4 - this.#start;
  }

  get isReadable() {
    return readableOf(this.core, this.#buffer, this.#start, this.room) !== undefined;
  }

  get group() {
    return groupOf(this.#buffer);
  }

  begin({ exports }) {
    this.left = exports.readStart(this.handle, this.source, this.#offset, this.#end - this.#offset, this.number, 0);
    if (this.left < 0) throw new Error("refused");
    this.begun(this);
  }

  /** Its reads have begun, as part of a Run or a Batch, or of none. */
  begun(run) {
    for (const read of this.reads) read.run = run;
  }

  /** Records a copy to a place in a chunk. */
  copyTo(chunk, at, encoder) {
    const start = this.#start;
    const room = this.room;
    encoder.copyBufferToBuffer(readableOf(this.core, this.#buffer, start, room), start, chunk, at, room);
    this.#at = at + this.#offset - start;
  }

  /** Hands out what that has brought. */
  takeCopy(range) {
    this.left = this.#end - this.#offset;
    this.take(range, 0, this.#at, this.left);
  }

  /** Hands out what a chunk has from at on, size bytes from offset on of the Run, and says whether that was all. */
  take(chunk, offset, at, size) {
    const from = this.#offset + offset;
    for (const read of this.reads) {
      const start = Math.max(read.offset, from);
      const n = Math.min(read.offset + read.size, from + size) - start;
      if (n > 0) read.take(chunk, start - read.offset, at + start - from, n, n, 1);
    }
    this.left -= size;
    return this.left === 0;
  }

  get isEmpty() {
    return this.reads.length === 0;
  }

  /** Lets go of a read, and says whether it was there. */
  loses(read) {
    const i = this.reads.indexOf(read);
    if (i >= 0) this.reads.splice(i, 1);
    return i >= 0;
  }

  refuse(cause) {
    for (const read of this.reads) read.refuse(cause);
    this.end();
  }

  end(error) {
    for (const read of this.reads.splice(0)) read.end(error ?? read.error);
  }
}

/** The Batches of reads that JavaScript may make, one for each group of their sources, if all are such; else none. */
export function batchesOf(reads, { exports }) {
  if (reads.length === 0) return [];
  const { handle } = reads[0];
  let runs = runsOf(reads, 0, fewRuns);
  if (runs.length > fewRuns) runs = runsOf(reads, exports.readGap(handle, reads.length));
  if (sizeOf(runs) > largest || !runs.every((run) => run.handle === handle && run.isReadable)) return [];
  if (runs.length === 1) return [new Batch(runs, runs[0].group !== vouched)];
  return [...Map.groupBy(runs, (run) => run.group)].map(([group, members]) => new Batch(members, group !== vouched));
}

function sizeOf(runs) {
  return runs.reduce((sum, run) => sum + run.room, 0);
}

/** Runs that JavaScript makes, through one chunk that is lent for them. */
class Batch {
  number;
  lent;
  chunk; // that is lent
  left; // bytes that have not arrived
  error;
  #core;
  #runs;
  #size;
  #isScoped;

  /** @param {Run[]} runs */
  constructor(runs, isScoped) {
    this.handle = runs[0].handle;
    this.left = this.#size = sizeOf(runs);
    this.#core = runs[0].core;
    this.#runs = runs;
    this.#isScoped = isScoped;
  }

  begin({ exports }) {
    this.lent = exports.readLend(this.handle, this.#size, this.number);
    if (this.lent < 0) throw new Error("refused");
    for (const run of this.#runs) run.begun(this);
  }

  /** Its reads have not begun after all. */
  giveUp() {
    for (const run of this.#runs) run.begun(undefined);
  }

  /** Takes the chunk that is lent: the one given, or the one that was lent under the number before. */
  borrow(given) {
    const { chunks } = this.#core;
    if (given !== undefined) chunks[this.lent] = given;
    this.chunk = chunks[this.lent];
  }

  /** Copies all to a chunk, and waits until that is mapped. */
  async copyTo(chunk) {
    const { device, looks } = this.#core;
    const verdict = copyScoped(device, this.#isScoped, () => this.#submitCopies(device, chunk));
    const mapped = chunk.mapAsync(MapMode.READ, 0, this.#size);
    looks.asked(verdict);
    try {
      await mapped;
    } finally {
      looks.settled();
    }
    if (verdict !== undefined) await verdict;
  }

  #submitCopies(device, chunk) {
    const encoder = device.createCommandEncoder();
    let at = 0;
    for (const run of this.#runs) {
      run.copyTo(chunk, at, encoder);
      at += run.room;
    }
    device.queue.submit([encoder.finish()]);
  }

  /** Ends the reads that have not ended, with what the chunk has. */
  takeFrom(chunk) {
    const range = chunk.getMappedRange(0, this.#size);
    this.left = 0;
    for (const run of this.#runs) run.takeCopy(range);
    this.end();
  }

  get isEmpty() {
    return this.#runs.every((run) => run.isEmpty);
  }

  loses(read) {
    return this.#runs.some((run) => run.loses(read));
  }

  /** Ends each read with its own error. */
  refuse(cause) {
    for (const run of this.#runs) run.refuse(cause);
  }

  end(error) {
    for (const run of this.#runs) run.end(error);
  }
}
