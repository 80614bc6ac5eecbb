import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findUnknown, tagsOf, type Poll } from '@haproxystats/haproxy';
import { rawRecords, readRawChunk } from '@haproxystats/messaging';
import { askStats, Poller, socketFiles, type PullerConfig } from '@haproxystats/puller';
import { systemClock, type ServerAddress } from '@haproxystats/runtime';
import { Allowance, ReplyBuffer } from '../../apps/puller/src/reply-buffer';
import { commandFor, workerTarget } from '../../apps/puller/src/target';
import { describeWithHaproxyBinary } from '../support/haproxy-binary';
import { pullerConfig } from '../support/puller-config';
import { stopInItsTracks } from '../harness/stop-in-its-tracks';

/** A connection that is kept alive and asks again and again. */
class HeldConnection {
  private constructor(private readonly socket: Socket) {
    socket.on('error', () => socket.destroy());
  }

  static async open(path: string): Promise<HeldConnection> {
    const socket = connect({ path });
    await once(socket, 'connect');
    return new HeldConnection(socket);
  }

  async request(times: number): Promise<void> {
    for (let i = 0; i < times; i++) {
      this.socket.write('GET / HTTP/1.1\r\nHost: lb1\r\n\r\n');
      const [answer] = (await once(this.socket, 'data')) as [Buffer];
      expect(answer.toString()).toMatch(/^HTTP\/1.1 200/);
    }
  }

  close(): void {
    this.socket.destroy();
  }
}

/** `sockets`: whether the workers have stats sockets beside the CLI of their master. */
function configuration(directory: string, sockets: boolean): string {
  const stats = ['1', '2'].map((name) => `  stats socket unix@${directory}/stats-${name}.sock level user\n`);
  return `global
  node lb1
  close-spread-time infinite
  hard-stop-after 60s
${sockets ? stats.join('') : ''}defaults
  mode http
  timeout connect 1s
  timeout client 60s
  timeout server 1s
frontend web
  bind unix@${directory}/web.sock
  http-request return status 200
backend app
  server s0 127.0.0.1:9 disabled
`;
}

const asking = { clock: systemClock, connectTimeoutMs: 500, connectRetries: 3, connectIntervalMs: 50 };

function poller(changes: Partial<PullerConfig>): Poller {
  return new Poller(pullerConfig({ ...asking, ...changes }), { clock: systemClock, socketFiles, askStats });
}

type Polled = Awaited<ReturnType<Poller['poll']>>;

/** What the records that are spooled say: requests by process, and who is missing. */
function spooled(poll: Poll) {
  const { manifest } = readRawChunk(rawRecords(poll)[0]!);
  expect(Object.keys(manifest.chunks).toSorted()).toEqual(
    poll.replies.map(({ process }) => process).toSorted(),
  );
  return {
    requests: Object.fromEntries(
      poll.replies.map(({ process, info }) => [process, figureOf(info, 'CumReq')]),
    ),
    pids: Object.fromEntries(poll.replies.map(({ process, info }) => [process, figureOf(info, 'Pid')])),
    missing: Object.keys(manifest.failed),
  };
}

const figureOf = (info: Buffer, name: string) =>
  Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(info.toString())![1]);

/** Requests of the frontend, of which the polls themselves are no part. */
const requestsOf = ({ stat }: Poll['replies'][number]) => {
  const [header, ...rows] = stat.toString().trimEnd().split('\n');
  const web = rows.find((row) => row.startsWith('web,FRONTEND,'))!.split(',');
  return Number(web[header!.split(',').indexOf('req_tot')]);
};

