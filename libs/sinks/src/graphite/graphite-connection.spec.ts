import dns from 'node:dns';
import { mkdtemp, rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock, type Clock } from '@haproxystats/runtime';
import { eventually } from '../../../../test/harness/eventually';
import { FakeRelay, fullBacklog } from '../../../../test/support/fake-relay';
import { LineRelay } from '../../../../test/support/line-relay';
import { leftOpen, openResources } from '../../../../test/support/open-resources';
import { waitedMs } from '../../../../test/support/own-time';
import {
  sendInOrder,
  type GraphiteAddress,
  type GraphiteTimeouts,
  type RelayError,
} from './graphite-connection';

/** Long, where none should be up: on a busy machine a timer is due before what has arrived in time is read. */
const timeouts = { connectMs: 10_000, writeMs: 10_000, closeMs: 10_000, settleMs: 30 };
const never = new AbortController().signal;

function send(
  address: GraphiteAddress,
  batch: Buffer[],
  { signal = never, ...different }: { signal?: AbortSignal } & Partial<GraphiteTimeouts> = {},
): Promise<void> {
  return sendInOrder(address, batch, { timeouts: { ...timeouts, ...different }, clock: systemClock, signal });
}

/** What went wrong, and how long it took. */
async function failureOf(sending: Promise<void>): Promise<RelayError & { ms: number }> {
  const ms = await waitedMs(sending);
  const [outcome] = await Promise.allSettled([sending]);
  if (outcome.status === 'fulfilled') throw new Error('the batch was taken');
  return Object.assign(outcome.reason as RelayError, { ms });
}

const line = Buffer.from('a 1 1\n');
const mebibytes = (count: number): Buffer[] =>
  Array.from({ length: count * 16 }, () => Buffer.alloc(65_536, 'x'));

