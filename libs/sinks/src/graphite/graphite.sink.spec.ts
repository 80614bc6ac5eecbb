import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import type { FramePart } from '@haproxystats/messaging';
import { silentLogger, systemClock, type Clock } from '@haproxystats/runtime';
import { column } from '../../../../test/support/frame-column';
import { frameHead, tableOf } from '../../../../test/support/frames';
import { GraphiteLines } from './graphite-lines';
import { GraphiteSink, type GraphiteConfig } from './graphite.sink';

const signal = new AbortController().signal;
/** No time passes, so that the same frame gives the same lines. */
const clock: Clock = { ...systemClock, monotonic: () => 0 };

/** 64 KiB of lines hold about 1,000 of these rows. */
function partOf(value: number, rows = 5_000): FramePart {
  const names = Array.from({ length: rows }, (_, i) => `frontend-${i}`);
  const cells = names.map((_, i) => value * rows + i);
  const tables = [tableOf('frontend', names, [column('stot', 'sum', cells)])];
  return { part: 0, parts: 1, frame: { head: frameHead({ slot: value * 1_000 }), tables } };
}

describe('GraphiteSink', () => {
  let relay: Server;
  let connections: string[];
  let config: GraphiteConfig;
  /** Of connections that come first: the relay closes them without reading. */
  let refusals: number;

  beforeEach(async () => {
    connections = [];
    refusals = 0;
    relay = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => undefined);
      if (refusals-- > 0) return void socket.destroy();
      const read: Buffer[] = [];
      socket.on('data', (bytes) => read.push(bytes));
      socket.on('end', () => {
        connections.push(Buffer.concat(read).toString());
        socket.end();
      });
    });
    relay.listen(0, '127.0.0.1');
    await once(relay, 'listening');
    config = {
      address: { host: '127.0.0.1', port: (relay.address() as AddressInfo).port },
      names: { namespace: 'lb', prefixHostname: true, fqdn: true },
      finish: {
        semantics: 'exact',
        lists: {},
        modules: false,
        processes: false,
        derived: { apply: (tables) => tables },
        excludeFrontends: undefined,
        excludeBackends: undefined,
      },
      processLabel: 'auto',
      groups: undefined,
      timeouts: { connectMs: 1_000, writeMs: 1_000, closeMs: 1_000, settleMs: 0 },
      retry: { firstMs: 1, factor: 1, maxMs: 1 },
      batchBytes: 150_000,
    };
  });

  afterEach(async () => {
    relay.close();
    await once(relay, 'close');
  });

  /** What a frame is in lines. */
  function textOf(part: FramePart): string {
    const blocks = [...new GraphiteLines(config, { clock, logger: silentLogger }).of(part)];
    return Buffer.concat(blocks.map(({ bytes }) => bytes)).toString();
  }

  it('sends every line once, in batches of a connection each, and counts them by part', async () => {
    const sink = new GraphiteSink(config, { clock, logger: silentLogger });
    const parts = [1, 2, 3].map((value) => partOf(value));
    const { metrics } = await sink.deliver(parts, signal);
    const texts = parts.map(textOf);
    expect(connections.join('')).toBe(texts.join(''));
    expect(metrics).toEqual(texts.map((text) => text.split('\n').length - 1));
    expect(connections.length).toBeGreaterThan(texts.length);
    expect(Math.max(...connections.map((text) => text.length))).toBeLessThanOrEqual(config.batchBytes);
  });

  it('sends the same again until it is taken, while another batch is on its way', async () => {
    let failures = 0;
    const sink = new GraphiteSink(config, { clock, logger: silentLogger, onFailure: () => failures++ });
    refusals = 3;
    const parts = [4, 5].map((value) => partOf(value));
    await Promise.all(parts.map((part) => sink.deliver([part], signal)));
    await sink.deliver([partOf(6)], signal);
    const lines = connections.flatMap((text) => text.split('\n').slice(0, -1));
    const expected = [...parts, partOf(6)].flatMap((part) => textOf(part).split('\n').slice(0, -1));
    expect(lines.toSorted()).toEqual(expected.toSorted());
    expect(failures).toBe(3);
  });
});
