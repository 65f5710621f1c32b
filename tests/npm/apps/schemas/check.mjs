// The README's program of structs; and structs that webgpu-utils and TypeGPU describe lie where those say, with the bytes that those
// write.
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import process from "node:process";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { struct } from "gpubuffers";
import * as d from "typegpu/data";

// What webgpu-utils takes from a browser. No f16 is below for that package.
globalThis.Float16Array ??= Uint16Array;
globalThis.GPUShaderStage ??= { VERTEX: 1, FRAGMENT: 2, COMPUTE: 4 };
const { makeShaderDataDefinitions, makeStructuredView } = await import("webgpu-utils");

const readme = await readFile("node_modules/gpubuffers/README.md", "utf8");
await writeFile("readme.mjs", readme.split("## Structs")[1].split("```js")[1].split("```")[0]);
const printed = await import("./readme.mjs");
assert.deepEqual(printed.back.lights[1], { position: Float32Array.of(1, 2, 3), power: 4 });
assert.equal(struct(makeShaderDataDefinitions(printed.code).structs.Scene, "Scene").size, printed.bytes.length);

const code = `
struct Light { position: vec3f, power: f32, color: vec3<f32> }
struct Scene {
  model: mat4x4f,
  normal: mat3x3<f32>,
  @align(32) color: vec4f,
  count: u32,
  @size(32) flag: i32,
  lights: array<Light, 3>,
  corners: array<vec2<f32>, 4>,
  weights: array<f32, 5>,
}
struct Particles { count: u32, list: array<Light> }
@group(0) @binding(0) var<storage> scene: Scene;
@group(0) @binding(1) var<storage> particles: Particles;
`;
const defs = makeShaderDataDefinitions(code);
const numbers = (n, from = 1) => Array.from({ length: n }, (_, i) => from + i);
const light = (i) => ({ position: [i, 2, 3], power: 4, color: [5, 6, 7] });
const value = {
  model: numbers(16), normal: numbers(9, 20), color: numbers(4, 30), count: 40, flag: -41,
  lights: [light(50), light(60), light(70)], corners: [[1, 2], [3, 4], [5, 6], [7, 8]], weights: numbers(5, 80),
};

const Scene = struct(defs.structs.Scene, "Scene");
assert.equal(Scene.size, defs.structs.Scene.size);
assert.deepEqual(Scene.offsets, Object.fromEntries(Object.entries(defs.structs.Scene.fields).map(([name, { offset }]) => [name, offset])));
const view = makeStructuredView(defs.storages.scene);
view.set({ ...value, normal: [20, 21, 22, 0, 23, 24, 25, 0, 26, 27, 28, 0] });
assert.deepEqual(Scene.encode(value), new Uint8Array(view.arrayBuffer));
assert.deepEqual(Scene.decode(view.arrayBuffer).lights[1].position, Float32Array.of(60, 2, 3));

// What it declares lies the same.
const again = makeShaderDataDefinitions(`${Scene.wgsl}\n@group(0) @binding(0) var<storage> scene: Scene;`);
assert.deepEqual(struct(again.structs.Scene, "Scene").offsets, Scene.offsets);

const Particles = struct(defs.structs.Particles, "Particles");
assert.equal(Particles.encode({ count: 2, list: [light(1), light(2)] }).length, 16 + 2 * 32);

const schema = d.struct({
  model: d.mat4x4f, normal: d.mat3x3f, color: d.align(32, d.vec4f), count: d.u32, flag: d.size(32, d.i32),
  lights: d.arrayOf(d.struct({ position: d.vec3f, power: d.f32, color: d.vec3f }), 3),
  corners: d.arrayOf(d.vec2f, 4), weights: d.arrayOf(d.f32, 5), hits: d.atomic(d.u32), half: d.vec2h,
});
const OfTypeGPU = struct(schema, "Scene");
assert.equal(OfTypeGPU.size, d.sizeOf(schema));
assert.equal(OfTypeGPU.alignment, d.alignmentOf(schema));
const { hits, half, ...offsets } = OfTypeGPU.offsets;
assert.deepEqual(offsets, Scene.offsets);
assert.deepEqual([hits, half], [offsets.weights + 20, offsets.weights + 24]);
assert.deepEqual(OfTypeGPU.encode({ ...value, hits: 1, half: [1, 2] }).subarray(0, hits), Scene.encode(value).subarray(0, hits));

assert.throws(() => struct(d.struct({ a: d.bool }), "S"), { code: "layout" });
assert.throws(() => struct({ fields: { a: { offset: 0, type: { type: "bool", size: 4 } } }, size: 4 }, "S"), { code: "layout" });

// encode allocates nothing.
setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc");
const bytesEach = (n) => {
  gc();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < n; i++) Scene.encode(value);
  return (process.memoryUsage().heapUsed - before) / n;
};
bytesEach(100_000); // until V8 has compiled it
const least = Math.min(...Array.from({ length: 5 }, () => bytesEach(10_000)));
assert(least < 8, `${least} bytes each`);
