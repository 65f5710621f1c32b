// Ten thousand frames, over which nothing grows.
import { collectGo, memory, values } from "./collect.js";
import { counts } from "./counts.js";
import { STORAGE, UNIFORM, ok, pattern, same, withSystem } from "/module/check.js";

const KiB = 1 << 10;
const settling = 8_000; // frames until everything that is kept is there, and Go's heap has found its size
const frames = 10_000;
const between = 2_000; // frames between two collections
const inFlight = 3;

/** All that a frame of an application does, small. */
class Frames {
  #gpu;
  #dynamic;
  #target;
  #staging;
  #readback;
  #update = pattern(256);
  #whole = pattern(64 * KiB);
  #part = pattern(4 * KiB);
  #into = Array.from({ length: inFlight }, () => new Uint8Array(256));
  #reads = new Array(inFlight).fill(undefined);

  constructor(gpu) {
    this.#gpu = gpu;
    this.#dynamic = gpu.createDynamicBuffer({ label: "dynamic", size: 64 * KiB, usage: UNIFORM });
    this.#target = gpu.createDeviceBuffer({ label: "target", size: 64 * KiB, usage: STORAGE });
    this.#staging = gpu.createImmediateStagingBuffer({ label: "staging", size: 4 * KiB });
    this.#readback = gpu.createReadbackBuffer({ label: "results" });
  }

  async run(count) {
    for (let i = 0; i < count; i++) await this.#frame(i % inFlight);
    await Promise.all(this.#reads);
    await this.#gpu.device.queue.onSubmittedWorkDone();
    sameEnds(this.#into[0], this.#part);
  }

  async #frame(turn) {
    const frame = await this.#gpu.nextFrame();
    await this.#reads[turn];
    for (let i = 0; i < 100; i++) this.#dynamic.write(this.#update);
    this.#target.write(0, this.#whole);
    this.#staging.reset();
    this.#staging.write(this.#part);
    this.#staging.uploadTo(frame.encoder, this.#target, 4 * KiB);
    this.#reads[turn] = this.#readback.read(this.#target, 4 * KiB, 256, { into: this.#into[turn] });
    frame.submit();
  }
}

function sameEnds(got, want) {
  same([got[0], got.at(-1)], [want[0], want[got.length - 1]], "what was read");
}

/** Collects the garbage of both collectors. */
async function collect(gpu) {
  await collectGo(gpu);
  gc();
  await new Promise((resolve) => setTimeout(resolve, 0));
  gc();
}

/** What is kept after so many frames. Sizes are in KiB. */
async function measureAfter(count, gpu, app) {
  for (let done = 0; done < count; done += between) {
    await app.run(between);
    await collect(gpu);
  }
  return {
    heap: performance.memory.usedJSHeapSize / KiB,
    values: values(),
    memory: memory() / KiB,
    buffers: counts.made - counts.destroyed,
    made: counts.made,
    mappable: gpu.stats().mappable / KiB,
  };
}

/**
 * How much more there may be after the frames: less than 13 bytes a frame of the heap, whose size varies
 * by 60 KiB (measured); a sixth of an object a frame; and two of the steps by which Go's heap grows, of which
 * one may be due (measured).
 */
const most = { heap: 128, values: 1_600, memory: 512, buffers: 0, made: 0, mappable: 0 };

export const tenThousandFrames = () =>
  withSystem(async (gpu) => {
    const app = new Frames(gpu);
    const before = await measureAfter(settling, gpu, app);
    const after = await measureAfter(frames, gpu, app);
    console.log(`before ${JSON.stringify(before)}\nafter ${JSON.stringify(after)}`);
    for (const [what, amount] of Object.entries(most)) {
      ok(after[what] - before[what] <= amount, `${what}: ${before[what]} grew to ${after[what]} over ${frames} frames, more than by ${amount}`);
    }
  }, { maxFramesInFlight: inFlight }); // by default how many there are is the GPU's doing, and with them the buffers that are kept
