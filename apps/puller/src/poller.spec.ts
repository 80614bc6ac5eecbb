import { systemClock, type ServerAddress } from '@haproxystats/runtime';
import { FakeClock } from '../../../test/support/fake-clock';
import { infoValue } from './info-value';
import { Poller, type PollerPorts } from './poller';
import type { PullerConfig } from './puller.config';
import type { ReplyBuffer } from './reply-buffer';
import { processOf } from './socket-list';
import type { Answer } from './stats-socket';

const config: PullerConfig = {
  cluster: 'main',
  node: 'lb1',
  socketDir: '/run/haproxy',
  servers: [{ kind: 'tcp', host: 'lb1', port: 99 }],
  masters: [],
  intervalMs: 10_000,
  pollTimeoutMs: 2000,
  connectTimeoutMs: 100,
  connectRetries: 1,
  connectIntervalMs: 500,
  maxReplyBytes: 1e6,
  maxPollBytes: 1e7,
  queueSize: 360,
  whenFull: 'suspend',
  topic: 'haproxystats.raw.v1',
  sourceFile: 'source',
  drainSlotsPerInterval: 10,
  maxPolls: undefined,
};

const haproxy = (pid: number): Answer => ({
  bytes: Buffer.from(`Name: HAProxy\nPid: ${pid}\n\n# pxname,svname,\nweb,FRONTEND,\n\n`),
});

function pollerOf(ports: Partial<PollerPorts>, changes: Partial<PullerConfig> = {}) {
  const all: PollerPorts = {
    clock: systemClock,
    socketFiles: () => Promise.resolve({ paths: ['/run/haproxy/a.sock'] }),
    askStats: (address) => Promise.resolve(haproxy(address.kind === 'tcp' ? address.port : 1)),
    ...ports,
  };
  return new Poller({ ...config, ...changes }, all);
}

const turn = () => ({ slot: 1_700_000_000_000, source: 'me', signal: new AbortController().signal });

const newer: Answer = {
  bytes: Buffer.from(
    `Name: HAProxy\nVersion: 9.9.1\nPid: 1\n\n# pxname,svname,type,iid,sid,newcol,\nweb,FRONTEND,0,2,0,1,\n\n`,
  ),
};
const typed: Answer = { bytes: Buffer.from('F.2.0.119.newcol.1:MCPP:u64:1\n\n') };

/** Of one process that prints a new column, and answers what it is like so. */
function newerPollerOf(clock: FakeClock, tell: (signal: AbortSignal) => Promise<Answer>) {
  const asked: string[] = [];
  const askStats: PollerPorts['askStats'] = (_, { command, signal }) => {
    if (command === undefined) return Promise.resolve(newer);
    asked.push(`${clock.monotonic()}: ${command}`);
    return tell(signal);
  };
  return { poller: pollerOf({ clock, askStats }, { servers: [] }), asked };
}

const hanging = (signal: AbortSignal): Promise<Answer> =>
  new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve({ reason: 'timeout', detail: 'late' }));
  });

