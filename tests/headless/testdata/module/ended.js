import { VERTEX, api, rejects, same } from "./check.js";
import { allRefused, calls, makeAll, questions } from "./objects.js";

/** Once the module has ended every call fails in the same way, and the next open loads another. */
export const endedModule = async () => {
  const imports = [];
  const { instantiateStreaming } = WebAssembly;
  WebAssembly.instantiateStreaming = (response, object) => {
    imports.push(object);
    return instantiateStreaming(response, object);
  };
  const wasm = "/gpubuffers.wasm?ended";
  const gpu = await api.open({ wasm });
  const all = makeAll(gpu);
  const frame = gpu.frame();
  const pending = all.readback.read(all.buffer); // waits for the frame, and for ever
  const asked = gpu.calibrate();
  const streaming = all.buffer.upload(0, new ReadableStream()); // which never delivers
  imports[0].gojs["runtime.wasmExit"](0);
  await new Promise((resolve) => setTimeout(resolve)); // a creation calls nothing that would notice before
  await allRefused("internal", { ...calls(gpu, all, frame), ...questions(gpu), range: () => all.mappable.mappedRange(), unmap: () => all.mappable.unmap() });
  await rejects("internal", () => pending, "a read that is pending");
  await rejects("internal", () => asked, "a call that waits");
  await rejects("internal", () => streaming, "an upload that waits for its stream");
  for (const object of Object.values(all)) object.destroy();
  gpu.destroy();
  const next = await api.open({ wasm });
  next.createDeviceBuffer({ size: 16, usage: VERTEX });
  same(imports.length, 2, "instances");
  next.destroy();
  WebAssembly.instantiateStreaming = instantiateStreaming;
};
