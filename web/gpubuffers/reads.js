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

const numbersOfAPart = 6;

/** soon.then runs a function as queueMicrotask does, in less time (measured in Chromium). */
const soon = Promise.resolve();

class Reads {
  #module;
  #pending = []; // by number
  #free = []; // numbers
  #settled = []; // their promises are, when no lock of the module's is held: a result may have a getter named then
  #asked = false;
  #send = () => this.#sendAsked();
  #finish = () => this.#finishSettled();

  constructor(module) {
    this.#module = module;
    module.call("takeReads", (chunk, address, count) => this.#deliver(chunk, address, count), (number, error) => this.#fail(number, error));
    module.whenEnded((error) => this.#pending.splice(0).forEach((read) => read?.end(error)));
  }

  /** Asks for a read by begin(number), which gives its size. */
  start(read, begin) {
    read.number = this.#free.pop() ?? this.#pending.length;
    this.#pending[read.number] = read;
    try {
      read.begun(begin(read.number));
      read.watch(() => this.#abort(read));
    } catch (error) {
      this.#drop(read);
      throw error;
    }
    if (!this.#asked) soon.then(this.#send);
    this.#asked = true;
  }

  #sendAsked() {
    this.#asked = false;
    try {
      if (this.#module.exports.readFlush() !== 1) this.#module.call("readFlush");
    } catch (cause) {
      this.#module.fault(cause);
    }
  }

  #deliver(chunk, address, count) {
    const numbers = new Float64Array(this.#module.memory.buffer, address, count * numbersOfAPart);
    for (let i = 0; i < numbers.length; i += numbersOfAPart) {
      const read = this.#pending[numbers[i]];
      if (read.take(chunk, numbers[i + 1], numbers[i + 2], numbers[i + 3], numbers[i + 4], numbers[i + 5])) this.#settle(read);
    }
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
    if (this.#pending[read.number] !== read) return;
    this.#drop(read);
    read.abort();
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

/** One read, and its promise. It keeps the ReadbackBuffer alive. */
export class Read {
  number;
  left; // bytes that have not arrived
  error;
  #readback;
  #operation;
  #size;
  #result;
  #bytes; // of the result
  #signal;
  #onAbort;
  #resolve;
  #reject;

  constructor(readback, handle, operation, into, signal, resolve, reject) {
    this.handle = handle;
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

  begun(size) {
    this.#size = this.left = size;
  }

  /** Copies rows from a chunk, pitch apart from at on, and says whether the read has ended. */
  take(chunk, offset, at, pitch, rowBytes, rows) {
    try {
      if (pitch === rowBytes) this.#copy(chunk, offset, at, rowBytes * rows);
      else for (let row = 0; row < rows; row++) this.#copy(chunk, offset + row * rowBytes, at + row * pitch, rowBytes);
      this.left -= rowBytes * rows;
    } catch (cause) {
      this.error ??= this.#bytes ? this.#refusal("type", "into was detached, or made smaller", cause) : this.#refusal("out-of-memory", `${this.#size} bytes`, cause);
    }
    return this.left === 0 || this.error !== undefined;
  }

  #copy(chunk, offset, at, size) {
    if (this.#bytes === undefined && size === this.#size) {
      this.#result = chunk.slice(at, at + size);
      return;
    }
    this.#bytes ??= new Uint8Array((this.#result = new ArrayBuffer(this.#size)));
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
