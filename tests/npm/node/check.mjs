// What the package does on a server: nothing, until open, which rejects.
import assert from "node:assert/strict";

const before = Reflect.ownKeys(globalThis);
Object.defineProperty(globalThis, "navigator", { configurable: true, get: () => assert.fail("navigator was touched") });
const gpubuffers = await import("gpubuffers");
Reflect.deleteProperty(globalThis, "navigator");
assert.deepEqual(Reflect.ownKeys(globalThis).filter((name) => !before.includes(name)), [], "globals that were made");

let fetched = 0;
globalThis.fetch = async () => void fetched++;
await assert.rejects(gpubuffers.open(), (error) => {
  assert(error instanceof gpubuffers.UsageError);
  assert.deepEqual([error.name, error.code, error.operation], ["UsageError", "unsupported", "open"]);
  assert.match(error.message, /there is no WebGPU/);
  return true;
});
assert.equal(fetched, 0, "files that were fetched");
assert(import.meta.resolve("gpubuffers/gpubuffers.wasm").endsWith("/gpubuffers.wasm"));
assert(import.meta.resolve("gpubuffers/package.json").endsWith("/package.json"));
assert.throws(() => import.meta.resolve("gpubuffers/LICENSE"), { code: "ERR_PACKAGE_PATH_NOT_EXPORTED" });
