import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Redis from 'ioredis';
import { Registry } from 'prom-client';
import {
  checkTopics,
  createKafka,
  createTopics,
  KafkaDeadLetterStore,
  groupName,
  KafkaLogWriter,
  kafkaSettingsOf,
  rawRecords,
  renderTopicFault,
  topicName,
  topics,
  validateKafka,
  type LogEntry,
  type TopicName,
} from '@haproxystats/messaging';
import { processorConfigOf, startProcessor, type Role } from '@haproxystats/processor';
import { systemClock } from '@haproxystats/runtime';
import { eventually } from '../harness';
import {
  SecuredServers,
  whyNotSecured,
  type SecuredKafka,
  type SecuredRedis,
} from '../harness/secured-servers';
import { kafkaUsers, prefix, redisAclRules } from '../support/access-table';
import { Authority } from '../support/certificates';
import { committingReader } from '../support/committing-reader';
import { describeUnless } from '../support/describe-unless';
import { HandMadeRelay } from '../support/hand-made-servers';
import { KafkaRights } from '../support/kafka-rights';
import { loadConfig } from '../support/load-config';
import { RecordedLog } from '../support/recorded-log';

const passwords = {
  puller: 'pull-s3cret',
  node: 'n0de s3cret',
  graphite: 'gr4phite',
  topics: 't0pics',
  store: 'st0re',
  dlq: 'd1q-s3cret',
};
const everything = [...Object.values(passwords), 'wr0ng', 'l3dger'];
const raw = topicName(prefix, 'raw');
const record = { key: 'eu/lb1', headers: {}, value: Buffer.from('v') };

