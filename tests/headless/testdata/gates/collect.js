// Go's collector, of which the module's exports say nothing. It is imported before the module is started.
import { ok } from "/module/check.js";

// What the module runs in: Go's loader, which is inside of the bundle, keeps there what Go refers to.
let go;
Object.defineProperty(Object.prototype, "_ids", {
  configurable: true,
  set(value) {
    go = this;
    Object.defineProperty(this, "_ids", { value, writable: true, configurable: true, enumerable: true });
  },
});

/** How many JavaScript objects Go refers to. */
export const values = () => go._ids.size;

/** Bytes of the module's memory. */
export const memory = () => go._inst.exports.mem.buffer.byteLength;

/**
 * Has Go's garbage be collected. Its collector runs when its heap has grown, and only then lets go of the
 * JavaScript objects that it has used.
 */
export async function collectGo(gpu) {
  const label = "x".repeat(1000);
  for (let drops = 0, turns = 0; drops < 2; turns++) {
    ok(turns < 100, `Go's collector ran ${drops} times`);
    const before = go._ids.size;
    for (let i = 0; i < 200; i++) gpu.createReadbackBuffer({ label }).destroy();
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (go._ids.size < before) drops++;
  }
}
