// The adapter and device that all competitors share, as far as they take a device that is given to them.

export async function requestDevice() {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) throw new Error("no WebGPU adapter");
  return { adapter, device: await adapter.requestDevice() };
}

export function describe(adapter) {
  const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info;
  return { vendor, architecture, device, description, fallback: Boolean(isFallbackAdapter), cpus: navigator.hardwareConcurrency };
}

/** Resolves when the GPU is done with everything submitted so far. */
export const workDone = (device) => device.queue.onSubmittedWorkDone();
