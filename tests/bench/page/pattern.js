// Data that no two transfers have in common, and its checksum: the sum of every word, mixed, times an odd number
// that depends on its place. A word that is wrong, missing or elsewhere changes the sum; without the mixing many
// that are wrong by the same, as those of an earlier frame, may not.

const page = 1024; // words

export function digest(words, first = 0) {
  let sum = 0;
  for (let i = 0; i < words.length; i++) sum = (sum + term(words[i], first + i)) | 0;
  return sum >>> 0;
}

function term(word, place) {
  const mixed = Math.imul(word ^ (word >>> 16), 0x45d9f3b);
  return Math.imul(mixed ^ (mixed >>> 15), 2 * place + 1);
}

export const wordsOf = (view) =>
  view instanceof ArrayBuffer ? new Uint32Array(view) : new Uint32Array(view.buffer, view.byteOffset, view.byteLength / 4);

/** Memory filled with noise. stamp() makes every page of 4 KiB new, and returns the digest of the whole. */
export class Pattern {
  #rest; // digest of the words that no stamp touches

  constructor(size) {
    this.words = new Uint32Array(size / 4);
    this.bytes = new Uint8Array(this.words.buffer);
    let x = 2463534242;
    for (let i = 0; i < this.words.length; i++) {
      x ^= x << 13;
      x ^= x >>> 17;
      x ^= x << 5;
      this.words[i] = x;
    }
    for (let i = 0; i < this.words.length; i += page) this.words[i] = 0;
    this.#rest = digest(this.words);
  }

  stamp(seed) {
    let sum = this.#rest;
    for (let i = 0; i < this.words.length; i += page) {
      this.words[i] = Math.imul(seed, 2654435761) + i;
      sum = (sum + term(this.words[i], i)) | 0;
    }
    return sum >>> 0;
  }
}

export function same(expected, found) {
  if (expected !== found) throw new Error(`checksum ${found.toString(16)}, want ${expected.toString(16)}`);
}
