// Structs of WGSL: where their members lie, their values as bytes, and bytes as values.

import { checkWhole, kindOfValue, memoryOf, numberFor, offsetOf, sizeOf } from "./arguments.js";
import { GPUBufferError, refusal } from "./errors.js";
import { guard, made, owns } from "./resource.js";
import { membersOf, typesOfStructs } from "./schemas.js";
import { checkUniform, declarations, isUnbounded, roundUp, sizes, structOf } from "./wgsltypes.js";

/** Says what is wrong with the value at trail. */
class Unfit {
  constructor(code, text) {
    this.code = code;
    this.text = text;
  }
}

/** Names and indices on the way to the value that is being encoded; kept, so that none is made for each. */
const trail = [];
let depth = 0;

const trailText = (name) => trail.slice(0, depth).reduce((text, step) => (typeof step === "number" ? `${text}[${step}]` : `${text}.${step}`), name);

export class Struct {
  #type;
  #scratch = new Scratch(0);

  static [owns](value) {
    return #type in value;
  }

  constructor(key, name, described) {
    guard(key, new.target, "struct()");
    this.#type = structOf(name, membersOf(name, described));
    typesOfStructs.set(this, this.#type);
    declarations(this.#type); // refuses names that contradict each other
    Object.freeze(this);
  }

  get name() {
    return this.#type.text;
  }

  get size() {
    return this.#type.size;
  }

  get alignment() {
    return this.#type.alignment;
  }

  get wgsl() {
    return declarations(this.#type);
  }

  /** By name: where members begin. */
  get offsets() {
    return Object.fromEntries(this.#type.members.map(({ name, offset }) => [name, offset]));
  }

  checkUniform() {
    checkUniform(this.#type);
    return this;
  }

  encode(value) {
    depth = 0;
    try {
      const size = isUnbounded(this.#type) ? this.#sizeOf(value) : this.#type.size;
      if (this.#scratch.bytes.length !== size) this.#scratch = new Scratch(size);
      write(this.#type, this.#scratch, 0, value);
    } catch (cause) {
      if (cause instanceof Unfit) throw refusal(cause.code, "encode", trailText(this.name), cause.text);
      throw refusal("type", "encode", trailText(this.name), "value cannot be read", cause);
    }
    return this.#scratch.bytes;
  }

  decode(data, offset = 0) {
    const view = this.#viewOf(data, offset);
    return read(this.#type, view, 0, view.byteLength);
  }

  /** The bytes of a value whose last member has as many elements as it says. */
  #sizeOf(value) {
    const { members, alignment } = this.#type;
    const { name, type, offset } = members[members.length - 1];
    return roundUp(alignment, offset + type.stride * countOf(type.element, value?.[name]));
  }

  #viewOf(data, offset) {
    let size;
    try {
      size = sizeOf(data);
    } catch (cause) {
      throw refusal("type", "decode", this.name, "data must be an ArrayBuffer or a view", cause);
    }
    checkWhole("decode", this.name, "offset", numberFor("decode", this.name, "offset", offset));
    const needed = isUnbounded(this.#type) ? this.#type.members[this.#type.members.length - 1].offset : this.#type.size;
    if (size - offset < needed) throw refusal("range", "decode", this.name, `${size - offset} bytes at ${offset}, and ${needed} are needed`);
    return new DataView(memoryOf(data), offsetOf(data) + offset, isUnbounded(this.#type) ? size - offset : needed);
  }
}

/** How many elements an array has that a value describes. */
function countOf(element, value) {
  const length = lengthOf(value);
  const flat = partsOf(element);
  const count = length === 0 || element.kind === "scalar" || typeof value[0] !== "number" ? length : length / flat;
  if (!Number.isInteger(count)) throw new Unfit("range", `${length} numbers for elements of ${flat}`);
  return count;
}

/** How many numbers a value of a type is, one after another; NaN of a struct or an array. */
const partsOf = ({ rows, columns }) => rows * columns;

/** Memory, viewed as each kind of number. */
class Scratch {
  constructor(size) {
    const memory = new ArrayBuffer(Math.ceil(size / 4) * 4);
    this.bytes = new Uint8Array(memory, 0, size);
    this.view = new DataView(memory);
    this.f32 = new Float32Array(memory);
    this.i32 = new Int32Array(memory);
    this.u32 = new Uint32Array(memory);
  }
}

/** Writes a value at a place of the scratch memory. */
function write(type, scratch, at, value) {
  if (type.kind === "struct") writeMembers(type, scratch, at, value);
  else if (type.kind === "array") writeElements(type, scratch, at, value);
  else if (type.kind === "scalar") put(type.scalar, scratch, at, value);
  else writeColumns(type, scratch, at, value);
}

function writeMembers({ members }, scratch, at, value) {
  if (value === null || typeof value !== "object") throw new Unfit("type", `${depth === 0 ? "value" : "it"} must be an object, not ${kindOfValue(value)}`);
  for (const { name, type, offset } of members) {
    trail[depth++] = name;
    if (value[name] === undefined) throw new Unfit("type", "it is missing");
    write(type, scratch, at + offset, value[name]);
    depth--;
  }
}

function writeElements({ element, count, stride }, scratch, at, value) {
  const length = lengthOf(value);
  const flat = partsOf(element);
  const isFlat = element.kind !== "scalar" && length > 0 && typeof value[0] === "number";
  if (isFlat && Number.isNaN(flat)) throw new Unfit("type", `its elements must be ${element.kind}s`);
  const n = isFlat ? length / flat : length;
  if (n !== (count ?? Math.floor(n))) throw new Unfit("range", `it has ${length} ${isFlat ? "numbers" : "elements"}, and ${count === undefined ? `a multiple of ${flat}` : (isFlat ? count * flat : count)} are needed`);
  for (let i = 0; i < n; i++) {
    trail[depth++] = i;
    if (isFlat) writeFlat(element, scratch, at + i * stride, value, i * flat);
    else write(element, scratch, at + i * stride, value[i]);
    depth--;
  }
}

/** Writes the columns of a vector or a matrix, given as its numbers, or as they lie in memory. */
function writeColumns(type, scratch, at, value) {
  const length = lengthOf(value);
  const { rows, columns, stride, scalar } = type;
  if (length === rows * columns) return writeFlat(type, scratch, at, value, 0);
  const apart = stride / sizes[scalar];
  if (length !== apart * columns || columns === 1) throw new Unfit("range", `it has ${length} numbers, and ${rows * columns} are needed`);
  for (let c = 0; c < columns; c++) for (let r = 0; r < rows; r++) put(scalar, scratch, at + c * stride + r * sizes[scalar], value[c * apart + r]);
}

function writeFlat({ rows, columns, stride, scalar }, scratch, at, value, first) {
  const size = sizes[scalar];
  for (let c = 0; c < columns; c++) for (let r = 0; r < rows; r++) put(scalar, scratch, at + c * stride + r * size, value[first + c * rows + r]);
}

function lengthOf(value) {
  const length = value === null || typeof value !== "object" ? undefined : value.length;
  if (!Number.isInteger(length) || length < 0) throw new Unfit("type", "it must be an array of numbers, or of elements");
  return length;
}

function put(scalar, scratch, at, value) {
  if (typeof value !== "number") throw new Unfit("type", `it must be a number, not ${kindOfValue(value)}`);
  switch (scalar) {
    case "f32":
      scratch.f32[at >> 2] = value;
      return;
    case "u32":
      if (value >>> 0 !== value) throw new Unfit("range", `${value} is no u32`);
      scratch.u32[at >> 2] = value;
      return;
    case "i32":
      if ((value | 0) !== value) throw new Unfit("range", `${value} is no i32`);
      scratch.i32[at >> 2] = value;
      return;
    default:
      scratch.view.setUint16(at, halfOf(value), true);
  }
}

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The bits of the f16 nearest to a number; of two that are as near, that with an even last bit. */
export function halfOf(value) {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (size >= 65520) return sign | 0x7c00; // infinite: half a unit above the largest
  const exponent = Math.max(-14, exponentOf(size));
  const inUnits = size * 2 ** (10 - exponent); // exact
  const whole = Math.floor(inUnits);
  const rest = inUnits - whole;
  const rounded = whole + (rest > 0.5 || (rest === 0.5 && whole % 2 === 1) ? 1 : 0);
  return sign | (((exponent + 14) << 10) + rounded); // the leading bit of a normal one counts as an exponent more
}

/** The largest power of two that is not above a number. */
function exponentOf(size) {
  float[0] = size;
  if (float[0] > size) bits[0]--;
  return (bits[0] >>> 23) - 127;
}

/** The number that the bits of an f16 are. */
export function numberOfHalf(half) {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** The value at a place, of what ends at end. */
function read(type, view, at, end) {
  switch (type.kind) {
    case "scalar":
      return get(type.scalar, view, at);
    case "struct":
      return Object.fromEntries(type.members.map(({ name, type: member, offset }) => [name, read(member, view, at + offset, end)]));
    case "array":
      return readElements(type, view, at, end);
  }
  const { rows, columns, stride, scalar } = type;
  const list = new arrays[scalar](rows * columns);
  for (let c = 0; c < columns; c++) for (let r = 0; r < rows; r++) list[c * rows + r] = get(scalar, view, at + c * stride + r * sizes[scalar]);
  return list;
}

const arrays = { f32: Float32Array, f16: Float32Array, i32: Int32Array, u32: Uint32Array };

function readElements({ element, count, stride }, view, at, end) {
  const n = count ?? Math.floor((end - at) / stride);
  const list = element.kind === "scalar" ? new arrays[element.scalar](n) : new Array(n);
  for (let i = 0; i < n; i++) list[i] = read(element, view, at + i * stride, end);
  return list;
}

function get(scalar, view, at) {
  switch (scalar) {
    case "f32":
      return view.getFloat32(at, true);
    case "u32":
      return view.getUint32(at, true);
    case "i32":
      return view.getInt32(at, true);
  }
  return numberOfHalf(view.getUint16(at, true));
}

/** A struct of some members. */
export function struct(members, name = "Struct") {
  if (typeof name !== "string") throw refusal("type", "struct", "", "name must be a string");
  if (members === null || (typeof members !== "object" && typeof members !== "function")) throw refusal("type", "struct", name, "members must be an object");
  try {
    return new Struct(made, name, members);
  } catch (cause) {
    throw cause instanceof GPUBufferError ? cause : refusal("type", "struct", name, "members cannot be read", cause);
  }
}
