// Ten thousand frames, over which nothing grows.
import { counts } from "./counts.js";
import { STORAGE, UNIFORM, ok, pattern, same, withSystem } from "/module/check.js";

const KiB = 1 << 10;
let memory; // of the module
const { instantiateStreaming } = WebAssembly;
WebAssembly.instantiateStreaming = async (...values) => {
  const result = await instantiateStreaming.apply(WebAssembly, values);
  memory = result.instance.exports.mem;
  return result;
};

export const tenThousandFrames = () => withSystem(async (gpu) => {
  const start = performance.now();
  const dynamic = gpu.createDynamicBuffer({ label: "dynamic", size: 64 * KiB, usage: UNIFORM });
  const target = gpu.createDeviceBuffer({ label: "target", size: 64 * KiB, usage: STORAGE });
  const staging = gpu.createImmediateStagingBuffer({ label: "staging", size: 4 * KiB });
  const rb = gpu.createReadbackBuffer({ label: "results" });
  const update = pattern(256), whole = pattern(64 * KiB), part = pattern(4 * KiB);
  const into = [new Uint8Array(256), new Uint8Array(256), new Uint8Array(256)];
  const reads = [undefined, undefined, undefined];
  for (let i = 0; i <= 10000; i++) {
    if (i % 500 === 0) {
      await Promise.all(reads);
      await gpu.device.queue.onSubmittedWorkDone();
      await new Promise((r) => setTimeout(r, 5));
      gc(); gc();
      console.log(i, Math.round(performance.now() - start), performance.memory.usedJSHeapSize / 1024, memory.buffer.byteLength / 65536, counts.made - counts.destroyed, gpu.stats().mappable);
    }
    const frame = await gpu.nextFrame();
    await reads[i % 3];
    for (let k = 0; k < 100; k++) dynamic.write(update);
    target.write(0, whole);
    staging.reset();
    staging.write(part);
    staging.uploadTo(frame.encoder, target, 4096);
    reads[i % 3] = rb.read(target, 0, 256, { into: into[i % 3] });
    frame.submit();
  }
});
