import { refusal, retold } from "./errors.js";
import { call, destroyed, keep, native, NativeBuffer, running } from "./resource.js";

/** Left out, or not to be converted: the browser would take "8" and 8.5 for 8. What has no end it refuses itself. */
const isNumber = (value) => value === undefined || (typeof value === "number" && !(value % 1));

/**
 * The GPUBuffer itself does the mapping, so that promises settle, and states change, when the browser
 * says so. A promise of another's is heard of a microtask after it settled. So a map that this object
 * cancels rejects within the call, before anything that the caller queues next.
 */
export class MappableBuffer extends NativeBuffer {
  #core;
  #gpuBuffer = this[native]();
  #latest; // cancels the latest map, where it is pending

  /** @param {import("./system.js").Core} core */
  constructor(key, core, handle, label) {
    super(key, core, handle, label);
    this.#core = core;
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

  mapAsync(mode, offset, size) {
    return new Promise((resolve, reject) => {
      this[running]("mapAsync");
      if (![mode, offset, size].every(isNumber)) throw this.#numberError("mapAsync", mode, offset, size);
      const before = this.mapState;
      const gone = this[destroyed];
      let cancelled;
      const cancel = () => reject((cancelled = refusal("map-aborted", "mapAsync", this.label, "the map was cancelled by an unmap or a destroy")));
      if (before === "unmapped") this.#latest = cancel;
      this.#core.poller.watch(this.#gpuBuffer.mapAsync(mode, offset, size)).then(resolve, (cause) => {
        if (cancelled) cancelled.cause = cause; // ahead of those who hear of the rejection
        else reject(this.#mapError(cause, gone ? "destroyed" : before, [mode, offset, size]));
      });
    });
  }

  mappedRange(offset, size) {
    this[running]("mappedRange");
    if (![offset, size].every(isNumber)) throw this.#numberError("mappedRange", undefined, offset, size);
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
    this.#end(() => this.#gpuBuffer.unmap());
  }

  destroy() {
    this.#end(() => this.#gpuBuffer.destroy());
    super.destroy();
  }

  /** Calls end, which rejects the map that is pending. */
  #end(end) {
    const pending = this.mapState === "pending";
    end();
    if (pending) this.#latest?.();
  }

  /** Says in the module's words why the browser refused or ended a map. */
  #mapError(cause, before, range) {
    const refuse = (code, detail) => refusal(code, "mapAsync", this.label, detail, cause);
    if (!(cause instanceof DOMException)) return range[0] === undefined ? refuse("type", "mode is missing") : this.#numberError("mapAsync", ...range, cause);
    if (before === "pending") return refuse("map-pending", "a map of it is pending");
    if (before === "mapped") return refuse("mapped", "it is mapped");
    if (before === "destroyed") return refuse("destroyed", "it is destroyed");
    if (this[destroyed]) return refuse("map-aborted", "the map was cancelled by a destroy");
    const broken = this.#brokenRule(...range);
    if (broken) return retold(broken, "mapAsync", cause);
    if (this.#core.lost) return refuse("device-lost", "the device is lost");
    if (cause.name === "AbortError") return refuse("map-aborted", "the map was cancelled");
    return refuse("validation", "the browser refused it");
  }

  /** Says which number is none, or is out of its range. */
  #numberError(operation, mode, offset, size, cause) {
    const broken = this.#brokenRule(mode, offset, size);
    if (cause === undefined || ["type", "range"].includes(broken?.code)) return retold(broken, operation, cause);
    const isWhole = [mode, offset, size].every((value) => value === undefined || Number.isInteger(value));
    return refusal(isWhole ? "range" : "type", operation, this.label, "an argument is not a number in its range", cause); // it was destroyed since
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
    if (!(cause instanceof DOMException)) return this.#numberError("mappedRange", undefined, offset, size, cause);
    if (this.mapState !== "mapped") return refuse("not-mapped", "it is not mapped");
    if (offset % 8 !== 0 || size % 4 !== 0) return refuse("alignment", `${size} bytes at ${offset}: offsets are multiples of 8, sizes of 4`);
    return refuse("range", `${size} bytes at ${offset} are outside of the mapped range, or overlap a range that was taken before`);
  }
}
