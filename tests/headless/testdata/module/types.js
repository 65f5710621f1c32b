// gpubuffers.d.ts and gpubuffers.js name the same things.
import { table as declared } from "./calls.js";
import { api, classes, same } from "./check.js";
import { fingerprintOf } from "./fingerprint.js";

/** All members of a class, inherited ones too, up to Error and Object. */
function members(prototype) {
  const names = new Set();
  for (let p = prototype; p && p !== Error.prototype && p !== Object.prototype; p = Object.getPrototypeOf(p)) {
    for (const key of Reflect.ownKeys(p)) {
      if (typeof key === "string" && key !== "constructor") names.add(key);
      if (key === (Symbol.dispose ?? Symbol.for("Symbol.dispose"))) names.add("[Symbol.dispose]");
    }
  }
  return [...names].sort();
}

const text = await (await fetch("/gpubuffers.d.ts")).text();

/** What the tests know of the types is what stands there. */
export const table = async () => same(declared.fingerprint, await fingerprintOf(text), "run make api");

export const names = () => {
  same([declared.constants, declared.functions, declared.classes].flatMap(Object.keys).sort(), Object.keys(api).sort(), "exports");
  for (const [name, its] of Object.entries(declared.classes)) {
    if (!name.endsWith("Error")) same(members(api[name].prototype), Object.keys(its).sort(), name);
  }
};

/** The browser's own, by the names of the module. */
const native = { BufferUsage: GPUBufferUsage, MapMode: GPUMapMode, TextureUsage: GPUTextureUsage };

export const constants = () => {
  same(Object.keys(declared.constants), Object.keys(native), "names");
  for (const [name, values] of Object.entries(native)) {
    same(Object.entries(api[name]), Object.entries(declared.constants[name]), `${name} is as declared`);
    same(Object.keys(values).map((flag) => [flag, api[name][flag]]), Object.entries(values), `${name} has what the browser's has`);
    same(Object.isFrozen(api[name]), true, `${name} is frozen`);
  }
};

export const errorCodes = () => {
  const union = /export type ErrorCode =([^;]*);/.exec(text)[1];
  const codes = [...union.matchAll(/"([a-z-]+)"/g)].map(([, code]) => code);
  const documented = [...text.matchAll(/\/\*\* ([a-z, -]+) \*\/\nexport class (\w+) extends GPUBufferError/g)].map(([, list, name]) => [name, list.split(", ")]);
  const { GPUBufferError, ...checked } = classes;
  same(Object.fromEntries(documented), checked, "the classes are as the tests of errors take them");
  same([...Object.values(checked).flat(), ...GPUBufferError].sort(), codes.sort(), "each code is of one class");
};
