// Structs of WGSL: what a shader reads of the bytes that encode made.
import { api, ok, same, sameBytes, throws, withSystem } from "./check.js";

const { struct } = api;

function refuses(f, code, text) {
  const { message } = throws(code, f);
  ok(message.includes(text), `${message}, want ${text}`);
}

/** A generator of numbers from 0 to 1 that are the same each time (mulberry32 by Tommy Ettinger, public domain). */
function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const digits = ["2", "3", "4"];
const allScalars = ["f32", "i32", "u32", "f16"];
const allVectors = digits.flatMap((n) => ["f", "i", "u", "h"].map((letter) => `vec${n}${letter}`));
const allMatrices = digits.flatMap((c) => digits.flatMap((r) => ["f", "h"].map((letter) => `mat${c}x${r}${letter}`)));
const usesHalves = (text) => /f16|[234]h\b/.test(text);

const Light = struct({ position: "vec3f", power: "f32", color: "vec3<f32>" }, "Light");
const Odd = struct({ a: "f32", b: "vec2u" }, "Odd");
const Deep = struct({ first: "i32", lights: [Light, 2], odd: Odd }, "Deep");

/** Structs whose members cover every type, and what WGSL does between them. */
const chosen = [
  ...allScalars.map((type) => struct({ before: "u32", it: type, after: type })),
  ...allVectors.map((type) => struct({ before: "f32", it: type, after: "u32", list: [type, 3] })),
  ...allMatrices.map((type) => struct({ before: "f32", it: type, after: "u32", list: [type, 2] })),
  struct({ model: "mat4x4f", color: "vec4f", lights: [Light, 8] }, "Scene"),
  struct({ deep: Deep, after: "f32", more: [Deep, 2] }),
  struct({ a: [["vec3f", 2], 3], b: "u32" }),
  struct({ n: "atomic<u32>", m: "atomic<i32>", v: "vec3u" }),
  struct({ a: { type: "f32", size: 32 }, b: { type: "u32", align: 64 }, c: "vec3f" }),
  struct({ odd: Odd, tail: [Odd] }),
  struct({ head: "f32", tail: ["f32"] }),
];

/** A struct of members that are drawn. */
function drawn(next, hasHalves, depth = 0, name = "Drawn") {
  const [scalars, vectors, matrices] = [allScalars, allVectors, allMatrices].map((list) => (hasHalves ? list : list.filter((type) => !usesHalves(type))));
  const pick = (list) => list[Math.floor(next() * list.length)];
  const type = () => {
    const kind = next();
    if (kind < 0.3) return pick(scalars);
    if (kind < 0.55) return pick(vectors);
    if (kind < 0.7) return pick(matrices);
    if (kind < 0.85 || depth > 1) return [pick([...scalars, ...vectors, ...matrices]), 1 + Math.floor(next() * 4)];
    const inner = drawn(next, hasHalves, depth + 1, `${name}_${Math.floor(next() * 1e9)}`);
    return kind < 0.93 ? inner : [inner, 1 + Math.floor(next() * 3)];
  };
  const count = 1 + Math.floor(next() * 7);
  const members = Array.from({ length: count }, (_, i) => [`m${i}`, type()]);
  if (depth === 0 && next() < 0.2) members.push(["tail", [pick(vectors)]]);
  return struct(Object.fromEntries(members), name);
}

/** What decode makes of bytes of zero, as a pattern for values: the array at the end has three elements. */
function valuesOf(type) {
  const zero = type.decode(new Uint8Array(type.size + 256));
  let next = 1;
  const leaves = []; // [expression, number]
  const fill = (value, path) => {
    if (typeof value === "number") return leaves.push([path, next]), next++;
    if (ArrayBuffer.isView(value)) return value.map((_, i) => (leaves.push([`${path}#${i}`, next]), next++));
    if (Array.isArray(value)) return value.map((element, i) => fill(element, `${path}[${i}]`));
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, fill(member, `${path}.${name}`)]));
  };
  return { value: fill(zero, "s"), leaves };
}

