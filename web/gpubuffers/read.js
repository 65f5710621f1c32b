import { bytesToFill, fill, isSignal, sizeOf } from "./arguments.js";
import { RefusedCopy } from "./copies.js";
import { GPUBufferError, refusal, retold } from "./errors.js";
import { joined } from "./shortreads.js";

/** One read, and its promise. It keeps the ReadbackBuffer alive. */
export class Read {
  number;
  core;
  buffer; // of a read that may be joined with others: a DeviceBuffer,
  source; // its handle,
  offset; // the place in it,
  size; // which is known to be there
  run; // that it has begun in
  left; // bytes that have not arrived
  error;
  room; // bytes of the memory that the caller gave, or undefined
  #readback;
  #operation;
  #label = ""; // of the source
  #start; // has the module start it under a number, and gives its size
  #result;
  #bytes; // of the result
  #signal;
  #onAbort;
  #resolve;
  #reject;

  /** @param {import("./system.js").Core} core */
  constructor(readback, handle, core, operation, into, signal, resolve, reject) {
    this.handle = handle;
    this.core = core;
    this.#readback = readback;
    this.#operation = operation;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#result = into;
    if (into !== undefined) {
      this.#bytes = bytesToFill(operation, readback.label, into, "into");
      this.room = sizeOf(this.#bytes);
    }
    if (signal !== undefined && !isSignal(signal)) throw this.#refusal("type", "signal must be an AbortSignal");
    this.#signal = signal;
  }

  /** Says how the module starts it and what its source is called, and, where it is known to be there, where it is. */
  describe(start, label, buffer, source, offset, size) {
    this.#start = start;
    this.#label = label;
    if (buffer === undefined || size > joined) return;
    this.buffer = buffer;
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

  /** Takes the error of copies that the browser refused; others are the module's to tell. */
  refuse(refused) {
    if (!(refused instanceof RefusedCopy)) return;
    this.error ??= refusal("validation", this.#operation, this.#label, `the browser refused the copy: ${refused.cause.message}`, refused.cause);
  }

  #copy(chunk, offset, at, size) {
    if (this.#bytes === undefined && size === this.size) {
      this.#result = chunk.slice(at, at + size);
      return;
    }
    this.#bytes ??= new Uint8Array((this.#result = new ArrayBuffer(this.size)));
    fill(this.#bytes, new Uint8Array(chunk, at, size), offset);
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
    if (error === undefined) this.#resolve(this.#result ?? new ArrayBuffer(0));
    else this.#reject(error instanceof GPUBufferError && error.operation !== this.#operation ? retold(error, this.#operation) : error);
  }

  #unwatch() {
    try {
      this.#signal.removeEventListener("abort", this.#onAbort);
    } catch {
      // the caller's own signal
    }
  }

  #refusal(code, detail, cause) {
    return refusal(code, this.#operation, this.#readback.label, detail, cause);
  }
}
