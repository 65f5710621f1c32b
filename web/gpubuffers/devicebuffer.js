import { bytesOf, fixed, isBufferSource, isResizable, memoryOf, numberFor, offsetOf, partOf, sizeOf } from "./arguments.js";
import { GPUBufferError, refusal, retold, wrongReceiver } from "./errors.js";
import { endOf, spansOf } from "./ranges.js";
import { ask, call, destroyed, handleOf, isRefused, isTold, keep, native, NativeBuffer, run, told, until, usable } from "./resource.js";
import { lengthOf, readAll, readerOf, watchersOf } from "./sources.js";
import { gone, readerOfBytes, Upload } from "./upload.js";
import { BufferUsage } from "./usages.js";

/** The GPUBuffer of a system's DeviceBuffer that has size bytes from offset on to be read; undefined for all else. */
export let readableOf;
/** How many bytes a DeviceBuffer has from offset on; undefined for all else, and where there are none. */
export let restOf;
/** With which others a DeviceBuffer may share a submit of reads: vouched, shared, or none but itself. */
export let groupOf;
/** What uploads that share a chunk need of their DeviceBuffers. */
export let sharing;
/** It is known to be there, and nobody but this module can destroy its GPUBuffer. */
export const vouched = Symbol("vouched");
/** The page has its GPUBuffer. */
export const shared = Symbol("shared");

const isReadable = ({ usage }) => (usage & BufferUsage.COPY_SRC) !== 0;

export class DeviceBuffer extends NativeBuffer {
  #core;
  #module;
  #smallest; // below it every write goes by the queue, once memory was touched
  /** @type {GPUBuffer} */
  #gpuBuffer;
  #size;
  #isReadable = true;
  #generation = 0;
  #isHandedOut = false;
  #isWrapped; // its GPUBuffer is the page's, which may map it
  #isVouched = false; // as far as was asked
  #known; // the module's changes when the fields above were right,
  #allowed = -1; // and when it allowed a write last
  #isTouched = false; // bytes went into it that did not go by the module,
  #isCopied = false; // and copies, as far as the module was told here

