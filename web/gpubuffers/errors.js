export class GPUBufferError extends Error {
  constructor(code, operation, label, message, cause) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.operation = operation;
    this.label = label;
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
  [
    [StateError, ["mapped", "not-mapped", "map-pending", "destroyed", "state", "busy", "stale"]],
    [BoundsError, ["range", "alignment", "too-large"]],
    [UsageError, ["usage", "type", "layout", "wrong-device", "unsupported", "validation"]],
    [MemoryError, ["out-of-memory", "budget"]],
    [AbortedError, ["map-aborted"]],
    [DeviceLostError, ["device-lost"]],
  ].flatMap(([type, codes]) => codes.map((code) => [code, type])),
);

export function makeError(code, operation, label, message, cause) {
  const type = errorClasses.get(code) ?? GPUBufferError;
  return new type(code, operation, label, message, cause);
}

/** An error in the words of the module's own. */
export function refusal(code, operation, label, detail, cause) {
  const subject = label === "" ? operation : `${operation} ${JSON.stringify(label)}`;
  return makeError(code, operation, label, `buffers: ${subject}: ${detail}`, cause);
}
