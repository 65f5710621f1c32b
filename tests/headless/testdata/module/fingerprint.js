/** Changes with every declaration of a .d.ts, and not with comments and spaces. */
export async function fingerprintOf(text) {
  const declarations = text.replaceAll(/\/\*[^]*?\*\/|\/\/.*/g, "").replaceAll(/\s+/g, " ");
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(declarations));
  return Array.from(new Uint8Array(hash, 0, 8), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
