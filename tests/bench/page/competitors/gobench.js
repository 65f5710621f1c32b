// Loads the Go program of the benchmark, once. Its methods take the two functions of a promise first.

let loading;

async function load() {
  await import("../dist/wasm_exec.js");
  const go = new globalThis.Go();
  const { instance } = await WebAssembly.instantiateStreaming(fetch(new URL("../dist/gowasm.wasm", import.meta.url)), go.importObject);
  go.run(instance);
  return promising(globalThis.goBench);
}

export const goBench = () => (loading ??= load());

/** The same object with methods that return promises. */
export function promising(object) {
  const entries = Object.entries(object).map(([name, method]) => [name, (...args) => new Promise((resolve, reject) => method(resolve, reject, ...args))]);
  return Object.fromEntries(entries);
}
