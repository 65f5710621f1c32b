/** Gives classes the names of the properties. A bundler that minifies an application gives them others. */
export function named(classes) {
  for (const name of Object.keys(classes)) Object.defineProperty(classes[name], "name", { value: name });
}
