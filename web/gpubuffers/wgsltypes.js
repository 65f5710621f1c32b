// The types of WGSL that a buffer can hold, and how they lie there: https://www.w3.org/TR/WGSL/#memory-layouts

import { refusal } from "./errors.js";

/**
 * A type. Vectors and matrices consist of columns, arrays of elements. A kind has what concerns it.
 * @typedef {object} Type
 * @property {"scalar" | "vector" | "matrix" | "array" | "struct"} kind
 * @property {string} text in WGSL
 * @property {number} size in bytes; of an array of a size that only the buffer tells, that of one element
 * @property {number} alignment
 * @property {string} scalar what it consists of: f32, f16, i32 or u32
 * @property {number} rows of a column
 * @property {number} columns
 * @property {number} stride from one column or element to the next
 * @property {Type} element
 * @property {number | undefined} count of elements; undefined if only the buffer tells
 * @property {Member[]} members
 *
 * @typedef {object} Member
 * @property {string} name
 * @property {Type} type
 * @property {number} offset
 * @property {string} attributes in WGSL
 */

/** In bytes. */
export const sizes = { f32: 4, i32: 4, u32: 4, f16: 2 };
const letters = { f: "f32", i: "i32", u: "u32", h: "f16" };

export const roundUp = (alignment, n) => Math.ceil(n / alignment) * alignment;

/** The operation of all errors here. */
const operation = "struct";

const shown = (value) => (typeof value === "number" ? `${value}` : `a ${typeof value}`);

/** @returns {Type} */
const made = (/** @type {any} */ properties) => properties;

export const misfit = (label, text) => refusal("layout", operation, label, text);

function scalar(name, text = name) {
  return made({ kind: "scalar", text, size: sizes[name], alignment: sizes[name], scalar: name, rows: 1, columns: 1, stride: sizes[name] });
}

function vector(name, rows, text) {
  const size = rows * sizes[name];
  const alignment = (rows === 3 ? 4 : rows) * sizes[name];
  return made({ kind: "vector", text, size, alignment, scalar: name, rows, columns: 1, stride: roundUp(alignment, size) });
}

function matrix(name, columns, rows, text) {
  const column = vector(name, rows, "");
  return made({ ...column, kind: "matrix", text, size: columns * column.stride, columns });
}

/** The type of a name of WGSL's. */
export function named(label, text) {
  const type = typeof text === "string" ? parsed(text) : undefined;
  if (type === undefined) throw misfit(label, `${typeof text === "string" ? JSON.stringify(text) : "what it is"} is no type of WGSL's that a buffer can hold`);
  return type;
}

function parsed(text) {
  const parts = /^(?:(atomic)<([iu]32)>|([fiu]32|f16)|vec([234])(?:([fiuh])|<([fiu]32|f16)>)|mat([234])x([234])(?:([fh])|<(f32|f16)>))$/.exec(text);
  if (parts === null) return undefined;
  const [, atomic, counted, plain, rows, ofVector, inVector, columns, ofColumn, ofMatrix, inMatrix] = parts;
  if (atomic !== undefined) return scalar(counted, text);
  if (plain !== undefined) return scalar(plain);
  if (rows !== undefined) return vector(inVector ?? letters[ofVector], Number(rows), text);
  return matrix(inMatrix ?? letters[ofMatrix], Number(columns), Number(ofColumn), text);
}

/**
 * @param {Type} element
 * @param {number} [count]
 */
export function arrayOf(label, element, count) {
  if (isUnbounded(element)) throw misfit(label, `an array of ${element.text}, whose size only the buffer tells`);
  if (count !== undefined && !(Number.isInteger(count) && count > 0)) throw misfit(label, `an array of ${shown(count)} elements`);
  const stride = roundUp(element.alignment, element.size);
  const text = `array<${element.text}${count === undefined ? "" : `, ${count}`}>`;
  return made({ kind: "array", text, size: (count ?? 1) * stride, alignment: element.alignment, element, count, stride });
}

/** Whether only a buffer tells the size of a type. */
export function isUnbounded(type) {
  if (type.kind === "array") return type.count === undefined;
  return type.kind === "struct" && type.members.length > 0 && isUnbounded(type.members[type.members.length - 1].type);
}

