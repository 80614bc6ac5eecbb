import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createKafka,
  createRecordEncoder,
  createTopics,
  eventKey,
  KafkaLogWriter,
  LatestPerKey,
  RecordDecoder,
  subjectOf,
  topicName,
  type KafkaClient,
  type RegistrySettings,
  type ResultFormat,
} from '@haproxystats/messaging';
import type { Frame } from '@haproxystats/metrics';
import { silentLogger, systemClock } from '@haproxystats/runtime';
import { KafkaSink } from '@haproxystats/sinks';
import { waitedMs } from '../support/own-time';
import { metricsSchema } from '../../libs/messaging/src/schemas';
import { describeWith, eventually, type KafkaServer, type RegistryServer } from '../harness';
import { whyNoKcat, whyNoPython } from '../harness/consumer-tools';
import { describeUnless } from '../support/describe-unless';
import { documented, DocumentedConsumer, programsOnPage } from '../support/documented-consumers';
import { column } from '../support/frame-column';
import { frameHead, tableOf } from '../support/frames';
import { graphiteConfig } from '../support/graphite-config';
import { Program } from '../support/program';
import { haproxyEvent, metricsRecord } from '../support/result-records';

const { finish } = graphiteConfig({ address: { host: '127.0.0.1', port: 1 } });
const avro = { topicPrefix: 'haproxystats', format: 'avro' } as const;
const json = { topicPrefix: 'plain', format: 'json' } as const;
const contentType = { 'content-type': 'application/vnd.schemaregistry.v1+json' };

