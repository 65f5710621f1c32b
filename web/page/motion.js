/** Whether things move: not where the reader paused them or prefers less motion. */
export class Motion {
  #button;
  #still;

  constructor(button, still) {
    this.#button = button;
    this.#still = still;
    this.paused = still || matchMedia("(prefers-reduced-motion: reduce)").matches;
    button.hidden = still;
    button.addEventListener("click", () => {
      this.paused = !this.paused;
      this.#show();
    });
    this.#show();
  }

  /** The moment to draw first: in a still picture the only one. */
  get start() {
    return this.#still ? 3.1 : 0;
  }

  #show() {
    this.#button.setAttribute("aria-pressed", String(this.paused));
  }
}
