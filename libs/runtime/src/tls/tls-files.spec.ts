import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Authority, protectedKey, type Identity } from '../../../../test/support/certificates';
import { OptionFault } from './option-fault';
import { readSecretFile } from './option-file';
import { readTlsFiles, subjectOf, type TlsFiles } from './tls-files';

describe('files of TLS', () => {
  const directory = mkdtempSync(join(tmpdir(), 'haproxystats-tls-'));
  let authority: Authority;
  let me: Identity;

  beforeAll(() => {
    authority = new Authority(directory);
    me = authority.issue('me');
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  const files = (named: Partial<TlsFiles>): TlsFiles => ({
    section: 'kafka',
    ca: undefined,
    cert: undefined,
    key: undefined,
    ...named,
  });

  function faultOf(named: Partial<TlsFiles>, now?: Date): string {
    try {
      readTlsFiles(files(named), now);
    } catch (error) {
      expect(error).toBeInstanceOf(OptionFault);
      return (error as OptionFault).message.replaceAll(directory, '');
    }
    throw new Error('no fault');
  }

  const written = (name: string, text: string): string => {
    const path = join(directory, name);
    writeFileSync(path, text);
    return path;
  };

  it('become what tls.connect takes; without any, Node.js decides whom to trust', () => {
    expect(readTlsFiles(files({ ca: authority.ca, ...me }))).toEqual({
      ca: readFileSync(authority.ca, 'utf8'),
      cert: readFileSync(me.cert, 'utf8'),
      key: readFileSync(me.key, 'utf8'),
    });
    expect(readTlsFiles(files({}))).toEqual({});
  });

  it('name their subject as Kafka does', () => {
    expect(subjectOf(readFileSync(me.cert, 'utf8'))).toBe('CN=me,O=Test');
  });

  it('that are missing, or hold something else, are named with their option', () => {
    expect(faultOf({ ca: `${directory}/absent.pem` })).toMatch(
      /^option 'tls-ca' in section 'kafka': '\/absent\.pem' cannot be read: ENOENT.*, as user id \d+$/,
    );
    expect(faultOf({ ca: me.key })).toMatch(/^option 'tls-ca' .* holds no certificate in PEM/);
    expect(faultOf({ cert: me.cert, key: me.cert })).toMatch(
      /^option 'tls-key' .* holds no private key in PEM/,
    );
    // Neither read to its end, nor waited for.
    for (const path of ['/dev/zero', directory])
      expect(faultOf({ ca: path })).toMatch(/^option 'tls-ca' .* is no regular file$/);
    const large = written('large.pem', '');
    truncateSync(large, 5 * 1024 * 1024);
    expect(faultOf({ ca: large })).toMatch(/is larger than 4194304 bytes$/);
    const garbled = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
    expect(faultOf({ ca: written('garbled.pem', garbled) })).toMatch(
      /holds a certificate that cannot be read/,
    );
  });

  it('go in pairs that were made together', () => {
    expect(faultOf({ cert: me.cert })).toBe(
      "option 'tls-cert' in section 'kafka': it needs 'tls-key' beside it: a certificate and its key go together",
    );
    expect(faultOf({ key: me.key })).toMatch(/^option 'tls-key' .* needs 'tls-cert' beside it/);
    expect(faultOf({ cert: me.cert, key: authority.issue('other').key })).toMatch(
      /^option 'tls-key' .* is not the key of the certificate in '\/me-\w+\/cert\.pem'/,
    );
  });

  it('may not be behind a passphrase, and the message shows the way out', () => {
    const key = protectedKey(me.key, 's3cret');
    const fault = faultOf({ cert: me.cert, key });
    expect(fault).toMatch(
      /^option 'tls-key' .* is protected by a passphrase, .*openssl pkey -in KEY -out NEWKEY/,
    );
    expect(fault).not.toContain('s3cret');
  });

  it('count in their time only', () => {
    const [later, earlier] = [new Date(Date.now() + 3 * 86_400_000), new Date(Date.now() - 86_400_000)];
    expect(faultOf({ ca: authority.ca }, later)).toMatch(
      /^option 'tls-ca' .* has expired: the certificate of CN=Test CA was good until \w+/,
    );
    expect(faultOf(me, later)).toMatch(/^option 'tls-cert' .* has expired: the certificate of CN=me,O=Test/);
    expect(faultOf({ ca: authority.ca }, earlier)).toMatch(/does not count yet: .* Is the clock right\?/);
  });

  it('that hold a password give it without its end of line', () => {
    const secret = (text: string): string =>
      readSecretFile({ section: 'redis', key: 'password-file', path: written('password', text) });
    expect(secret('s3 cret\n')).toBe('s3 cret');
    expect(secret('s3cret\r\n')).toBe('s3cret');
    expect(() => secret('\n')).toThrow(/^option 'password-file' in section 'redis': .* is empty/);
    expect(() => secret('s3cret\nmore\n')).toThrow(
      /has several lines: it must hold the password, on one line$/,
    );
  });
});
