// Where streams of bytes come from.

import { isA, isSignal, options, sizeOf } from "./arguments.js";
import { GPUBufferError, refusal } from "./errors.js";

/**
 * A reader of a ReadableStream, Blob or Response. It is none of mode "byob", which is little faster, and hangs now
 * and then on the stream of a Blob in Chromium: see docs/rationale.md.
 */
export function readerOf(operation, label, source) {
  try {
    const stream = isA(source, Blob) ? source.stream() : isA(source, Response) ? bodyOf(operation, label, source) : source;
    if (isA(stream, ReadableStream)) return stream.getReader();
  } catch (cause) {
    throw cause instanceof GPUBufferError ? cause : refusal("type", operation, label, "the source cannot be read", cause);
  }
  throw refusal("type", operation, label, "the source is none of ReadableStream, Blob and Response");
}

/** The stream of a Response that brought what was asked for, and that nobody has read. */
function bodyOf(operation, label, response) {
  if (response.type === "opaque") throw refusal("type", operation, label, "source is an opaque Response: nobody may read it");
  if (!response.ok) throw refusal("type", operation, label, `source is a Response of status ${response.status}`);
  if (response.bodyUsed) throw refusal("type", operation, label, "source is a Response that was read before");
  return response.body ?? new Blob().stream();
}

/** How many bytes a source is said to have; 0 where it does not say. */
export function lengthOf(source) {
  try {
    const length = isA(source, Blob) ? source.size : isA(source, Response) ? Number(source.headers.get("Content-Length")) : 0;
    return Number.isSafeInteger(length) && length > 0 ? length : 0;
  } catch {
    return 0;
  }
}

/** signal and onProgress, once they are what they are to be, and the values of what options may name besides. */
export function watchersOf(operation, label, given, ...more) {
  const [signal, onProgress, ...values] = options(operation, label, "options", given, "signal", "onProgress", ...more);
  if (signal !== undefined && !isSignal(signal)) throw refusal("type", operation, label, "signal must be an AbortSignal");
  if (onProgress !== undefined && typeof onProgress !== "function") {
    throw refusal("type", operation, label, "onProgress must be a function");
  }
  return [{ signal, onProgress }, ...values];
}

/**
 * Hands take each piece that reader delivers, waits until it is taken, and returns how many bytes there
 * were. The reader is cancelled when the signal, an error of the stream, take, onProgress or the error that the
 * function given to until is called with ends it early; what was waited for then is given up, by onEnd.
 */
export async function readAll(reader, { signal, onProgress }, until, take, onEnd) {
  let ended; // { error }
  const end = (error) => {
    ended ??= { error };
    reader.cancel(error).catch(() => {});
    onEnd?.();
  };
  const check = () => {
    if (ended) throw ended.error;
  };
  const abort = () => end(signal.reason);
  const stop = until(end);
  signal?.addEventListener("abort", abort);
  try {
    if (signal?.aborted) abort();
    for (let total = 0; ; ) {
      check();
      const { done, value } = await reader.read();
      check();
      if (done) return total;
      const taken = take(value, total);
      const size = sizeOf(value); // it is a BufferSource, or take has thrown
      if (taken !== undefined) await taken;
      check();
      total += size;
      onProgress?.(total);
    }
  } catch (error) {
    reader.cancel(error).catch(() => {});
    check();
    throw error;
  } finally {
    stop();
    signal?.removeEventListener("abort", abort);
    reader.releaseLock();
  }
}