/** Has a shader read each number of a struct, in a storage or a uniform buffer. */
async function readByShader(gpu, type, bytes, leaves, space) {
  const { device } = gpu;
  const rowsOf = rowsByPath(type);
  const lines = leaves.map(([path], k) => `  out[${k}] = u32(${access(path, rowsOf)});`);
  const declared = space === "uniform" ? "var<uniform>" : "var<storage, read_write>";
  const code = `${usesHalves(type.wgsl) ? "enable f16;\n" : ""}${type.wgsl}
@group(0) @binding(0) ${declared} s: ${type.name};
@group(0) @binding(1) var<storage, read_write> out: array<u32, ${leaves.length}>;
@compute @workgroup_size(1) fn main() {
${lines.join("\n")}
}`;
  const module = device.createShaderModule({ code });
  const errors = (await module.getCompilationInfo()).messages.filter((message) => message.type === "error");
  if (errors.length > 0) return { errors: errors.map((error) => error.message), code };
  const pipeline = device.createComputePipeline({ layout: "auto", compute: { module } });
  const source = gpu.createDeviceBuffer({ size: Math.max(bytes.length, 16), usage: space === "uniform" ? GPUBufferUsage.UNIFORM : GPUBufferUsage.STORAGE });
  const out = gpu.createDeviceBuffer({ size: 4 * leaves.length, usage: GPUBufferUsage.STORAGE });
  source.write(0, padded(bytes));
  const group = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries: [source, out].map((buffer, binding) => ({ binding, resource: { buffer: buffer.gpuBuffer } })) });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, group);
  pass.dispatchWorkgroups(1);
  pass.end();
  gpu.submit([encoder]);
  const reader = gpu.createReadbackBuffer();
  const numbers = new Uint32Array(await reader.read(out));
  for (const made of [source, out, reader]) made.destroy();
  return { numbers: [...numbers] };
}

const padded = (bytes) => {
  const all = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  all.set(bytes);
  return all;
};

/** By path without indices: how many rows a matrix has, 0 if it is none, and whether it is atomic. */
function rowsByPath(type) {
  const structs = new Map();
  for (const [, name, body] of type.wgsl.matchAll(/struct (\w+) \{\n([^}]*)\}/g)) {
    structs.set(name, [...body.matchAll(/(\w+): ([^\n]*),\n/g)].map(([, member, text]) => [member, text]));
  }
  const found = new Map();
  const walk = (name, path) => {
    for (const [member, text] of structs.get(name)) {
      let element = text;
      while (element.startsWith("array<")) element = element.slice(6, -1).replace(/, \d+$/, "");
      const at = `${path}.${member}`;
      if (structs.has(element)) walk(element, at);
      else found.set(at, { rows: Number(/^mat\dx(\d)/.exec(element)?.[1] ?? 0), isAtomic: element.startsWith("atomic") });
    }
  };
  walk(type.name, "s");
  return found;
}

function access(path, rowsOf) {
  const [place, number] = path.split("#");
  const { rows, isAtomic } = rowsOf.get(place.replace(/\[\d+\]/g, ""));
  if (isAtomic) return `atomicLoad(&${place})`;
  if (number === undefined) return place;
  if (rows > 0) return `${place}[${Math.floor(number / rows)}][${number % rows}]`;
  return `${place}[${number}]`;
}

/** Those that were chosen, and drawn ones. */
function everyStruct() {
  const next = random(7);
  return [...chosen, ...Array.from({ length: 80 }, (_, i) => drawn(next, i % 4 === 0))];
}

/** Whether checkUniform takes a struct. */
function fitsUniforms(type) {
  try {
    return type.checkUniform() === type;
  } catch {
    return false;
  }
}

/** Of all structs the numbers that a shader finds are those that were encoded, and decode brings them back. */
export const whatAShaderReads = () =>
  withHalves(async (gpu, hasHalves) => {
    const read = { storage: 0, uniform: 0 };
    for (const type of everyStruct()) {
      const { value, leaves } = valuesOf(type);
      const bytes = type.encode(value).slice();
      const expected = leaves.map(([, number]) => number);
      same(JSON.stringify(type.decode(bytes)), JSON.stringify(value), `decoded ${type.wgsl}`);
      if (usesHalves(type.wgsl) && !hasHalves) continue;
      const isUniform = fitsUniforms(type) && !type.wgsl.includes("atomic"); // which no uniform can have
      for (const space of isUniform ? ["storage", "uniform"] : ["storage"]) {
        const found = await readByShader(gpu, type, bytes, leaves, space);
        same(found.numbers ?? found, expected, `${space} ${type.wgsl}`);
        read[space]++;
      }
    }
    ok(read.storage >= 60 && read.uniform >= 10, `${JSON.stringify(read)} structs were read`);
  });

