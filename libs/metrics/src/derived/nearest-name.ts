/** How alike two names must be to be taken for each other, from 0 to 1. */
const alike = 0.4;

/** The known name that a misspelt one is most likely meant to be; undefined where none looks like it. */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  let nearest: string | undefined;
  let best = alike;
  for (const candidate of known) {
    const likeness = likenessOf(name, candidate);
    if (likeness > best) [nearest, best] = [candidate, likeness];
  }
  return nearest;
}

/** The share of pairs of neighbouring letters that two names have in common (Dice's coefficient), whatever their case. */
function likenessOf(a: string, b: string): number {
  const pairs = pairsOf(a);
  const others = pairsOf(b);
  const shared = pairs.filter((pair) => others.includes(pair)).length;
  return (2 * shared) / (pairs.length + others.length);
}

/** With a mark at both ends, so that the first and the last letter count too. */
function pairsOf(name: string): string[] {
  const text = `^${name.toLowerCase()}$`;
  return Array.from({ length: text.length - 1 }, (_, i) => text.slice(i, i + 2));
}
