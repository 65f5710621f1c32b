/**
 * The verdict on commands that were not scoped.
 * @type {Promise<void> | undefined}
 */
export const noVerdict = undefined;

/** The browser refused copies. */
export class RefusedCopy {
  constructor(cause) {
    this.cause = cause;
  }
}

/**
 * Makes copies, within an error scope of their own if they are scoped. The scope opens and closes within this call:
 * scopes are a stack of the device's. Gives a promise that rejects with a RefusedCopy if the browser refused a copy.
 * @param {GPUDevice} device
 */
export function copyScoped(device, isScoped, copy) {
  if (!isScoped) {
    copy();
    return noVerdict;
  }
  device.pushErrorScope("validation");
  let verdict;
  try {
    copy();
  } finally {
    verdict = device.popErrorScope().then(judge);
    verdict.catch(ignore); // who waits for it hears it, later; and of a device that is lost its maps tell
  }
  return verdict;
}

function judge(error) {
  if (error !== null) throw new RefusedCopy(error);
}

function ignore() {}
