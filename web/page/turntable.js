const radiansPerSecond = 0.5;
const radiansPerPixel = 0.01;
const radiansPerKey = Math.PI / 18;
const keys = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 };

/** The angle of a thing that turns by itself, by dragging and by the arrow keys. */
export class Turntable {
  #element;
  #turned = 0;
  #seconds = 0;

  constructor(element, signal) {
    this.#element = element;
    element.addEventListener("pointerdown", ({ pointerId }) => element.setPointerCapture(pointerId), { signal });
    element.addEventListener("pointermove", (event) => {
      if (element.hasPointerCapture(event.pointerId)) this.#turn(event.movementX * radiansPerPixel);
    }, { signal });
    element.addEventListener("keydown", (event) => {
      if (!(event.key in keys)) return;
      event.preventDefault();
      this.#turn(keys[event.key] * radiansPerKey);
    }, { signal });
  }

  /** The angle in radians at a moment. */
  angle(seconds) {
    this.#seconds = seconds;
    return this.#turned + seconds * radiansPerSecond;
  }

  #turn(radians) {
    this.#turned += radians;
    const degrees = Math.round((this.angle(this.#seconds) * 180) / Math.PI);
    this.#element.setAttribute("aria-valuenow", String(((degrees % 360) + 360) % 360));
  }
}
