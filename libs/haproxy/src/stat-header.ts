/** The text is not the CSV that `show stat` prints. */
export class StatFormatError extends Error {
  override readonly name = 'StatFormatError';
}

/** Bounds of what is taken for a `show stat` header. HAProxy 3.5 prints 119 columns, and more with modules. */
const maxHeaderBytes = 65_536;
const maxColumns = 2_048;

/** What the scanner does with a column: one of these, or an index (>= 0) into the row of values. */
export const skip = -1;
export const proxyName = -2;
export const serverName = -3;
export const entityType = -4;

export interface StatHeader {
  /** For each CSV column what to do with it. */
  readonly slots: Int16Array;
  /** The last column that is wanted; behind it a row is only skipped. */
  readonly last: number;
  /** Offset of the first byte behind the header line. */
  readonly end: number;
}

const roles = new Map([
  ['pxname', proxyName],
  ['svname', serverName],
  ['type', entityType],
]);

/** Finds the wanted columns by name, never by position (management guide, 9.1). Throws StatFormatError when it is no such header. */
export function parseStatHeader(csv: Buffer, wanted: readonly string[]): StatHeader {
  const end = csv.subarray(0, maxHeaderBytes).indexOf(0x0a) + 1;
  if (end === 0) throw new StatFormatError(`no line ends within ${maxHeaderBytes} bytes`);
  const names = csv
    .toString('latin1', 0, end)
    .replace(/^#\s*/, '')
    .split(',')
    .map((name) => name.trim());
  if (names.length > maxColumns) throw new StatFormatError(`a header of ${names.length} columns`);
  const slots = Int16Array.from(names, (name) => roles.get(name) ?? wanted.indexOf(name));
  for (const [name, role] of roles) {
    if (!slots.includes(role)) throw new StatFormatError(`no column '${name}' in the header`);
  }
  return { slots, last: slots.findLastIndex((slot) => slot !== skip), end };
}
