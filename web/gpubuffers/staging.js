import { bytesOf, region } from "./arguments.js";
import { retold } from "./errors.js";
import { ask, bufferOf, call, Resource, until } from "./resource.js";
import { readAll, readerOf, watchersOf } from "./sources.js";

export class StagingBuffer extends Resource {
  #core;
  #size;

  /** @param {import("./system.js").Core} core */
  constructor(key, core, handle, label, size) {
    super(key, core, handle, label);
    this.#core = core;
    this.#size = size;
  }

  get size() {
    return this.#size;
  }

  get written() {
    return this[call]("staged");
  }

  write(data) {
    this[call]("stage", bytesOf("write", this.label, data));
  }

  writeAt(offset, data) {
    this[call]("stageAt", offset, bytesOf("writeAt", this.label, data));
  }

  async readFrom(source, options) {
    const [watchers] = watchersOf("readFrom", this.label, options);
    watchers.signal?.throwIfAborted();
    return readAll(readerOf("readFrom", this.label, source), watchers, this[until]("readFrom"), (piece) => this.#append(piece));
  }

  #append(piece) {
    const bytes = bytesOf("readFrom", this.label, piece, "a piece of the source");
    try {
      this[call]("stage", bytes);
    } catch (error) {
      throw retold(error, "readFrom");
    }
  }

  mappedRange() {
    return this[call]("stagingRange");
  }

  uploadTo(encoder, destination, offset) {
    this[call]("uploadTo", encoder, bufferOf(this.#core, "uploadTo", this.label, "destination", destination), offset);
    this.#core.updates.keep(destination);
  }

  uploadToTexture(encoder, destination) {
    this[call]("uploadToTexture", encoder, ...region("uploadToTexture", this.label, "destination", destination));
  }
}

export class ImmediateStagingBuffer extends StagingBuffer {
  reset() {
    this[call]("resetStaging");
  }
}

export class DeferredStagingBuffer extends StagingBuffer {
  mapAsync() {
    return this[ask]("mapStaging");
  }

  unmap() {
    this[call]("unmapStaging");
  }
}
