/** The value of one line of `show info`, but the first; empty when the line is absent. */
export function infoValue(info: Buffer, name: string): string {
  const at = info.indexOf(`\n${name}: `);
  if (at < 0) return '';
  const from = at + name.length + 3;
  return info.toString('latin1', from, info.indexOf('\n', from));
}