/** Lays members out one after another: [name, type, { align, size }], where those two are WGSL's attributes. */
export function structOf(name, list) {
  if (!isIdentifier(name)) throw misfit("", `${JSON.stringify(name)} cannot be the name of a struct`);
  if (list.length === 0) throw misfit(name, "there is no member");
  let end = 0;
  let alignment = 1;
  const members = list.map(([member, type, asked], i) => {
    if (!isIdentifier(member)) throw misfit(name, `${JSON.stringify(member)} cannot be the name of a member`);
    if (isUnbounded(type) && (type.kind === "struct" || i < list.length - 1)) throw misfit(name, `only the buffer tells the size of ${member}, which is no array at the end`);
    const { align = type.alignment, size = type.size } = asked;
    if (!(Number.isInteger(align) && align >= type.alignment && (align & (align - 1)) === 0)) throw misfit(name, `${member} cannot have alignment ${shown(align)}: it has ${type.alignment}, and a larger power of two is needed`);
    if (!(Number.isInteger(size) && size >= type.size)) throw misfit(name, `${member} cannot have size ${shown(size)}: it has ${type.size}`);
    const offset = roundUp(align, end);
    end = offset + size;
    alignment = Math.max(alignment, align);
    const attributes = (asked.align === undefined ? "" : `@align(${align}) `) + (asked.size === undefined ? "" : `@size(${size}) `);
    return { name: member, type, offset, attributes };
  });
  return made({ kind: "struct", text: name, size: roundUp(alignment, end), alignment, members });
}

/** What WGSL takes for a name, of ASCII alone. Of its reserved words the compiler tells. */
function isIdentifier(name) {
  return typeof name === "string" && name !== "_" && /^(?!__)[A-Za-z_]\w*$/.test(name);
}

/** The declarations of all structs of a type in WGSL, each behind those that it consists of. */
export function declarations(type) {
  const found = new Map();
  declare(type, found);
  return [...found.values()].map(({ text, members }) => `struct ${text} {\n${members.map((m) => `  ${m.attributes}${m.name}: ${m.type.text},\n`).join("")}}\n`).join("\n");
}

function declare(type, found) {
  if (type.kind === "array") return declare(type.element, found);
  if (type.kind !== "struct") return;
  for (const member of type.members) declare(member.type, found);
  const other = found.get(type.text);
  if (other !== undefined && shapeOf(other) !== shapeOf(type)) throw misfit(type.text, "two structs that differ have this name");
  found.set(type.text, type);
}

const shapeOf = ({ members }) => members.map((m) => `${m.attributes}${m.name}:${m.type.text}@${m.offset}`).join();

/**
 * Refuses what the address space "uniform" does: there structs and arrays begin at multiples of 16 bytes, and so do the elements
 * of an array, and what follows a struct: https://www.w3.org/TR/WGSL/#address-space-layout-constraints
 */
export function checkUniform(type, path = type.text) {
  if (isUnbounded(type)) throw misfit(path, `only the buffer tells the size of ${type.text}`);
  if (type.kind === "array") {
    if (type.stride % 16 !== 0) throw misfit(path, `its elements are ${type.stride} bytes apart, and a multiple of 16 is needed: ${16 - (type.stride % 16)} bytes of padding each`);
    checkUniform(type.element, `${path}[0]`);
  }
  if (type.kind !== "struct") return;
  type.members.forEach(({ name, type: member, offset }, i) => {
    const at = `${path}.${name}`;
    const isWide = member.kind === "array" || member.kind === "struct";
    if (isWide && offset % 16 !== 0) throw misfit(at, `it is at offset ${offset}, and ${roundUp(16, offset)} is needed: @align(16)`);
    const next = type.members[i + 1];
    const end = offset + roundUp(16, member.size);
    if (member.kind === "struct" && next !== undefined && next.offset < end) throw misfit(`${path}.${next.name}`, `it is at offset ${next.offset}, and ${end} is needed behind a struct: @align(16)`);
    checkUniform(member, at);
  });
}
