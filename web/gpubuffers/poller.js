/**
 * Has the browser poll whether the GPU is done, each time as soon as the poll before was answered: by itself it polls
 * with each submit, and then only after a while. It polls as long as maps are pending after which no submit follows.
 */
export class Poller {
  #device;
  #most; // polls in a row
  #left = 0;
  #isPolling = false;
  #pending = 0; // maps
  #again = () => this.#poll();

  /** @param {GPUDevice} device */
  constructor(device, most) {
    this.#device = device;
    this.#most = most;
  }

  /** Maps were asked for. The answer of an error scope that was closed before, if there is one, is the first poll. */
  asked(maps, answer) {
    this.#pending += maps;
    if (answer !== undefined && !this.#isPolling) this.#pollAfter(answer);
    this.#start();
  }

  /** One of them has settled. */
  settled() {
    if (--this.#pending > 0) this.#start();
    else this.#left = 0;
  }

  #start() {
    this.#left = this.#most;
    if (!this.#isPolling) this.#poll();
  }

  #poll() {
    this.#isPolling = false;
    if (this.#left-- <= 0) return;
    this.#device.pushErrorScope("validation");
    this.#pollAfter(this.#device.popErrorScope());
  }

  #pollAfter(answer) {
    this.#isPolling = true;
    answer.then(this.#again, this.#again);
  }
}
