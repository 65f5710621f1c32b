// Watches the promises of the module's methods.
import { api, typed } from "./check.js";

const classes = Object.values(api).filter((value) => value.prototype !== undefined && !(value.prototype instanceof Error));

/** The prototypes of the module's classes, and of those that they extend. */
const prototypes = new Set(
  classes.flatMap(({ prototype }) => {
    const chain = [];
    for (let p = prototype; p !== Object.prototype; p = Object.getPrototypeOf(p)) chain.push(p);
    return chain;
  }),
);

/** The methods of the module: [prototype, name, descriptor]. */
const methods = () =>
  [...prototypes].flatMap((prototype) =>
    Object.entries(Object.getOwnPropertyDescriptors(prototype))
      .filter(([name, { value }]) => typeof value === "function" && name !== "constructor")
      .map(([name, descriptor]) => [prototype, name, descriptor]),
  );

/**
 * Has every promise watched that a method of the module gives from now on, until end. One that rejects, but with an error
 * of the module's or a text, which is the caller's own reason, has settled throw.
 */
export function everyPromise() {
  const pending = new Map(); // promises, and of what they are
  const faults = [];
  const replaced = methods();
  const codes = {};
  let none = () => {};
  const done = (promise) => {
    pending.delete(promise);
    if (pending.size === 0) none();
  };
  for (const [prototype, name, descriptor] of replaced) {
    const method = descriptor.value;
    const watched = function (...values) {
      const result = method.apply(this, values);
      if (!(result instanceof Promise)) return result;
      pending.set(result, name);
      result.then(
        () => done(result),
        (error) => {
          try {
            if (typeof error !== "string") codes[typed(error, undefined, name).code] = (codes[error.code] ?? 0) + 1;
          } catch (fault) {
            faults.push(fault);
          }
          done(result);
        },
      );
      return result;
    };
    Object.defineProperty(prototype, name, { ...descriptor, value: watched });
  }
  return {
    codes,
    pending: () => pending.size,
    async settled(ms) {
      let timer;
      const over = new Promise((resolve) => (timer = setTimeout(resolve, ms)));
      await Promise.race([over, new Promise((resolve) => ((none = resolve), pending.size === 0 && resolve()))]);
      clearTimeout(timer);
      if (pending.size > 0) throw new Error(`after ${ms} ms these have not settled: ${[...pending.values()]}`);
      if (faults.length > 0) throw faults[0];
    },
    end() {
      for (const [prototype, name, descriptor] of replaced) Object.defineProperty(prototype, name, descriptor);
    },
  };
}
