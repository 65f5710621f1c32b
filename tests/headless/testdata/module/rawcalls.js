// Malformed calls of all functions and exports of the module, made from their lists alone: one that is new is among them
// by itself.
import { badValues } from "./bad.js";
import { COPY_DST, COPY_SRC, MAP_READ, STORAGE, pattern, randomFrom, same, sameBytes } from "./check.js";
import { attach, isError, loaders, makersOf, newRawModule } from "./raw.js";

/** Functions that take the ES module's own, and an export that is told of the browser's promises by number, trust them. */
const trusting = ["attach", "gpubuffers_resolved"];

const numbers = [NaN, Infinity, -Infinity, -1, -0, 0, 0.5, 1, 3, 4, 2 ** 31, 2 ** 32, 2 ** 53 - 1, 2 ** 53, 2 ** 63, 2 ** 64, -(2 ** 63), 1e300, Number.MIN_VALUE];
const most = 10; // arguments after a handle

/** Calls on one page, each with handles of a system. */
class Calls {
  count = 0;

  constructor(module, random) {
    const { raw, exports, device } = module;
    Object.assign(this, { raw, exports, device, random });
    this.system = raw.open(device);
    this.target = raw.createDeviceBuffer(this.system, "target", 64, STORAGE);
    this.make = { ...makersOf(module, this.system), upload: () => exports.uploadStart(this.target, 0, 0) };
    const texture = device.createTexture({ size: [4, 4], format: "rgba8unorm", usage: GPUTextureUsage.COPY_SRC | GPUTextureUsage.COPY_DST });
    const buffer = device.createBuffer({ size: 64, usage: COPY_SRC | COPY_DST });
    const encoder = () => device.createCommandEncoder();
    const good = [0, 1, 4, 16, 64, "label", "upload", "all", STORAGE, MAP_READ, pattern(16), true, undefined, texture, buffer, this.system];
    this.good = [...good.map((value) => () => value), encoder, () => [encoder()], () => [buffer]];
    this.bad = [...badValues.map(([, make]) => make), ...numbers.map((number) => () => number)];
  }

  pick(list) {
    return list[Math.floor(this.random() * list.length)];
  }

  values(length) {
    return Array.from({ length }, () => this.pick(this.random() < 0.6 ? this.good : this.bad)());
  }

  end(handle) {
    this.raw.discardFrame(handle);
    this.raw.destroy(handle);
  }

  /** The kinds of handle that a function takes. */
  kindsOf(name) {
    return Object.keys(this.make).filter((kind) => {
      const handle = this.make[kind]();
      const result = this.raw[name](handle);
      if (result instanceof Promise) result.catch(() => {});
      this.end(result);
      this.end(handle);
      return !(result instanceof Error && result.message.includes("of another kind"));
    });
  }

  async callFunction(name, n) {
    const kinds = this.kindsOf(name);
    await Promise.all(Array.from({ length: n }, () => this.#call(name, this.pick(kinds))));
  }

  async #call(name, kind) {
    this.count++;
    const handle = this.make[kind]();
    const result = this.raw[name](handle, ...this.values(Math.floor(this.random() * most)));
    const outcome = result instanceof Promise ? result.catch((error) => error) : result;
    this.end(result);
    this.end(handle);
    const error = await outcome;
    if (!(error instanceof Error)) return;
    isError(error, undefined, `${name} of a ${kind}`);
    if (error.code === "internal") throw new Error(`${name} of a ${kind}: ${error.message}`);
  }

  callExport(name, n) {
    const f = this.exports[name];
    for (let i = 0; i < n; i++) {
      this.count++;
      const handle = this.make[this.pick(Object.keys(this.make))]();
      this.exports.dynamicUpdate(handle, 4); // if it is a dynamic buffer's
      const result = f(...Array.from({ length: f.length }, (_, place) => (place === 0 && this.random() < 0.9 ? handle : this.pick([4, ...numbers]))));
      same(["number", "undefined"].includes(typeof result), true, `${name} gives a number or nothing`);
      this.end(result);
      this.end(handle);
    }
    this.exports.ask(0);
  }

  /** Nothing is left, and the module answers. */
  async finish() {
    const counts = Object.entries(this.raw.stats(this.system).kinds).map(([kind, { count }]) => [kind, count]);
    same(counts.filter(([, count]) => count > 0), [["DeviceBuffer", 1]], "buffers beside the target");
    const b = this.make.device();
    this.raw.write(b, 0, pattern(8));
    sameBytes(await this.raw.read(this.make.readback(), b, 0, 8), pattern(8), "the module lives");
    this.raw.destroy(this.system);
    return this.count;
  }
}

function namesOf(functions) {
  return Object.keys(functions).filter((name) => typeof functions[name] === "function" && ![...trusting, ...loaders].includes(name));
}

async function callAll(module, random, n) {
  const calls = new Calls(module, random);
  module.device.pushErrorScope("validation");
  for (const number of numbers.filter((x) => !(x >= 0 && x < 2 ** 31))) module.exports.gpubuffers_resolved(number); // of no promise
  for (const name of namesOf(module.exports)) calls.callExport(name, n);
  for (const name of namesOf(module.raw)) await calls.callFunction(name, n);
  await module.device.popErrorScope();
  return calls.finish();
}

/** Calls each function and export n times, on a page by itself and on one that serves the module, and gives their number. */
export async function run(seed, n) {
  const random = randomFrom(seed);
  const alone = await callAll(await newRawModule(), random, n);
  const module = await newRawModule();
  attach(module);
  return alone + (await callAll(module, random, n));
}
