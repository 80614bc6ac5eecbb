/** Names and texts are not longer: what is behind does not count for their hashes. */
const longestWord = 1_024;
/** 2^32 divided by the golden ratio. */
const step = 0x9e3779b9;

/**
 * Random numbers by which words and rows are hashed, the same for the same seed. A hash is a sum of products with keys: whoever does not
 * know the seed cannot choose names that collide, for any two collide under one seed of 16 million (Lemire, Kaser: Strongly universal
 * string hashing is fast).
 */
export function hashKeys(seed: number): Int32Array {
  let state = seed | 0;
  return Int32Array.from({ length: longestWord }, () => spread((state = (state + step) | 0)));
}

/** The hash of two numbers: each times a key, added up. */
export function hashPair(a: number, b: number, keys: Int32Array): number {
  return spread((Math.imul(a, keys[0]!) + Math.imul(b, keys[1]!)) | 0);
}

/** Lets each bit of a hash depend on each other; different ones stay different (MurmurHash3's last step). */
export function spread(hash: number): number {
  let bits = hash;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}
