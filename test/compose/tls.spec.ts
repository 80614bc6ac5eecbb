import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../harness';
import { Authority } from '../support/certificates';
import { Composed, logOf, words } from './composed';
import { rendered } from './rendered';

const cluster = 'loadbalancers.clusters.demo.haproxy';
const roles = ['tls-node', 'tls-cluster', 'tls-graphite', 'tls-records', 'tls-events'];
const programs = ['tls-puller-1', 'tls-puller-2', ...roles];
const strangersCa = '/strangers-ca.pem';

/** What is started once more with something wrong, and the sentence that its log has to have. */
interface Wrong {
  readonly name: string;
  readonly service: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly command?: readonly string[];
  readonly told: RegExp;
}

const node = '/tls/node';
const wrongPassword = `${node}/redis-password`;
const wrong: readonly Wrong[] = [
  {
    name: 'a wrong password for Kafka',
    service: 'tls-node',
    environment: { HAPROXYSTATS_KAFKA_SASL_PASSWORD_FILE: wrongPassword },
    told: /brokers tls-kafka:9092: the login of User:node fails \(SASL PLAIN authentication failed: .*\): look at sasl-mechanism, sasl-username and the password/,
  },
  {
    name: 'brokers of an unknown CA',
    service: 'tls-node',
    environment: { HAPROXYSTATS_KAFKA_TLS_CA: strangersCa },
    told: /broker tls-kafka:9092: no TLS connection: nobody who is trusted here has signed the server's certificate \(\w+\): 'tls-ca' must name/,
  },
  {
    name: 'a role without its rights in Kafka',
    service: 'tls-node',
    environment: { HAPROXYSTATS_PROCESS_ROLES: 'events', HAPROXYSTATS_RESULTS_FORMAT: 'json' },
    told: /group haproxystats-events: .*User:node.*: grant User:node the operation Read on group haproxystats-events/,
  },
  {
    name: 'a puller that may not write its topic',
    service: 'tls-puller-1',
    environment: { HAPROXYSTATS_KAFKA_TOPIC_PREFIX: 'other', HAPROXYSTATS_PULL_DST_DIR: '/dev/shm/spool' },
    told: /topic other\.raw\.v1: the brokers deny User:puller to write it \(TOPIC_AUTHORIZATION_FAILED\): grant User:puller the operation Write on topic other\.raw\.v1/,
  },
  {
    name: 'a wrong password for Redis',
    service: 'tls-node',
    environment: { HAPROXYSTATS_REDIS_PASSWORD_FILE: `${node}/kafka-password` },
    told: /redis tls-redis:6379: the login of user hs fails: .* \(WRONGPASS /,
  },
  {
    name: 'a Redis of an unknown CA',
    service: 'tls-node',
    environment: { HAPROXYSTATS_REDIS_TLS_CA: strangersCa },
    told: /redis tls-redis:6379: no TLS connection: nobody who is trusted here has signed the server's certificate/,
  },
  {
    name: 'a right that is missing in Redis',
    service: 'tls-node',
    environment: { HAPROXYSTATS_REDIS_KEY_PREFIX: 'other' },
    told: /redis tls-redis:6379: user hs lacks a right that the ledger needs: ACL SETUSER hs ~other:\* \+eval/,
  },
  {
    name: 'a wrong password for the schema registry',
    service: 'tls-records',
    environment: { HAPROXYSTATS_REGISTRY_PASSWORD_FILE: '/tls/records/kafka-password' },
    told: /the schema registry https:\/\/tls-registry:8443\/apis\/ccompat\/v7 refuses 'records' \(401\): look at 'username' and 'password' in \[registry\]/,
  },
  {
    name: 'a schema registry of an unknown CA',
    service: 'tls-records',
    environment: { HAPROXYSTATS_REGISTRY_TLS_CA: strangersCa },
    told: /the schema registry https:\/\/tls-registry:8443\/apis\/ccompat\/v7 cannot be reached: .*nobody who is trusted here has signed/,
  },
  {
    name: 'a reader that registers schemas',
    service: 'tls-records',
    environment: { HAPROXYSTATS_KAFKA_TOPIC_PREFIX: 'other' },
    command: ['haproxystats', 'schemas', 'register'],
    told: /the schema registry https:\/\/tls-registry:8443\/apis\/ccompat\/v7 refuses 'records' \(403\): .* the rights of that user/,
  },
];

describe('docker compose --profile tls up', () => {
  const directory = mkdtempSync(join(tmpdir(), 'haproxystats-compose-'));
  let tls: Composed;
  let secrets: string[];

  /** All passwords, and the keys of the servers, line by line. */
  async function secretsOfVolume(): Promise<string[]> {
    const read = 'cat /tls/programs/*/*-password /tls/servers/*/*.pem';
    const text = await tls.compose('run', '--rm', '--no-TTY', 'tls-certificates', 'sh', '-c', read);
    const keys = [...text.matchAll(/-BEGIN PRIVATE KEY-+\n([^-]+)\n-/g)].flatMap(([, key = '']) =>
      key.split('\n'),
    );
    const passwords = text.split('\n').filter((line) => /^[0-9a-f]{48}$/.test(line));
    expect(keys.length).toBeGreaterThan(5);
    expect(passwords.length).toBeGreaterThan(13);
    return [...new Set([...passwords, ...keys])];
  }

  function expectNoSecret(text: string, where: string): void {
    for (const secret of secrets) expect([where, text.includes(secret)]).toEqual([where, false]);
  }

  beforeAll(async () => {
    tls = await Composed.of('tls');
    await tls.up();
    secrets = await secretsOfVolume();
  });
  afterAll(async () => {
    rmSync(directory, { recursive: true, force: true });
    const left = await tls.down();
    expect(left).toEqual([]);
  });

  it('takes polls to Graphite and records to Kafka, each program as a user with its own rights only', async () => {
    const since = Math.floor(Date.now() / 1_000);
    await eventually(
      async () => {
        const complete = await rendered(tls.ports.graphite, `${cluster}.coverage.complete`, since);
        expect([...complete.values()].filter((each) => each === 1).length).toBeGreaterThan(2);
      },
      { withinMs: 120_000, everyMs: 1_000 },
    );
    const report = await eventually(
      async () => {
        const shown = JSON.parse(
          await tls.compose('run', '--rm', '--no-TTY', 'tls-fleet', 'haproxystats', 'fleet', '--json'),
        ) as { isComplete: boolean; groups: { group: string; lag?: number }[] };
        expect(shown.isComplete).toBe(true);
        return shown;
      },
      { withinMs: 60_000, everyMs: 1_000 },
    );
    expect(report.groups.map(({ group }) => group)).toContain('haproxystats-kafka-cluster');
    const lines = await tls.logLines(...programs);
    expect(lines.filter(({ msg }) => msg === 'processing')).toHaveLength(roles.length);
    expect(lines.filter(({ level }) => ['error', 'fatal'].includes(level)).map(({ msg }) => msg)).toEqual([]);
  });

  it.each(wrong)('tells of $name in one sentence', async ({ service, environment, command = [], told }) => {
    const ca = new Authority(directory).ca;
    const variables = Object.entries(environment).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
    const options = ['--volume', `${ca}:${strangersCa}:ro`, ...variables];
    // In its place, not beside it: alone in its group a program gets all records, and so asks the ledger, or the registry.
    const usual = (await tls.compose('ps', '--quiet', service)).trim();
    await words('stop', usual);
    const container = await tls.runAside(service, options, ...command);
    try {
      const log = await eventually(
        async () => {
          const text = await logOf(container);
          expect(text).toMatch(told);
          return text;
        },
        { withinMs: 180_000, everyMs: 500 },
      );
      expectNoSecret(log, 'the log');
    } finally {
      await words('rm', '--force', '--volumes', container);
      await words('start', usual);
    }
  });

  it('shows no password and no key: in no log, no configuration, and not to who looks at containers', async () => {
    for (const program of [...programs, 'tls-kafka', 'tls-redis', 'tls-registry', 'tls-registry-app'])
      expectNoSecret(await tls.logs(program), `the log of ${program}`);
    for (const job of ['tls-certificates', 'tls-rights', 'tls-topics', 'tls-schemas'])
      expectNoSecret(await tls.logs(job), `the log of ${job}`);
    for (const program of programs) {
      const shown = await eventually(() => tls.exec(program, 'haproxystats', 'config'), { withinMs: 60_000 });
      expect(shown).toContain('sasl-password-file = /tls/');
      expectNoSecret(shown, `haproxystats config in ${program}`);
    }
    const containers = await tls.belongings();
    expectNoSecret((await words('inspect', ...containers)).join(' '), 'docker inspect');
    expectNoSecret(await tls.compose('config'), 'docker compose config');
  });

  it('lets no program read the files of another', async () => {
    const passwords: Record<string, number> = {
      'tls-node': 2,
      'tls-cluster': 2,
      'tls-records': 2,
      'tls-events': 2,
    };
    for (const program of programs) {
      const read = 'ls -d /tls/*/* 2>/dev/null | grep -c password';
      const count = Number(await tls.exec(program, 'sh', '-c', read));
      expect([program, count]).toEqual([program, passwords[program] ?? 1]);
    }
  });
});
