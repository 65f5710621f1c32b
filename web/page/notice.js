/** The panel above the cards that says what stands in the way. */
export class Notice {
  #element;

  constructor(element) {
    this.#element = element;
  }

  /** Shows a title, a text, and perhaps steps to take and a button: { text, press }. */
  show({ title, text, steps = [], button }) {
    this.#element.replaceChildren(line("h2", title), line("p", text));
    if (steps.length > 0) {
      const list = document.createElement("ul");
      list.append(...steps.map((step) => line("li", step)));
      this.#element.append(list);
    }
    if (button) {
      const element = line("button", button.text);
      element.type = "button";
      element.addEventListener("click", button.press, { once: true });
      this.#element.append(element);
    }
    this.#element.hidden = false;
  }

  hide() {
    this.#element.hidden = true;
  }
}

function line(name, text) {
  const element = document.createElement(name);
  element.textContent = text;
  return element;
}
