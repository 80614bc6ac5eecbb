import { createHash } from 'node:crypto';

/** File systems take 255 bytes; this leaves room for what tells shortened names apart. */
const maxLength = 200;

/**
 * The name of a node as that of a directory: letters, digits, `_`, `-`, `:` and dots inside stay, every other character becomes
 * `_`. What had to be changed ends in a hash of the whole name, so that two nodes never share a directory.
 */
export function nodeDirectoryName(node: string): string {
  const name = node
    .slice(0, maxLength)
    .replace(/[^A-Za-z0-9_.:-]/g, '_')
    .replace(/^\.+/, '_');
  if (name === node && name !== '') return name;
  return `${name}-${createHash('sha256').update(node).digest('hex').slice(0, 8)}`;
}
