// Go's own loader, wasm_exec.js. It finds four globals, or makes them, and a Go program looks for three of them when
// it begins. They are there while one of these runs, and the page has its own at all other times.

/** Calls f while globals have these values; f must not wait. */
export function withGlobals(globals, f) {
  const before = Object.keys(globals).map((name) => ({ name, own: Object.getOwnPropertyDescriptor(globalThis, name) }));
  for (const { name, own } of before) {
    Object.defineProperty(globalThis, name, { value: globals[name], writable: true, configurable: own?.configurable ?? true });
  }
  try {
    return f();
  } finally {
    for (const { name, own } of before) {
      if (own) Object.defineProperty(globalThis, name, own);
      else delete globalThis[name];
    }
  }
}

let loaded;

/** The loader's class, and the globals that its programs need. */
function load() {
  loaded ??= withGlobals({ Go: undefined, fs: undefined, process: undefined, path: undefined }, () => {
    require("../wasm_exec.js"); // which the bundle has
    const { Go, fs, process, path } = globalThis;
    return { Go, needed: { fs, process, path } };
  });
  return loaded;
}

/** A program that is yet to be loaded: what to import, and how to run an instance. */
export function newProgram() {
  const { Go, needed } = load();
  const go = new Go();
  const { gojs } = go.importObject;
  const write = gojs["runtime.wasmWrite"]; // of what a program says when it ends by a fault
  gojs["runtime.wasmWrite"] = (sp) => withGlobals(needed, () => write(sp));
  return {
    imports: go.importObject,
    /** Runs it until it waits, and gives what it left in a global, with a promise of its end. */
    run(instance, name) {
      return withGlobals({ ...needed, [name]: undefined }, () => ({ end: go.run(instance), left: globalThis[name] }));
    },
  };
}
