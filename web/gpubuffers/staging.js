import { fields, isA, region } from "./arguments.js";
import { refusal } from "./errors.js";
import { ask, call, handleOf, Resource } from "./resource.js";

class StagingBuffer extends Resource {
  #size;

  constructor(key, core, handle, label, size) {
    super(key, core, handle, label);
    this.#size = size;
  }

  get size() {
    return this.#size;
  }

  get written() {
    return this[call]("staged");
  }

  write(data) {
    this[call]("stage", data);
  }

  writeAt(offset, data) {
    this[call]("stageAt", offset, data);
  }

  async readFrom(source, options) {
    const [signal, onProgress] = fields("readFrom", options, "signal", "onProgress");
    checkSignal(signal);
    checkProgress(onProgress);
    signal?.throwIfAborted();
    const reader = readerOf(source);
    const abort = () => reader.cancel(signal.reason).catch(() => {});
    signal?.addEventListener("abort", abort);
    try {
      return await this.#readAll(reader, signal, onProgress);
    } catch (error) {
      reader.cancel(error).catch(() => {});
      throw error;
    } finally {
      signal?.removeEventListener("abort", abort);
      reader.releaseLock();
    }
  }

  async #readAll(reader, signal, onProgress) {
    for (let total = 0; ; ) {
      const { done, value } = await reader.read();
      signal?.throwIfAborted();
      if (done) return total;
      this.write(value);
      total += value.byteLength;
      onProgress?.(total);
    }
  }

  mappedRange() {
    return this[call]("stagingRange");
  }

  uploadTo(encoder, destination, offset) {
    this[call]("uploadTo", encoder, handleOf(destination), offset);
  }

  uploadToTexture(encoder, destination) {
    this[call]("uploadToTexture", encoder, ...region("uploadToTexture", destination));
  }
}

function readerOf(source) {
  try {
    const stream = isA(source, Blob) ? source.stream() : isA(source, Response) ? (source.body ?? new Blob().stream()) : source;
    if (isA(stream, ReadableStream)) return stream.getReader();
  } catch (cause) {
    throw refusal("type", "readFrom", "", "the source cannot be read", cause);
  }
  throw refusal("type", "readFrom", "", "the source is none of ReadableStream, Blob and Response");
}

function checkSignal(signal) {
  if (signal === undefined) return;
  if (!isA(signal, AbortSignal)) throw refusal("type", "readFrom", "", "signal is not an AbortSignal");
  fields("readFrom", signal, "aborted"); // throws where it only pretends to be one
}

function checkProgress(onProgress) {
  if (onProgress !== undefined && typeof onProgress !== "function") {
    throw refusal("type", "readFrom", "", "onProgress is not a function");
  }
}

export class ImmediateStagingBuffer extends StagingBuffer {
  reset() {
    this[call]("resetStaging");
  }
}

export class DeferredStagingBuffer extends StagingBuffer {
  mapAsync() {
    return this[ask]("mapStaging");
  }

  unmap() {
    this[call]("unmapStaging");
  }
}
