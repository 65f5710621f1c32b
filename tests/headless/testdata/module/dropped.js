import { COPY_SRC, VERTEX, api, contents, ok, same } from "./check.js";

/** An object dropped without destroy is reported; one whose GPUBuffer was taken is not. */
export const droppedObjects = async () => {
  if (!globalThis.gc) throw new Error("this test needs --js-flags=--expose-gc");
  const records = [];
  const gpu = await api.open({ onLog: (record) => records.push(record) });
  const natives = [];
  (() => {
    for (let i = 0; i < 50; i++) gpu.createDeviceBuffer({ label: "dropped", size: 16, usage: VERTEX });
    natives.push(gpu.createDeviceBuffer({ label: "taken", size: 16, usage: VERTEX | COPY_SRC }).gpuBuffer);
  })();
  for (let i = 0; i < 100 && gpu.stats().leaks === 0; i++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 20));
    // Go's own collector runs when its heap has grown.
    for (let k = 0; k < 200; k++) gpu.createReadbackBuffer({ label: "x".repeat(1000) }).destroy();
  }
  ok(gpu.stats().leaks > 0, "leaks are counted");
  await null;
  const record = records.find(({ message }) => message === "buffer was never destroyed");
  same([record.level, record.fields.kind, record.fields.label], ["warn", "DeviceBuffer", "dropped"], "record");
  ok(!records.some(({ fields }) => fields.label === "taken"), "a GPUBuffer that was taken is kept");
  await contents(gpu, natives[0]);
  gpu.destroy();
};