describeWith(['kafka', 'registry'], 'results for everybody', (servers) => {
  const directory = mkdtempSync(join(tmpdir(), 'haproxystats-registry-'));
  const conf = join(directory, 'haproxystats.conf');
  let kafka: KafkaServer;
  let server: RegistryServer;
  let registry: RegistrySettings;
  let client: KafkaClient;

  beforeAll(async () => {
    [kafka, server] = await Promise.all([servers.kafka(), servers.registry()]);
    registry = { url: server.url, timeoutMs: 30_000 };
    const common = { clientId: 'test', requestTimeoutMs: 30_000, sessionTimeoutMs: 30_000 };
    client = createKafka({ brokers: kafka.brokers, ...common }, silentLogger);
    const admin = client.admin();
    await admin.connect();
    for (const { topicPrefix } of [avro, json]) await createTopics(admin, topicPrefix);
    await admin.disconnect();
    writeFileSync(conf, `[registry]\nurl = ${server.url}\ntimeout = 30\n`);
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  const encoderOf = (topicPrefix = 'haproxystats', different: Partial<RegistrySettings> = {}) =>
    createRecordEncoder({ format: 'avro', topicPrefix, registry: { ...registry, ...different } });

  async function schemas(what: 'register' | 'check', file = conf): Promise<[number | null, string[]]> {
    const program = Program.start('haproxystats', 'schemas', what, '-f', file);
    const status = await program.exited;
    return [status, program.output.split('\n').slice(0, -1)];
  }

  /** What the registry says when somebody posts a schema. */
  async function post(subject: string, schema: object): Promise<{ id: number; status: number }> {
    const body = JSON.stringify({ schema: JSON.stringify(schema) });
    const answer = await fetch(`${server.url}/subjects/${subject}/versions`, {
      method: 'POST',
      headers: contentType,
      body,
    });
    return { ...((await answer.json()) as { id: number }), status: answer.status };
  }

  /** Sends frames as the role `kafka` does. */
  async function deliver(format: ResultFormat, topicPrefix: string, frames: readonly Frame[]): Promise<void> {
    const encoder = createRecordEncoder({ format, topicPrefix, registry });
    const ports = { clock: systemClock, logger: silentLogger };
    const writer = new KafkaLogWriter({ kafka: client, gzip: true, ...ports });
    const sink = new KafkaSink({ finish, topicPrefix }, { encoder, writer, ...ports });
    try {
      for (const frame of frames)
        await sink.deliver([{ part: 0, parts: 1, frame }], AbortSignal.timeout(20_000));
      await encoder.prepare('events');
      const [event] = [haproxyEvent()];
      const value = encoder.encodeEvent(event);
      await writer.append(topicName(topicPrefix, 'events'), [{ key: eventKey(event), headers: {}, value }]);
    } finally {
      await sink.close();
      await writer.close();
    }
  }

  const slot = 1_700_000_010_000;
  const frameOf = (covered: number, stot: number, at = slot): Frame => ({
    head: frameHead({
      scope: 'cluster',
      node: '',
      slot: at,
      coverage: { covered, expected: 4 },
      nodes: { seen: covered / 2, expected: 2, missing: [], keptOut: [] },
    }),
    tables: [
      tableOf('backend', ['app'], [column('stot', 'sum', [stot])]),
      tableOf('server', ['app/s1', 'app/s2'], [column('stot', 'sum', [stot / 2, stot / 2])]),
    ],
  });
  const frames = [frameOf(2, 50), frameOf(4, 90), frameOf(2, 50), frameOf(4, 120, slot + 10_000)];
  /** What a consumer of the page prints of them; a repetition of less is passed over. */
  const printed = ['backend app 50 2/4', 'backend app 90 4/4', 'backend app 120 4/4'];

  it('are missed before their schemas are registered, and `schemas check` says so', async () => {
    const [status, lines] = await schemas('check');
    expect(status).toBe(1);
    expect(lines.map((line) => line.replace(/:.*run/, ': run'))).toEqual(
      ['metrics.node.v1', 'metrics.cluster.v1', 'events.v1'].map(
        (topic) => `haproxystats.${topic}-value: run 'haproxystats schemas register'`,
      ),
    );
    await expect(encoderOf().prepare('events')).rejects.toThrow(
      /subject haproxystats\.events\.v1-value: run 'haproxystats schemas register'/,
    );
  });

  it('have their schemas registered by a command that can be run again', async () => {
    const [status, lines] = await schemas('register');
    expect([status, lines.length]).toEqual([0, 3]);
    for (const line of lines) expect(line).toMatch(/^haproxystats\.\S+-value: registered \(id \d+\)$/);
    for (const what of ['register', 'check'] as const) {
      const [again, same] = await schemas(what);
      expect(again).toBe(0);
      for (const line of same) expect(line).toMatch(/: is as it should be \(id \d+\)$/);
    }
    const config = await fetch(`${server.url}/config/haproxystats.events.v1-value`);
    expect(await config.json()).toEqual({ compatibilityLevel: 'FULL_TRANSITIVE' });
  });

  describe.each([avro, json])('in $format', ({ format, topicPrefix }) => {
    const env = () => ({
      BROKERS: kafka.brokers.join(','),
      ...(format === 'avro' && { REGISTRY_URL: server.url }),
    });

    /** Runs a consumer of the page until it has printed as many lines. */
    async function printedBy(name: string, count: number): Promise<string[]> {
      const consumer = new DocumentedConsumer(name, { topicPrefix, directory, env: env() });
      const enough = () => {
        if (consumer.lines.length < count) throw new Error(`${consumer.output}\n${consumer.errors}`);
      };
      await eventually(enough, { withinMs: 60_000 }).finally(() => consumer.stop());
      return consumer.lines;
    }

    beforeAll(() => deliver(format, topicPrefix, frames));

    it('are read by the documented consumer in TypeScript', async () => {
      expect(await printedBy('typescript', 3)).toEqual(printed);
    });

    describeUnless(whyNoPython(), 'are read by', () => {
      it('the documented consumer in Python', async () => {
        expect(await printedBy(`python ${format}`, 3)).toEqual(printed);
      });
    });
  });

  describeUnless(whyNoKcat(), 'in json are printed by', () => {
    it('the documented command of kcat', async () => {
      const env = { BROKERS: kafka.brokers.join(',') };
      const kcat = new DocumentedConsumer('kcat', { topicPrefix: json.topicPrefix, directory, env });
      await eventually(() => expect(kcat.lines).toHaveLength(1)).finally(() => kcat.stop());
      expect(kcat.lines[0]).toMatch(/^edge\/lb1\/server app\/s1 \{"id":"e1","type":"server_state",/);
    });
  });

  it('have a test for each program on their page', () => {
    expect([...documented.keys()].sort()).toEqual(['kcat', 'python avro', 'python json', 'typescript']);
    expect(programsOnPage).toBe(documented.size);
  });

  describe('whose schema changes', () => {
    const subject = subjectOf('haproxystats', 'metricsNode');
    const site = { name: 'site', type: 'string', default: '', doc: 'Where it stands.' };

    it('by a field: old readers read the new, new readers the old', async () => {
      const encoder = encoderOf();
      await encoder.prepare('metricsNode');
      const old = encoder.encodeMetrics(metricsRecord());
      const newer = { ...metricsSchema, fields: [...metricsSchema.fields, site] };
      const { id, status } = await post(subject, newer);
      expect(status).toBe(200);
      // The old body with the new field behind it is what a new writer writes.
      const written = Buffer.concat([old, Buffer.from([8]), Buffer.from('east')]);
      written.writeInt32BE(id, 1);
      const decoder = new RecordDecoder(registry);
      expect(await decoder.decodeMetrics(written)).toEqual(metricsRecord());
      const { SchemaRegistry } = await import('@kafkajs/confluent-schema-registry');
      const readerSchema = newer as unknown as { name: string; type: 'record'; fields: object[] };
      const theirs = new SchemaRegistry({ host: server.url });
      expect(await theirs.decode(written)).toMatchObject({ site: 'east', proxy: 'app' });
      expect(await theirs.decode(old, { AVRO: { readerSchema } })).toMatchObject({ site: '', proxy: 'app' });
      // This version's services still find their own, older one.
      const after = encoderOf();
      await after.prepare('metricsNode');
      expect(after.encodeMetrics(metricsRecord())).toEqual(old);
      expect((await schemas('check'))[0]).toBe(0);
    });

    it('in another way is refused by the registry, and the command says what is incompatible', async () => {
      const [slotField] = metricsSchema.fields.filter((field) => (field as { name: string }).name === 'slot');
      const fields = metricsSchema.fields.map((field) =>
        field === slotField ? { name: 'slot', type: 'string', default: '' } : field,
      );
      expect((await post(subject, { ...metricsSchema, fields })).status).toBe(409);
      const noDefault = [...metricsSchema.fields, { name: 'site2', type: 'string' }];
      expect((await post(subject, { ...metricsSchema, fields: noDefault })).status).toBe(409);

      const other = join(directory, 'other.conf');
      writeFileSync(other, `[registry]\nurl = ${server.url}\ntimeout = 30\n[kafka]\ntopic-prefix = other\n`);
      await post('other.metrics.node.v1-value', { ...metricsSchema, fields });
      const [status, [line = '', ...others]] = await schemas('register', other);
      expect(status).toBe(1);
      expect(line).toMatch(/other\.metrics\.node\.v1-value: the schema registry .*incompatible .*: .*STRING/);
      expect(others.every((each) => each.includes('registered (id'))).toBe(true);
      const [checked, [found = '']] = await schemas('check', other);
      expect([checked, found]).toEqual([
        1,
        expect.stringContaining('incompatible with the newest one there'),
      ]);
    });
  });

  it('of an id that nobody knows are refused with it', async () => {
    const value = Buffer.from([0, 0, 0, 3, 231, 0]);
    await expect(new RecordDecoder(registry).decodeMetrics(value)).rejects.toMatchObject({
      name: 'RegistryFault',
      message: expect.stringMatching(
        /^schema id 999: the schema registry http:\S+ does not know it/,
      ) as string,
    });
  });

  it('go on while the registry is black-holed, and while it is dead', async () => {
    const encoder = encoderOf();
    await encoder.prepare('metricsCluster');
    const latest = new LatestPerKey();
    const decoder = new RecordDecoder(registry);
    const cluster = metricsRecord({ scope: 'cluster', node: '' });
    await decoder.decodeMetrics(encoder.encodeMetrics(cluster));
    const goesOn = async (at: number): Promise<void> => {
      await encoder.prepare('metricsCluster');
      const record = { ...cluster, slot: at };
      expect(latest.take(await decoder.decodeMetrics(encoder.encodeMetrics(record)))).toEqual(record);
    };
    await server.pause();
    try {
      await goesOn(1_000);
      const fresh = encoderOf('haproxystats', { timeoutMs: 500 }).prepare('events');
      expect(await waitedMs(fresh)).toBeLessThan(3_000);
      await expect(fresh).rejects.toThrow(/does not answer within 500 ms/);
    } finally {
      await server.resume();
    }
    await encoderOf().prepare('events');
    await server.kill();
    await goesOn(2_000);
    await expect(encoderOf().prepare('events')).rejects.toThrow(/cannot be reached: .*ECONNREFUSED/);
  });
});
