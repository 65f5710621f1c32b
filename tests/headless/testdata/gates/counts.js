// Counts the buffers that anybody makes and destroys. It is imported before the module is started, which
// keeps the browser's functions.

export const counts = { made: 0, destroyed: 0 };

const { createBuffer } = GPUDevice.prototype;
GPUDevice.prototype.createBuffer = function (...values) {
  counts.made++;
  return createBuffer.apply(this, values);
};

const gone = new WeakSet();
const { destroy } = GPUBuffer.prototype;
GPUBuffer.prototype.destroy = function () {
  if (!gone.has(this)) counts.destroyed++;
  gone.add(this);
  return destroy.call(this);
};
