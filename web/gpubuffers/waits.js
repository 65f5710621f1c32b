// What is waited for on JavaScript's side of the module, which does not know of it.

/** The waits of one system, and who ends them. */
export class Waits {
  #all = new Set();

  /** Has end called with makeError(code, detail, cause), once, unless the function that is returned is called before. */
  begin(owner, makeError, end) {
    const wait = { owner, makeError, end };
    this.#all.add(wait);
    return () => this.#all.delete(wait);
  }

  /** Ends the waits of an owner, or all of them. */
  end(owner, code, detail, cause) {
    for (const wait of this.#all) {
      if (owner !== undefined && wait.owner !== owner) continue;
      this.#all.delete(wait);
      wait.end(wait.makeError(code, detail, cause));
    }
  }
}
