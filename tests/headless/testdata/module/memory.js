import { STORAGE, api, ok, pattern, same, sameBytes, throws } from "./check.js";

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** A system on a device that has no memory for what is labelled "none", and what onError heard. */
async function withoutMemory(test) {
  const adapter = await navigator.gpu.requestAdapter();
  if (adapter.info.architecture !== "swiftshader") return; // a GPU may have the memory
  const huge = 2 ** 30;
  const device = await adapter.requestDevice({ requiredLimits: { maxBufferSize: huge } });
  const { createBuffer } = GPUDevice.prototype;
  device.createBuffer = (descriptor) => createBuffer.call(device, descriptor.label === "none" ? { ...descriptor, size: huge - 4 } : descriptor);
  const errors = [];
  const gpu = await api.open({ device, onError: (error) => errors.push(error) });
  const make = (label) => gpu.createDeviceBuffer({ label, size: 64, usage: STORAGE });
  const heard = async (count) => {
    for (let i = 0; i < 100 && errors.length < count; i++) await sleep(10);
    await device.queue.onSubmittedWorkDone();
    await sleep(20); // none comes twice
    return errors.splice(0).map(({ operation, label, code }) => `${operation} ${label} ${code}`);
  };
  await test({ gpu, device, make, heard });
  gpu.destroy();
  device.destroy();
}

/** The small buffers of a task are checked together. The one that is not there is found, and no other. */
export const oneOfMany = () =>
  withoutMemory(async ({ gpu, make, heard }) => {
    const readback = gpu.createReadbackBuffer();
    for (const wait of [() => {}, () => sleep(50)]) { // the read is short, and made here or by the module
      const others = Array.from({ length: 500 }, () => make("other")); // each is asked ahead of the one that is not there
      const [before, none, after] = ["before", "none", "after"].map(make);
      make("destroyed").destroy();
      before.write(0, pattern(64));
      ok(none.valid, "nobody knows yet");
      await wait();
      sameBytes(await readback.read(before), pattern(64));
      same([before, none, after].map(({ valid }) => valid), [true, false, true], "which are valid when a read resolves");
      throws("out-of-memory", () => none.write(0, pattern(64)), "write", "none");
      same(await heard(1), ["createDeviceBuffer none out-of-memory"], "onError");
      for (const b of [before, none, after, ...others]) b.destroy();
    }
  });

/** A lack of memory for a small buffer is an error of the page's device, too; the check is none. */
export const scopesOfThePage = () =>
  withoutMemory(async ({ gpu, device, make, heard }) => {
    device.pushErrorScope("out-of-memory");
    device.pushErrorScope("validation");
    const none = make("none");
    const [validation, memory] = [device.popErrorScope(), device.popErrorScope()];
    same(await validation, null, "what the page's scope for mistakes catches");
    ok((await memory) instanceof GPUOutOfMemoryError, "what the page's scope for memory catches");
    await gpu.createReadbackBuffer().read(make("other"));
    same(none.valid, false, "valid");
    same(await heard(1), ["createDeviceBuffer none out-of-memory"], "onError");
  });

/** Where the page's own object had no memory, onError hears that as well. */
export const memoryOfThePage = () =>
  withoutMemory(async ({ device, make, heard }) => {
    make("small");
    device.createBuffer({ label: "none", size: 16, usage: STORAGE });
    same(await heard(1), ["uncapturederror  out-of-memory"], "onError");
  });
