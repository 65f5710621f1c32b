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
  let caught;
  try {
    copy();
  } finally {
    caught = device.popErrorScope();
    caught.catch(() => {}); // of a device that is lost, which its maps tell
  }
  const verdict = caught.then((error) => {
    if (error !== null) throw new RefusedCopy(error);
  });
  verdict.catch(() => {}); // who waits for it hears it, later
  return verdict;
}
