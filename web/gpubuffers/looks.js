/** How often the browser is made to look: see buffers/webgpu/chunk_js.go. */
const fewLooks = 6;

/**
 * Has the browser look whether the GPU is done, each time as soon as it has looked: with each submit it looks by
 * itself, and then only after a while.
 */
export class Looks {
  #device;
  #left = 0;
  #looking = false;
  #waiting = 0; // for maps of short reads
  #again = () => this.#look();

  /** @param {GPUDevice} device */
  constructor(device) {
    this.#device = device;
  }

  start() {
    this.#left = fewLooks;
    if (!this.#looking) this.#look();
  }

  /** A map was asked for. The answer of an error scope that was closed before, if there is one, is the first look. */
  asked(answer) {
    this.#waiting++;
    if (answer !== undefined && !this.#looking) this.#lookAfter(answer);
    this.start();
  }

  /** It has settled. */
  settled() {
    if (--this.#waiting > 0) this.start();
    else this.#left = 0;
  }

  #look() {
    this.#looking = false;
    if (this.#left-- <= 0) return;
    this.#device.pushErrorScope("validation");
    this.#lookAfter(this.#device.popErrorScope());
  }

  #lookAfter(answer) {
    this.#looking = true;
    answer.then(this.#again, this.#again);
  }
}
