// What the types and the documents promise, and no other file of these tests is about.
import { api, ok, same } from "./check.js";

const loadersGlobals = ["Go", "fs", "process", "path", "gpubuffersRaw"];

/** The page's globals are its own, also those that Go's loader would take, and the module is not confused by them. */
export const globalsOfThePage = async () => {
  const others = new Set(Object.getOwnPropertyNames(globalThis));
  await opens("?nothing");
  same(Object.getOwnPropertyNames(globalThis).filter((name) => !others.has(name)), [], "globals that a page is left with");

  let accessed = 0;
  const own = {
    Go: { value: class {}, writable: true, configurable: true, enumerable: true },
    fs: { value: { promises: {}, readFile() {} }, writable: true, configurable: false, enumerable: true }, // as var makes it
    process: { value: { env: {} }, writable: true, configurable: true, enumerable: false },
    path: { get: () => accessed++, configurable: true, enumerable: true },
    gpubuffersRaw: { value: "the page's", writable: true, configurable: true, enumerable: true },
  };
  Object.defineProperties(globalThis, own);
  const described = () => loadersGlobals.map((name) => Object.getOwnPropertyDescriptor(globalThis, name));
  const before = described();
  await opens("?own");
  for (const [i, now] of described().entries()) {
    for (const key of ["value", "get", "writable", "configurable", "enumerable"]) ok(now[key] === before[i][key], `${loadersGlobals[i]}: its ${key} is left alone`);
  }
  same(accessed, 0, "calls of the page's getter");
  globalThis.fs = undefined; // it cannot be deleted
  for (const name of loadersGlobals) if (name !== "fs") delete globalThis[name];
};

/** What a program says when it ends reaches the console, whatever the page calls fs. */
export const wordsOfAFault = async () => {
  const { instantiateStreaming } = WebAssembly;
  let write, memory;
  WebAssembly.instantiateStreaming = async (response, imports) => {
    const result = await instantiateStreaming(response, imports);
    write = imports.gojs["runtime.wasmWrite"];
    memory = result.instance.exports.mem;
    return result;
  };
  await opens("?fault");
  WebAssembly.instantiateStreaming = instantiateStreaming;

  const [place, text] = [64, new TextEncoder().encode("goodbye\n")];
  const view = new DataView(memory.buffer);
  [2, place, text.length].forEach((n, i) => view.setBigInt64(8 + 8 * i, BigInt(n), true)); // a file, an address, a length
  new Uint8Array(memory.buffer).set(text, place);
  const said = [];
  const { log } = console;
  console.log = (line) => said.push(line);
  globalThis.fs = {};
  try {
    write(0);
  } finally {
    console.log = log;
    globalThis.fs = undefined;
  }
  same(said, ["goodbye"], "said");
};

/** Opens a system of a module that is loaded for it. */
async function opens(query) {
  const gpu = await api.open({ wasm: `/gpubuffers.wasm${query}` });
  gpu.createDeviceBuffer({ size: 16, usage: GPUBufferUsage.VERTEX });
  gpu.destroy();
}
