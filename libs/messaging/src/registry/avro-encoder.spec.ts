import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeRegistry, reply } from '../../../../test/support/fake-registry';
import { waitedMs } from '../../../../test/support/own-time';
import { haproxyEvent, metricsRecord } from '../../../../test/support/result-records';
import { createRecordEncoder } from './create-record-encoder';
import type { RecordEncoder } from './record-encoder';
import type { RegistrySettings } from './registry-settings';
import { resultTopics, schemaOf, subjectOf } from './subjects';

const topicPrefix = 'hs';
/** Long, where the registry answers: on a busy machine a timer is due before an answer that came in time is read. */
const timeoutMs = 10_000;

describe('the Avro encoder', () => {
  let fake: FakeRegistry;
  let url: string;

  beforeEach(async () => {
    fake = new FakeRegistry();
    url = await fake.start();
  });
  afterEach(() => fake.stop());

  const register = (): void => {
    for (const topic of resultTopics) fake.put(subjectOf(topicPrefix, topic), schemaOf(topic));
  };
  const encoderOf = (different: Partial<RegistrySettings> = {}): RecordEncoder =>
    createRecordEncoder({ format: 'avro', topicPrefix, registry: { url, timeoutMs, ...different } });

  async function faultOf(encoder: RecordEncoder): Promise<string> {
    const fault: unknown = await encoder.prepare('events').catch((error: unknown) => error);
    expect(fault).toMatchObject({ name: 'RegistryFault' });
    return (fault as Error).message.replaceAll(url, 'URL');
  }

  it("writes Confluent's wire format, with the id that its own schema has under the topic's subject", async () => {
    fake.put('hs.metrics.node.v1-value', { ...schemaOf('metricsNode'), doc: 'of a newer version' });
    register();
    const encoder = encoderOf();
    await encoder.prepare('metricsNode');
    await encoder.prepare('events');
    const [metrics, event] = [encoder.encodeMetrics(metricsRecord()), encoder.encodeEvent(haproxyEvent())];
    expect([...metrics.subarray(0, 5)]).toEqual([0, 0, 0, 0, 2]);
    expect(event.readInt32BE(1)).not.toBe(2);
    expect(fake.requests).toEqual([
      'POST /subjects/hs.metrics.node.v1-value',
      'POST /subjects/hs.events.v1-value',
    ]);
  });

  it('registers nothing, and says who does', async () => {
    const message = await faultOf(encoderOf());
    expect(message).toContain("run 'haproxystats schemas register'");
    expect(message).toMatch(/URL .*subject hs\.events\.v1-value/);
    expect(fake.versions).toEqual([]);
    register();
    const encoder = encoderOf();
    await encoder.prepare('events');
    expect(() => encoder.encodeMetrics(metricsRecord())).toThrow(/prepare\('metricsNode'\) must resolve/);
  });

  it('goes on with the ids that it has when the registry is away, silent or broken', async () => {
    register();
    const encoder = encoderOf({ timeoutMs: 2_000 });
    await encoder.prepare('metricsNode');
    const before = encoder.encodeMetrics(metricsRecord());
    fake.instead = () => undefined;
    await encoder.prepare('metricsNode');
    expect(encoder.encodeMetrics(metricsRecord())).toEqual(before);
    expect(await faultOf(encoder)).toBe(
      'subject hs.events.v1-value: the schema registry URL does not answer within 2000 ms: is it overloaded, or in trouble?',
    );
    fake.instead = undefined;
    await encoder.prepare('events');
    expect(encoder.encodeEvent(haproxyEvent()).length).toBeGreaterThan(5);
  });

  it.each([
    ['accepts and says nothing', () => undefined],
    [
      'sends a byte now and then',
      (_: unknown, response: ServerResponse) => {
        const timer = setInterval(() => response.write(' '), 30);
        response.once('close', () => clearInterval(timer));
      },
    ],
    [
      'breaks off within its answer',
      (_: unknown, response: ServerResponse) => {
        response.writeHead(200, { 'content-length': 100 });
        response.write('{"id":');
        setTimeout(() => response.destroy(), 20);
      },
    ],
  ])('ends in time where the registry %s', async (_, instead) => {
    fake.instead = instead;
    const fault = faultOf(encoderOf({ timeoutMs: 200 }));
    expect(await waitedMs(fault)).toBeLessThan(600);
    expect(await fault).toMatch(/URL (does not answer within 200 ms|cannot be reached)/);
  });

  it.each([
    [401, { error_code: 401, message: 'no' }, /URL refuses those who do not log in \(401\): .*'username'/],
    [403, 'no', /refuses those who do not log in \(403\)/],
    [404, '<html>', /answers 404, and not as a registry does: is 'url' in \[registry\]/],
    [500, { error_code: 50001, message: 'disk\nfull' }, /URL answers 500: disk\\u\{a\}full$/],
    [502, 'a proxy', /URL answers 502: Error, status 502/],
    [500, null, /URL answers 500: Error, status 500/],
    [200, { nothing: 'here' }, /answers without the id of a schema/],
    [200, null, /answers without the id of a schema/],
    [200, 'text', /answers without the id of a schema/],
    [409, { message: 'x'.repeat(9_000) }, /incompatible with one that it has there: x{100,500}$/],
  ])('says what to do about an answer %d %j', async (status, body, expected) => {
    fake.instead = (_, response) => reply(response, status, body);
    expect(await faultOf(encoderOf())).toMatch(expected);
  });

  it('logs in, with what the file says at the time, and never says it', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'haproxystats-registry-'));
    const path = join(directory, 'password');
    const seen: (string | undefined)[] = [];
    fake.instead = (request, response) => {
      seen.push(request.headers.authorization);
      reply(response, 401, { message: 'no' });
    };
    const login = { username: 'me', password: { section: 'registry', key: 'password-file', path } };
    const encoder = encoderOf({ login });
    try {
      for (const password of ['s3cret', 'n3wer']) {
        writeFileSync(path, `${password}\n`);
        const fault = await faultOf(encoder);
        expect(fault).toContain("refuses 'me' (401)");
        expect(fault).not.toContain(password);
      }
    } finally {
      rmSync(directory, { recursive: true });
    }
    const sent = seen.map((header) => Buffer.from(header!.replace('Basic ', ''), 'base64').toString());
    expect(sent).toEqual(['me:s3cret', 'me:n3wer']);
    expect(await faultOf(encoder)).toMatch(/option 'password-file' in section 'registry': .* cannot be read/);
  });

  it('names what keeps it from the registry', async () => {
    expect(await faultOf(encoderOf({ url: 'http://127.0.0.1:1' }))).toMatch(
      /http:\/\/127\.0\.0\.1:1 cannot be reached: connect ECONNREFUSED .*'url' in \[registry\]/,
    );
    expect(await faultOf(encoderOf({ url: url.replace('http', 'https') }))).toMatch(
      /cannot be reached: .*TLS/,
    );
    expect(await faultOf(encoderOf({ url: 'http://nowhere.invalid', timeoutMs: 10_000 }))).toMatch(
      /cannot be reached: getaddrinfo/,
    );
  });
});

it('JSON needs no registry, Avro does', async () => {
  const json = createRecordEncoder({ format: 'json', topicPrefix, registry: undefined });
  await json.prepare('events');
  expect(json.encodeEvent(haproxyEvent()).toString()).toMatch(/^\{"id":"e1"/);
  expect(() => createRecordEncoder({ format: 'avro', topicPrefix, registry: undefined })).toThrow(
    /set 'url' in section \[registry\]/,
  );
});
