/** A card of the page: its canvas, its figures and its verdict. Tests read its data attributes. */
export class Card {
  constructor(id) {
    this.element = document.getElementById(id);
    this.canvas = this.element.querySelector("canvas");
    this.verdict = this.element.querySelector(".verdict");
  }

  get state() {
    return this.element.dataset.state;
  }

  find(selector) {
    return this.element.querySelector(selector);
  }

  /** Shows figures by the names of their fields. */
  show(figures) {
    for (const [name, text] of Object.entries(figures)) {
      const field = this.find(`[data-field="${name}"]`);
      if (field.textContent !== text) field.textContent = text;
    }
  }

  /** Gives figures to tests. */
  note(figures) {
    Object.assign(this.element.dataset, figures);
  }

  running(text) {
    this.#enter("running", "Running", text);
  }

  verified(text) {
    this.#enter("verified", "Verified", text);
  }

  failed(text) {
    this.#enter("failed", "Failed", text);
  }

  #enter(state, word, text) {
    const strong = document.createElement("b");
    strong.textContent = word;
    this.verdict.replaceChildren(strong, ` ${text}`);
    this.element.dataset.state = state;
  }
}

/** What an error has to say to a reader, and what the browser said to it. */
export function describe(error) {
  const { message = String(error), code, cause } = error ?? {};
  return [message, code && ` (${code})`, cause?.message && `: ${cause.message}`].filter(Boolean).join("");
}
