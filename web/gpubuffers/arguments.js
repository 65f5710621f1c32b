// What a caller gave, looked at without trusting it.

import { refusal } from "./errors.js";

// The browser's own getters, which ask the memory: a subclass, or an object, can have others of the same names.
const typedArray = Object.getPrototypeOf(Uint8Array.prototype); // of every kind of elements
const { at: elementAt, set: setElements } = typedArray;
const kindOfArray = getter(typedArray, Symbol.toStringTag); // the only one that throws for nothing
const arrayMemory = getter(typedArray, "buffer");
const arrayOffset = getter(typedArray, "byteOffset");
const arrayLength = getter(typedArray, "byteLength");
const viewMemory = getter(DataView.prototype, "buffer");
const viewOffset = getter(DataView.prototype, "byteOffset");
const viewLength = getter(DataView.prototype, "byteLength");
const isAborted = getter(AbortSignal.prototype, "aborted");
const lengths = [globalThis.ArrayBuffer, globalThis.SharedArrayBuffer].flatMap((type) => (type ? getter(type.prototype, "byteLength") : []));

/** @returns {(this: unknown) => any} */
function getter(prototype, name) {
  return /** @type {any} */ (Object.getOwnPropertyDescriptor(prototype, name)).get;
}

/** Name of the class of a typed array as the browser made it; undefined for all else. */
export function kindOf(value) {
  return kindOfArray.call(value);
}

/** The memory of a BufferSource. */
export function memoryOf(data) {
  if (kindOf(data) !== undefined) return arrayMemory.call(data);
  return ArrayBuffer.isView(data) ? viewMemory.call(data) : data;
}

/** Where in its memory a BufferSource begins. */
export function offsetOf(data) {
  if (kindOf(data) !== undefined) return arrayOffset.call(data);
  return ArrayBuffer.isView(data) ? viewOffset.call(data) : 0;
}

/** How many bytes a BufferSource has. Throws for all else, and for a DataView whose memory is gone. */
export function sizeOf(data) {
  if (kindOf(data) !== undefined) return arrayLength.call(data);
  if (ArrayBuffer.isView(data)) return viewLength.call(data);
  return (lengths.find((length) => accepts(length, data)) ?? lengths[0]).call(data);
}

/** An ArrayBuffer, a SharedArrayBuffer or a view on one: of this page or of another frame of it, which instanceof does not know. */
export function isBufferSource(value) {
  return ArrayBuffer.isView(value) || lengths.some((length) => accepts(length, value));
}

function accepts(get, value) {
  try {
    get.call(value);
    return true;
  } catch {
    return false;
  }
}

/** An AbortSignal that does not only pretend to be one. */
export function isSignal(value) {
  return accepts(isAborted, value);
}

/** value instanceof type, of which a Proxy can make anything; type may be missing. */
export function isA(value, type) {
  try {
    return type !== undefined && value instanceof type;
  } catch {
    return false;
  }
}

/** The bytes of a BufferSource whose memory is there. */
export function bytesOf(operation, label, data, name = "data") {
  if (data === undefined) throw refusal("type", operation, label, `${name} is missing`);
  const isArray = kindOf(data) !== undefined;
  if (!isArray && !isBufferSource(data)) throw refusal("type", operation, label, `${name} must be an ArrayBuffer or a view`);
  try {
    if (!isArray) return ArrayBuffer.isView(data) ? new Uint8Array(memoryOf(data), offsetOf(data), sizeOf(data)) : new Uint8Array(data);
    const size = arrayLength.call(data);
    if (size === 0) elementAt.call(data, 0); // throws if the memory is gone
    return new Uint8Array(arrayMemory.call(data), arrayOffset.call(data), size);
  } catch (cause) {
    throw refusal("type", operation, label, `${name} is detached, or outside of its memory`, cause);
  }
}

/** Where a part of bytes begins, and its size: by default all of them. */
export function partOf(operation, label, { length }, dataOffset, size) {
  const offset = numberOr(0, operation, label, "dataOffset", dataOffset);
  checkWhole(operation, label, "dataOffset", offset);
  if (offset > length) throw refusal("range", operation, label, `dataOffset ${offset} exceeds its ${length} bytes`);
  const n = numberOr(length - offset, operation, label, "size", size);
  checkWhole(operation, label, "size", n);
  if (n > length - offset) throw refusal("range", operation, label, `${n} bytes at ${offset} exceed the ${length} of the data`);
  return [offset, n];
}

/** Refuses all but whole numbers from 0 on. */
export function checkWhole(operation, label, name, value) {
  if (!Number.isInteger(value)) throw refusal("type", operation, label, `${name} ${value} is not a whole number`);
  if (!(value >= 0 && value < 2 ** 53)) throw refusal("range", operation, label, `${name} ${value} is not within 0 to 2^53 - 1`);
}

/** Fills memory that bytesToFill gave. */
export function fill(memory, bytes, offset) {
  setElements.call(memory, bytes, offset);
}

