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

const refuse = () => {
  throw new Error("hostile");
};

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
  ["-0", () => -0],
  ["1.5", () => 1.5],
  ["3", () => 3],
  ["2^31", () => 2 ** 31],
  ["2^32", () => 2 ** 32],
  ["2^53 - 1", () => 2 ** 53 - 1],
  ["2^53", () => 2 ** 53],
  ["1e300", () => 1e300],
  ["a BigInt", () => 16n],
  ["a Symbol", () => Symbol("x")],
  ["{}", () => ({})],
  ["[]", () => []],
  ["[NaN, {}]", () => [NaN, {}]],
  ["a function", () => refuse],
  ["a Promise", () => Promise.resolve(1)],
  ["a Date", () => new Date()],
  ["a null prototype", () => Object.create(null)],
  ["a throwing valueOf", () => ({ valueOf: refuse, toString: refuse, [Symbol.toPrimitive]: refuse })],
  ["throwing getters", hostileGetters],
  ["a throwing iterator", () => ({ [Symbol.iterator]: refuse, length: 2 })],
  ["a hostile Proxy", () => new Proxy({}, hostileHandler)],
  ["a hostile Proxy of a function", () => new Proxy(function () {}, hostileHandler)],
  ["a hostile Proxy of an array", () => new Proxy([1, 2], hostileHandler)],
  ["a hostile Proxy of a view", () => new Proxy(new Uint8Array(16), hostileHandler)],
  ["a revoked Proxy", revoked],
  ["a detached ArrayBuffer", detached],
  ["a detached view", detachedView],
  ["an empty view", () => new Uint8Array(0)],
  ["a fake view", () => Object.create(Uint8Array.prototype)],
  ["a fake GPUBuffer", () => Object.create(GPUBuffer.prototype)],
  ["a fake GPUCommandEncoder", () => Object.create(GPUCommandEncoder.prototype)],
  ["a fake GPUTexture", () => Object.create(GPUTexture.prototype)],
  ["a fake AbortSignal", () => Object.create(AbortSignal.prototype)],
  ["document", () => globalThis.document],
  ["globalThis", () => globalThis],
];
