// Reads that are under way. The module knows them by number, has them sent together when the task ends, and
// hands over a mapped chunk with the parts of all reads in it; or it lends chunks for a long read, or for short
// ones, which are made here.

import { RefusedCopy } from "./copies.js";
import { LongRead } from "./longread.js";
import { batchesOf, runsOf } from "./shortreads.js";

const byModule = new WeakMap();

/** The reads of a module. */
export function readsOf(module) {
  if (!byModule.has(module)) byModule.set(module, new Reads(module));
  return byModule.get(module);
}

/** Has the module know of every read that has ended: before what tells of them. */
export function endReads(module) {
  byModule.get(module)?.endMade();
}

/** Has the module know of every read that was asked for: before what the order of reads depends on. */
export function beginReads(module) {
  byModule.get(module)?.begin();
}

const numbersOfAPart = 6;

/** soon.then runs a function as queueMicrotask does, in less time (measured in Chromium). */
const soon = Promise.resolve();

class Reads {
  #module;
  #pending = []; // by number: a Read, or a Run or Batch of several
  #free = []; // numbers
  #joinable = []; // asked for in this task
  #settled = []; // their promises are, when no lock of the module's is held: a result may have a getter named then
  #asked = false;
  #begun = false; // some that the module is to send
  #made = []; // Batches that have what they read, and chunks that are to be given back
  #send = () => this.#sendAsked();
  #end = () => this.endMade();
  #finish = () => this.#finishSettled();

