/** As much of a value as is looked at: HAProxy's longest is the name of its node. */
const maxLength = 256;

/** The value of one line of `show info`, but the first; empty when the line is absent. What is beyond 256 bytes of it is cut off. */
export function infoValue(info: Buffer, name: string): string {
  const at = info.indexOf(`\n${name}: `);
  if (at < 0) return '';
  const from = at + name.length + 3;
  return info.toString('latin1', from, Math.min(info.indexOf('\n', from), from + maxLength));
}
