/**
 * A short read is usually there when the browser looks for the first time, and a poll delays it. The browser looks again
 * after 1 to 2 ms. So after a read that took longer than late, in ms, the next few are polled for.
 */
const late = 1;
const few = 32;

/**
 * Has the browser poll whether the GPU is done as long as maps are pending after which no submit follows: by itself it
 * polls with each submit, and then only after a while. The module polls: see FusedCalls in package jsbridge.
 */
export class Poller {
  #device;
  #calls;
  #most; // polls in a row
  #pending = 0; // maps
  #polled = 0; // short reads that are still to be polled for

  /** @param {GPUDevice} device */
  constructor(device, { fused, polls }) {
    this.#device = device;
    this.#calls = fused;
    this.#most = polls;
  }

  /** A promise of a map, for which a browser that has to be pumped is. */
  watch(promise) {
    return this.#calls.watch(this.#device.queue, promise);
  }

  /** Whether the next short read is to be polled for. */
  isNeeded() {
    return --this.#polled >= 0;
  }

  /** A short read took so long. */
  took(ms) {
    if (ms > late) this.#polled = few;
  }

  /** Maps were asked for. The answer of an error scope that was closed before, if there is one, is the first poll. */
  asked(maps, answer) {
    this.#pending += maps;
    if (answer !== undefined) this.#calls.pollAfter(answer);
    this.#calls.poll(this.#device, this.#most);
  }

  /** One of them has settled. */
  settled() {
    this.#pending--;
    this.#calls.poll(this.#device, this.#pending > 0 ? this.#most : 0);
  }
}
