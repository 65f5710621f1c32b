// Reads that are under way. The module knows them by number, has them sent together when the task ends, and
// hands over a mapped chunk with the parts of all reads in it. Or it lends chunks: for a long read, or for short ones.

import { vouched } from "./devicebuffer.js";
import { LentRead, LongCopies, ShortCopies } from "./lentread.js";
import { Fetch, groupsToCopy, Run, runsOf } from "./runs.js";

/** Its then runs a function as queueMicrotask does, in less time (measured in Chromium). */
const resolved = Promise.resolve();

/** The reads of a module. */
export class Reads {
  #module;
  #pending = []; // Fetches by number
  #free = []; // numbers
  #joinable = []; // Reads of known places that were asked for in this task
  #settled = []; // Fetches whose reads end when no lock of the module's is held: a result may have a getter named then
  #isAsked = false;
  #isBegun = false; // a read that the module is to send
  #made = []; // Fetches that have what they read, with the chunks that are to be given back
  #send = () => this.#sendAsked();
  #end = () => this.endMade();
  #finish = () => this.#finishSettled();

  /** @param {import("./module.js").Module} module */
  constructor(module) {
    this.#module = module;
  }

  /** Asks for a read. One of a known place waits for its neighbours until the task ends. */
  start(read) {
    if (read.place !== undefined) {
      this.#joinable.push(read);
    } else {
      this.begin();
      this.#begin(new Run(read));
    }
    try {
      read.watch(() => this.#abort(read));
    } catch (error) {
      this.#leave(read);
      throw error;
    }
    if (!this.#isAsked) void resolved.then(this.#send);
    this.#isAsked = true;
  }

  /** Has the module make a Run. */
  #begin(run) {
    const fetch = new Fetch([run]);
    this.#number(fetch);
    try {
      run.begin(this.#module, fetch.number);
    } catch (error) {
      this.#forget(fetch);
      throw error;
    }
    this.#isBegun = true;
    if (run.left === 0) this.#settle(fetch);
  }

  #number(fetch) {
    fetch.number = this.#free.pop() ?? this.#pending.length;
    this.#pending[fetch.number] = fetch;
  }

  #sendAsked() {
    this.#isAsked = false;
    if (!this.#isBegun && this.#makesAsked()) return;
    this.begin();
    this.#isBegun = false;
    this.#module.tell("readFlush");
  }

  /** Makes the reads that wait for their neighbours here, if it may, and says whether it does. */
  #makesAsked() {
    const begun = [];
    for (const [group, runs] of groupsToCopy(this.#joinable, this.#module)) {
      const copies = new ShortCopies(runs);
      const fetch = new Fetch(runs);
      const loan = this.#borrow(fetch, copies.size);
      if (loan < 0) {
        for (const other of begun) this.#giveBackUnused(other);
        return false;
      }
      begun.push({ fetch, loan, copies, isScoped: group !== vouched });
    }
    if (begun.length === 0) return false;
    this.#joinable = [];
    for (const { fetch, loan, copies, isScoped } of begun) this.#make(fetch, loan, [fetch.core.chunks[loan]], copies, isScoped);
    return true;
  }

  /** Borrows a chunk for size bytes, and gives the number of the loan: less than 0 if there is none now. */
  #borrow(fetch, size) {
    this.#number(fetch);
    this.#module.take();
    const loan = this.#module.tell("readLend", fetch.handle, size, fetch.number);
    if (loan < 0) this.#forget(fetch);
    const chunk = this.#module.take();
    if (chunk !== undefined) fetch.core.chunks[loan] = chunk; // else it is the one that was lent under the number before
    return loan;
  }

