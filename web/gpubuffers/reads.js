// Reads that are under way. The module knows them by number, has them sent together when the task ends, and
// hands over a mapped chunk with the parts of all reads in it.

import { isA, isBufferSource } from "./arguments.js";
import { refusal } from "./errors.js";

const byModule = new WeakMap();

/** The reads of a module. */
export function readsOf(module) {
  if (!byModule.has(module)) byModule.set(module, new Reads(module));
  return byModule.get(module);
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
  #pending = []; // by number: a Read, or a Run of several
  #free = []; // numbers
  #joinable = []; // asked for in this task
  #settled = []; // their promises are, when no lock of the module's is held: a result may have a getter named then
  #asked = false;
  #send = () => this.#sendAsked();
  #finish = () => this.#finishSettled();

  constructor(module) {
    this.#module = module;
    module.call("takeReads", (chunk, address, count) => this.#deliver(chunk, address, count), (number, error) => this.#fail(number, error), (...lent) => this.#lend(...lent));
    module.whenEnded((error) => [...this.#pending.splice(0), ...this.#joinable.splice(0)].forEach((read) => read?.end(error)));
  }

  /** Asks for a read. One of a known place waits for its neighbours until the task ends. */
  start(read) {
    if (read.source !== undefined) {
      this.#joinable.push(read);
    } else {
      this.begin();
      this.#begin(read);
    }
    try {
      read.watch(() => this.#abort(read));
    } catch (error) {
      this.#leave(read);
      throw error;
    }
    if (!this.#asked) soon.then(this.#send);
    this.#asked = true;
  }

  /** Has the module start a Read or a Run. */
  #begin(read) {
    read.number = this.#free.pop() ?? this.#pending.length;
    this.#pending[read.number] = read;
    try {
      read.begin(this.#module);
    } catch (error) {
      this.#forget(read);
      throw error;
    }
  }

  #sendAsked() {
    this.#asked = false;
    this.begin();
    try {
      if (this.#module.exports.readFlush() !== 1) this.#module.call("readFlush");
    } catch (cause) {
      this.#module.fault(cause);
    }
  }

  /** Begins the reads that wait for their neighbours. */
  begin() {
    for (const run of runsOf(this.#joinable.splice(0))) this.#beginRun(run);
  }

  /** Where a Run cannot begin, each of its reads does, or says why not. */
  #beginRun(run) {
    try {
      this.#begin(run);
    } catch {
      for (const read of run.reads) this.#beginAlone(read);
    }
  }

  #beginAlone(read) {
    try {
      this.#begin(read);
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
  #lend(number, lent, source, offset, size, piece, chunks) {
    const read = this.#pending[number];
    const isPending = () => this.#pending[number] === read; // and the number not another's by now
    const isOpen = () => isPending() && read.error === undefined;
    const goesOn = () => isOpen() && this.#module.numbers("readGoesOn", lent) === 1;
    new Ring(read, source, offset, size, piece, isOpen, goesOn).run(chunks).then((failed) => {
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
    if (this.#settled.length === 0) soon.then(this.#finish);
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
    if (known === read || known.reads.length === 0) this.#drop(known);
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

/** A long read, piece by piece through chunks that are lent for it. */
class Ring {
  #isOpen;
  #goesOn; // asks the module, too
  #read;
  #device;
  #source;
  #offset;
  #size;
  #piece;
  #at = 0; // where the next piece begins
  #failed = false;
  #looks = 0;
  #looking = false;

  constructor(read, source, offset, size, piece, isOpen, goesOn) {
    this.#isOpen = isOpen;
    this.#goesOn = goesOn;
    this.#read = read;
    this.#device = read.device;
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
        if (this.#at >= this.#size) this.#look();
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
    if (this.#at >= this.#size) this.#look();
    return mapped;
  }

  /** Has the browser look whether the GPU is done: with each submit it looks by itself, but there are no more. */
  #look() {
    this.#looks = 6;
    if (!this.#looking) this.#lookAgain();
  }

  #lookAgain() {
    this.#looking = this.#looks-- > 0;
    if (!this.#looking) return;
    this.#device.pushErrorScope("validation");
    const again = () => this.#lookAgain();
    this.#device.popErrorScope().then(again, again);
  }
}

/** The longest read that is joined with others, and the longest Run: longer ones the module cuts by itself. */
const joined = 64 << 10;
const longest = 256 << 10;

/** The Runs of reads of known places. */
function runsOf(reads) {
  const runs = [];
  for (const read of reads.sort(byPlace)) {
    if (!runs.at(-1)?.takesIn(read)) runs.push(new Run(read));
  }
  return runs;
}

function byPlace(a, b) {
  return a.handle - b.handle || a.source - b.source || a.offset - b.offset;
}

/** Reads that touch or overlap, which the module knows as one. */
class Run {
  number;
  left; // bytes that have not arrived
  error;
  #offset;
  #end;

  constructor(read) {
    this.handle = read.handle;
    this.device = read.device;
    this.source = read.source;
    this.reads = [read];
    this.#offset = read.offset;
    this.#end = read.offset + read.size;
  }

  /** Takes in the next read by place, where it is a neighbour. */
  takesIn(read) {
    const end = Math.max(this.#end, read.offset + read.size);
    if (read.handle !== this.handle || read.source !== this.source || read.offset > this.#end || end - this.#offset > longest) return false;
    this.#end = end;
    this.reads.push(read);
    return true;
  }

  begin({ exports }) {
    this.left = exports.readStart(this.handle, this.source, this.#offset, this.#end - this.#offset, this.number, 0);
    if (this.left < 0) throw new Error("refused");
    for (const read of this.reads) read.run = this;
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

  /** Lets go of a read, and says whether it was there. */
  loses(read) {
    const i = this.reads.indexOf(read);
    if (i >= 0) this.reads.splice(i, 1);
    return i >= 0;
  }

  end(error) {
    for (const read of this.reads.splice(0)) read.end(error ?? read.error);
  }
}

/** One read, and its promise. It keeps the ReadbackBuffer alive. */
export class Read {
  number;
  source; // of a read that may be joined with others: the handle of a buffer,
  offset; // and the place in it,
  size; // which is known to be there
  run; // that it has begun in
  left; // bytes that have not arrived
  error;
  #readback;
  #operation;
  #start; // has the module start it under a number, and gives its size
  #result;
  #bytes; // of the result
  #signal;
  #onAbort;
  #resolve;
  #reject;

  constructor(readback, handle, device, operation, into, signal, resolve, reject) {
    this.handle = handle;
    this.device = device;
    this.#readback = readback;
    this.#operation = operation;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#result = into;
    if (into !== undefined) this.#bytes = this.#view(into);
    if (signal !== undefined && !isA(signal, globalThis.AbortSignal)) throw this.#refusal("type", "signal is to be an AbortSignal");
    this.#signal = signal;
  }

  /** Size of the memory that the caller gave. */
  get room() {
    return this.#bytes?.length;
  }

  /** Says how the module starts it, and, where it is known to be there, where it is. */
  describe(start, source, offset, size) {
    this.#start = start;
    if (source === undefined || size > joined) return;
    this.source = source;
    this.offset = offset;
    this.size = this.left = size;
  }

  begin() {
    this.size = this.left = this.#start(this.number);
  }

  /** Copies rows from a chunk, pitch apart from at on, and says whether the read has ended. */
  take(chunk, offset, at, pitch, rowBytes, rows) {
    try {
      if (pitch === rowBytes) this.#copy(chunk, offset, at, rowBytes * rows);
      else for (let row = 0; row < rows; row++) this.#copy(chunk, offset + row * rowBytes, at + row * pitch, rowBytes);
      this.left -= rowBytes * rows;
    } catch (cause) {
      this.error ??= this.#bytes ? this.#refusal("type", "into was detached, or made smaller", cause) : this.#refusal("out-of-memory", `${this.size} bytes`, cause);
    }
    return this.left === 0 || this.error !== undefined;
  }

  #copy(chunk, offset, at, size) {
    if (this.#bytes === undefined && size === this.size) {
      this.#result = chunk.slice(at, at + size);
      return;
    }
    this.#bytes ??= new Uint8Array((this.#result = new ArrayBuffer(this.size)));
    this.#bytes.set(new Uint8Array(chunk, at, size), offset);
  }

  watch(abort) {
    if (this.#signal === undefined) return;
    try {
      this.#signal.addEventListener("abort", abort);
      this.#onAbort = abort;
      if (this.#signal.aborted) abort();
    } catch (cause) {
      throw this.#refusal("type", "signal is not what it seems", cause);
    }
  }

  abort() {
    try {
      this.end(this.#signal.reason);
    } catch (cause) {
      this.end(this.#refusal("type", "signal has no reason", cause));
    }
  }

  /** Settles the promise: without an error it resolves. */
  end(error) {
    if (this.#onAbort) this.#unwatch();
    if (error === undefined) this.#resolve(this.#result);
    else this.#reject(error);
  }

  #unwatch() {
    try {
      this.#signal.removeEventListener("abort", this.#onAbort);
    } catch {
      // the caller's own signal
    }
  }

  /** The bytes of the caller's memory. */
  #view(data) {
    if (!isBufferSource(data)) throw this.#refusal("type", "into is to be an ArrayBuffer or a view");
    try {
      const memory = ArrayBuffer.isView(data) ? data.buffer : data;
      const bytes = new Uint8Array(memory, memory === data ? 0 : data.byteOffset, data.byteLength);
      if (bytes.buffer === memory) return bytes;
    } catch (cause) {
      throw this.#refusal("type", "into is detached, or not what it seems", cause);
    }
    throw this.#refusal("type", "into is not what it seems");
  }

  #refusal(code, detail, cause) {
    return refusal(code, this.#operation, this.#readback.label, detail, cause);
  }
}
