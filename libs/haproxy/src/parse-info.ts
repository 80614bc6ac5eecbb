/** What `show info` says: the lines whose value is a number, and the others. */
export interface Info {
  readonly numbers: ReadonlyMap<string, number>;
  readonly texts: ReadonlyMap<string, string>;
}

const decimal = /^-?\d+(\.\d+)?$/;

/** Reads `Name: value` lines; lines without a colon are passed over. The first of two lines with one name counts. */
export function parseInfo(info: Buffer): Info {
  const numbers = new Map<string, number>();
  const texts = new Map<string, string>();
  for (const line of info.toString('latin1').split('\n')) {
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    const name = line.slice(0, colon);
    const value = line.slice(colon + 1).trim();
    if (decimal.test(value)) setOnce(numbers, name, Number(value));
    else setOnce(texts, name, value);
  }
  return { numbers, texts };
}

function setOnce<V>(map: Map<string, V>, name: string, value: V): void {
  if (!map.has(name)) map.set(name, value);
}
