import { COPY_SRC, VERTEX, api, contents, ok, pattern, same, sameBytes } from "./check.js";

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

/** A read goes on though nobody but its promise is left. */
export const droppedWhileReading = async () => {
  const gpu = await api.open();
  const b = gpu.createDeviceBuffer({ size: 4 << 20, usage: VERTEX });
  b.write(0, pattern(1024));
  for (let i = 0; i < 2; i++) {
    const frame = gpu.frame();
    const read = (() => gpu.createReadbackBuffer().read(b, 0, 1024))();
    for (let k = 0; k < 4; k++) {
      gc();
      await new Promise((resolve) => setTimeout(resolve, 10));
      for (let n = 0; n < 4000; n++) gpu.createReadbackBuffer({ label: "x".repeat(1000) }).destroy();
    }
    frame.submit();
    sameBytes(await read, pattern(1024), "what was read");
  }
  gpu.destroy();
};
