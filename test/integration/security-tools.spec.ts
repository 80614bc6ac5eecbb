import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { frameRecords, rawRecords, topicName, validateKafka, type LogRecord } from '@haproxystats/messaging';
import { Started, type ProgramContext } from '@haproxystats/runtime';
import { fleetCommand } from '../../apps/haproxystats/src/commands/fleet';
import { replayKafkaCommand } from '../../apps/haproxystats/src/commands/replay-kafka';
import { createTopics } from '../../libs/messaging/src/kafka/topic-admin';
import { SecuredServers, whyNotSecured, type SecuredKafka } from '../harness/secured-servers';
import { prefix } from '../support/access-table';
import { Capture } from '../support/capture';
import { Authority } from '../support/certificates';
import { describeUnless } from '../support/describe-unless';
import { frameHead } from '../support/frames';
import { KafkaRights } from '../support/kafka-rights';
import { loadConfig } from '../support/load-config';
import { RecordedLog } from '../support/recorded-log';
import { Kafka, logLevel } from 'kafkajs';

const passwords = { fleet: 'fl33t', replay: 'r3play', puller: 'pull' };
const slot = Math.floor(Date.now() / 10_000) * 10_000;

describeUnless(whyNotSecured(), 'the commands that read Kafka, as users with their own rights only', () => {
  const directory = mkdtempSync(join(tmpdir(), 'haproxystats-security-tools-'));
  let authority: Authority;
  let servers: SecuredServers;
  let kafka: SecuredKafka;
  let rights: KafkaRights;

  beforeAll(async () => {
    authority = new Authority(directory);
    servers = new SecuredServers(authority);
    kafka = await servers.kafka(passwords);
    rights = await KafkaRights.at(kafka.plain);
    await rights.grantAll();
    await createTopics(rights.admin, prefix);
    await append('framesNode', frameRecords({ head: frameHead({ slot }), tables: [] }));
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
    await append('raw', rawRecords({ ...poll, replies, failures: [] }));
  });
  afterAll(async () => {
    await rights.close();
    await servers.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  async function append(topic: 'raw' | 'framesNode', messages: LogRecord[]): Promise<void> {
    const producer = new Kafka({ brokers: [kafka.plain], logLevel: logLevel.NOTHING }).producer();
    await producer.connect();
    await producer.send({ topic: topicName(prefix, topic), messages });
    await producer.disconnect();
  }

  /** A command of that user, whose configuration is in order. */
  async function run(
    user: keyof typeof passwords,
    command: (context: ProgramContext, streams: { out: Capture; err: Capture }) => Promise<number>,
  ): Promise<{ status: number; out: string; err: string; log: string[] }> {
    const passwordFile = join(directory, `${user}.password`);
    writeFileSync(passwordFile, passwords[user]);
    const { settings, faults } = loadConfig(
      `[kafka]\nbrokers = ${kafka.login}\ntls = true\ntls-ca = ${authority.ca}\n` +
        `sasl-mechanism = scram-sha-512\nsasl-username = ${user}\nsasl-password-file = ${passwordFile}\n`,
      { validators: [validateKafka] },
    );
    expect(faults).toEqual([]);
    const log = new RecordedLog();
    const [out, err, started] = [new Capture(), new Capture(), new Started()];
    const context = { settings, logger: log.logger, stop: new AbortController().signal, started };
    const status = await command(context, { out, err });
    await started.close();
    return { status, out: out.text(), err: err.text(), log: log.texts('warn') };
  }

  const options = { cluster: undefined, since: slot - 300_000, watchSeconds: undefined };
  const plain = { ...options, json: false, processes: false, drift: false };

  it('shows the fleet', async () => {
    const { status, out, err, log } = await run('fleet', (context, streams) =>
      fleetCommand(context, plain, streams),
    );
    expect([status, err, log]).toEqual([0, '', []]);
    expect(out).toContain('lb1.example.com');
    expect(out).toMatch(/^haproxystats-node +haproxystats\.raw\.v1 +-$/m);
  });

  const range = { from: slot, to: slot + 1_000, backlogMs: 600_000, node: undefined, semantics: undefined };
  const replay = { ...range, into: undefined };

  it('replays, and deletes its group', async () => {
    const { status, out, err } = await run('replay', (context, streams) =>
      replayKafkaCommand(context, replay, streams),
    );
    expect(err).toMatch(
      /^1 snapshot of 1 process replayed into \d+ lines; 0 incomplete; all could be used\n$/,
    );
    expect(status).toBe(0);
    expect(out).toContain('.frontend.web.stot 7 ');
    const { groups } = await rights.admin.listGroups();
    expect(groups.filter(({ groupId }) => groupId.includes('replay-'))).toEqual([]);
  });

  it('say in one sentence which right is missing', async () => {
    const fleet = await run('puller', (context, streams) => fleetCommand(context, plain, streams));
    expect([fleet.status, fleet.out]).toEqual([1, '']);
    expect(fleet.err).toMatch(
      /^topic haproxystats\.frames\.node\.v1: .* User:puller .*grant User:puller the operation Read on .*\n$/,
    );
    const replayed = await run('puller', (context, streams) => replayKafkaCommand(context, replay, streams));
    expect([replayed.status, replayed.out]).toEqual([1, '']);
    expect(replayed.err).toMatch(
      /^group haproxystats-replay-[^ ]*: the brokers deny User:puller to read it .*\n$/,
    );
  });
});
