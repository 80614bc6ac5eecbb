import { readFileSync } from 'node:fs';
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
export function readOptionFile({ section, key, path }: OptionFile): string {
  const text = bytesOf({ section, key, path }).toString('utf8');
  if (text.length > maxBytes)
    throw new OptionFault(section, key, `'${path}' is larger than ${maxBytes} bytes`);
  return text;
}

/** The one line of a file with a password, without its end of line. Throws OptionFault, which does not quote it. */
export function readSecretFile(file: OptionFile): string {
  const secret = readOptionFile(file).replace(/\r?\n$/, '');
  const fault = (reason: string): OptionFault =>
    new OptionFault(file.section, file.key, `'${file.path}' ${reason}`);
  if (secret === '') throw fault('is empty: it must hold the password, on one line');
  if (/[\r\n]/.test(secret)) throw fault('has several lines: it must hold the password, on one line');
  return secret;
}

function bytesOf({ section, key, path }: OptionFile): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const { message } = error as Error;
    throw new OptionFault(
      section,
      key,
      `'${path}' cannot be read: ${message}, as user id ${process.getuid?.() ?? '?'}`,
    );
  }
}
