// What a method is called on.

import { wrongReceiver } from "./errors.js";
import { dispose, owns } from "./resource.js";

const promising = new Set(["calibrate", "mapAsync", "nextFrame", "read", "readFrom", "readTexture", "screenshot", "upload", "uploadImage"]);
/** Members that are called so often that a call around them would tell: they check by themselves. */
const checking = new Set(["Resource.label", "DeviceBuffer.write", "DynamicBuffer.update", "DynamicBuffer.write", "DynamicBuffer.bytes", "DynamicBuffer.floats", "DynamicBuffer.uints", "ReadbackBuffer.read"]);
const done = new Set([Function.prototype]);

/** Has the members of a class, and of those above it, refuse what is none of its objects with a typed error. */
export function checkReceivers(type) {
  for (; !done.has(type); type = Object.getPrototypeOf(type)) {
    done.add(type);
    for (const name of Reflect.ownKeys(type.prototype)) {
      if (name === dispose || (typeof name === "string" && name !== "constructor" && !checking.has(`${type.name}.${name}`))) checkMember(type, name);
    }
  }
}

function checkMember(type, name) {
  const property = /** @type {PropertyDescriptor} */ (Object.getOwnPropertyDescriptor(type.prototype, name));
  const kind = property.get ? "get" : "value";
  property[kind] = checked(type, typeof name === "string" ? name : "Symbol.dispose", property[kind]);
  Object.defineProperty(type.prototype, name, property);
}

function checked(type, name, member) {
  const promises = promising.has(name);
  /** @this {unknown} */
  const method = function () {
    if (isOf(type, this)) return member.apply(this, arguments);
    if (promises) return Promise.reject(wrongReceiver(name, type.name));
    throw wrongReceiver(name, type.name);
  };
  return Object.defineProperties(method, { name: { value: member.name }, length: { value: member.length } });
}

function isOf(type, value) {
  return value !== null && typeof value === "object" && type[owns](value) && value instanceof type;
}