describe('sendInOrder', () => {
  let relay: FakeRelay;
  let before: readonly string[];

  beforeEach(async () => {
    before = openResources();
    relay = await FakeRelay.start();
  });

  afterEach(async () => {
    await relay.stop();
    await eventually(() => expect(leftOpen(before)).toEqual([]), { everyMs: 5 });
  });

  it('resolves once the relay has read everything and closed its side, on a connection that ends with the batch', async () => {
    let ended = false;
    relay.behave = (socket) => {
      socket.on('end', () => setTimeout(() => ((ended = true), socket.end()), 50));
    };
    await send(relay.address, [line, ...mebibytes(8)]);
    expect(ended).toBe(true);
    expect(relay.connections.map(({ length }) => length)).toEqual([8 * 1024 * 1024 + 6]);
    await send(relay.address, [line]);
    expect(relay.connections.length).toBe(2);
  });

  it('waits between the last byte and its end of the stream', async () => {
    const events: string[] = [];
    const clock: Clock = {
      ...systemClock,
      sleep: async (ms, signal) => {
        await systemClock.sleep(ms, signal);
        if (ms === timeouts.settleMs) events.push('settled');
      },
    };
    relay.behave = (socket) => {
      socket.on('data', () => events.push('data'));
      socket.on('end', () => {
        events.push('end');
        socket.end();
      });
    };
    await sendInOrder(relay.address, [line], { timeouts, clock, signal: never });
    expect(events.toSorted()).toEqual(['data', 'end', 'settled']);
    expect(events.at(-1)).toBe('end');
  });

  interface Rejected extends Partial<GraphiteTimeouts> {
    readonly message: string;
    readonly batch?: Buffer[];
    readonly atMost?: number;
  }

  it.each<[string, FakeRelay['behave'], Rejected]>([
    ['closes at once', (socket) => socket.end(), { message: 'ended the connection early' }],
    [
      'closes after the last byte, before our end',
      (socket) => socket.once('data', () => socket.end()),
      { message: 'ended the connection early' },
    ],
    [
      'resets after the first byte',
      (socket) => socket.once('data', () => socket.resetAndDestroy()),
      { message: '(ECONNRESET|EPIPE|closed)' },
    ],
    [
      'resets instead of closing',
      (socket) => socket.on('end', () => socket.resetAndDestroy()),
      { message: '(ECONNRESET|closed)' },
    ],
    [
      'never closes its side',
      () => undefined,
      { message: 'did not close within 400 ms', closeMs: 400, atMost: 800 },
    ],
    [
      'takes nothing',
      (socket) => socket.pause(),
      { message: 'did not take bytes within 200 ms', writeMs: 200, batch: mebibytes(64), atMost: 1_500 },
    ],
    [
      'reads a byte each 100 ms',
      (socket) => {
        socket.pause();
        const reading = setInterval(() => void socket.read(1), 100);
        socket.on('close', () => clearInterval(reading));
      },
      { message: 'did not take bytes within 200 ms', writeMs: 200, batch: mebibytes(64), atMost: 1_500 },
    ],
    [
      'talks without end, and reads nothing',
      (socket) => {
        socket.pause();
        const talking = setInterval(() => socket.write('x'.repeat(600)), 50);
        socket.on('close', () => clearInterval(talking));
      },
      { message: 'talks as no relay does', batch: mebibytes(64), atMost: 1_500 },
    ],
  ])(
    'rejects when the relay %s, in doubt',
    async (_, behave, { message, batch = [line], atMost = 300, ...shorter }) => {
      relay.behave = behave;
      const { ms, ...error } = await failureOf(send(relay.address, batch, shorter));
      expect(error).toMatchObject({ inDoubt: true });
      await expect(send(relay.address, batch, shorter)).rejects.toThrow(
        new RegExp(`^graphite 127\\.0\\.0\\.1:${relay.address.port}: .*${message}`),
      );
      expect(ms).toBeLessThan(atMost);
    },
  );

  it('does not take an early end for an answer because it was busy when that came', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'early-'));
    const early = new LineRelay(directory, 'early');
    await early.start('early');
    const busy: Clock = {
      ...systemClock,
      sleep: () => {
        while (!early.hasEndedOne());
        for (const end = performance.now() + 10; performance.now() < end;);
        return Promise.resolve();
      },
    };
    const sending = sendInOrder(early, [line], { timeouts, clock: busy, signal: never });
    const { message } = await failureOf(sending).finally(() => early.kill());
    expect(message).toContain('ended the connection early');
    await rm(directory, { recursive: true });
  });

  it.each(['127.0.0.1', '::1'])(
    'does not take the end of a relay for an answer while the kernel still holds bytes for it (%s)',
    async (host) => {
      const dying = await FakeRelay.start(0, host);
      // As one that dies with an empty receive queue, at the far end of a slow line.
      dying.behave = (socket) => {
        socket.pause();
        setTimeout(() => socket.end(), 200);
      };
      const sent = send(dying.address, mebibytes(1));
      const { message } = await failureOf(sent).finally(() => dying.stop());
      expect(message).toContain('ended the connection early');
    },
  );

  it('takes its time with a relay that is slow, as long as there is progress', async () => {
    relay.behave = (socket) => {
      socket.pause();
      socket.on('data', () => {
        socket.pause();
        setTimeout(() => socket.resume(), 16);
      });
      socket.on('end', () => socket.end());
      socket.resume();
    };
    const begun = performance.now();
    await send(relay.address, mebibytes(12), { writeMs: 1_500, closeMs: 20_000 });
    expect(performance.now() - begun).toBeGreaterThan(2_000);
    expect(relay.connections[0]!.length).toBe(12 * 1024 * 1024);
  });

  it('is deaf to a relay that says little', async () => {
    relay.behave = (socket) => {
      socket.write('220 welcome\r\n');
      socket.on('end', () => socket.end('bye\r\n'));
    };
    await send(relay.address, [line]);
    expect(relay.connections.map(String)).toEqual(['a 1 1\n']);
  });

  describe('a relay by name', () => {
    afterEach(() => jest.restoreAllMocks());

    function resolves(...addresses: string[]): void {
      const found = addresses.map((address) => ({ address, family: 4 }));
      const lookup = (_: string, __: object, answer: (error: null, all: typeof found) => void): void =>
        answer(null, found);
      jest.spyOn(dns, 'lookup').mockImplementation(lookup as unknown as typeof dns.lookup);
    }

    it('is the first of its addresses that takes connections, as they are for this batch', async () => {
      const named = { host: 'relay.example.org', port: relay.address.port };
      resolves('127.0.0.2', '127.0.0.1');
      await send(named, [line]);
      const moved = await FakeRelay.start(named.port, '127.0.0.2');
      resolves('127.0.0.2', '127.0.0.3');
      await send(named, [line, line]).finally(() => moved.stop());
      expect([relay, moved].map(({ lines }) => lines.length)).toEqual([1, 2]);
    });

    it('says why of each address where none takes connections', async () => {
      resolves('127.0.0.2', '127.0.0.3');
      const { port } = relay.address;
      const { message } = await failureOf(send({ host: 'relay.example.org', port }, [line]));
      expect(message).toBe(
        `graphite relay.example.org:${port}: connect ECONNREFUSED 127.0.0.2:${port}; connect ECONNREFUSED 127.0.0.3:${port}`,
      );
    });
  });

  it('is in no doubt when nobody listens', async () => {
    const { address } = relay;
    await relay.stop();
    const error = await failureOf(send(address, [line]));
    expect(error).toMatchObject({
      inDoubt: false,
      message: expect.stringContaining('ECONNREFUSED') as string,
    });
  });

  it('is in no doubt when nobody answers: a backlog that is full drops what comes', async () => {
    const full = await fullBacklog();
    try {
      const error = await failureOf(send(full.address, [line], { connectMs: 300 }));
      expect(error).toMatchObject({ inDoubt: false });
      expect(error.message).toContain('did not connect within 300 ms');
      expect(error.ms).toBeLessThan(600);
    } finally {
      await full.close();
    }
  });

  it.each<[string, Buffer[], FakeRelay['behave']]>([
    ['while it writes', mebibytes(64), (socket) => socket.pause()],
    ['while the relay does not close', [line], () => undefined],
  ])('ends at once when it is told to stop %s', async (_, batch, behave) => {
    relay.behave = behave;
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 100);
    const { ms, message } = await failureOf(send(relay.address, batch, { signal: stop.signal }));
    expect(message).toContain('stopped');
    expect(ms).toBeLessThan(180);
  });

  it('leaves no connection open when it is stopped while its end of the stream is on its way to the kernel', async () => {
    relay.behave = (socket) => socket.on('end', () => socket.resetAndDestroy());
    const before = openResources();
    const stop = new AbortController();
    const ending = jest.spyOn(Socket.prototype, 'end').mockImplementationOnce(function (this: Socket) {
      this.end();
      stop.abort(new Error('stopped'));
      return this;
    });
    await failureOf(send(relay.address, [line], { signal: stop.signal }));
    expect(ending).toHaveBeenCalled();
    ending.mockRestore();
    await eventually(() => expect(leftOpen(before)).toEqual([]), { everyMs: 5 });
  });

  it('takes back what the kernel has not sent yet of a try that failed', async () => {
    const closed = Promise.withResolvers<unknown>();
    let paused: Socket | undefined;
    relay.behave = (socket) => {
      paused = socket.pause();
      socket.on('close', closed.resolve);
    };
    await failureOf(send(relay.address, mebibytes(64), { writeMs: 200 }));
    paused!.resume();
    await closed.promise;
    expect(relay.resets).toBe(1);
    expect(relay.connections[0]?.length ?? 0).toBeLessThan(32 * 1024 * 1024);
  });
});
