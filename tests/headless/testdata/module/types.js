// gpubuffers.d.ts and gpubuffers.js name the same things.
import { api, ok, same } from "./check.js";

/** The classes and functions that the types declare, each class with its own members. */
function declared(text) {
  const classes = new Map();
  const exported = [];
  let current;
  for (const line of text.replaceAll(/\/\*\*[^]*?\*\//g, "").split("\n")) {
    const [, isExported, name, parent] = /^(export |declare )class (\w+)(?: extends (\w+))?/.exec(line) ?? [];
    if (name) {
      if (isExported === "export ") exported.push(name);
      classes.set(name, { parent, members: new Set() });
      current = line.includes("}") ? undefined : classes.get(name);
      continue;
    }
    const f = /^export function (\w+)/.exec(line);
    if (f) exported.push(f[1]);
    if (line.startsWith("}")) current = undefined;
    const [, member] = /^  (?:readonly )?(\w+|\[Symbol\.dispose\])\??[(<:]/.exec(line) ?? [];
    if (current && member && member !== "constructor") current.members.add(member);
  }
  return { classes, exported };
}

/** All members of a class, inherited ones too, up to Error and Object. */
function members(prototype) {
  const names = new Set();
  for (let p = prototype; p && p !== Error.prototype && p !== Object.prototype; p = Object.getPrototypeOf(p)) {
    for (const key of Reflect.ownKeys(p)) {
      if (typeof key === "string" && key !== "constructor" && key !== "name") names.add(key);
      if (key === (Symbol.dispose ?? Symbol.for("Symbol.dispose"))) names.add("[Symbol.dispose]");
    }
  }
  return [...names].sort();
}

export const names = async () => {
  const { classes, exported } = declared(await (await fetch("/gpubuffers.d.ts")).text());
  same(exported.sort(), Object.keys(api).sort(), "exports");
  for (const name of exported) {
    if (!classes.has(name) || name.endsWith("Error")) continue;
    const want = new Set();
    for (let c = classes.get(name); c; c = classes.get(c.parent)) c.members.forEach((m) => want.add(m));
    ok(want.size > 3, `${name}: members were found`);
    same(members(api[name].prototype), [...want].sort(), name);
  }
};

export const errorCodes = async () => {
  const text = await (await fetch("/gpubuffers.d.ts")).text();
  const union = /export type ErrorCode =([^;]*);/.exec(text)[1];
  const codes = [...union.matchAll(/"([a-z-]+)"/g)].map(([, code]) => code);
  const documented = [...text.matchAll(/\/\*\* ([a-z, -]+) \*\/\nexport class (\w+) extends GPUBufferError/g)].flatMap(([, list]) => list.split(", "));
  same([...documented, "internal"].sort(), codes.sort(), "each code is of one class");
};
