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

  constructor(device) {
    this.#device = device;
  }

  start() {
    this.#left = fewLooks;
    if (!this.#looking) this.#look();
  }

  /** A map was asked for. */
  asked() {
    this.#waiting++;
    this.start();
  }

  /** It has settled. */
  settled() {
    if (--this.#waiting > 0) this.start();
    else this.#left = 0;
  }

  #look() {
    this.#looking = this.#left-- > 0;
    if (!this.#looking) return;
    this.#device.pushErrorScope("validation");
    this.#device.popErrorScope().then(this.#again, this.#again);
  }
}
