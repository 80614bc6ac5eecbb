import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { createKafka, KafkaLogWriter } from '@haproxystats/messaging';
import { systemClock, type TlsFiles } from '@haproxystats/runtime';
import { RedisCoordinator } from '../../apps/processor/src/coordinator/redis.coordinator';
import { eventually } from '../harness';
import { whyNotSecured } from '../harness/secured-servers';
import { Authority, type Identity } from '../support/certificates';
import { describeUnless } from '../support/describe-unless';
import { RecordedLog } from '../support/recorded-log';

const slot = 1_700_000_000_000;
const question = { entity: 'eu/lb1', slot, sources: ['p'], held: ['a'], now: slot, leaseMs: 1, force: false };

describeUnless(whyNotSecured(), 'A server', () => {
  const directory = mkdtempSync(join(tmpdir(), 'haproxystats-tls-'));
  let authority: Authority;
  let server: Server;
  let log: RecordedLog;
  let address: string;
  /** What the server was sent over TLS. */
  let received: Buffer[];

  beforeAll(() => {
    authority = new Authority(directory);
  });
  beforeEach(() => {
    log = new RecordedLog();
    received = [];
  });
  afterEach(() => void server.close());
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  const shown = ({ cert, key }: Identity): Server =>
    createTlsServer({ cert: readFileSync(cert), key: readFileSync(key) }, (socket) => {
      socket.on('data', (bytes: Buffer) => received.push(bytes)).on('error', () => socket.destroy());
    }).on('tlsClientError', () => undefined);

  const tlsOf = (section: string): TlsFiles => ({
    section,
    ca: authority.ca,
    cert: undefined,
    key: undefined,
  });

  /** What a writer says of a broker there. */
  async function toldOfKafka(): Promise<string> {
    const security = { tls: tlsOf('kafka'), login: undefined };
    const timeouts = { requestTimeoutMs: 3_000, sessionTimeoutMs: 10_000 };
    const kafka = createKafka({ brokers: [address], clientId: 'test', ...timeouts, security }, log.logger);
    const writer = new KafkaLogWriter({ kafka, clock: systemClock, logger: log.logger });
    const stop = new AbortController();
    const record = { key: 'k', headers: {}, value: Buffer.from('v') };
    const appended = writer.append('topic', [record], stop.signal);
    appended.catch(() => undefined);
    await eventually(() => expect(log.texts('error')).not.toEqual([]), { withinMs: 60_000 });
    stop.abort();
    await writer.close();
    return log.texts('error')[0]!;
  }

  /** What a ledger says of a Redis there. */
  async function toldOfRedis(): Promise<string> {
    const ledger = new RedisCoordinator(
      { url: `rediss://${address}`, tls: tlsOf('redis'), commandTimeoutMs: 500, keyPrefix: 'hs', group: 'g' },
      log.logger,
    );
    let told = '';
    await eventually(async () => {
      told = await ledger.decide(question).catch(String);
      expect(told).toMatch(/no TLS connection/);
    });
    await ledger.close();
    return told;
  }

  const rows: [string, () => Server, RegExp][] = [
    [
      'whose certificate has expired',
      () => shown(authority.issue('old', { days: 0 })),
      /certificate has expired \(CERT_HAS_EXPIRED\): renew/,
    ],
    [
      'whose certificate is for another host',
      () => shown(authority.issue('other', { names: 'DNS:other.example.org' })),
      /certificate is for other names \(ERR_TLS_CERT_ALTNAME_INVALID\): use one of these names/,
    ],
    [
      'whose certificate is by another authority',
      () => shown(new Authority(directory).issue('stranger')),
      /nobody who is trusted here has signed the server's certificate \(UNABLE_TO_VERIFY_LEAF_SIGNATURE\): 'tls-ca' must/,
    ],
    [
      'that speaks no TLS',
      () => createServer((socket) => socket.end('-ERR what is this\r\n')),
      /the server does not speak TLS at this port \(\w+\): use its TLS port, or no TLS/,
    ],
  ];

  it.each(rows)('%s is told of with its address, and given nothing', async (_, make, message) => {
    server = make().listen(0, '127.0.0.1');
    await once(server, 'listening');
    address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    for (const told of [await toldOfKafka(), await toldOfRedis()]) {
      expect(told).toMatch(message);
      expect(told).toContain(address);
    }
    expect(received).toEqual([]);
  });
});