/** What checkUniform refuses, a compiler does, unless it takes the layout of storage buffers for uniforms, too. */
export const whatNoUniformTakes = () =>
  withHalves(async (gpu, hasHalves) => {
    const takesAll = navigator.gpu.wgslLanguageFeatures?.has("uniform_buffer_standard_layout");
    for (const type of everyStruct()) {
      if (fitsUniforms(type) || (usesHalves(type.wgsl) && !hasHalves) || /atomic|array<[^,\n]*>,\n/.test(type.wgsl)) continue;
      const { value, leaves } = valuesOf(type);
      const { errors } = await readByShader(gpu, type, type.encode(value), leaves, "uniform");
      same(errors !== undefined, !takesAll, `uniform ${type.wgsl}`);
    }
  });

async function withHalves(f) {
  const adapter = await navigator.gpu.requestAdapter();
  const hasHalves = adapter.features.has("shader-f16");
  const device = await adapter.requestDevice({ requiredFeatures: hasHalves ? ["shader-f16"] : [] });
  const gpu = await api.open({ device, onError() {} }); // of shaders: what those find tells
  try {
    await f(gpu, hasHalves);
  } finally {
    gpu.destroy();
    device.destroy();
  }
}

/** The bytes go into every buffer that is written to. */
export const structsInEveryBuffer = () =>
  withSystem(async (gpu) => {
    const value = (i) => ({ position: [i, 2, 3], power: 4, color: [5, 6, 7.5] });
    const device = gpu.createDeviceBuffer({ size: 2 * Light.size, usage: GPUBufferUsage.STORAGE });
    for (const i of [0, 1]) device.write(i * Light.size, Light.encode(value(i)));
    const reader = gpu.createReadbackBuffer();
    const bytes = await reader.read(device);
    for (const i of [0, 1]) same(JSON.stringify(Light.decode(bytes, i * Light.size).position), JSON.stringify(new Float32Array([i, 2, 3])), "position");
    const dynamic = gpu.createDynamicBuffer({ size: 4096, usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_SRC });
    const places = [7, 8].map((i) => dynamic.write(Light.encode(value(i))));
    const target = gpu.createDeviceBuffer({ size: 8192, usage: GPUBufferUsage.STORAGE });
    const frame = await gpu.nextFrame();
    frame.encoder.copyBufferToBuffer(dynamic.gpuBuffer, 0, target.gpuBuffer, 0, 4096);
    const staging = gpu.createImmediateStagingBuffer({ size: Light.size });
    staging.write(Light.encode(value(9)));
    staging.uploadTo(frame.encoder, target, 4096);
    frame.submit();
    const all = await reader.read(target);
    same([...places, 4096].map((at) => Light.decode(all, at).position[0]), [7, 8, 9], "by the others");
  });

/** encode fills one memory, which has the size of the value. */
export const oneMemoryOfAStruct = () => {
  const first = Light.encode({ position: [1, 2, 3], power: 4, color: [5, 6, 7] });
  const kept = first.slice();
  same(Light.encode({ position: [1, 2, 3], power: 4, color: [5, 6, 8] }) === first, true, "the same memory");
  ok(first.some((byte, i) => byte !== kept[i]), "which has the new value");
  const Tail = struct({ n: "u32", tail: ["vec3f"] });
  same([1, 2, 5, 2].map((n) => Tail.encode({ n, tail: Array(n).fill([1, 2, 3]) }).length), [32, 48, 96, 48], "by its tail");
  same([Tail.encode({ n: 0, tail: [] }).length, Tail.size, Tail.offsets.tail], [16, 32, 16], "without, and with one");
};

/** Numbers in a row stand for vectors and matrices in an array, and a matrix may have its padding. */
export const waysToGiveNumbers = () => {
  const type = struct({ m: "mat3x3f", list: ["vec3f", 2], ms: ["mat2x2f", 2] });
  const given = (m, list, ms) => type.encode({ m, list, ms }).slice();
  const plain = given([1, 2, 3, 4, 5, 6, 7, 8, 9], [[1, 2, 3], [4, 5, 6]], [[1, 2, 3, 4], [5, 6, 7, 8]]);
  sameBytes(given(Float32Array.of(1, 2, 3, 0, 4, 5, 6, 0, 7, 8, 9, 0), [1, 2, 3, 4, 5, 6], Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8)), plain, "in a row");
};