  static {
    restOf = (source, offset) =>
      source !== null && typeof source === "object" && #gpuBuffer in source && Number.isInteger(offset) && offset >= 0 && offset < source.#current().#size ? source.#size - offset : undefined;
    groupOf = (buffer) => (buffer.#isHandedOut ? shared : buffer.#vouched() ? vouched : buffer);
    readableOf = (core, source, offset, size) =>
      source !== null && typeof source === "object" && #gpuBuffer in source && source.#core === core && source.#current().#isReadable && !source[destroyed] &&
      Number.isInteger(offset) && offset >= 0 && Number.isInteger(size) && size > 0 && size <= source.#size - offset ? source.#gpuBuffer : undefined;
  }

  static {
    sharing = {
      /** The GPUBuffer that an upload may still be written to, if there is one. */
      target: ({ buffer, offset, size, memory, start }) =>
        !buffer[isRefused] && memory.byteLength >= start + size && buffer.#mayWrite(offset, size) ? buffer.#gpuBuffer : undefined,
      /** Whether a GPUBuffer is still what an upload goes to. */
      isTarget: ({ buffer, offset, size }, gpuBuffer) => buffer.#mayWrite(offset, size) && buffer.#gpuBuffer === gpuBuffer,
      isHandedOut: (buffer) => buffer.#isHandedOut,
      /** Whether it is known to be there, and nobody but this module can destroy it. */
      isVouched: (buffer) => !buffer.#isHandedOut && buffer.#vouched(),
      again: (upload) => upload.buffer.#uploadAgain(upload),
      alone: (upload) => upload.buffer.#uploadAlone(upload),
      byModule: (upload) => upload.buffer.#uploadByModule(upload),
      handle: ({ buffer }) => buffer[handleOf],
      isTouched: ({ buffer }) => buffer.#isTouched,
      isCopied: ({ buffer }) => buffer.#isCopied,
      /** Takes note that bytes go into the buffer. */
      touch: ({ buffer }) => buffer.#touch(),
      /** Takes note that a copy went into the buffer. */
      addCopy: ({ buffer }) => {
        if (!buffer.#isCopied) buffer.#module.exports.addCopy(buffer[handleOf]);
        buffer.#isCopied = true;
      },
    };
  }

  /**
   * @param {import("./system.js").Core} core
   * @param {GPUBuffer} [gpuBuffer] if it was made here, or is the page's
   */
  constructor(key, core, handle, label, gpuBuffer, isWrapped = false) {
    super(key, core, handle, label);
    this.#gpuBuffer = gpuBuffer ?? this[native]();
    this.#size = this.#gpuBuffer.size;
    this.#core = core;
    this.#module = core.module;
    this.#smallest = core.module.agreed.smallest;
    this.#known = core.module.changes;
    this.#isWrapped = this.#isHandedOut = isWrapped;
    this.#isReadable = !isWrapped || isReadable(this.#gpuBuffer); // one of the module's own is
  }

  #vouched() {
    this.#isVouched ||= this.#module.exports.vouched(this[handleOf]) === 1;
    return this.#isVouched;
  }

  get size() {
    return this.#current().#size;
  }

  get usage() {
    return this.#gpuBuffer.usage;
  }

  get generation() {
    return this.#current().#generation;
  }

  get gpuBuffer() {
    this[keep]();
    const gpuBuffer = this.#current().#gpuBuffer;
    if (!this.#isHandedOut && this[isTold]) this.#module.exports.handOut(this[handleOf]);
    this.#isHandedOut = true;
    return gpuBuffer;
  }

  [told](handle, reason) {
    super[told](handle, reason);
    if (!this[isTold]) return;
    this.#allowed = this.#known; // if nothing has changed since it was made
    if (this.#isHandedOut) this.#module.exports.handOut(handle);
  }

  /** This buffer, after what has changed by itself: one that could not grow is the old one again, or one is of no use. */
  #current() {
    const { changes, ended } = this.#module;
    if (this.#known !== changes && !ended && !this[destroyed]) {
      this.#known = changes;
      this.#renew();
    }
    return this;
  }

  #renew() {
    if (this[isRefused]) return;
    const gpuBuffer = this[native]();
    this.#isHandedOut &&= gpuBuffer === this.#gpuBuffer;
    this.#isVouched = false;
    this.#isCopied = false;
    this.#gpuBuffer = gpuBuffer;
    this.#size = this.#gpuBuffer.size;
    this.#generation = this[call]("generation");
    this.#isReadable = isReadable(this.#gpuBuffer) && this.valid;
  }

  write(offset, data, dataOffset, size) {
    if (!(#core in Object(this))) throw wrongReceiver("write", "DeviceBuffer");
    this.#write(offset, data, dataOffset, size);
  }

  #write(offset, data, dataOffset, size) {
    if (this.#writes(offset, data, dataOffset, size) === 0) this.#writeByModule(offset, data, dataOffset, size);
  }

  writeRanges(offset, data, ranges) {
    if (!(#core in Object(this))) throw wrongReceiver("writeRanges", "DeviceBuffer");
    numberFor("writeRanges", this.label, "offset", offset);
    const bytes = fixed(bytesOf("writeRanges", this.label, data));
    const spans = spansOf("writeRanges", this.label, bytes.length, ranges, this.#core.writes.isGPU);
    try {
      const end = endOf(spans);
      if (!this.#isWritable(offset, end)) this.#checkSpans(offset, bytes, end);
      for (let i = 0; i < spans.length; i += 2) {
        const at = spans[i];
        const n = spans[i + 1] - at;
        if (!this.#writesShort(offset + at, bytes.buffer, bytes.byteOffset + at, n)) this.#write(offset + at, bytes, at, n);
      }
    } catch (error) {
      throw error instanceof GPUBufferError ? retold(error, "writeRanges") : error;
    }
  }

  #checkSpans(offset, bytes, end) {
    this.#write(offset, bytes, 0, 0);
    if (end > this.size - offset) throw refusal("range", "writeRanges", this.label, `a range that ends at ${offset + end} exceeds size ${this.size}`);
  }

  /** Writes few bytes by itself, if the module would allow it as far as it did before. */
  #writesShort(offset, memory, start, n) {
    if (!(n < this.#smallest && this.#isWritable(offset, n))) return false;
    this.#core.uploads.flush();
    this.#writeByQueue(this.#gpuBuffer, offset, memory, start, n);
    this.#core.writes.written += n;
    return true;
  }

  /** Writes by itself, if the module leaves that to JavaScript, and returns how many bytes it wrote: all or none. */
  #writes(offset, data, dataOffset = 0, size = undefined) {
    try {
      const memory = memoryOf(data);
      const start = offsetOf(data) + dataOffset;
      const rest = sizeOf(data) - dataOffset;
      const n = size === undefined ? rest : size;
      if (typeof offset !== "number" || !Number.isInteger(dataOffset) || typeof n !== "number" || !(dataOffset >= 0 && n > 0 && n <= rest)) return 0;
      if (this.#writesShort(offset, memory, start, n)) return n;
      return isResizable(memory) ? 0 : this.#writeBy(offset, memory, start, n, false);
    } catch {
      return 0; // #writeByModule says why
    }
  }

  /** Writes n bytes as the module says, and returns how many it left to JavaScript: of an upload not those that are to wait for memory. */
  #writeBy(offset, memory, start, n, mayWait) {
    const { writes } = this.#core;
    const gpuBuffer = this.#current().#gpuBuffer;
    const allowed = this.#module.tell("deviceAllow", this[handleOf], offset, n, writes.follows, mayWait ? 1 : 0);
    if (allowed === 0 || this.#module.ended) return 0;
    let chunk = allowed < 0 ? writes.borrowed(-1 - allowed) : -1;
    const piece = allowed < 0 ? writes.sizeOf(chunk) : allowed;
    this.#isCopied ||= allowed < 0;
    this.#allowed = this.#known;
    this.#touch();
    let at = 0;
    for (; at < n; at += piece) {
      const part = { target: gpuBuffer, offset: offset + at, memory, start: start + at, size: Math.min(piece, n - at) };
      if (allowed < 0 && at > 0) chunk = writes.borrow(this[handleOf], part.size, !mayWait);
      if (allowed < 0 && chunk < 0 && mayWait) break;
      if (chunk < 0 || !writes.send(chunk, part.size, [part])) this.#writeByQueue(gpuBuffer, part.offset, memory, part.start, part.size);
    }
    writes.end();
    return Math.min(at, n);
  }

  #writeByQueue(gpuBuffer, offset, data, start, n) {
    this.#touch();
    this.#core.writes.writeBuffer(gpuBuffer, offset, data, start, n);
  }

  #touch() {
    if (this.#isTouched) return;
    this.#isTouched = true;
    this.#core.writes.touch();
  }

  #writeByModule(offset, data, dataOffset, size) {
    const bytes = fixed(bytesOf("write", this.label, data));
    const at = numberFor("write", this.label, "offset", offset);
    const [start, n] = partOf("write", this.label, bytes, dataOffset, size);
    this[usable]("write").runWith({ memory: bytes.buffer }, "deviceWrite", this[handleOf], at, bytes.byteOffset + start, n);
  }

  /** Whether a write is one that the module would allow, as far as it did before. */
  #isWritable(offset, n) {
    return this.#allowed === this.#module.changes && this.#fits(offset, n);
  }

  /** Whether there are such bytes of a buffer that is there. */
  #fits(offset, n) {
    return (
      n % 4 === 0 && offset >= 0 && offset % 4 === 0 && n <= this.#size - offset &&
      !this[destroyed] && !this.#core.lost && !this.#module.ended && !(this.#isWrapped && this.#gpuBuffer.mapState !== "unmapped")
    );
  }

  /** Whether a write is one that the module would allow, or would if it were told of the buffer. */
  #mayWrite(offset, n) {
    if (!this[isTold]) return this.#fits(offset, n);
    this.#current();
    if (this.#allowed !== this.#module.changes && this.#module.exports.deviceMayWrite(this[handleOf]) === 1) this.#allowed = this.#known;
    return this.#isWritable(offset, n);
  }

  upload(offset, source, options) {
    if (options !== undefined || !isBufferSource(source)) return this.#uploadAll(offset, source, options);
    return this.#uploadMemory(offset, source);
  }

  /** Makes an upload that has waited for all uploads to the same bytes that were asked for before. */
  #uploadAgain({ offset, memory, start, size, order }) {
    if (memory.byteLength < start + size) throw gone("upload", this.label);
    return this.#uploadMemory(offset, new Uint8Array(memory, start, size), order);
  }

  /** order is there if it has waited for others: that in which it was asked for. */
  #uploadMemory(offset, source, order = undefined) {
    const promise = this.#uploadShared(offset, source, order);
    if (promise !== undefined) return promise;
    try {
      const bytes = bytesOf("upload", this.label, source, "source");
      if (isResizable(bytes.buffer)) return this.#uploadMemory(offset, fixed(bytes), order);
      const asked = this.#askUpload(offset, bytes, bytes.length);
      if (typeof offset === "number") this.#core.uploads.goesOn({ buffer: this, offset, size: bytes.length, order }, asked);
      return asked;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** The promise of an upload that shares chunks with the others of the task, or is short; undefined if it cannot. */
  #uploadShared(offset, source, order) {
    const { uploads } = this.#core;
    try {
      const memory = memoryOf(source);
      const size = sizeOf(source);
      if (size === 0 || typeof offset !== "number" || isResizable(memory) || !this.#mayWrite(offset, size)) return undefined;
      const start = offsetOf(source);
      const asked = { buffer: this, offset, memory, start, size, order: order ?? uploads.nextOrder() };
      const later = uploads.hasNone(this) ? uploads.after(asked) : undefined;
      if (later !== undefined) return later;
      if (size >= this.#smallest || !uploads.hasNone(this)) return uploads.add(asked, order !== undefined);
      this.#writeByQueue(this.#gpuBuffer, offset, memory, start, size);
      this.#core.writes.written += size;
      return Promise.resolve(size);
    } catch {
      return undefined; // the module says why
    }
  }

  /** Uploads by itself what had nobody to share a chunk with. */
  #uploadAlone(upload) {
    const { offset, memory, start, size } = upload;
    if (size > this.#module.agreed.queuePiece) return this.#uploadByModule(upload);
    try {
      upload.sent = this.#writeBy(offset, memory, start, size, true);
      if (upload.sent === size) return size;
      this.#core.writes.written -= size - upload.sent; // the module counts them again
    } catch {
      // the module says why
    }
    return this.#uploadByModule(upload);
  }

  /** Has the module upload the rest, or say why not. */
  async #uploadByModule({ offset, memory, start, size, sent }) {
    if (memory.byteLength < start + size) throw gone("upload", this.label);
    return this.#askUpload(offset + sent, new Uint8Array(memory, start + sent, size - sent), size);
  }

  /** Has the module upload the last bytes of size. */
  async #askUpload(offset, bytes, size) {
    const { length } = bytes;
    try {
      await this[ask]("upload", offset, bytes);
    } catch (error) {
      throw bytes.length < length ? gone("upload", this.label, error) : error;
    }
    return size;
  }

  async #uploadAll(offset, source, options) {
    const [watchers, size] = watchersOf("upload", this.label, options, "size");
    watchers.signal?.throwIfAborted();
    const bytes = isBufferSource(source) ? bytesOf("upload", this.label, source, "source") : undefined;
    const length = size === undefined ? (bytes?.length ?? lengthOf(source)) : size;
    const handle = this[run]("uploadStart", numberFor("upload", this.label, "offset", offset), numberFor("upload", this.label, "size", length));
    const upload = new Upload(this.#module, this, handle, offset, (at, data, n) => this.#writeByQueue(this.#current().#gpuBuffer, at, data, 0, n));
    try {
      const reader = bytes ? readerOfBytes(bytes, this.label) : readerOf("upload", this.label, source);
      const take = (piece, before) => upload.write(piece, before);
      const total = await readAll(reader, watchers, this[until]("upload"), take, () => upload.abort());
      await upload.finish();
      return total;
    } catch (error) {
      upload.abort();
      throw error;
    }
  }

  /** Its uploads come first. */
  destroy() {
    if (#core in Object(this) && !this[isTold] && !this[destroyed] && !this.#core.uploads.hasNone(this)) this.#core.creations.flush();
    super.destroy();
  }

  grow(size) {
    this[call]("grow", size);
    this.#renew();
    const grown = this[ask]("awaitGrow");
    grown.catch(() => {}); // onError hears of it too
    return grown;
  }
}
