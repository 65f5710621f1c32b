/** What an error says without prefix, operation and label. */
let textOf;

export class GPUBufferError extends Error {
  #text;

  static {
    textOf = (error) => error.#text;
  }

  constructor(code, operation, label, text, cause) {
    const subject = label === "" ? operation : `${operation} ${JSON.stringify(label)}`;
    super(`gpubuffers: ${subject}: ${text}`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.operation = operation;
    this.label = label;
    this.#text = text;
  }

  get name() {
    return this.constructor.name;
  }
}
export class StateError extends GPUBufferError {}
export class BoundsError extends GPUBufferError {}
export class UsageError extends GPUBufferError {}
export class MemoryError extends GPUBufferError {}
export class AbortedError extends GPUBufferError {}
export class DeviceLostError extends GPUBufferError {}

const errorClasses = new Map(
  /** @type {[typeof GPUBufferError, string[]][]} */ ([
    [StateError, ["mapped", "not-mapped", "map-pending", "destroyed", "state", "busy", "stale"]],
    [BoundsError, ["range", "alignment", "too-large"]],
    [UsageError, ["usage", "type", "layout", "wrong-device", "unsupported", "validation"]],
    [MemoryError, ["out-of-memory", "budget"]],
    [AbortedError, ["map-aborted"]],
    [DeviceLostError, ["device-lost"]],
  ]).flatMap(([type, codes]) => codes.map((code) => [code, type])),
);

/** The methods that call the module's functions, where those have another name; of late errors what the browser did. */
const methods = {
  __proto__: null,
  beginFrame: "frame",
  frameEncoder: "encoder",
  submitFrame: "submit",
  discardFrame: "discard",
  native: "gpuBuffer",
  awaitGrow: "grow",
  stage: "write",
  stageAt: "writeAt",
  staged: "written",
  stagingRange: "mappedRange",
  resetStaging: "reset",
  mapStaging: "mapAsync",
  unmapStaging: "unmap",
  readStart: "read",
  readTextureStart: "readTexture",
  readFlush: "read",
  dynamicUpdate: "update",
  dynamicMemory: "update",
  dynamicNative: "gpuBuffer",
  dynamicAlignment: "alignment",
  dynamicSlots: "slots",
  explainMap: "mapAsync",
  uploadStart: "upload",
  uploadNext: "upload",
  uploadWrite: "upload",
  uploadFinish: "upload",
  create: "createBuffer",
  "uncaptured error": "uncapturederror",
};

/** An error of a method, or of a function of the module's, with a text that says what is wrong. */
export function refusal(code, operation, label, text, cause) {
  const type = errorClasses.get(code) ?? GPUBufferError;
  return new type(code, methods[operation] ?? operation, label, text, cause);
}

/**
 * The error of a method that was called on something else than an object of its class. It takes the name: a class that
 * refers to itself is given another name in the bundle.
 */
export function wrongReceiver(operation, name) {
  return refusal("type", operation, "", `it was called on what is no ${name}`);
}

/** An error of the module's as that of another operation. */
export function retold(error, operation, cause = error.cause) {
  return refusal(error.code, operation, error.label, textOf(error), cause);
}
