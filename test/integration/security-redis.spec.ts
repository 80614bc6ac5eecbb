import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Redis from 'ioredis';
import { systemClock } from '@haproxystats/runtime';
import { describeCoordinator } from '../../apps/processor/src/coordinator/coordinator.contract';
import { FallbackCoordinator } from '../../apps/processor/src/coordinator/fallback.coordinator';
import { MemoryCoordinator } from '../../apps/processor/src/coordinator/memory.coordinator';
import { redisAccessOf, validateRedis } from '../../apps/processor/src/coordinator/redis-connection';
import { ledgerRights } from '../../apps/processor/src/coordinator/redis-refusal';
import { RedisCoordinator } from '../../apps/processor/src/coordinator/redis.coordinator';
import { eventually } from '../harness';
import { SecuredServers, whyNotSecured, type SecuredRedis } from '../harness/secured-servers';
import { redisAclRules } from '../support/access-table';
import { Authority } from '../support/certificates';
import { describeUnless } from '../support/describe-unless';
import { loadConfig } from '../support/load-config';
import { RecordedLog } from '../support/recorded-log';

describeUnless(whyNotSecured(), 'Redis with a login, a certificate and rights', () => {
  const directory = mkdtempSync(join(tmpdir(), 'haproxystats-security-'));
  const password = 'l3dger s3cret';
  const slot = 1_700_000_000_000;
  const key = { entity: 'eu/lb1', slot };
  const question = { ...key, sources: ['p'], held: ['a'], now: slot, leaseMs: 35_000, force: false };
  let authority: Authority;
  let servers: SecuredServers;
  let server: SecuredRedis;
  let admin: Redis;
  let ledgers: { close(): Promise<void> }[] = [];
  let log: RecordedLog;

  beforeAll(async () => {
    authority = new Authority(directory);
    servers = new SecuredServers(authority);
    server = await servers.redis();
    admin = new Redis(server.adminUrl);
  });
  beforeEach(() => {
    log = new RecordedLog();
    return setUser(redisAclRules(password));
  });
  afterEach(async () => {
    await Promise.all(ledgers.map((ledger) => ledger.close()));
    ledgers = [];
    for (const secret of [password, 'wr0ng']) expect(log.raw.join('')).not.toContain(secret);
  });
  afterAll(async () => {
    admin.disconnect();
    await servers.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  /** Rules as in the page; only a password may have blanks. */
  async function setUser(rules: string): Promise<void> {
    const [before, after] = rules.split(`>${password}`) as [string, string?];
    const words = (text = ''): string[] => text.split(' ').filter((word) => word !== '');
    const all = after === undefined ? words(before) : [...words(before), `>${password}`, ...words(after)];
    await admin.acl('SETUSER', 'hs', ...all);
  }

  const file = (name: string, text: string): string => {
    const path = join(directory, name);
    writeFileSync(path, text);
    return path;
  };

  function ledger(change: { password?: string; ca?: string; url?: string } = {}): RedisCoordinator {
    const text = `[redis]
url = ${change.url ?? `rediss://hs@${server.address}`}
password-file = ${file('password', `${change.password ?? password}\n`)}
tls-ca = ${change.ca ?? authority.ca}
`;
    const { settings, faults } = loadConfig(text, { validators: [validateRedis] });
    expect(faults).toEqual([]);
    const made = new RedisCoordinator(
      { ...redisAccessOf(settings)!, commandTimeoutMs: 10_000, keyPrefix: 'hs', group: randomUUID() },
      log.logger,
    );
    ledgers.push(made);
    return made;
  }

  async function connected(): Promise<RedisCoordinator> {
    const made = ledger();
    await eventually(() => made.decide({ ...question, entity: 'warm/up' }));
    return made;
  }

  const failureOf = (answer: Promise<unknown>): Promise<string | undefined> =>
    answer.then(
      () => undefined,
      (error: unknown) => String(error),
    );

  /** A ledger with its twin, and what they say at which level. */
  function guarded(shared: RedisCoordinator) {
    const degraded: boolean[] = [];
    let refused = 0;
    const fallback = new FallbackCoordinator(shared, new MemoryCoordinator(systemClock), {
      clock: systemClock,
      logger: log.logger,
      onDegraded: (now) => degraded.push(now),
      onRefused: () => refused++,
    });
    const errors = (): string[] => log.texts('error');
    return { fallback, errors, degraded, refused: () => refused };
  }

  describeCoordinator('RedisCoordinator as a user with no other right', () => connected());

  it('needs all of these rights, and tries nothing beyond them', async () => {
    await admin.acl('LOG', 'RESET');
    const made = await connected();
    await made.done(key, ['a']);
    expect(await admin.acl('LOG')).toEqual([]);
    for (const [i, right] of ledgerRights('hs').split(' ').entries()) {
      await admin.script('FLUSH');
      await admin.acl('SETUSER', 'hs', right.startsWith('~') ? 'resetkeys' : right.replace('+', '-'));
      const next = { ...question, slot: slot + i };
      const [refusal] = [await failureOf(made.decide(next)), await failureOf(made.done(next, ['a']))].filter(
        Boolean,
      );
      expect([right, refusal]).toEqual([right, expect.stringContaining('ACL SETUSER hs ~hs:* +eval')]);
      await setUser(redisAclRules(password));
    }
  });

  it('may be in another database, with the right to select it', async () => {
    await admin.acl('SETUSER', 'hs', '+select');
    const made = ledger({ url: `rediss://hs@${server.address}/3` });
    await eventually(() => made.decide(question));
    await admin.select(3);
    expect((await admin.keys('*')).length).toBeGreaterThan(0);
    await admin.select(0);
  });

  it('names user, place and rights where one is missing, and goes on when it is granted', async () => {
    await admin.acl('SETUSER', 'hs', '-hexists');
    const { fallback, errors, degraded, refused } = guarded(ledger());
    await eventually(async () => {
      expect(await fallback.decide(question)).toBe('EMIT');
      expect(errors().length).toBeGreaterThan(1);
    });
    expect(degraded).toEqual([true]);
    expect(refused()).toBe(errors().length);
    expect(errors()[0]).toMatch(
      /^redis 127\.0\.0\.1:\d+: user hs lacks a right that the ledger needs: ACL SETUSER hs ~hs:\* \+eval .* \(.+\)$/,
    );
    await setUser(redisAclRules(password));
    await eventually(async () => {
      await fallback.decide(question);
      expect(degraded).toEqual([true, false]);
    });
  });

  it('tells of a wrong password without quoting it, and goes on when its file has the right one', async () => {
    const { fallback, errors, degraded } = guarded(ledger({ password: 'wr0ng' }));
    await eventually(async () => {
      await fallback.decide(question);
      expect(errors().length).toBeGreaterThan(0);
    });
    for (const text of errors()) {
      expect(text).toMatch(/^redis 127\.0\.0\.1:\d+: the login of user hs fails: .* \(WRONGPASS .*\)$/);
    }
    file('password', password);
    await eventually(
      async () => {
        await fallback.decide(question);
        expect(degraded.at(-1)).toBe(false);
      },
      { withinMs: 60_000 },
    );
  });

  it('trusts no Redis whose CA it does not know, and goes on when the file has the right one', async () => {
    const ca = file('renewed-ca.pem', readFileSync(new Authority(directory).ca, 'utf8'));
    const { fallback, errors, degraded } = guarded(ledger({ ca }));
    await eventually(async () => {
      await fallback.decide(question);
      expect(errors().length).toBeGreaterThan(0);
    });
    expect(errors()[0]).toMatch(
      /^redis 127\.0\.0\.1:\d+: no TLS connection: nobody who is trusted here has signed the server's certificate/,
    );
    file('renewed-ca.pem', readFileSync(authority.ca, 'utf8'));
    await eventually(
      async () => {
        await fallback.decide(question);
        expect(degraded.at(-1)).toBe(false);
      },
      { withinMs: 60_000 },
    );
  });

  it('says that Redis wants a login where the URL has none', async () => {
    await admin.acl('SETUSER', 'default', '>adm1n', 'resetpass', '>adm1n');
    try {
      const made = new RedisCoordinator(
        {
          url: `rediss://${server.address}`,
          tls: { section: 'redis', ca: authority.ca, cert: undefined, key: undefined },
          commandTimeoutMs: 10_000,
          keyPrefix: 'hs',
          group: 'g',
        },
        log.logger,
      );
      ledgers.push(made);
      const { fallback, errors } = guarded(made);
      await eventually(async () => {
        await fallback.decide(question);
        expect(errors()[0]).toMatch(/^redis 127\.0\.0\.1:\d+: it wants a login: .* \(NOAUTH .*\)$/);
      });
    } finally {
      await admin.acl('SETUSER', 'default', 'nopass');
    }
  });
});
