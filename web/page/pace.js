const remembered = 0.9; // share of the earlier measurements in each mean

/** Measures a frame loop. */
export class Pace {
  #last;
  #interval = 0;

  /** Milliseconds that a submit takes on the CPU, a running mean. */
  submitTime = 0;

  get perSecond() {
    return this.#interval > 0 ? Math.round(1000 / this.#interval) : 0;
  }

  /** Notes the start of a frame and returns the milliseconds since the one before. */
  turn(now) {
    const passed = this.#last === undefined ? 0 : now - this.#last;
    this.#last = now;
    this.#interval = blend(this.#interval, passed);
    return passed;
  }

  submitted(milliseconds) {
    this.submitTime = blend(this.submitTime, milliseconds);
  }
}

const blend = (mean, value) => (mean === 0 ? value : remembered * mean + (1 - remembered) * value);
