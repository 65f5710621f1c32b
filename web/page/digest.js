/** The SHA-256 of bytes, in hexadecimal. */
export async function sha256(data) {
  const digest = await crypto.subtle.digest("SHA-256", data);
  return Array.from(new Uint8Array(digest), (b) => b.toString(16).padStart(2, "0")).join("");
}

/** The offset of the first byte in which a and b differ, or -1. */
export function firstDifference(a, b) {
  const x = new Uint8Array(a.buffer ?? a, a.byteOffset, a.byteLength);
  const y = new Uint8Array(b.buffer ?? b, b.byteOffset, b.byteLength);
  const common = Math.min(x.length, y.length);
  for (let i = 0; i < common; i++) if (x[i] !== y[i]) return i;
  return x.length === y.length ? -1 : common;
}
