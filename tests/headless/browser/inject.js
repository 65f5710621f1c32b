// Runs before the page's own scripts. Reports, as console.debug messages that
// begin with the mark, what a page's script could otherwise hide.
(() => {
  if (!globalThis.GPUAdapter) return;
  const mark = "\u2063gpubuffers-test";
  const debug = console.debug.bind(console);
  const { requestDevice } = GPUAdapter.prototype;
  const { destroy } = GPUDevice.prototype;
  const devices = new Set(); // of WeakRef: tests also watch what is collected
  const destroyed = new WeakSet();

  const watch = (device) => {
    const ref = new WeakRef(device);
    devices.add(ref);
    device.addEventListener("uncapturederror", ({ error }) => {
      debug(mark, "gpu", `${error.constructor.name}: ${error.message}`);
    });
    device.lost.then(({ reason, message }) => {
      devices.delete(ref);
      if (!destroyed.has(device)) debug(mark, "lost", `${reason}: ${message}`);
    });
  };

  // The reason "destroyed" alone does not tell: Chrome also gives it when the
  // page's connection to the GPU process breaks.
  GPUDevice.prototype.destroy = function () {
    destroyed.add(this);
    return destroy.call(this);
  };

  GPUAdapter.prototype.requestDevice = function (...args) {
    const promise = requestDevice.apply(this, args);
    promise.then(watch, () => {});
    return promise;
  };

  const idle = (device) =>
    Promise.race([device.queue.onSubmittedWorkDone(), device.lost]).catch(() => {});

  // Resolves when every error of work given to a device so far has been
  // reported: the device's messages arrive in order, and the task after them
  // runs after their events.
  Object.defineProperty(globalThis, Symbol.for(mark), {
    value: async () => {
      const live = [...devices].map((ref) => ref.deref()).filter(Boolean);
      await Promise.all(live.map(idle));
      await new Promise((done) => setTimeout(done, 0));
    },
  });
})();