/** Halves are the nearest to a number. */
export const halves = () => {
  if (typeof Float16Array === "undefined") return;
  const type = struct({ h: "f16" });
  const next = random(3);
  const its = new Float16Array(1);
  const numbers = [0, -0, Infinity, -Infinity, NaN, 65504, 65519.99, 65520, 2 ** -24, 2 ** -25, 1.5 * 2 ** -25, 1 + 2 ** -11, 1 + 2 ** -11 + 2 ** -40];
  for (let i = 0; i < 20_000; i++) numbers.push((next() - 0.5) * 2 ** (next() * 60 - 40));
  for (const number of numbers) {
    its[0] = number;
    sameBytes(type.encode({ h: number }), new Uint8Array(its.buffer), `${number}`);
    same(Object.is(type.decode(its).h, its[0]), true, `${number} decoded`);
  }
};

/** What describes a struct in another way lies where that says: tests/npm has the packages themselves. */
export const definitionsOfOthers = () => {
  const field = (offset, type) => ({ offset, type: { type, size: 4 } });
  const inner = { fields: { x: field(0, "f32"), y: field(4, "u32") }, size: 8 };
  const type = struct({ size: 96, fields: { b: field(32, "vec3<f32>"), a: field(0, "f32"), list: { offset: 48, type: { elementType: inner, numElements: 2, size: 16 } } } }, "S");
  same([type.offsets, type.size], [{ a: 0, b: 32, list: 48 }, 96], "offsets, and size");
  same(type.wgsl, "struct list {\n  x: f32,\n  y: u32,\n}\n\nstruct S {\n  @size(32) a: f32,\n  @size(16) b: vec3<f32>,\n  @size(48) list: array<list, 2>,\n}\n", "declaration");
  const leaf = (name) => ({ type: name });
  const schema = { type: "struct", propTypes: { a: leaf("f32"), b: { type: "decorated", inner: leaf("vec2f"), attribs: [{ type: "@align", params: [32] }] }, n: { type: "atomic", inner: leaf("u32") } } };
  same(struct(schema).offsets, { a: 0, b: 32, n: 40 }, "of a schema");
  refuses(() => struct({ size: 16, fields: { a: field(4, "f32") } }), "layout", "offset 4");
  refuses(() => struct({ size: 16, fields: { a: field(0, "vec4f"), b: field(8, "f32") } }), "layout", "cannot have size 8");
  refuses(() => struct({ type: "struct", propTypes: { a: leaf("bool") } }), "layout", '"bool" is no type');
};

/** What WGSL does not take is refused, with the member's path. */
export const layoutsRefused = () => {
  for (const [members, name, text] of [
    [{}, "S", "there is no member"],
    [{ a: "bool" }, "S", '"bool" is no type'],
    [{ a: "vec5f" }, "S", '"vec5f" is no type'],
    [{ a: "mat2x2i" }, "S", '"mat2x2i" is no type'],
    [{ a: ["f32", 0] }, "S", "an array of 0 elements"],
    [{ a: ["f32", 1.5] }, "S", "an array of 1.5 elements"],
    [{ a: ["f32"], b: "f32" }, "S", "only the buffer tells the size of a,"],
    [{ a: struct({ tail: ["f32"] }, "Inner") }, "S", "only the buffer tells the size of a,"],
    [{ a: [["f32"], 2] }, "S", "whose size only the buffer tells"],
    [{ a: { type: "vec3f", align: 8 } }, "S", "cannot have alignment 8"],
    [{ a: { type: "f32", align: 12 } }, "S", "cannot have alignment 12"],
    [{ a: { type: "vec3f", size: 8 } }, "S", "cannot have size 8"],
    [{ "a b": "f32" }, "S", '"a b" cannot be the name'],
    [{ __a: "f32" }, "S", '"__a" cannot be the name'],
    [{ a: "f32" }, "2", '"2" cannot be the name'],
    [{ a: struct({ x: "f32" }, "Same"), b: struct({ x: "i32" }, "Same") }, "S", "two structs that differ"],
    [{ a: null }, "S", "no type of WGSL's"],
  ]) {
    refuses(() => struct(members, name), "layout", text);
  }
  refuses(() => struct(null), "type", "must be an object");
  refuses(() => struct({ a: "f32" }, 2), "type", "name must be a string");
  refuses(() => struct({ get a() { throw new Error("its own"); } }), "type", "members cannot be read");
  for (const [members, text] of [
    [{ a: ["f32", 4] }, 'struct "S.a": its elements are 4 bytes apart'],
    [{ a: "f32", b: Odd }, 'struct "S.b": it is at offset 8, and 16 is needed'],
    [{ a: Odd, b: "f32" }, undefined],
    [{ a: struct({ x: "f32" }, "One"), b: "f32" }, 'struct "S.b": it is at offset 4, and 16 is needed behind a struct'],
    [{ a: [struct({ x: "vec4f", y: ["vec2f", 2] }, "Two"), 2] }, 'struct "S.a[0].y": its elements are 8 bytes apart'],
    [{ a: ["f32"] }, "only the buffer tells"],
    [{ a: ["vec4f", 4], b: "f32" }, undefined],
  ]) {
    const type = struct(members, "S");
    if (text === undefined) same(type.checkUniform() === type, true, "itself");
    else refuses(() => type.checkUniform(), "layout", text);
  }
};

