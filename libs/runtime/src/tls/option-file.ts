import { readFileSync, statSync } from 'node:fs';
import { OptionFault } from './option-fault';

/** A file that an option names. */
export interface OptionFile {
  readonly section: string;
  readonly key: string;
  readonly path: string;
}

/** Certificates and passwords are small; a device or a wrong file is not read to its end. */
const maxBytes = 4 * 1024 * 1024;

/** The text of the file. Throws OptionFault. */
export function readOptionFile(file: OptionFile): string {
  try {
    const facts = statSync(file.path);
    if (!facts.isFile()) throw optionFault(file, 'is no regular file');
    if (facts.size > maxBytes) throw optionFault(file, `is larger than ${maxBytes} bytes`);
    return readFileSync(file.path, 'utf8');
  } catch (error) {
    if (error instanceof OptionFault) throw error;
    const { message } = error as Error;
    throw optionFault(file, `cannot be read: ${message}, as user id ${process.getuid?.() ?? '?'}`);
  }
}

/** What is wrong with the file, as a sentence that its path begins. */
export function optionFault({ section, key, path }: OptionFile, reason: string): OptionFault {
  return new OptionFault(section, key, `'${path}' ${reason}`);
}

/** The one line of a file with a password, without its end of line. Throws OptionFault, which does not quote it. */
export function readSecretFile(file: OptionFile): string {
  const secret = readOptionFile(file).replace(/\r?\n$/, '');
  if (secret === '') throw optionFault(file, 'is empty: it must hold the password, on one line');
  if (/[\r\n]/.test(secret))
    throw optionFault(file, 'has several lines: it must hold the password, on one line');
  return secret;
}