describe('Poller', () => {
  it('makes one poll of all sockets and servers', async () => {
    const clock = new FakeClock(1_700_000_000_123);
    const { poll, notices } = await pollerOf({ clock }).poll(turn());
    const { replies, ...rest } = poll;
    expect(rest).toEqual({
      cluster: 'main',
      node: 'lb1',
      source: 'me',
      slot: 1_700_000_000_000,
      intervalMs: 10_000,
      startedAt: 1_700_000_000_123,
      failures: [],
    });
    expect(replies.map(({ process }) => process)).toEqual(['/run/haproxy/a.sock', 'lb1:99']);
    expect(replies[1]!.info.toString()).toBe('Name: HAProxy\nPid: 99\n');
    expect(replies[1]!.stat.toString()).toBe('# pxname,svname,\nweb,FRONTEND,\n');
    expect(notices).toEqual([]);
  });

  it('names each process that gave no usable answer, with its reason', async () => {
    const answers: Record<string, Answer> = {
      '/s/cut': { bytes: Buffer.from('Name: HAPr') },
      '/s/denied': { bytes: Buffer.from('Permission denied\n') },
      '/s/html': { bytes: Buffer.from('<html>') },
      '/s/refused': { reason: 'refused', detail: 'nobody there' },
    };
    const { poll } = await pollerOf({
      socketFiles: () => Promise.resolve({ paths: Object.keys(answers) }),
      askStats: (address) => Promise.resolve(answers[processOf(address)] ?? haproxy(1)),
    }).poll(turn());
    expect(poll.replies.map(({ process }) => process)).toEqual(['lb1:99']);
    expect(poll.failures).toEqual([
      { process: '/s/cut', reason: 'truncated', detail: 'ended within the answer to show info' },
      { process: '/s/denied', reason: 'denied', detail: 'said "Permission denied"' },
      { process: '/s/html', reason: 'not-haproxy', detail: 'said "<html>"' },
      { process: '/s/refused', reason: 'refused', detail: 'nobody there' },
    ]);
  });

  it.each([
    [2000, 2000],
    [0, 10_000],
    [60_000, 10_000],
  ])('ends a poll with pull-timeout %d ms after %d ms', async (pollTimeoutMs, endsAfterMs) => {
    const clock = new FakeClock();
    let endedAt: number | undefined;
    const askStats: PollerPorts['askStats'] = (_, { signal }) => hanging(signal);
    const polled = pollerOf({ clock, askStats }, { pollTimeoutMs }).poll(turn());
    void polled.then(() => (endedAt = clock.monotonic()));
    await clock.advance(30_000);
    expect((await polled).poll.failures).toHaveLength(2);
    expect(endedAt).toBe(endsAfterMs);
  });

  it('ends at once when it is stopped, or was stopped before', async () => {
    const stop = new AbortController();
    const seen: boolean[] = [];
    const askStats: PollerPorts['askStats'] = (_, { signal }) =>
      new Promise((resolve) => {
        seen.push(signal.aborted);
        const end = () => resolve({ reason: 'timeout', detail: 'stopped' });
        if (signal.aborted) end();
        else signal.addEventListener('abort', end);
        setImmediate(() => stop.abort());
      });
    const poller = pollerOf({ askStats });
    expect((await poller.poll({ ...turn(), signal: stop.signal })).poll.failures).toHaveLength(2);
    expect((await poller.poll({ ...turn(), signal: stop.signal })).poll.failures).toHaveLength(2);
    expect(seen).toEqual([false, false, true, true]);
  });

  it('asks many at a time, but not all of very many', async () => {
    let open = 0;
    let most = 0;
    const paths = Array.from({ length: 300 }, (_, i) => `/s/${i}`);
    const { poll } = await pollerOf({
      socketFiles: () => Promise.resolve({ paths }),
      askStats: async (address) => {
        most = Math.max(most, ++open);
        await new Promise(setImmediate);
        open--;
        return haproxy(address.kind === 'unix' ? Number(address.path.slice(3)) : 1000);
      },
    }).poll(turn());
    expect(poll.replies).toHaveLength(301);
    expect(most).toBe(64);
  });

  it('reads each process into the same memory again, as long as it is polled', async () => {
    const buffers: ReplyBuffer[] = [];
    const paths = [['/s/a'], ['/s/a'], [], ['/s/a']];
    const poller = pollerOf(
      {
        socketFiles: () => Promise.resolve({ paths: paths.shift()! }),
        askStats: (_, { reply }) => {
          buffers.push(reply);
          return Promise.resolve(haproxy(1));
        },
      },
      { servers: [] },
    );
    for (let polls = 0; polls < 4; polls++) await poller.poll(turn());
    const [first, second, third] = buffers;
    expect(second).toBe(first);
    expect(third).not.toBe(first);
  });

  it('looks the sockets up at each poll and says which directory it cannot read', async () => {
    const found = [
      { paths: [], problem: 'socket-dir cannot be read: no such directory /run/haproxy' },
      { paths: [] },
    ];
    const poller = pollerOf({ socketFiles: () => Promise.resolve(found.shift()!) }, { servers: [] });
    const first = await poller.poll(turn());
    expect(first.notices.map(({ text }) => text)).toEqual([
      'socket-dir cannot be read: no such directory /run/haproxy',
    ]);
    expect([...first.poll.replies, ...first.poll.failures]).toEqual([]);
    expect((await poller.poll(turn())).notices).toEqual([]);
  });

  it('polls servers without a socket-dir', async () => {
    const socketFiles = () => Promise.reject(new Error('not to be called'));
    const { poll } = await pollerOf({ socketFiles }, { socketDir: undefined }).poll(turn());
    expect(poll.replies.map(({ process }) => process)).toEqual(['lb1:99']);
  });

  it('takes more than 1,024 sockets for a mistake and says so', async () => {
    const servers = Array.from({ length: 1030 }, (_, port): ServerAddress => ({
      kind: 'tcp',
      host: 'x',
      port,
    }));
    const { poll, notices } = await pollerOf({}, { servers, socketDir: undefined }).poll(turn());
    expect(poll.replies).toHaveLength(1024);
    expect(notices.map(({ text }) => text)).toEqual([expect.stringContaining('1030 sockets found')]);
  });

  describe('with a master', () => {
    const masters: ServerAddress[] = [{ kind: 'unix', path: '/run/haproxy/master.sock' }];
    const text = (bytes: string): Answer => ({ bytes: Buffer.from(bytes) });
    const sockets = text(
      '# socket lvl processes\nunix@/run/haproxy/a.sock user all\nsockpair@4 admin all\n\n',
    );

    /** One that has a current worker, which has a stats socket too, and an old one; `current` may change, and its socket lead elsewhere. */
    function set(current: () => number, old: number, behindSocket = current) {
      const asked: string[] = [];
      const failing: Answer[] = [];
      const askStats: PollerPorts['askStats'] = (address, { command, isMaster }) => {
        if (!isMaster && failing[0]) return Promise.resolve(failing[0]);
        asked.push(`${processOf(address)}: ${command ?? ''}`);
        if (command === 'show proc') {
          return Promise.resolve(
            text(
              `#<PID> <type> <reloads>\n# workers\n${current()} worker 0\n# old workers\n${old} worker 1\n\n`,
            ),
          );
        }
        if (command?.endsWith('show cli sockets')) return Promise.resolve(sockets);
        return Promise.resolve(haproxy(isMaster ? Number(/\d+/.exec(command!)![0]) : behindSocket()));
      };
      const paths = ['/run/haproxy/a.sock', '/run/haproxy/master.sock'];
      const socketFiles = () => Promise.resolve({ paths });
      return { poller: pollerOf({ askStats, socketFiles }, { masters, servers: [] }), asked, failing };
    }

    it('polls old workers beside the stats socket, which keeps its name over a reload', async () => {
      let current = 1;
      const { poller, asked } = set(() => current, 7);
      const names = async () => (await poller.poll(turn())).poll.replies.map(({ process }) => process);
      const expected = ['/run/haproxy/a.sock', '/run/haproxy/master.sock@!7'];
      expect(await names()).toEqual(expected);
      asked.splice(0);
      expect(await names()).toEqual(expected);
      expect(asked.toSorted()).toEqual([
        '/run/haproxy/a.sock: ',
        '/run/haproxy/master.sock: @!7 show info;@!7 show stat',
        '/run/haproxy/master.sock: show proc',
      ]);
      current = 2;
      expect(await names()).toEqual(expected);
      expect(asked).toContain('/run/haproxy/master.sock: @!2 show info;@!2 show stat');
      expect(asked).toContain('/run/haproxy/master.sock: @!2 show cli sockets');
    });

    it('tells a worker that began within the poll from the next one on, where its stats socket had led to the old one', async () => {
      let behindSocket = 1;
      const { poller } = set(
        () => 2,
        1,
        () => behindSocket,
      );
      const pids = async () => {
        const { replies } = (await poller.poll(turn())).poll;
        return replies.map(({ process, info }) => [process, infoValue(info, 'Pid')]);
      };
      expect(await pids()).toEqual([['/run/haproxy/a.sock', '1']]);
      behindSocket = 2;
      expect(await pids()).toEqual([
        ['/run/haproxy/a.sock', '2'],
        ['/run/haproxy/master.sock@!1', '1'],
      ]);
    });

    it('asks through it what a stats socket does not answer, from the next poll on, under the same name', async () => {
      const refused: Answer = { reason: 'refused', detail: 'nobody there' };
      const { poller, failing } = set(() => 1, 7);
      await poller.poll(turn());
      failing.push(refused);
      const polls = [await poller.poll(turn()), await poller.poll(turn())];
      const [first, second] = polls.map(({ poll }) => [poll.replies, poll.failures]);
      const names = (all: readonly { process: string }[]) => all.map(({ process }) => process);
      expect(first!.map(names)).toEqual([['/run/haproxy/master.sock@!7'], ['/run/haproxy/a.sock']]);
      expect(second!.map(names)).toEqual([['/run/haproxy/a.sock', '/run/haproxy/master.sock@!7'], []]);
    });

    it('tells of its figures and news', async () => {
      const {
        poll,
        notices,
        masters: figures,
      } = await pollerOf(
        { askStats: () => Promise.resolve({ reason: 'refused', detail: 'nobody there' }) },
        { masters, servers: [], socketDir: undefined },
      ).poll(turn());
      expect(poll.failures).toMatchObject([{ process: '/run/haproxy/master.sock', reason: 'refused' }]);
      expect(notices.map(({ text: told }) => told)).toEqual([
        'the master CLI /run/haproxy/master.sock gives no list of its workers, and old workers are not polled: nobody there',
      ]);
      expect(figures).toEqual({ oldWorkers: 0, leftOut: 0, failures: 1 });
    });

    it('leaves room for its workers in the manifest', async () => {
      const servers = Array.from({ length: 1030 }, (_, port): ServerAddress => ({
        kind: 'tcp',
        host: 'x',
        port,
      }));
      const { poll, notices } = await pollerOf({}, { masters, servers, socketDir: undefined }).poll(turn());
      expect(poll.replies).toHaveLength(768);
      expect(notices[0]!.text).toContain('only the first 768 are polled');
    });
  });

  describe('where HAProxy prints what is new', () => {
    const { signal } = new AbortController();

    it('asks what it is when the poll is over; the next one carries the answer', async () => {
      const { poller, asked } = newerPollerOf(new FakeClock(), () => Promise.resolve(typed));
      const first = await poller.poll(turn());
      expect([first.poll.tags, first.notices, asked]).toEqual([undefined, [], []]);
      expect(await poller.learn(5_000, signal)).toBe(0);
      expect(asked).toEqual(['0: show stat 2 1 0 typed']);
      const second = await poller.poll(turn());
      expect(second.poll.tags).toEqual({ frontend: { newcol: 'MCPP' } });
      expect(second.notices).toHaveLength(1);
    });

    it('asks once for each poll', async () => {
      const { poller, asked } = newerPollerOf(new FakeClock(), () =>
        Promise.resolve({ reason: 'reset', detail: 'gone' }),
      );
      await poller.poll(turn());
      const failures = [await poller.learn(5_000, signal), await poller.learn(5_000, signal)];
      expect([failures, asked.length]).toEqual([[1, 0], 1]);
    });

    it.each([
      ['a second', 5_000, 1_000],
      ['the time that there is', 300, 300],
    ])('waits %s for an answer', async (_, limitMs, endsAfterMs) => {
      const clock = new FakeClock();
      const { poller } = newerPollerOf(clock, hanging);
      await poller.poll(turn());
      let endedAt: number | undefined;
      const learning = poller.learn(limitMs, signal).finally(() => (endedAt = clock.monotonic()));
      await clock.advance(10_000);
      expect([await learning, endedAt]).toEqual([1, endsAfterMs]);
      expect((await poller.poll(turn())).notices[0]!.text).toContain('did not tell how they combine: late');
    });

    it('stops waiting at once when it is stopped', async () => {
      const clock = new FakeClock();
      const { poller } = newerPollerOf(clock, hanging);
      await poller.poll(turn());
      const stop = new AbortController();
      const learning = poller.learn(5_000, stop.signal);
      stop.abort();
      expect(await learning).toBe(1);
      expect(clock.monotonic()).toBe(0);
    });
  });
});