  /** @param {import("./module.js").Module} module */
  constructor(module) {
    this.#module = module;
    module.call("takeReads", (chunk, address, count) => this.#deliver(chunk, address, count), (number, error) => this.#fail(number, error), (...lent) => this.#lend(...lent));
    module.whenEnded(this, (reads, error) => [...reads.#pending.splice(0), ...reads.#joinable.splice(0)].forEach((read) => read?.end(error)));
  }

  /** Asks for a read. One of a known place waits for its neighbours until the task ends. */
  start(read) {
    if (read.source !== undefined) {
      this.#joinable.push(read);
    } else {
      this.begin();
      this.#beginThere(read);
    }
    try {
      read.watch(() => this.#abort(read));
    } catch (error) {
      this.#leave(read);
      throw error;
    }
    if (!this.#asked) void soon.then(this.#send);
    this.#asked = true;
  }

  /** Has the module make a Read or a Run. */
  #beginThere(read) {
    this.#begin(read);
    this.#begun = true;
  }

  #begin(read) {
    read.number = this.#free.pop() ?? this.#pending.length;
    this.#pending[read.number] = read;
    try {
      read.begin(this.#module);
    } catch (error) {
      this.#forget(read);
      throw error;
    }
    if (read.left === 0) this.#settle(read);
  }

  #sendAsked() {
    this.#asked = false;
    if (!this.#begun && this.#makesAsked()) return;
    this.begin();
    this.#begun = false;
    try {
      if (this.#module.exports.readFlush() !== 1) this.#module.call("readFlush");
    } catch (cause) {
      this.#module.fault(cause);
    }
  }

  /** Makes the reads that wait for their neighbours by itself, where it may, and says whether it does. */
  #makesAsked() {
    const batches = batchesOf(this.#joinable, this.#module);
    if (batches.length === 0 || !this.#beginAll(batches)) return false;
    this.#joinable = [];
    for (const batch of batches) void this.#make(batch, batch.chunk);
    return true;
  }

  /** Has a chunk lent for each Batch, or for none. */
  #beginAll(batches) {
    const begun = [];
    try {
      for (const batch of batches) {
        this.#module.take();
        this.#begin(batch);
        batch.borrow(this.#module.take());
        begun.push(batch);
      }
      return true;
    } catch {
      for (const batch of begun) this.#giveUp(batch);
      return false;
    }
  }

  /** Gives back a chunk that was not used. */
  #giveUp(batch) {
    this.#module.numbers("readEnded", batch.lent, 2);
    batch.giveUp();
    this.#forget(batch);
  }

  /** Reads a Batch through the chunk that is lent for it. */
  async #make(batch, chunk) {
    try {
      await batch.copyTo(chunk);
      batch.takeFrom(chunk);
      this.#made.push([batch, chunk]);
      void soon.then(this.#end); // what waits for the reads goes on first
    } catch (cause) {
      if (cause instanceof RefusedCopy) this.#refuse(batch, cause);
      this.#module.numbers("readEnded", batch.lent, 1); // fails the reads, and destroys the chunk
    }
  }

  /** Ends the reads of a Batch whose copies the browser refused. */
  #refuse(batch, cause) {
    this.#module.numbers("readCancel", batch.handle, batch.number);
    if (this.#pending[batch.number] === batch) this.#forget(batch);
    batch.refuse(cause);
  }

  /** Gives the chunks back of Batches that are made. */
  endMade() {
    for (const [batch, chunk] of this.#made.splice(0)) {
      chunk.unmap();
      this.#module.numbers("readEnded", batch.lent, 0);
      if (this.#pending[batch.number] === batch) this.#forget(batch);
    }
  }

  /** Begins the reads that wait for their neighbours. */
  begin() {
    for (const run of runsOf(this.#joinable.splice(0))) this.#beginRun(run);
  }

  /** Where a Run cannot begin, each of its reads does, or says why not. */
  #beginRun(run) {
    try {
      this.#beginThere(run);
    } catch {
      for (const read of run.reads) this.#beginAlone(read);
    }
  }

  #beginAlone(read) {
    try {
      this.#beginThere(read);
    } catch (error) {
      read.end(error);
    }
  }

  #deliver(chunk, address, count) {
    const numbers = new Float64Array(this.#module.memory.buffer, address, count * numbersOfAPart);
    for (let i = 0; i < numbers.length; i += numbersOfAPart) {
      const read = this.#pending[numbers[i]];
      if (read.take(chunk, numbers[i + 1], numbers[i + 2], numbers[i + 3], numbers[i + 4], numbers[i + 5])) this.#settle(read);
    }
  }

  /** Makes a long read by itself. No function of the module's may be called before this returns. */
  #lend(number, lent, source, offset, size, piece, chunks, rest, isScoped) {
    const read = this.#pending[number];
    const isPending = () => this.#pending[number] === read; // and the number not another's by now
    const isOpen = () => isPending() && read.error === undefined;
    void new LongRead(read, { source, offset, size, piece, rest, isScoped }, isOpen).run(chunks).then((failed) => {
      if (isPending() && read.error !== undefined) this.#module.numbers("readCancel", read.handle, number);
      if (isPending() && (read.left === 0 || read.error !== undefined)) this.#settle(read);
      this.#module.numbers("readEnded", lent, Number(failed));
    });
  }

  #fail(number, error) {
    const read = this.#pending[number];
    read.error ??= error;
    read.left = 0;
    this.#settle(read);
  }

  #settle(read) {
    if (this.#settled.length === 0) void soon.then(this.#finish);
    this.#settled.push(read);
  }

  #finishSettled() {
    const settled = this.#settled;
    this.#settled = [];
    for (const read of settled) {
      if (this.#pending[read.number] !== read) continue; // aborted, or settled twice
      if (read.left > 0) this.#drop(read);
      else this.#forget(read);
      read.end(read.error);
    }
  }

  #abort(read) {
    if (this.#leave(read)) read.abort();
  }

  /** Has a read that has not ended hear no more, and says whether there was one. */
  #leave(read) {
    const waiting = this.#joinable.indexOf(read);
    if (waiting >= 0) {
      this.#joinable.splice(waiting, 1);
      return true;
    }
    const known = read.run ?? read;
    if (read.run ? !read.run.loses(read) : this.#pending[read.number] !== read) return false;
    if (known === read || known.isEmpty) this.#drop(known);
    return true;
  }

  /** Has the module deliver no more of a read. */
  #drop(read) {
    try {
      this.#module.exports.readCancel(read.handle, read.number);
    } catch (cause) {
      this.#module.fault(cause);
    }
    this.#forget(read);
  }

  #forget(read) {
    this.#pending[read.number] = undefined;
    this.#free.push(read.number);
  }
}
