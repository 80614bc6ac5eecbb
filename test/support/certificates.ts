import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** PEM files of one identity. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

/** No test lasts longer. */
const twoDays = 2;
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** A certificate authority of a test's own, made by openssl, which must be there. */
export class Authority {
  readonly ca: string;
  readonly #key: string;

  constructor(private readonly directory: string) {
    const own = mkdtempSync(join(directory, 'ca-'));
    this.ca = join(own, 'ca.pem');
    this.#key = join(own, 'ca.key');
    openssl(
      'req',
      '-x509',
      ...newKey,
      '-days',
      String(twoDays),
      '-subj',
      '/CN=Test CA',
      '-keyout',
      this.#key,
      '-out',
      this.ca,
    );
  }

  /** A certificate for `CN=name,O=Test`, good for 127.0.0.1 and localhost unless other names are given. Of 0 days: it has expired. */
  issue(name: string, { names = 'IP:127.0.0.1,DNS:localhost', days = twoDays } = {}): Identity {
    const own = mkdtempSync(join(this.directory, `${name}-`));
    const [cert, key, request, extension] = ['cert.pem', 'key.pem', 'request.pem', 'extension'].map((file) =>
      join(own, file),
    ) as [string, string, string, string];
    writeFileSync(extension, `subjectAltName = ${names}\n`);
    openssl('req', ...newKey, '-subj', `/O=Test/CN=${name}`, '-keyout', key, '-out', request);
    const signed = ['-CA', this.ca, '-CAkey', this.#key, '-CAcreateserial', '-extfile', extension];
    openssl('x509', '-req', '-in', request, ...signed, '-days', String(days), '-out', cert);
    return { cert, key };
  }
}

/** The same key behind a passphrase. */
export function protectedKey(key: string, passphrase: string): string {
  const path = `${key}.protected`;
  openssl('pkey', '-in', key, '-aes256', '-passout', `pass:${passphrase}`, '-out', path);
  return path;
}

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
