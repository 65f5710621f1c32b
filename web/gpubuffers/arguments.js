// What a caller gave, looked at without trusting it.

import { refusal } from "./errors.js";

export function isBufferSource(value) {
  return ArrayBuffer.isView(value) || isA(value, globalThis.ArrayBuffer) || isA(value, globalThis.SharedArrayBuffer);
}

/** value instanceof type, of which a Proxy can make anything; type may be missing. */
export function isA(value, type) {
  try {
    return type !== undefined && value instanceof type;
  } catch {
    return false;
  }
}

/** Reads properties of a dictionary; what a getter throws is the cause of a type error. */
export function fields(operation, dictionary, ...names) {
  if (dictionary === undefined) return [];
  if (dictionary === null || (typeof dictionary !== "object" && typeof dictionary !== "function")) {
    throw refusal("type", operation, "", `an object is needed, not ${dictionary === null ? "null" : `a ${typeof dictionary}`}`);
  }
  try {
    return names.map((name) => dictionary[name]);
  } catch (cause) {
    throw refusal("type", operation, "", "a property cannot be read", cause);
  }
}

/** How many elements the module takes at a time. */
const mostElements = 65536;

/** The elements of an iterable; none where it is left out. */
export function elements(operation, name, iterable) {
  if (iterable === undefined) return [];
  const list = [];
  try {
    for (const element of iterable) if (list.push(element) > mostElements) break;
  } catch (cause) {
    throw refusal("type", operation, "", `${name} cannot be iterated`, cause);
  }
  if (list.length > mostElements) throw refusal("range", operation, "", `${name} has more than ${mostElements} elements`);
  return list;
}

/** A texture, mip level, origin, size and aspect as nine values. */
export function region(operation, descriptor) {
  const [texture, mipLevel, origin, size, aspect] = fields(operation, descriptor, "texture", "mipLevel", "origin", "size", "aspect");
  const [x, y, layer] = elements(operation, "origin", origin);
  const [width, height, layers] = elements(operation, "size", size);
  return [texture, mipLevel, x, y, layer, width, height, layers, aspect];
}