  #giveBackUnused({ fetch, loan }) {
    this.#module.tell("readEnded", loan, this.#module.agreed.chunksUnused);
    this.#forget(fetch);
  }

  /** The module lends chunks for a long read. None of its functions may be called before this returns. */
  lend(number, loan, source, offset, size, pieceSize, chunks, rest, isScoped) {
    const fetch = this.#pending[number];
    this.#make(fetch, loan, chunks, new LongCopies(fetch.runs[0], source, offset, size, pieceSize, rest), isScoped);
  }

  /** Makes copies through chunks that are lent. */
  #make(fetch, loan, chunks, copies, isScoped) {
    const isPending = () => this.#pending[fetch.number] === fetch; // and the number not another's by now
    const onEnd = (failure) => {
      if (failure === undefined) this.#made.push({ fetch, loan, chunks });
      else if (failure.refused !== undefined && isPending()) this.#refuse(fetch, failure.refused);
      if (failure === undefined) void resolved.then(this.#end); // what waits for the reads goes on first
      else this.#module.tell("readEnded", loan, this.#module.agreed.chunksFailed); // fails the reads, and destroys the chunks
    };
    new LentRead(fetch.core, copies, isScoped, () => isPending() && fetch.isOpen, onEnd).start(chunks);
  }

  /** Ends the reads of a Fetch whose copies the browser refused. */
  #refuse(fetch, refused) {
    this.#drop(fetch);
    fetch.refuse(refused);
  }

  /** Gives the chunks back of what was made: before anything that tells of them. */
  endMade() {
    for (const { fetch, loan, chunks } of this.#made.splice(0)) {
      for (const chunk of chunks) chunk.unmap();
      const isPending = this.#pending[fetch.number] === fetch;
      if (isPending && !fetch.isWhole) this.#module.tell("readCancel", fetch.handle, fetch.number);
      this.#module.tell("readEnded", loan, this.#module.agreed.chunksMapped);
      if (isPending) this.#forget(fetch);
    }
  }

  /** Has the module know of every read that was asked for: before what the order of reads depends on. */
  begin() {
    for (const run of runsOf(this.#joinable.splice(0), this.#module.agreed.chosenFrom)) this.#beginJoined(run);
  }

  /** Where a Run cannot begin, each of its reads does, or says why not. */
  #beginJoined(run) {
    try {
      this.#begin(run);
    } catch (error) {
      if (run.reads.length > 1) for (const read of run.reads) this.#beginJoined(new Run(read));
      else run.end(error);
    }
  }

  /** Takes parts of a chunk, which is mapped until this returns. */
  deliver(chunk, address, count) {
    const step = this.#module.agreed.numbersOfAPart;
    const numbers = new Float64Array(this.#module.memory.buffer, address, count * step);
    for (let i = 0; i < numbers.length; i += step) {
      const fetch = this.#pending[numbers[i]];
      if (fetch.runs[0].take(chunk, numbers[i + 1], numbers[i + 2], numbers[i + 3], numbers[i + 4], numbers[i + 5])) this.#settle(fetch);
    }
  }

  /** Ends a read with an error of the module's. */
  fail(number, error) {
    const fetch = this.#pending[number];
    fetch.error ??= error;
    this.#settle(fetch);
  }

  /** Ends all, with the module. */
  endAll(error) {
    for (const fetch of this.#pending.splice(0)) fetch?.end(error);
    for (const read of this.#joinable.splice(0)) read.end(error);
  }

  #settle(fetch) {
    if (this.#settled.length === 0) void resolved.then(this.#finish);
    this.#settled.push(fetch);
  }

  #finishSettled() {
    const settled = this.#settled;
    this.#settled = [];
    for (const fetch of settled) {
      if (this.#pending[fetch.number] !== fetch) continue; // aborted, or settled twice
      if (fetch.error === undefined && !fetch.isWhole) this.#drop(fetch);
      else this.#forget(fetch);
      fetch.end();
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
    const fetch = read.run?.fetch;
    if (!read.run?.reads.includes(read)) return false;
    if (!fetch.loses(read) && this.#pending[fetch.number] === fetch) this.#drop(fetch);
    return true;
  }

  /** Has the module deliver no more of a Fetch. */
  #drop(fetch) {
    this.#module.tell("readCancel", fetch.handle, fetch.number);
    this.#forget(fetch);
  }

  #forget(fetch) {
    this.#pending[fetch.number] = undefined;
    this.#free.push(fetch.number);
  }
}
