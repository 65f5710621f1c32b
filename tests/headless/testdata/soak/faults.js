// What goes wrong between two frames.
import { COPY_SRC, STORAGE, ok, rejects, same, throws } from "/module/check.js";
import { capacity, piece } from "./mix.js";

const errorOf = (promise) => promise.then(() => undefined, (error) => error);

export const faults = {
  async "fault: a copy is refused"(mix) {
    const foreign = mix.gpu.device.createBuffer({ size: capacity, usage: COPY_SRC });
    const refused = rejects("validation", () => mix.all.read(foreign, 0, piece), "a read of what is destroyed");
    mix.read(mix.all); // beside it
    foreign.destroy();
    await refused;
    await mix.sent();
  },
  async "fault: a read is cancelled"(mix) {
    const [t, at] = mix.pick();
    const control = new AbortController();
    const read = errorOf(mix.all.read(t.buffer, at, piece, { signal: control.signal }));
    if (mix.below(2)) await null; // it is sent
    control.abort("enough");
    same(await read, "enough", "a read that is cancelled");
  },
  async "fault: a map is cancelled"(mix) {
    const deferred = rejects("map-aborted", () => mix.deferred.mapAsync(), "a map that is cancelled");
    mix.deferred.unmap();
    const native = rejects("map-aborted", () => mix.sink.mapAsync(GPUMapMode.READ), "a map that is cancelled");
    mix.sink.unmap();
    await Promise.all([deferred, native]);
  },
  async "fault: an upload is cancelled"(mix) {
    await mix.upload();
    if (mix.below(2)) await new Promise((resolve) => setTimeout(resolve));
    mix.stream.control.abort("enough");
    const { error } = await mix.stream.ended;
    if (error) same(error, "enough", "an upload that is cancelled");
    mix.drop();
  },
  async "fault: a stream fails"(mix) {
    const buffer = mix.gpu.createDeviceBuffer({ size: capacity, usage: STORAGE });
    const broken = new ReadableStream({ pull: (controller) => controller.error("broken") });
    same(await errorOf(buffer.upload(0, broken)), "broken", "an upload whose stream fails");
    buffer.destroy();
  },
  async "fault: there is no frame"(mix) {
    const most = 3;
    try {
      for (let i = 0; i <= most; i++) mix.gpu.frame().submit();
    } catch (error) {
      same(error.code, "busy", "one frame more");
    }
  },
  async "fault: a source is destroyed"(mix) {
    const { buffer } = mix.target();
    const sent = mix.all.read(buffer, 0, piece);
    await null;
    const frame = await mix.gpu.nextFrame();
    const unsent = rejects("destroyed", () => mix.all.read(buffer, 0, piece), "a read of what is destroyed");
    buffer.destroy();
    frame.submit();
    await Promise.all([sent, unsent]);
  },
  async "fault: a buffer is destroyed while it is uploaded to"(mix) {
    await mix.upload();
    mix.stream.buffer.destroy();
    const { error } = await mix.stream.ended;
    ok(!error || error.code === "destroyed", `an upload to what is destroyed: ${error}`);
    mix.drop();
  },
  async "fault: a readback buffer is destroyed"(mix) {
    for (const read of mix.pending.splice(0)) await mix.settle(read);
    const [t, at] = mix.pick();
    const read = rejects("destroyed", () => mix.all.read(t.buffer, at, piece), "a read whose readback buffer is destroyed");
    mix.all.destroy();
    mix.all = mix.gpu.createReadbackBuffer();
    await read;
  },
  "fault: a buffer is too large": (mix) => void throws("too-large", () => mix.gpu.createDeviceBuffer({ size: 2 ** 52, usage: STORAGE }), "too large"),
};
