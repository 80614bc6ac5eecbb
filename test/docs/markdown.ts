/** A table in Markdown, with a line end behind it. */
export function renderTable(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [columns, columns.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}

export function code(text: string): string {
  return `\`${text}\``;
}

export function codes(texts: Iterable<string>): string {
  return [...texts].map(code).join(', ');
}
