// Reads that are under way. The module knows them by number, has them sent together when the task ends, and
// hands over a mapped chunk with the parts of all reads in it. Or it lends chunks: for a long read, or for short ones.

import { shared, vouched } from "./devicebuffer.js";
import { LentRead, LongCopies, ShortCopies } from "./lentread.js";
import { Fetch, groupsToCopy, Run, runsOf } from "./runs.js";

/** Its then runs a function as queueMicrotask does, in less time (measured in Chromium). */
const resolved = Promise.resolve();
/** How long a chunk lies ready for the next read, and how many reads it is for, until others may have it. */
const longestReady = 1000; // ms
const mostReads = 64;

/** Chunks that the module lends for reads, under a number. */
class Loan {
  fetch; // that it is for now
  made = []; // short reads that were made with its chunk: [bytes, ms]
  gap; // that the module gave for its reads

  /** calls are those of the module before it; undefined if its chunk is not to take another read. */
  constructor(number, chunks, fetch, calls) {
    this.number = number;
    this.chunks = chunks;
    this.fetch = fetch;
    this.calls = calls;
  }
}

function unmap({ chunks }) {
  for (const chunk of chunks) chunk.unmap();
}

/** The reads of a module. */
export class Reads {
  #module;
  #pending = []; // Fetches by number
  #free = []; // numbers
  #joinable = []; // Reads of known places that were asked for in this task
  #settled = []; // Fetches whose reads end when no lock of the module's is held: a result may have a getter named then
  #isAsked = false;
  #isBegun = false; // a read that the module is to send
  #made = []; // Loans whose Fetches have what they read
  #ready; // one of these, whose chunk the next read may take: as long as the module is told nothing
  #isTimed = false; // a timer is set that ends that
  #calls = 0; // of the module
  #gap; // if reads of this task asked for it
  #gapOf = (handle, count) => (this.#gap = this.#readyFor(handle, 0)?.gap ?? this.#module.tell("readGap", handle, count));
  #send = () => this.#sendAsked();
  #end = () => this.#endMade();
  #expire = () => {
    this.#isTimed = false;
    this.giveBack();
  };
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
    this.#module.catchUp();
    const begun = [];
    this.#gap = undefined;
    for (const [group, runs] of groupsToCopy(this.#joinable, this.#module.agreed.chosenFrom, this.#gapOf)) {
      const copies = new ShortCopies(runs);
      const fetch = new Fetch(runs);
      const loan = this.#borrow(fetch, copies.size);
      if (loan === undefined) {
        for (const other of begun) this.#giveBackUnused(other.loan);
        return false;
      }
      loan.gap = this.#gap;
      begun.push({ loan, copies, group });
    }
    if (begun.length === 0) return false;
    this.#joinable = [];
    for (const { loan, copies, group } of begun) {
      if (group !== vouched && group !== shared) loan.calls = undefined; // the module is to learn soon that the buffer is there
      this.#make(loan, copies, group !== vouched);
    }
    return true;
  }

  /** Borrows a chunk for size bytes, and gives the loan; undefined if there is none now. */
  #borrow(fetch, size) {
    const ready = this.#readyFor(fetch.handle, size);
    if (ready !== undefined) {
      this.#ready = undefined;
      unmap(ready);
      fetch.number = ready.fetch.number;
      ready.fetch = this.#pending[fetch.number] = fetch;
      return ready;
    }
    this.#number(fetch);
    this.#module.take();
    const number = this.#module.tell("readLend", fetch.handle, size, fetch.number);
    const { chunks } = fetch.core;
    const chunk = this.#module.take();
    if (chunk !== undefined) chunks[number] = chunk; // else it is the one that was lent under the number before
    if (number >= 0) return new Loan(number, [chunks[number]], fetch, this.#calls);
    this.#forget(fetch);
    return undefined;
  }

  /** The Loan whose chunk lies ready for a read of size bytes, if there is one. */
  #readyFor(handle, size) {
    const ready = this.#ready;
    return ready?.fetch.handle === handle && ready.fetch.error === undefined && size <= ready.chunks[0].size ? ready : undefined;
  }

  #giveBackUnused(loan) {
    this.#return(loan, this.#module.agreed.chunksUnused);
    this.#forget(loan.fetch);
  }

  #giveBackUsed(loan) {
    const { fetch } = loan;
    unmap(loan);
    if (this.#isPending(fetch) && !fetch.isWhole) this.#module.tell("readCancel", fetch.handle, fetch.number);
    this.#return(loan, this.#module.agreed.chunksMapped);
    if (this.#isPending(fetch)) this.#forget(fetch);
  }

  #return({ number, made }, outcome) {
    for (const [size, ms] of made) this.#module.tell("readMade", number, size, ms);
    this.#module.tell("readEnded", number, outcome);
  }

  #isPending(fetch) {
    return this.#pending[fetch.number] === fetch; // and the number not another's by now
  }

  /** The module lends chunks for a long read. None of its functions may be called before this returns. */
  lend(number, loan, source, offset, size, pieceSize, chunks, rest, isScoped) {
    const fetch = this.#pending[number];
    this.#make(new Loan(loan, chunks, fetch), new LongCopies(fetch.runs[0], source, offset, size, pieceSize, rest), isScoped);
  }

  /** Makes copies through chunks that are lent. */
  #make(loan, copies, isScoped) {
    const { fetch } = loan;
    const asked = performance.now();
    const onEnd = (failure) => {
      if (failure === undefined) {
        if (copies.isShort) this.#count(loan, copies.size, performance.now() - asked);
        this.#takeMade(loan);
        return;
      }
      if (failure.refused !== undefined && this.#isPending(fetch)) this.#refuse(fetch, failure.refused);
      this.#return(loan, this.#module.agreed.chunksFailed); // fails the reads, and destroys the chunks
    };
    new LentRead(fetch.core, copies, isScoped, () => this.#isPending(fetch) && fetch.isOpen, onEnd).start(loan.chunks);
  }

  #count({ fetch, made }, size, ms) {
    made.push([size, ms]);
    fetch.core.poller.took(ms);
  }

  /** Has the chunk of a Loan lie ready, or its chunks given back. */
  #takeMade(loan) {
    const { fetch, made, calls } = loan;
    if (calls === this.#calls && this.#ready === undefined && made.length < mostReads && this.#isPending(fetch) && fetch.isWhole) {
      this.#ready = loan;
      if (!this.#isTimed) setTimeout(this.#expire, longestReady);
      this.#isTimed = true;
    } else {
      this.#made.push(loan);
      void resolved.then(this.#end); // what waits for the reads goes on first
    }
  }

  /** Ends the reads of a Fetch whose copies the browser refused. */
  #refuse(fetch, refused) {
    this.#drop(fetch);
    fetch.refuse(refused);
  }

  /** Gives back the chunks that no read uses: before the module is told anything else. */
  giveBack() {
    this.#calls++;
    this.#endMade();
    const ready = this.#ready;
    this.#ready = undefined;
    if (ready !== undefined) this.#giveBackUsed(ready);
  }

  #endMade() {
    for (const loan of this.#made.splice(0)) this.#giveBackUsed(loan);
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
    this.#ready = undefined;
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
