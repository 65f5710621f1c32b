/** The parts of a competitor, { upload, readback, ... }, each with subject as its first argument. */
export function bind(subject, parts) {
  return Object.fromEntries(Object.entries(parts).map(([family, part]) => [family, (...args) => part(subject, ...args)]));
}