/** A value that does not fit is refused, with its path. */
export const valuesRefused = () => {
  const type = struct({ n: "u32", i: "i32", v: "vec3f", m: "mat2x2f", lights: [Light, 2], list: ["vec2f", 2], f: ["f32", 2] }, "S");
  const light = { position: [1, 2, 3], power: 4, color: [5, 6, 7] };
  const good = { n: 1, i: -1, v: [1, 2, 3], m: [1, 2, 3, 4], lights: [light, light], list: [[1, 2], [3, 4]], f: [1, 2] };
  type.encode(good);
  for (const [change, code, text] of [
    [{ n: -1 }, "range", 'encode "S.n": -1 is no u32'],
    [{ n: 2 ** 32 }, "range", "4294967296 is no u32"],
    [{ i: 1.5 }, "range", 'encode "S.i": 1.5 is no i32'],
    [{ i: NaN }, "range", "NaN is no i32"],
    [{ n: "1" }, "type", "it must be a number, not a string"],
    [{ n: undefined }, "type", 'encode "S.n": it is missing'],
    [{ v: [1, 2] }, "range", 'encode "S.v": it has 2 numbers, and 3 are needed'],
    [{ v: [1, 2, 3, 4] }, "range", "it has 4 numbers, and 3 are needed"],
    [{ v: [1, 2, null] }, "type", "it must be a number, not null"],
    [{ v: 1 }, "type", "it must be an array"],
    [{ m: [1, 2, 3] }, "range", "it has 3 numbers, and 4 are needed"],
    [{ lights: [light] }, "range", 'encode "S.lights": it has 1 elements, and 2 are needed'],
    [{ lights: [light, { ...light, power: undefined }] }, "type", 'encode "S.lights[1].power": it is missing'],
    [{ lights: [light, null] }, "type", 'encode "S.lights[1]": it must be an object, not null'],
    [{ lights: [1, 2] }, "type", "its elements must be structs"],
    [{ list: [1, 2, 3] }, "range", "it has 3 numbers, and 4 are needed"],
    [{ f: [1] }, "range", "it has 1 elements, and 2 are needed"],
    [Object.defineProperty({}, "f", { enumerable: true, get: () => { throw new Error("its own"); } }), "type", "cannot be read"],
  ]) {
    refuses(() => type.encode(Object.defineProperties({ ...good }, Object.getOwnPropertyDescriptors(change))), code, text);
  }
  refuses(() => type.encode(undefined), "type", 'encode "S": value must be an object');
  refuses(() => struct({ tail: ["vec3f"] }).encode({ tail: [1, 2] }), "range", "2 numbers for elements of 3");
  refuses(() => struct({ tail: ["vec3f"] }).encode({}), "type", "it must be an array");
  refuses(() => struct({ tail: ["vec3f"] }).encode(null), "type", "it must be an array");
  refuses(() => type.decode(new Uint8Array(type.size - 1)), "range", "are needed");
  refuses(() => type.decode(new Uint8Array(type.size), 4), "range", "are needed");
  refuses(() => type.decode(new Uint8Array(type.size), -4), "range", "offset -4 is not within 0 to");
  refuses(() => type.decode([1]), "type", "must be an ArrayBuffer");
};
