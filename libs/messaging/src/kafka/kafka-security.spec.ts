import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RecordedLog } from '../../../../test/support/recorded-log';
import { openSecurity } from './kafka-security';

describe('openSecurity', () => {
  const directory = mkdtempSync(join(tmpdir(), 'haproxystats-login-'));
  const path = join(directory, 'password');

  afterAll(() => rmSync(directory, { recursive: true }));

  /** What kafkajs finds at each login. */
  function login(log: RecordedLog): () => string {
    const file = { section: 'kafka', key: 'sasl-password-file', path } as const;
    const { sasl } = openSecurity(
      { tls: undefined, login: { mechanism: 'scram-sha-512', username: 'puller', password: file } },
      log.logger,
    );
    return () => (sasl as unknown as { password: string }).password;
  }

  it('reads the password anew at each login; while it cannot be read the last one counts, and that is told once', () => {
    writeFileSync(path, 'first\n');
    const log = new RecordedLog();
    const password = login(log);
    expect(password()).toBe('first');
    rmSync(path);
    expect([password(), password()]).toEqual(['first', 'first']);
    writeFileSync(path, 'second\n');
    expect(password()).toBe('second');
    writeFileSync(path, '');
    expect(password()).toBe('second');
    expect(log.texts()).toHaveLength(2);
    expect(log.texts()[0]).toContain(path);
    expect(log.texts()[0]).toContain('what it said before is used');
  });

  it('refuses to begin without one', () => {
    rmSync(path, { force: true });
    expect(() => login(new RecordedLog())).toThrow(path);
  });
});
