import { describe } from "./card.js";
import { sha256 } from "./digest.js";
import { bytes, count, milliseconds, rate } from "./format.js";

const chunkBytes = 4 << 20;
const lanes = 3; // chunks on their way at a time
const largest = 1 << 30; // bytes: both digests need the whole file in memory
const largestBuffer = 256 << 20;

/** Sends a file of the reader's to the GPU and back, and compares the digests. */
export class FileCheck {
  /** @type {import("../gpubuffers.js").GPUBufferSystem} */
  #gpu;
  #card;
  #roundBytes;
  #progress;
  #running = Promise.resolve();
  #current = new AbortController(); // of the file at work
  #listening = new AbortController();

  /** A file larger than roundBytes goes through the GPU's buffer in several rounds. */
  constructor({ gpu, card, roundBytes = largestBuffer }) {
    this.#gpu = gpu;
    this.#card = card;
    this.#roundBytes = Math.min(aligned(roundBytes), gpu.device.limits.maxBufferSize);
    this.#progress = card.find("progress");
    this.#listen();
  }

  destroy() {
    this.#listening.abort();
    this.#current.abort();
    this.#card.find("input").disabled = true;
  }

  #listen() {
    const { signal } = this.#listening;
    const input = this.#card.find("input");
    input.disabled = false;
    input.addEventListener("change", () => {
      this.#take(input.files[0]);
      input.value = ""; // the same file may be chosen again
    }, { signal });

    const { classList } = document.documentElement;
    const over = (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      classList.add("dragging");
    };
    addEventListener("dragover", over, { signal });
    addEventListener("dragleave", (event) => event.relatedTarget ?? classList.remove("dragging"), { signal });
    addEventListener("drop", (event) => {
      classList.remove("dragging");
      if (!event.dataTransfer?.files.length) return;
      event.preventDefault();
      this.#take(event.dataTransfer.files[0]);
    }, { signal });
  }

  /** Checks a file; one that is still at work is given up. */
  #take(file) {
    if (!file) return;
    this.#current.abort();
    this.#current = new AbortController();
    const { signal } = this.#current;
    this.#running = this.#running.then(() => this.#check(file, signal));
  }

  async #check(file, signal) {
    this.#card.show({ name: `${file.name}, ${bytes(file.size)}`, up: "–", down: "–", digest: "–" });
    this.#card.note({ bytes: file.size, digest: "" });
    this.#progress.value = 0;
    this.#card.running("to the GPU and back");
    try {
      await this.#compare(file, signal);
    } catch (error) {
      if (!signal.aborted) this.#card.failed(describe(error));
    }
  }

  async #compare(file, signal) {
    if (file.size > largest) {
      throw new Error(`${file.name} has ${bytes(file.size)}; this page checks files of up to ${bytes(largest)}.`);
    }
    const before = await sha256(await file.arrayBuffer());
    const { back, up, down } = await this.#through(file, signal);
    const after = await sha256(back);
    signal.throwIfAborted();
    this.#progress.value = 1;
    this.#card.note({ digest: after });
    this.#card.show({
      up: file.size > 0 ? `${milliseconds(up)}, ${rate(file.size, up)}` : "nothing to send",
      down: file.size > 0 ? `${milliseconds(down)}, ${rate(file.size, down)}` : "nothing to read",
      digest: after,
    });
    if (after !== before) throw new Error(`the digest of what came back is not the file's, ${before}`);
    this.#card.verified(`the SHA-256 of all ${count(back.length)} bytes that came back is the file's.`);
  }

  /** Sends a file through a GPU buffer; back is what came out. */
  async #through(file, signal) {
    const passage = { back: new Uint8Array(file.size), up: 0, down: 0 };
    if (file.size === 0) return passage; // there is no buffer of size 0
    const buffer = this.#gpu.createDeviceBuffer({
      label: file.name,
      size: Math.min(aligned(file.size), this.#roundBytes),
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC,
    });
    try {
      for (let at = 0; at < file.size; at += buffer.size) {
        await this.#round(file.slice(at, at + buffer.size), buffer, passage, at, signal);
      }
    } finally {
      buffer.destroy();
    }
    return passage;
  }

  async #round(part, buffer, passage, at, signal) {
    const advance = (n) => {
      this.#progress.value += n / (2 * passage.back.length);
    };
    const start = performance.now();
    await this.#upload(part, buffer, advance, signal);
    await this.#gpu.device.queue.onSubmittedWorkDone();
    const between = performance.now();
    await this.#readBack(buffer, passage.back.subarray(at, at + part.size), advance, signal);
    passage.up += between - start;
    passage.down += performance.now() - between;
  }

  async #upload(part, buffer, advance, signal) {
    const chunks = chunksOf(part.size);
    const size = Math.min(chunkBytes, aligned(part.size));
    const send = async () => {
      const staging = this.#gpu.createDeferredStagingBuffer({ label: "file chunk", size });
      try {
        for (const [start, end] of chunks) {
          await staging.mapAsync();
          await staging.readFrom(part.slice(start, end), { signal });
          staging.write(new Uint8Array(aligned(end) - end)); // copies are of multiples of 4 bytes
          const encoder = this.#gpu.device.createCommandEncoder({ label: "file chunk" });
          staging.uploadTo(encoder, buffer, start);
          this.#gpu.submit([encoder]);
          advance(end - start);
        }
      } finally {
        staging.destroy();
      }
    };
    await inLanes(part.size, send);
  }

  async #readBack(buffer, back, advance, signal) {
    const readback = this.#gpu.createReadbackBuffer({ label: "file" });
    const chunks = chunksOf(back.length);
    const receive = async () => {
      for (const [start, end] of chunks) {
        await readback.read(buffer, start, end - start, { into: back.subarray(start, end), signal });
        advance(end - start);
      }
    };
    try {
      await inLanes(back.length, receive);
    } finally {
      readback.destroy();
    }
  }
}

const aligned = (size) => Math.ceil(size / 4) * 4;

/** Runs work as many times at once as so many bytes have chunks, up to the number of lanes. */
function inLanes(size, work) {
  return Promise.all(Array.from({ length: Math.min(lanes, Math.ceil(size / chunkBytes)) }, work));
}

/** The chunks of so many bytes, [start, end], each given once to whoever asks. */
function* chunksOf(size) {
  for (let start = 0; start < size; start += chunkBytes) yield [start, Math.min(size, start + chunkBytes)];
}
