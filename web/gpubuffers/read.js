import { bytesToFill, fill, isSignal, sizeOf } from "./arguments.js";
import { GPUBufferError, refusal, retold } from "./errors.js";
import { longestJoined } from "./runs.js";

/** One read, and its promise. It keeps the ReadbackBuffer alive. */
export class Read {
  core;
  place; // of a read that may be joined with others: a DeviceBuffer, its handle, and an offset in it
  size; // known before it begins if there is a place
  run; // that it is part of
  left; // bytes that have not arrived
  error;
  intoSize; // bytes of the memory that the caller gave, or undefined
  #readback;
  #operation;
  #label = ""; // of the source
  #begin; // has the module make it under a number, and gives its size
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
      this.intoSize = sizeOf(this.#bytes);
    }
    if (signal !== undefined && !isSignal(signal)) throw this.#refusal("type", "signal must be an AbortSignal");
    this.#signal = signal;
  }

  /** Says how the module begins it, and what its source is called. */
  describe(begin, label) {
    this.#begin = begin;
    this.#label = label;
  }

  /** Says where it is, if that is known to be there. */
  locate(buffer, source, offset, size) {
    if (size > longestJoined) return;
    this.place = { buffer, source, offset };
    this.size = this.left = size;
  }

  /** Has the module make it alone, and gives its size. */
  begin(number) {
    return (this.size = this.left = this.#begin(number));
  }

  /** Copies rows from a chunk, pitch apart from at on. */
  take(chunk, offset, at, pitch, rowBytes, rows) {
    try {
      if (pitch === rowBytes) this.#copy(chunk, offset, at, rowBytes * rows);
      else for (let row = 0; row < rows; row++) this.#copy(chunk, offset + row * rowBytes, at + row * pitch, rowBytes);
      this.left -= rowBytes * rows;
    } catch (cause) {
      this.error ??= this.#bytes ? this.#refusal("type", "into was detached, or made smaller", cause) : this.#refusal("out-of-memory", `${this.size} bytes`, cause);
    }
  }

  /** Takes the error of copies that the browser refused. */
  refuse(refused) {
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
