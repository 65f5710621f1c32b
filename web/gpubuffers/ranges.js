// Ranges of what a program has of a buffer: which bytes to write, in how many writes.

import { bytesOf, checkWhole, kindOf, numberFor } from "./arguments.js";
import { GPUBufferError, refusal } from "./errors.js";

/**
 * How many more bytes of a short write take as long as a further write, and how many of a long one as long as one of short ones: see
 * buffers/device_ranges.go.
 * @typedef {{ writeCost: number, longBytes: number }} Costs
 */

/** @type {Costs} */
const onGPU = { writeCost: 4 << 10, longBytes: 1 };
/** @type {Costs} */
const onProcessor = { writeCost: 2 << 10, longBytes: 2 };

/**
 * Spans of length bytes that cover ranges, a list of offset and size in turn: all as one if that takes less time. They are a
 * list of where each begins and ends, in turn.
 */
export function spansOf(operation, label, length, ranges, isGPU) {
  try {
    return joined(operation, label, length, ranges, isGPU ? onGPU : onProcessor);
  } catch (cause) {
    throw cause instanceof GPUBufferError ? cause : refusal("type", operation, label, "ranges cannot be read", cause);
  }
}

function joined(operation, label, length, ranges, { writeCost, longBytes }) {
  if (!Array.isArray(ranges) && kindOf(ranges) === undefined) throw refusal("type", operation, label, "ranges must be an array of numbers");
  if (!Array.isArray(ranges)) bytesOf(operation, label, ranges, "ranges"); // refuses one whose memory is gone
  const count = ranges.length;
  if (count % 2 !== 0) throw refusal("type", operation, label, "ranges must be an offset and a size in turn");
  const spans = [];
  let first = Infinity; // of all bytes
  let last = 0;
  let begin = 0; // of the span
  let end = -Infinity;
  let bytes = 0;
  for (let i = 0; i < count; i += 2) {
    const offset = ranges[i];
    const size = ranges[i + 1];
    if (!isWithin(length, offset, size)) throw wrongRange(operation, label, length, offset, size);
    if (size === 0) continue;
    const isNear = offset >= begin && offset <= end + writeCost;
    if (!isNear) {
      if (end > 0) spans.push(begin, end);
      bytes += Math.max(0, end - begin);
      begin = offset;
      end = 0;
    }
    end = Math.max(end, offset + size);
    first = Math.min(first, begin);
    last = Math.max(last, end);
  }
  if (end < 0) return spans;
  spans.push(begin, end);
  const cost = bytes + end - begin + (spans.length / 2) * writeCost;
  return cost > (last - first) / longBytes ? [first, last] : spans;
}

/** Where the last byte of spans ends. */
export function endOf(spans) {
  let end = 0;
  for (let i = 1; i < spans.length; i += 2) end = Math.max(end, spans[i]);
  return end;
}

function isWithin(length, offset, size) {
  return typeof offset === "number" && typeof size === "number" && offset >= 0 && size >= 0 && offset % 4 === 0 && size % 4 === 0 && offset <= length && size <= length - offset;
}

/** What is wrong with a range. */
function wrongRange(operation, label, length, offset, size) {
  checkWhole(operation, label, "the offset of a range", numberFor(operation, label, "the offset of a range", offset));
  checkWhole(operation, label, "the size of a range", numberFor(operation, label, "the size of a range", size));
  if (offset % 4 !== 0 || size % 4 !== 0) return refusal("alignment", operation, label, `${size} bytes at ${offset} are not words: both must be multiples of 4`);
  return refusal("range", operation, label, `${size} bytes at ${offset} exceed the ${length} of the data`);
}
