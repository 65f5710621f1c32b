import { region } from "./arguments.js";
import { ask, call, handleOf, Resource } from "./resource.js";
import { readAll, readerOf, watchersOf } from "./sources.js";

class StagingBuffer extends Resource {
  #size;

  constructor(key, core, handle, label, size) {
    super(key, core, handle, label);
    this.#size = size;
  }

  get size() {
    return this.#size;
  }

  get written() {
    return this[call]("staged");
  }

  write(data) {
    this[call]("stage", data);
  }

  writeAt(offset, data) {
    this[call]("stageAt", offset, data);
  }

  async readFrom(source, options) {
    const watchers = watchersOf("readFrom", options);
    watchers.signal?.throwIfAborted();
    return readAll(readerOf("readFrom", "", source), watchers, (piece) => this.write(piece));
  }

  mappedRange() {
    return this[call]("stagingRange");
  }

  uploadTo(encoder, destination, offset) {
    this[call]("uploadTo", encoder, handleOf(destination), offset);
  }

  uploadToTexture(encoder, destination) {
    this[call]("uploadToTexture", encoder, ...region("uploadToTexture", destination));
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