describeWithHaproxyBinary('old workers of a real HAProxy', () => {
  let directory: string;
  let child: ChildProcess;
  let held: HeldConnection[];
  let stop: AbortController;

  const address = (name: string): ServerAddress => ({ kind: 'unix', path: join(directory, name) });
  const nameOf = (pid: number) => `${directory}/master.sock@!${pid}`;
  const turn = () => ({ slot: 1_700_000_000_000, source: 'test', signal: stop.signal });

  async function until(isSo: () => Promise<boolean>): Promise<void> {
    const end = performance.now() + 10_000;
    while (!(await isSo())) {
      if (child.exitCode !== null) throw new Error('HAProxy has ended');
      if (performance.now() > end) throw new Error('HAProxy did not get there in 10 s');
      await systemClock.sleep(30);
    }
  }

  /** Polls until a poll is so, and answers it. */
  async function untilPolled(one: Poller, isSo: (polled: Polled) => boolean): Promise<Polled> {
    let polled!: Polled;
    await until(async () => isSo((polled = await one.poll(turn()))));
    return polled;
  }

  async function start({ sockets = false, level = 'user' } = {}): Promise<void> {
    await writeFile(join(directory, 'haproxy.cfg'), configuration(directory, sockets));
    const master = `unix@${directory}/master.sock,level,${level}`;
    child = spawn('haproxy', ['-W', '-S', master, '-f', 'haproxy.cfg'], { cwd: directory, stdio: 'ignore' });
    const one = poller({ masters: [address('master.sock')] });
    await until(async () => (await one.poll(turn())).poll.replies.length === 1);
  }

  /** Resolves when the new worker answers; tells its pid. */
  async function reload(one: Poller, before: number): Promise<number> {
    child.kill('SIGUSR2');
    let pid = before;
    await until(async () => {
      const { poll } = await one.poll(turn());
      const running = poll.replies.filter(({ info }) => figureOf(info, 'Stopping') === 0);
      pid = running.length === 1 ? figureOf(running[0]!.info, 'Pid') : before;
      return pid !== before && poll.failures.length === 0;
    });
    return pid;
  }

  const hold = async () => {
    const connection = await HeldConnection.open(join(directory, 'web.sock'));
    held.push(connection);
    return connection;
  };

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'old-workers-'));
    held = [];
    stop = new AbortController();
  });

  afterEach(async () => {
    stop.abort();
    for (const connection of held) connection.close();
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    await rm(directory, { recursive: true });
  });

  it('are polled with growing counters until they end, over several reloads', async () => {
    await start();
    const one = poller({ masters: [address('master.sock')] });
    const pids = [figureOf((await one.poll(turn())).poll.replies[0]!.info, 'Pid')];
    for (let reloads = 0; reloads < 3; reloads++) {
      const connection = await hold();
      await connection.request(1);
      pids.push(await reload(one, pids.at(-1)!));
    }
    const expected = [1, 1, 1, 0];
    for (let polls = 0; polls < 3; polls++) {
      for (const [i, connection] of held.entries()) {
        await connection.request(i + 1);
        expected[i]! += i + 1;
      }
      const { poll, masters } = await one.poll(turn());
      const { pids: seen, missing } = spooled(poll);
      expect(seen).toEqual(Object.fromEntries(pids.map((pid) => [nameOf(pid), pid])));
      expect([missing, masters]).toEqual([[], { oldWorkers: 3, leftOut: 0, failures: 0 }]);
      const requests = new Map(poll.replies.map((reply) => [reply.process, requestsOf(reply)]));
      expect(pids.map((pid) => requests.get(nameOf(pid)))).toEqual(expected);
    }
    held[1]!.close();
    const { poll } = await untilPolled(one, ({ poll: { replies } }) => replies.length === 3);
    const { pids: left, missing } = spooled(poll);
    expect(Object.values(left)).toEqual([pids[3], pids[2], pids[0]]);
    expect(missing).toEqual([]);
  });

  it('never are missing when they end between the list and the question', async () => {
    await start();
    const one = poller({ masters: [address('master.sock')] });
    let pid = figureOf((await one.poll(turn())).poll.replies[0]!.info, 'Pid');
    for (let reloads = 0; reloads < 5; reloads++) {
      const connection = await hold();
      await connection.request(1);
      pid = await reload(one, pid);
      setTimeout(() => connection.close(), reloads);
      let left = 2;
      while (left > 1) {
        const { poll } = await one.poll(turn());
        expect(poll.failures).toEqual([]);
        left = poll.replies.length;
      }
    }
  });

  it('stand beside the stats socket of the current worker, which keeps its name and counts once', async () => {
    await start({ sockets: true });
    const one = poller({ masters: [address('master.sock')], socketDir: directory });
    const web = join(directory, 'web.sock'); // no stats socket, in the same directory
    const socket = join(directory, 'stats-1.sock');
    const first = (await hold()).request(1);
    await first;
    const polled = async () => {
      const all = await one.poll(turn());
      // While the master begins anew it may not answer; then the old workers are not among the pids.
      const told = all.notices.map(({ key }) => key).filter((key) => key !== join(directory, 'master.sock'));
      expect(told).toEqual([join(directory, 'stats-2.sock')]);
      const { pids, missing } = spooled(all.poll);
      expect(missing).toEqual([web]);
      return pids;
    };
    /** For a moment both workers listen, and its two sockets may answer for one each; or one of them has no time to answer. */
    const hasTakenOver = ({ poll }: Polled, before: number) => {
      const { pids, missing } = spooled(poll);
      const old = poll.replies.find(({ process }) => process === nameOf(before));
      const isStopping = old !== undefined && figureOf(old.info, 'Stopping') === 1;
      return pids[socket] !== before && isStopping && missing.length === 1;
    };
    let { [socket]: current } = await polled();
    expect(await polled()).toEqual({ [socket]: current });
    const old: number[] = [];
    for (let reloads = 0; reloads < 2; reloads++) {
      child.kill('SIGUSR2');
      const before = current!;
      await untilPolled(one, (all) => hasTakenOver(all, before));
      old.unshift(before);
      for (let polls = 0; polls < 3; polls++) {
        const pids = await polled();
        current = pids[socket];
        expect(pids).toEqual({
          [socket]: current,
          ...Object.fromEntries(old.map((pid) => [nameOf(pid), pid])),
        });
      }
      await (await hold()).request(1);
    }
    for (const connection of held) connection.close();
    await until(async () => Object.keys(await polled()).length === 1);
  });

  it('have an heir in the same poll only where the stats socket leads to it', async () => {
    await start({ sockets: true });
    const socket = join(directory, 'stats-1.sock');
    const one = poller({ masters: [address('master.sock')], servers: [address('stats-1.sock')] });
    const polled = async () => spooled((await one.poll(turn())).poll).pids;
    const straddling: Record<string, number>[] = [];
    for (let reloads = 0; reloads < 6; reloads++) {
      await untilPolled(
        one,
        ({ poll, masters }) => poll.replies.length === 1 + reloads && masters.failures === 0,
      );
      await (await hold()).request(1);
      const { [socket]: before } = await polled();
      child.kill('SIGUSR2');
      await systemClock.sleep(reloads * 10);
      const during = await polled();
      if (during[socket] === before) straddling.push(during);
      await untilPolled(one, ({ poll }) => ![undefined, before].includes(spooled(poll).pids[socket]));
    }
    // The master begins anew while they are asked: it answers when the new worker is there.
    expect(straddling.length).toBeGreaterThan(0);
    for (const { [socket]: before, ...others } of straddling)
      expect(Math.max(0, ...Object.values(others))).toBeLessThan(before!);
  });

  it('tell the tags of columns that nobody knows', async () => {
    await start();
    const { poll } = await poller({ masters: [address('master.sock')] }).poll(turn());
    const [reply] = poll.replies;
    const unknown = findUnknown(reply!, { isKnown: (_, name) => /^([ips]id|.*name|type)$/.test(name) });
    const answer = await askStats(address('master.sock'), {
      ...asking,
      ...commandFor(workerTarget(address('master.sock'), figureOf(reply!.info, 'Pid')), unknown.command),
      reply: new ReplyBuffer(1e6),
      allowance: new Allowance(1e6),
      signal: stop.signal,
    });
    if (!('bytes' in answer)) throw new Error(answer.detail);
    const tags = tagsOf(unknown, answer.bytes);
    expect([tags['backend']!['stot'], tags['daemon']!['CumConns']]).toEqual([
      expect.stringMatching(/^MCP/),
      expect.stringMatching(/^MCP/),
    ]);
  });

  it('that are stuck leave the master usable, however often it is polled, and count again when they go on', async () => {
    await start();
    const one = poller({ masters: [address('master.sock')], pollTimeoutMs: 1_000 });
    const before = figureOf((await one.poll(turn())).poll.replies[0]!.info, 'Pid');
    await (await hold()).request(1);
    const pid = await reload(one, before);
    await stopInItsTracks(before);
    try {
      for (let polls = 0; polls < 15; polls++) {
        const { poll } = await one.poll(turn());
        expect(poll.replies.map(({ process }) => process)).toEqual([nameOf(pid)]);
        expect(poll.failures).toMatchObject([{ process: nameOf(before), reason: 'timeout' }]);
      }
    } finally {
      process.kill(before, 'SIGCONT');
    }
    await until(async () => (await one.poll(turn())).poll.replies.length === 2);
  });

  it('are missed for a while when the master does not answer; a stats socket is polled on without it', async () => {
    await start({ sockets: true });
    const socket = join(directory, 'stats-1.sock');
    const one = poller({
      masters: [address('master.sock')],
      servers: [address('stats-1.sock')],
      pollTimeoutMs: 1_000,
    });
    await (await hold()).request(1);
    const { [socket]: before } = spooled((await one.poll(turn())).poll).pids;
    child.kill('SIGUSR2');
    const { poll: after } = await untilPolled(one, ({ poll, masters }) => {
      const { [socket]: now } = spooled(poll).pids;
      return now !== undefined && now !== before && masters.oldWorkers === 1;
    });
    const { [socket]: current } = spooled(after).pids;
    await stopInItsTracks(child.pid!);
    try {
      const missing: string[][] = [];
      for (let polls = 0; polls < 4; polls++) {
        const { poll, notices, masters } = await one.poll(turn());
        expect(spooled(poll).pids).toEqual({ [socket]: current });
        expect(notices).toMatchObject([{ key: `${directory}/master.sock`, state: 'timeout' }]);
        expect(masters).toEqual({ oldWorkers: 0, leftOut: 0, failures: 1 });
        missing.push(spooled(poll).missing);
      }
      expect(missing).toEqual([[nameOf(before!)], [nameOf(before!)], [nameOf(before!)], []]);
    } finally {
      child.kill('SIGCONT');
    }
    await until(async () => (await one.poll(turn())).masters.oldWorkers === 1);
    const { pids, missing } = spooled((await one.poll(turn())).poll);
    expect({ pids, missing }).toEqual({
      pids: { [socket]: current, [nameOf(before!)]: before },
      missing: [],
    });
  });

  it('are gone with a master that is killed: its current worker is what is missing', async () => {
    await start();
    const one = poller({ masters: [address('master.sock')], connectRetries: 0 });
    const before = figureOf((await one.poll(turn())).poll.replies[0]!.info, 'Pid');
    await (await hold()).request(1);
    const pid = await reload(one, before);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const missing: string[][] = [];
    for (let polls = 0; polls < 5; polls++) missing.push(spooled((await one.poll(turn())).poll).missing);
    const both = [nameOf(pid), nameOf(before)];
    expect(missing).toEqual([both, both, both, [nameOf(pid)], [nameOf(pid)]]);
  });
});