describeUnless(whyNotSecured(), 'Kafka with logins, certificates and rights', () => {
  const directory = mkdtempSync(join(tmpdir(), 'haproxystats-security-'));
  let authority: Authority;
  let servers: SecuredServers;
  let kafka: SecuredKafka;
  let redis: SecuredRedis;
  let rights: KafkaRights;
  let redisAdmin: Redis;
  let log: RecordedLog;
  let closing: (() => Promise<void>)[];

  beforeAll(async () => {
    authority = new Authority(directory);
    servers = new SecuredServers(authority);
    [kafka, redis] = await Promise.all([servers.kafka(passwords), servers.redis()]);
    rights = await KafkaRights.at(kafka.plain);
    redisAdmin = new Redis(redis.adminUrl);
    await rights.grantAll();
  });
  beforeEach(() => {
    log = new RecordedLog();
    closing = [];
  });
  afterEach(async () => {
    await Promise.all(closing.map((close) => close()));
    for (const secret of everything) expect(log.raw.join('')).not.toContain(secret);
  });
  afterAll(async () => {
    redisAdmin.disconnect();
    await rights.close();
    await servers.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const errors = (): string[] => log.texts('error');

  const file = (name: string, text: string): string => {
    const path = join(directory, name);
    writeFileSync(path, text);
    return path;
  };

  /** [kafka] for a user with the password of a file. */
  function login(
    user: keyof typeof passwords,
    { password = passwords[user], mechanism = 'scram-sha-512' } = {},
  ): string {
    return `[kafka]
brokers = ${kafka.login}
session-timeout = 10
tls = true
tls-ca = ${authority.ca}
sasl-mechanism = ${mechanism}
sasl-username = ${user}
sasl-password-file = ${file(`${user}.password`, `${password}\n`)}
`;
  }

  function client(text: string) {
    const { settings, faults } = loadConfig(text, { validators: [validateKafka] });
    expect(faults).toEqual([]);
    return createKafka(kafkaSettingsOf(settings)!, log.logger);
  }

  function writerOf(text: string): KafkaLogWriter {
    const writer = new KafkaLogWriter({ kafka: client(text), clock: systemClock, logger: log.logger });
    closing.push(() => writer.close());
    return writer;
  }

  function readerOf(text: string, role: string) {
    const { logger } = log;
    const made = committingReader({
      kafka: client(text),
      topic: raw,
      group: groupName(prefix, role),
      logger,
    });
    closing.push(() => made.reader.close());
    return made;
  }

  /** A processor with one role, and its figures. */
  async function startRole(role: Role, text: string): Promise<Registry> {
    const { settings, faults } = loadConfig(`${text}[process]\nroles = ${role}\n`, {
      validators: [validateKafka],
    });
    expect(faults).toEqual([]);
    const registry = new Registry();
    const processor = await startProcessor(processorConfigOf(settings), {
      registry,
      clock: systemClock,
      logger: log.logger,
    });
    closing.push(() => processor.close());
    await eventually(() => expect(processor.notReady()).toEqual([]), { withinMs: 60_000 });
    return registry;
  }

  async function figuresOf(registry: Registry): Promise<string[]> {
    const lines = (await registry.metrics()).split('\n');
    return lines
      .filter((line) => /^haproxystats_processor_(ledger_|refusals)/.test(line))
      .map((line) => line.replace('haproxystats_processor_', ''))
      .sort();
  }

  it('lets the topics be created and checked by a user who may do nothing else', async () => {
    const admin = client(login('topics')).admin();
    await admin.connect();
    closing.push(() => admin.disconnect());
    const names = (Object.keys(topics) as TopicName[]).map((name) => topicName(prefix, name));
    expect(await createTopics(admin, prefix)).toEqual(names);
    expect((await checkTopics(admin, names)).map(renderTopicFault)).toEqual([]);
    await expect(createTopics(admin, 'other')).rejects.toThrow(
      /^topics other\.raw\.v1, .*: the brokers deny Create \(TOPIC_AUTHORIZATION_FAILED\); grant it/,
    );
    expect((await checkTopics(admin, ['other.raw.v1'])).map(renderTopicFault)).toEqual([
      'topic other.raw.v1: the brokers deny Describe (TOPIC_AUTHORIZATION_FAILED); grant it to this client; until then it is not checked',
    ]);
  });

  it('takes a poll from a puller to Graphite, each role as a user with its own rights only', async () => {
    const relay = new HandMadeRelay();
    await relay.listen({ host: '127.0.0.1', port: 0 });
    closing.push(() => relay.close());
    await redisAdmin.acl('SETUSER', 'hs', ...redisAclRules('l3dger').split(' '));
    const ledger = `[redis]\nurl = rediss://hs@${redis.address}\ntls-ca = ${authority.ca}\npassword-file = ${file('redis.password', 'l3dger')}\ncommand-timeout = 10\n`;
    const sink = `[graphite]\nserver = 127.0.0.1\nport = ${relay.port}\nsettle = 0.05\n`;
    const node = await startRole('node', `${login('node')}${ledger}`);
    const store = mkdtempSync(join(directory, 'store-'));
    await startRole('local-store', `${login('store')}[local-store]\ndir = ${store}\n`);
    const graphite = await startRole('graphite', `${login('graphite')}${sink}`);

    const slot = Math.floor(Date.now() / 10_000) * 10_000;
    const stat = Buffer.from('# pxname,svname,stot,type,\nweb,FRONTEND,7,0,\n');
    const replies = [{ process: 'p1', info: Buffer.from('Tasks: 1\n'), stat }];
    const poll = {
      cluster: 'eu',
      node: 'lb1',
      source: 'puller-1',
      slot,
      intervalMs: 10_000,
      startedAt: slot,
    };
    await writerOf(login('puller')).append(raw, rawRecords({ ...poll, replies, failures: [] }));
    await eventually(() => expect([...relay.slots]).toEqual([[slot / 1_000, 1]]), { withinMs: 60_000 });
    await eventually(() => expect(readdirSync(store)).toEqual([String(slot / 1_000)]), { withinMs: 60_000 });
    const committed = async (group: string, name: TopicName): Promise<number> => {
      const [of] = await rights.admin.fetchOffsets({ groupId: group, topics: [topicName(prefix, name)] });
      return Math.max(...of!.partitions.map(({ offset }) => Number(offset)));
    };
    await eventually(async () => {
      expect(await committed('haproxystats-node', 'raw')).toBeGreaterThan(0);
      expect(await committed('haproxystats-graphite', 'framesNode')).toBe(1);
    });
    expect(await redisAdmin.keys('*')).toEqual(
      expect.arrayContaining([`hs:haproxystats-node:{eu/lb1}:${slot}`, 'hs:haproxystats-node:{eu/lb1}:live']),
    );
    expect(await redisAdmin.acl('LOG')).toEqual([]);
    expect([...log.texts('warn'), ...errors()]).toEqual([]);
    expect(await figuresOf(node)).toEqual([
      'ledger_degraded 0',
      'ledger_refusals_total 0',
      'refusals_total{role="node"} 0',
    ]);
    expect(await figuresOf(graphite)).toContain('refusals_total{role="graphite"} 0');
  });

  it('puts aside what cannot be read, and lets an operator read it and put it back, with their own rights only', async () => {
    await startRole('node', login('node'));
    const poison = { key: 'eu/lb9', headers: {}, value: Buffer.from('of no use') };
    await writerOf(login('puller')).append(raw, [poison]);
    const letters = new KafkaDeadLetterStore({
      kafka: client(login('dlq')),
      topic: topicName(prefix, 'dlq'),
      groupPrefix: prefix,
      clock: systemClock,
      logger: log.logger,
    });
    closing.push(() => letters.close());
    const found: LogEntry[] = [];
    await eventually(
      async () => {
        found.length = 0;
        await letters.read((entry) => Promise.resolve(void found.push(entry)), new AbortController().signal);
        expect(found.map(({ value }) => value.toString())).toContain('of no use');
      },
      { withinMs: 60_000 },
    );
    const { signal } = new AbortController();
    await letters.markReplayed(found[0]!, signal);
    const writer = writerOf(login('dlq'));
    await writer.append(raw, [record], signal);
    await writer.append(topicName(prefix, 'framesNode'), [record], signal);
    expect(writer.refused).toBe(0);
  });

  it('tells of a puller that may not write, and sends on when it is granted', async () => {
    await rights.revoke('User:puller', kafkaUsers.puller.grants);
    const writer = writerOf(login('puller'));
    const appended = writer.append(raw, [record]);
    await eventually(() => expect(errors().length).toBeGreaterThan(1), { withinMs: 60_000 });
    await rights.grant('User:puller', kafkaUsers.puller.grants);
    await appended;
    expect(new Set(errors())).toEqual(
      new Set([
        `topic ${raw}: the brokers deny User:puller to write it (TOPIC_AUTHORIZATION_FAILED): grant User:puller the operation Write on topic ${raw}`,
      ]),
    );
    expect(writer.refused).toBe(errors().length);
    expect(writer.connected).toBe(true);
  });

  it.each([
    [
      'the group',
      kafkaUsers.node.grants[1],
      /^group haproxystats-node: .* User:node .*: grant User:node the operation Read on group haproxystats-node$/,
    ],
    [
      'the topic',
      kafkaUsers.node.grants[0],
      /^topic haproxystats.raw.v1: .* User:node .*: grant User:node the operation Read on topic haproxystats.raw.v1$/,
    ],
  ] as const)(
    'tells of a role that may not read %s, and reads and commits on when it is granted',
    async (_, right, message) => {
      const writer = writerOf(login('puller'));
      await writer.append(raw, [record]);
      await rights.revoke('User:node', [right]);
      const { reader, entries } = readerOf(login('node'), 'node');
      await eventually(() => expect(errors().length).toBeGreaterThan(1), { withinMs: 60_000 });
      expect(reader.ready).toBe(false);
      await rights.grant('User:node', [right]);
      await eventually(() => expect(entries.length).toBeGreaterThan(0), { withinMs: 60_000 });
      await eventually(() => expect(reader.ready).toBe(true));

      // The same right is taken from a member, and given back.
      const before = errors().length;
      await rights.revoke('User:node', [right]);
      await eventually(() => expect(errors().length).toBeGreaterThan(before), { withinMs: 60_000 });
      await rights.grant('User:node', [right]);
      const read = entries.length;
      const next = Math.max(...entries.map(({ offset }) => offset)) + 1;
      await writer.append(raw, [record]);
      // What was read when the right was taken may not have been committed: then it comes again.
      await eventually(() => expect(entries.slice(read).map(({ offset }) => offset)).toContain(next), {
        withinMs: 60_000,
      });
      await eventually(() => expect([...reader.lag().values()].every((lag) => lag === 0)).toBe(true));
      for (const text of errors()) expect(text).toMatch(message);
      expect(reader.refused).toBe(errors().length);
      expect(log.texts('fatal')).toEqual([]);
    },
  );

  it('tells of a wrong password, by each mechanism, and goes on when its file has the right one', async () => {
    const writer = writerOf(login('puller', { password: 'wr0ng', mechanism: 'plain' }));
    const { reader, entries } = readerOf(login('node', { password: 'wr0ng' }), 'node');
    const appended = writer.append(raw, [record]);
    await eventually(() => expect(errors().length).toBeGreaterThan(3), { withinMs: 60_000 });
    file('puller.password', passwords.puller);
    file('node.password', passwords.node);
    await appended;
    await eventually(() => expect(entries.length).toBeGreaterThan(0), { withinMs: 60_000 });
    for (const text of errors())
      expect(text).toMatch(
        /^brokers 127\.0\.0\.1:\d+: the login of User:(puller|node) fails \(SASL (PLAIN|SCRAM SHA512) authentication failed: .*\): look at sasl-mechanism, sasl-username and the password/,
      );
    expect(writer.refused + reader.refused).toBe(errors().length);
  });

  it('logs in again when its time is up, tells of a login that counts no more, and goes on when it does', async () => {
    const mechanism = 'scram-sha-256';
    const writer = writerOf(login('puller', { mechanism }));
    const { reader, entries } = readerOf(login('node', { mechanism }), 'node');
    await eventually(() => expect(reader.ready).toBe(true), { withinMs: 60_000 });
    await writer.append(raw, [record]);
    expect(errors()).toEqual([]);

    file('puller.password', 'wr0ng');
    file('node.password', 'wr0ng');
    await eventually(() => expect(reader.refused).toBeGreaterThan(1), { withinMs: 60_000 });
    const appended = writer.append(raw, [record]);
    await eventually(() => expect(writer.refused).toBeGreaterThan(0), { withinMs: 60_000 });
    expect(reader.ready).toBe(false);
    for (const text of errors())
      expect(text).toMatch(
        /: the login of User:(puller|node) fails \(SASL SCRAM SHA256 authentication failed/,
      );
    expect(log.texts('warn')).toEqual([]);

    file('puller.password', passwords.puller);
    file('node.password', passwords.node);
    await appended;
    const read = entries.length;
    await writer.append(raw, [record]);
    await eventually(() => expect(entries.length).toBeGreaterThan(read), { withinMs: 60_000 });
    expect(log.texts('fatal')).toEqual([]);
  });

  it('trusts no broker whose CA it does not know, and goes on when the file has the right one', async () => {
    const ca = file('renewed-ca.pem', readFileSync(new Authority(directory).ca, 'utf8'));
    const writer = writerOf(login('puller').replace(/tls-ca = .*/, `tls-ca = ${ca}`));
    const { reader } = readerOf(login('node').replace(/tls-ca = .*/, `tls-ca = ${ca}`), 'node');
    const appended = writer.append(raw, [record]);
    await eventually(() => expect(errors().length).toBeGreaterThan(1), { withinMs: 60_000 });
    file('renewed-ca.pem', readFileSync(authority.ca, 'utf8'));
    await appended;
    await eventually(() => expect(reader.ready).toBe(true), { withinMs: 60_000 });
    for (const text of errors())
      expect(text).toMatch(
        /^broker 127\.0\.0\.1:\d+: no TLS connection: nobody who is trusted here has signed the server's certificate \(\w+\): 'tls-ca' must name/,
      );
  });

  it('takes the subject of a certificate for the user, and tells who comes without', async () => {
    const { cert, key } = authority.issue('puller');
    const mutual = `[kafka]\nbrokers = ${kafka.mutual}\ntls = true\ntls-ca = ${authority.ca}\n`;
    const writer = writerOf(`${mutual}tls-cert = ${cert}\ntls-key = ${key}\n`);
    const appended = writer.append(raw, [record]);
    await eventually(() => expect(errors()[0]).toContain('grant User:CN=puller,O=Test the operation Write'), {
      withinMs: 60_000,
    });
    await rights.grant('User:CN=puller,O=Test', kafkaUsers.puller.grants);
    await appended;
    log.raw.length = 0;
    const stop = new AbortController();
    const nobody = writerOf(mutual).append(raw, [record], stop.signal);
    nobody.catch(() => undefined);
    await eventually(
      () =>
        expect(errors()[0]).toMatch(
          /no TLS connection: the server does not accept our certificate, or wants one/,
        ),
      { withinMs: 60_000 },
    );
    stop.abort();
  });

  it('hints at logins and TLS where a broker hangs up on those who have none', async () => {
    const stop = new AbortController();
    for (const brokers of [kafka.login, kafka.mutual])
      writerOf(`[kafka]\nbrokers = ${brokers}\n`)
        .append(raw, [record], stop.signal)
        .catch(() => undefined);
    await eventually(() => expect(log.texts('warn').length).toBeGreaterThan(1), { withinMs: 60_000 });
    stop.abort();
    for (const text of log.texts('warn')) expect(text).toMatch(/the broker hangs up/);
  });
});
