// How numbers read on the page.

const units = ["B", "KiB", "MiB", "GiB"];

export function bytes(n) {
  let unit = 0;
  for (; n >= 1024 && unit < units.length - 1; unit++) n /= 1024;
  return `${unit === 0 ? n : n.toPrecision(3)} ${units[unit]}`;
}

export function milliseconds(ms) {
  if (ms >= 1000) return `${(ms / 1000).toFixed(2)} s`;
  return `${ms.toFixed(ms < 10 ? 2 : ms < 100 ? 1 : 0)} ms`;
}

export function count(n) {
  return n.toLocaleString("en");
}

/** The throughput of n bytes in ms milliseconds. */
export function rate(n, ms) {
  return ms > 0 ? `${bytes((n * 1000) / ms)}/s` : "–";
}
