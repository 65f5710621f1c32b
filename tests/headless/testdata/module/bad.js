// Values that no method should be given, each made anew.
function detached() {
  const buffer = new ArrayBuffer(16);
  structuredClone(buffer, { transfer: [buffer] });
  return buffer;
}

function detachedView() {
  const view = new Uint8Array(16);
  structuredClone(view.buffer, { transfer: [view.buffer] });
  return view;
}

/** A view of memory that is smaller by now than where the view begins. */
function outside() {
  const memory = new ArrayBuffer(64, { maxByteLength: 64 });
  const view = new Float32Array(memory, 32, 4);
  memory.resize(16);
  return view;
}

/** What values of the tests' own throw. */
export class Hostile extends Error {}

const refuse = () => {
  throw new Hostile("hostile");
};

/** Objects that are not what instanceof takes them for. */
const forgeries = new WeakSet();
export const isForged = (value) => value !== null && typeof value === "object" && forgeries.has(value);

export function forged(value) {
  forgeries.add(value);
  return value;
}

const fake = (type) => forged(Object.create(type.prototype));
const answers = (length) => ({ get: (list, name) => (name === "length" ? length(list) : list[name]) });

export const hugeLists = {
  "a list of 2^32 - 1 holes": () => new Array(2 ** 32 - 1),
  "a list that says it has 2^33 elements": () => new Proxy([], answers(() => 2 ** 33)),
  "a list of -1 elements": () => new Proxy([], answers(() => -1)),
  "a list of NaN elements": () => new Proxy([], answers(() => NaN)),
  "a list that grows": () => new Proxy([1], answers((list) => list.push(1))),
};

class Bytes extends Uint8Array {
  get byteLength() {
    return 1 << 20;
  }
}

function locked() {
  const stream = new ReadableStream();
  stream.getReader();
  return stream;
}

function spent() {
  const response = new Response("x");
  response.text();
  return response;
}

const traps = ["get", "set", "has", "getPrototypeOf", "getOwnPropertyDescriptor", "ownKeys", "apply", "construct", "isExtensible"];
const hostileHandler = Object.fromEntries(traps.map((trap) => [trap, refuse]));

function revoked() {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

const getters = ["label", "size", "usage", "texture", "device", "wasm", "signal", "into", "length", "buffer", "byteLength", "then", "encoder"];
const hostileGetters = () => Object.defineProperties({}, Object.fromEntries(getters.map((name) => [name, { get: refuse, enumerable: true }])));

/** Pairs of a name and a function that makes the value. */
export const badValues = [
  ["undefined", () => undefined],
  ["null", () => null],
  ["true", () => true],
  ["an empty string", () => ""],
  ["a numeric string", () => "16"],
  ["NaN", () => NaN],
  ["Infinity", () => Infinity],
  ["-Infinity", () => -Infinity],
  ["-1", () => -1],
  ["-(2^31)", () => -(2 ** 31)],
  ["-0", () => -0],
  ["1.5", () => 1.5],
  ["3", () => 3],
  ["2^31 - 1", () => 2 ** 31 - 1],
  ["2^31", () => 2 ** 31],
  ["2^32", () => 2 ** 32],
  ["2^53 - 1", () => 2 ** 53 - 1],
  ["2^53", () => 2 ** 53],
  ["2^64", () => 2 ** 64],
  ["1e300", () => 1e300],
  ["Number.MIN_VALUE", () => Number.MIN_VALUE],
  ["a Number", () => new Number(16)],
  ["a BigInt", () => 16n],
  ["a Symbol", () => Symbol("x")],
  ["a long string", () => "x".repeat(1 << 16)],
  ["half a character", () => "\ud800"],
  ["{}", () => ({})],
  ["[]", () => []],
  ["[NaN, {}]", () => [NaN, {}]],
  ["[1, 2, 1, 1]", () => [1, 2, 1, 1]],
  ["an unknown option", () => ({ unknown: 1 })],
  ["an own symbol", () => ({ [Symbol("x")]: 1 })],
  ...Object.entries(hugeLists),
  ["a function that throws", () => refuse],
  ["a class", () => class {}],
  ["a Promise", () => Promise.resolve(1)],
  ["a Date", () => new Date()],
  ["a null prototype", () => Object.create(null)],
  ["a throwing valueOf", () => ({ valueOf: refuse, toString: refuse, [Symbol.toPrimitive]: refuse })],
  ["throwing getters", hostileGetters],
  ["a throwing then", () => Object.defineProperty({}, "then", { get: refuse })],
  ["a throwing iterator", () => ({ [Symbol.iterator]: refuse, length: 2 })],
  ["a hostile Proxy", () => new Proxy({}, hostileHandler)],
  ["a hostile Proxy of a function", () => new Proxy(function () {}, hostileHandler)],
  ["a hostile Proxy of an array", () => new Proxy([1, 2], hostileHandler)],
  ["a hostile Proxy of a view", () => forged(new Proxy(new Uint8Array(16), hostileHandler))],
  ["a revoked Proxy", revoked],
  ["a detached ArrayBuffer", detached],
  ["a detached view", detachedView],
  ["an empty view", () => new Uint8Array(0)],
  ["shared memory", () => new SharedArrayBuffer(16)],
  ["resizable memory", () => new ArrayBuffer(16, { maxByteLength: 64 })],
  ["a DataView on growable memory", () => new DataView(new SharedArrayBuffer(16, { maxByteLength: 64 }))],
  ["a view of a class that lies", () => new Bytes(16)],
  ["a view outside of its memory", outside],
  ["15 bytes", () => new ArrayBuffer(15)],
  ["a fake view", () => fake(Uint8Array)],
  ["a fake GPUBuffer", () => fake(GPUBuffer)],
  ["a fake GPUCommandEncoder", () => fake(GPUCommandEncoder)],
  ["a fake GPUTexture", () => fake(GPUTexture)],
  ["a fake AbortSignal", () => fake(AbortSignal)],
  ["an aborted signal", () => AbortSignal.abort()],
  ["a stream that fails", () => new ReadableStream({ pull: refuse })],
  ["a stream that is locked", locked],
  ["a stream that cannot be cancelled", () => new ReadableStream({ pull: (c) => c.enqueue("x"), cancel: refuse })],
  ["a Response that was read", spent],
  ["a Response of an error", () => Response.error()],
  ["document", () => globalThis.document],
  ["globalThis", () => globalThis],
];
