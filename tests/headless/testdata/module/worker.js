import { withSystem, contents, pattern, sameBytes, STORAGE, UNIFORM, COPY_SRC } from "./check.js";

/** Runs in a module worker what a page would. */
async function work() {
  await withSystem(async (gpu) => {
    const b = gpu.createDeviceBuffer({ size: 64, usage: STORAGE });
    const staging = gpu.createImmediateStagingBuffer({ size: 32 });
    await staging.readFrom(new Blob([pattern(32, 1)]));
    const d = gpu.createDynamicBuffer({ size: 256, usage: UNIFORM | COPY_SRC });
    const frame = await gpu.nextFrame();
    staging.uploadTo(frame.encoder, b);
    const offset = d.write(pattern(32, 2));
    frame.encoder.copyBufferToBuffer(d.gpuBuffer, offset, b.gpuBuffer, 32, 32);
    frame.submit();
    const want = new Uint8Array(64);
    want.set(pattern(32, 1));
    want.set(pattern(32, 2), 32);
    sameBytes(await contents(gpu, b), want, "in a worker");
  });
}

if (typeof document === "undefined") work().then(() => postMessage(""), (error) => postMessage(String(error.stack)));
else globalThis.startWorker = () =>
  new Promise((resolve, reject) => {
    const worker = new Worker("/module/worker.js", { type: "module" });
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = (event) => reject(new Error(event.message));
  });

export const inAWorker = async () => {
  const failure = await globalThis.startWorker();
  if (failure) throw new Error(failure);
};