/** The bytes of a BufferSource, for sizeOf and fill alone: the BufferSource itself if its elements are bytes. */
export function bytesToFill(operation, label, data, name) {
  return kindOf(data) === "Uint8Array" && arrayLength.call(data) > 0 ? data : bytesOf(operation, label, data, name);
}

/** Bytes as queue writes take them: a copy if they are in memory that can change its size, which browsers refuse. */
export function fixed(bytes) {
  return isResizable(bytes.buffer) ? new Uint8Array(bytes) : bytes;
}

export function isResizable(memory) {
  return memory.resizable === true || memory.growable === true;
}

/** The values of the options of a dictionary, called of, which has none but those named. */
export function options(operation, label, of, dictionary, ...names) {
  const values = fields(operation, label, of, dictionary, ...names);
  if (dictionary === undefined) return values;
  for (const name of ownNames(operation, label, of, dictionary)) {
    if (!names.includes(name)) throw refusal("type", operation, label, `${of} has no option ${JSON.stringify(name)}`);
  }
  return values;
}

function ownNames(operation, label, of, dictionary) {
  try {
    return Object.keys(dictionary);
  } catch (cause) {
    throw refusal("type", operation, label, `${of} cannot be read`, cause);
  }
}

/** Reads properties of an object called of; what a getter throws is the cause of a type error. */
export function fields(operation, label, of, object, ...names) {
  if (object === undefined) return [];
  if (object === null || (typeof object !== "object" && typeof object !== "function")) {
    throw refusal("type", operation, label, `${of} must be an object, not ${object === null ? "null" : `a ${typeof object}`}`);
  }
  let read;
  try {
    return names.map((name) => object[(read = name)]);
  } catch (cause) {
    throw refusal("type", operation, label, `${read} cannot be read`, cause);
  }
}

/** A number, as an export takes it: it would convert every other value. */
export function numberFor(operation, label, name, value) {
  if (typeof value === "number") return value;
  if (value === undefined) throw refusal("type", operation, label, `${name} is missing`);
  throw refusal("type", operation, label, `${name} must be a number, not ${kindOfValue(value)}`);
}

/** A number, or otherwise if it was left out. */
export function numberOr(otherwise, operation, label, name, value) {
  if (value === undefined) return otherwise;
  if (Number.isNaN(value)) throw refusal("type", operation, label, `${name} NaN is not a whole number`); // an export takes it for one that was left out
  return numberFor(operation, label, name, value);
}

/** A label. */
export function labelFor(operation, value = "") {
  if (typeof value === "string") return value;
  throw refusal("type", operation, "", `label must be a string, not ${kindOfValue(value)}`);
}

/** What a value is, for a text that says that it should be something else. */
export function kindOfValue(value) {
  if (value === null || value === undefined) return String(value);
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** How many elements the module takes at a time. */
const mostElements = 65536;

/** The elements of an iterable; none where it is left out. */
export function elements(operation, label, name, iterable) {
  if (iterable === undefined) return [];
  const list = [];
  try {
    for (const element of iterable) if (list.push(element) > mostElements) break;
  } catch (cause) {
    throw refusal("type", operation, label, `${name} cannot be iterated`, cause);
  }
  if (list.length > mostElements) throw refusal("range", operation, label, `${name} has more than ${mostElements} elements`);
  return list;
}

/** A texture, mip level, origin, size and aspect as nine values. */
export function region(operation, label, of, descriptor) {
  const [texture, mipLevel, origin, size, aspect] = options(operation, label, of, descriptor, "texture", "mipLevel", "origin", "size", "aspect");
  const [x, y, layer] = upToThree(operation, label, "origin", origin);
  const [width, height, layers] = upToThree(operation, label, "size", size);
  return [texture, mipLevel, x, y, layer, width, height, layers, aspect];
}

/** A boolean, or otherwise if it was left out. */
export function booleanOr(otherwise, operation, label, name, value) {
  if (value === undefined) return otherwise;
  if (typeof value !== "boolean") throw refusal("type", operation, label, `${name} must be a boolean, not ${kindOfValue(value)}`);
  return value;
}

/** One of some values, or undefined if it was left out. */
export function oneOf(operation, label, name, values, value) {
  if (value !== undefined && !values.includes(value)) throw refusal("type", operation, label, `${name} must be one of ${values.join(", ")}`);
  return value;
}

/** A number that the browser takes for 32 bits without a sign, or 0 if it was left out. */
export function unsignedOr0(operation, label, name, value) {
  const n = numberOr(0, operation, label, name, value);
  checkWhole(operation, label, name, n);
  if (n >= 2 ** 32) throw refusal("range", operation, label, `${name} ${n} is not below 2^32`);
  return n;
}

/** The elements of a tuple, of which the first is there unless the tuple is left out. */
export function upToThree(operation, label, name, tuple) {
  const list = elements(operation, label, name, tuple);
  if (tuple !== undefined && (list[0] === undefined || list.length > 3)) throw refusal("type", operation, label, `${name} must have one to three numbers`);
  return list;
}
