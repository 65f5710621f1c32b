import { refusal, retold } from "./errors.js";
import { call, destroyed, keep, native, NativeBuffer, running } from "./resource.js";

/**
 * The GPUBuffer itself does the mapping, so that promises settle, and states change, when the browser
 * says so.
 */
export class MappableBuffer extends NativeBuffer {
  #device;
  #gpuBuffer = this[native]();
  #pending; // the latest map: was it cancelled by this object?

  constructor(key, core, handle, label) {
    super(key, core, handle, label);
    this.#device = core.device;
  }

  get size() {
    return this.#gpuBuffer.size;
  }

  get usage() {
    return this.#gpuBuffer.usage;
  }

  get mapState() {
    return this.#gpuBuffer.mapState;
  }

  get gpuBuffer() {
    this[keep]();
    return this.#gpuBuffer;
  }

  async mapAsync(mode, offset, size) {
    this[running]("mapAsync");
    const before = this[destroyed] ? "destroyed" : this.mapState;
    const map = { cancelled: false };
    if (before === "unmapped") this.#pending = map;
    try {
      await this.#gpuBuffer.mapAsync(mode, offset, size);
    } catch (cause) {
      throw await this.#mapError(cause, before, map, [mode, offset, size]);
    }
  }

  mappedRange(offset, size) {
    this[running]("mappedRange");
    try {
      return this.#gpuBuffer.getMappedRange(offset, size);
    } catch (cause) {
      throw this.#rangeError(cause, offset, size);
    }
  }

  unmap() {
    this[running]("unmap");
    if (this[destroyed]) throw refusal("destroyed", "unmap", this.label, "it is destroyed");
    if (this.mapState === "unmapped") throw refusal("not-mapped", "unmap", this.label, "it is not mapped");
    this.#cancel();
    this.#gpuBuffer.unmap();
  }

  destroy() {
    this.#cancel();
    super.destroy();
  }

  #cancel() {
    if (this.#pending) this.#pending.cancelled = true;
  }

  /** Says in the module's words why the browser refused or ended a map. */
  async #mapError(cause, before, map, [mode, offset, size]) {
    const refuse = (code, detail) => refusal(code, "mapAsync", this.label, detail, cause);
    if (!(cause instanceof DOMException)) return refuse("type", "an argument is not a number in its range");
    if (before === "pending") return refuse("map-pending", "a map of it is pending");
    if (before === "mapped") return refuse("mapped", "it is mapped");
    const aborted = cause.name === "AbortError";
    if (before === "destroyed") return refuse("destroyed", "it is destroyed");
    if (map.cancelled || this[destroyed]) return refuse("map-aborted", "the map was cancelled by an unmap or a destroy");
    const broken = this.#brokenRule(mode, offset, size);
    if (broken) return retold(broken, "mapAsync", cause);
    if (await isLost(this.#device)) return refuse("device-lost", "the device is lost");
    if (aborted) return refuse("map-aborted", "the map was cancelled");
    return refuse("validation", "the browser refused it");
  }

  #brokenRule(...values) {
    try {
      this[call]("explainMap", ...values);
    } catch (error) {
      return error;
    }
  }

  #rangeError(cause, offset = 0, size = 0) {
    const refuse = (code, detail) => refusal(code, "mappedRange", this.label, detail, cause);
    if (this[destroyed]) return refuse("destroyed", "it is destroyed");
    if (!(cause instanceof DOMException)) return refuse("type", "an argument is not a number in its range");
    if (this.mapState !== "mapped") return refuse("not-mapped", "it is not mapped");
    if (offset % 8 !== 0 || size % 4 !== 0) return refuse("alignment", `${size} bytes at ${offset}: offsets are multiples of 8, sizes of 4`);
    return refuse("range", `${size} bytes at ${offset} are outside of the mapped range, or overlap a range that was taken before`);
  }
}

/** How long after it aborted the maps of a device a browser may take to report its loss. */
const lossDelay = 1000;

function isLost(device) {
  return Promise.race([
    device.lost.then(() => true),
    new Promise((resolve) => setTimeout(resolve, lossDelay, false)),
  ]);
}
