import { Card, describe } from "./card.js";
import { FileCheck } from "./file.js";
import { HistogramPattern } from "./histogram.js";
import { loadImage } from "./image.js";
import { InstancesPattern, mostFrameBytes } from "./instances.js";
import { loadMesh } from "./meshfile.js";
import { MeshPattern } from "./mesh.js";
import { Pace } from "./pace.js";
import { StatsTable } from "./stats.js";
import { TexturePattern } from "./texture.js";

/** More would only let a slow GPU fall further behind what the reader does. */
export const maxFramesInFlight = 3;

const uniformBytes = 64 << 10;
const longestStep = 100; // milliseconds that a frame moves things on, at most
const statsInterval = 250; // milliseconds

/** How each card's pattern is made. */
const plans = {
  mesh: async (context) => new MeshPattern({ ...context, mesh: await loadMesh("assets/bunny.bin") }),
  texture: async (context) => new TexturePattern({ ...context, image: await context.image }),
  instances: async (context) => new InstancesPattern(context),
  histogram: async (context) => new HistogramPattern({ ...context, image: await context.image }),
};

/** What begins at the same time: one at a time where time is measured, so that it is one's own. */
const turns = [["mesh"], ["histogram"], ["texture", "instances"]];

/** What the page does with one open system. */
export class Show {
  /** @type {import("../gpubuffers.js").GPUBufferSystem} */
  #gpu;
  #still;
  #motion;
  #frameData;
  #file;
  #stats = new StatsTable(new Card("stats"));
  #pace = new Pace();
  #seconds;
  #patterns = [];
  #visible = new Set(); // cards, by their elements
  #watching = new IntersectionObserver((entries) => this.#see(entries));
  #ended = new AbortController();
  #turning;
  #ticking;

  constructor({ gpu, motion, still, roundBytes }) {
    this.#gpu = gpu;
    this.#still = still;
    this.#motion = motion;
    this.#seconds = motion.start;
    this.#file = new FileCheck({ gpu, card: new Card("file"), roundBytes });
    this.#frameData = gpu.createDynamicBuffer({
      label: "frame data",
      size: mostFrameBytes() + uniformBytes,
      usage: GPUBufferUsage.VERTEX | GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_SRC,
    });
  }

  /** Runs every pattern; resolves when each has its verdict. */
  async start() {
    this.#ticking = setInterval(() => this.#report(), statsInterval);
    this.#turning = requestAnimationFrame(this.#turn);
    const image = loadImage("assets/picture.jpg");
    image.catch(() => {}); // is met again where the image is used
    for (const ids of turns) await Promise.all(ids.map((id) => this.#begin(new Card(id), plans[id], image)));
    if (this.#still) await this.#settle();
  }

  destroy() {
    this.#ended.abort();
    this.#halt();
    this.#watching.disconnect();
    for (const pattern of this.#patterns) pattern.destroy();
    this.#file.destroy();
    this.#stats.destroy();
    this.#gpu.destroy();
  }

  async #begin(card, make, image) {
    const context = { gpu: this.#gpu, card, image, frameData: this.#frameData, pace: this.#pace, still: this.#still };
    card.running("loading");
    this.#watching.observe(card.element);
    try {
      const pattern = await make(context);
      if (this.#ended.signal.aborted) return pattern.destroy();
      this.#patterns.push(pattern);
      this.#offerAgain(pattern);
      await this.#run(pattern);
    } catch (error) {
      card.failed(describe(error));
    }
  }

  #offerAgain(pattern) {
    const again = pattern.card.find("[data-action=again]");
    again?.addEventListener("click", () => this.#run(pattern), { signal: this.#ended.signal });
  }

  async #run(pattern) {
    const again = pattern.card.find("[data-action=again]") ?? {};
    again.disabled = true;
    try {
      await pattern.run();
      again.disabled = false;
    } catch (error) {
      pattern.card.failed(describe(error));
    }
  }

  #see(entries) {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) this.#visible.add(target);
      else this.#visible.delete(target);
    }
  }

  /** A pattern that is still at work is drawn even where nobody sees it: its work goes with the frames. */
  #drawn({ card, moving, stale }) {
    if (card.state === "running") return moving;
    return (this.#still ? stale : moving) && this.#visible.has(card.element);
  }

  #turn = (now) => {
    this.#turning = requestAnimationFrame(this.#turn);
    const step = Math.min(this.#pace.turn(now), longestStep);
    if (!this.#motion.paused) this.#seconds += step / 1000;
    this.#draw(this.#patterns.filter((pattern) => this.#drawn(pattern)));
  };

  #draw(patterns) {
    const frame = patterns.length > 0 && this.#openFrame();
    if (!frame) return;
    let current;
    try {
      for (current of patterns) current.draw(frame, this.#seconds);
      const start = performance.now();
      frame.submit();
      this.#pace.submitted(performance.now() - start);
    } catch (error) {
      frame.discard();
      this.#drop(current, error);
    }
  }

  /** No frame where the GPU is behind by as many as may be in flight. */
  #openFrame() {
    try {
      return this.#gpu.frame();
    } catch (error) {
      if (error.code === "busy") return null;
      this.#halt();
      if (error.code === "device-lost") return null; // the page says so
      throw error;
    }
  }

  #drop(pattern, error) {
    this.#patterns = this.#patterns.filter((other) => other !== pattern);
    pattern.card.failed(describe(error));
    pattern.destroy();
  }

  #report() {
    const stats = this.#gpu.stats();
    this.#stats.show(stats);
    for (const pattern of this.#patterns) pattern.report?.(stats, maxFramesInFlight);
  }

  #halt() {
    cancelAnimationFrame(this.#turning);
    clearInterval(this.#ticking);
  }

  /** Draws everything once more, whatever was seen so far; afterwards a picture is drawn where its size changes. */
  async #settle() {
    this.#draw(this.#patterns.filter((pattern) => pattern.draw));
    await this.#gpu.device.queue.onSubmittedWorkDone();
    this.#report();
  }
}
