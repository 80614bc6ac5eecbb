import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findUnknown, tagsOf } from '@haproxystats/haproxy';
import { systemClock, type ServerAddress } from '@haproxystats/runtime';
import { askStats, Poller, socketFiles, type PullerConfig } from '@haproxystats/puller';
import { waitedMs } from '../support/own-time';
import { Allowance, ReplyBuffer } from '../../apps/puller/src/reply-buffer';
import { freePort } from '../harness';
import { describeWithHaproxyBinary } from '../support/haproxy-binary';
import { pullerConfig } from '../support/puller-config';
import { stopInItsTracks } from '../harness/stop-in-its-tracks';

/** One HAProxy in master-worker mode, with all it needs in a directory of its own. */
class HAProxy {
  private constructor(
    readonly directory: string,
    readonly tcpPort: number,
    private readonly child: ChildProcess,
  ) {}

  static async start(directory: string, servers = 3): Promise<HAProxy> {
    await mkdir(directory);
    const tcpPort = await freePort();
    await writeFile(join(directory, 'haproxy.cfg'), configuration(directory, tcpPort, servers));
    const child = spawn('haproxy', ['-W', '-S', `unix@${directory}/master.sock`, '-f', 'haproxy.cfg'], {
      cwd: directory,
      stdio: 'ignore',
    });
    const haproxy = new HAProxy(directory, tcpPort, child);
    try {
      await haproxy.until(() => haproxy.isUp());
      return haproxy;
    } catch (error) {
      await haproxy.stop();
      throw error;
    }
  }

  /** Worker and master answer: a master that still starts loses signals. */
  private async isUp(): Promise<boolean> {
    const servers = ['master.sock', 'user.sock'].map((name) => this.socket(name));
    const { poll, notices } = await poller({ servers }).poll(turn());
    return poll.replies.length === 1 && notices.length === 1;
  }

  socket(name: string): ServerAddress {
    return { kind: 'unix', path: join(this.directory, name) };
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGCONT');
    this.child.kill('SIGTERM');
    await once(this.child, 'exit');
  }

  async until(isSo: () => Promise<boolean>): Promise<void> {
    const end = performance.now() + 10_000;
    while (!(await isSo())) {
      if (this.child.exitCode !== null) throw new Error(`HAProxy in ${this.directory} has ended`);
      if (performance.now() > end) throw new Error(`HAProxy in ${this.directory} did not get there in 10 s`);
      await systemClock.sleep(50);
    }
  }
}

function configuration(directory: string, tcpPort: number, servers: number): string {
  const lines = Array.from({ length: servers }, (_, i) => `  server s${i} 127.0.0.1:9 disabled`);
  return `global
  node lb1
  stats socket unix@${directory}/user.sock level user
  stats socket unix@${directory}/admin.sock level admin
  stats socket ipv4@127.0.0.1:${tcpPort} level user
  hard-stop-after 2s
defaults
  mode http
  timeout connect 1s
  timeout client 1s
  timeout server 1s
frontend web
  bind unix@${directory}/web.sock
  default_backend app
backend app
${lines.join('\n')}
`;
}

const asking = { clock: systemClock, connectTimeoutMs: 500, connectRetries: 0, connectIntervalMs: 50 };

function poller(changes: Partial<PullerConfig>): Poller {
  return new Poller(pullerConfig(changes), { clock: systemClock, socketFiles, askStats });
}

const turn = () => ({ slot: 0, source: 'test', signal: new AbortController().signal });

const pidOf = (info: Buffer) => /^Pid: (\d+)$/m.exec(info.toString())![1];

describeWithHaproxyBinary('the puller and a real HAProxy', () => {
  let directory: string;
  let haproxy: HAProxy;
  let all: HAProxy[];

  const start = async (name: string, servers?: number) => {
    const started = await HAProxy.start(join(directory, name), servers);
    all.push(started);
    return started;
  };

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'puller-sockets-'));
    all = [];
    haproxy = await start('lb');
  });

  afterEach(async () => {
    await Promise.all(all.map((one) => one.stop()));
    await rm(directory, { recursive: true });
  });

  it('counts a process once that has three stats sockets and a master, and names a port that is none', async () => {
    const servers: ServerAddress[] = [{ kind: 'tcp', host: '127.0.0.1', port: haproxy.tcpPort }];
    const { poll, notices } = await poller({ socketDir: haproxy.directory, servers }).poll(turn());
    expect(poll.replies.map(({ process }) => process)).toEqual([join(haproxy.directory, 'admin.sock')]);
    expect(poll.replies[0]!.info.toString()).toMatch(/^Name: HAProxy\n[^]*\nnode: lb1\n[^]*[^\n]\n$/);
    expect(poll.replies[0]!.stat.toString()).toMatch(/^# pxname,svname,[^]*\napp,BACKEND,[^]*[^\n]\n$/);
    expect(poll.failures).toMatchObject([
      { process: join(haproxy.directory, 'web.sock'), reason: 'not-haproxy' },
    ]);
    expect(poll.failures[0]!.detail).toContain('HTTP/1.1 400');
    expect(notices.map(({ key }) => key).sort()).toEqual(
      [
        `127.0.0.1:${haproxy.tcpPort}`,
        ...['master.sock', 'user.sock'].map((name) => join(haproxy.directory, name)),
      ].sort(),
    );
  });

  it('says of a master alone what to poll instead', async () => {
    const { poll } = await poller({ servers: [haproxy.socket('master.sock')] }).poll(turn());
    expect(poll.failures).toMatchObject([{ reason: 'not-haproxy' }]);
    expect(poll.failures[0]!.detail).toContain('master CLI');
  });

  it('keeps two processes apart that differ in nothing but their Pid', async () => {
    await start('other');
    const servers = all.map((one) => one.socket('user.sock'));
    const { poll, notices } = await poller({ servers }).poll(turn());
    expect(poll.replies).toHaveLength(2);
    expect(notices).toEqual([]);
  });

  it('reads a large configuration whole', async () => {
    const large = await start('large', 5000);
    const { poll } = await poller({ servers: [large.socket('user.sock')] }).poll(turn());
    const rows = poll.replies[0]!.stat.toString().trimEnd().split('\n');
    expect(rows).toHaveLength(5003);
    expect(rows[5001]).toMatch(/^app,s4999,/);
  });

  it('is told the tag of every column, were they all unknown, of rows that it picks', async () => {
    const socket = haproxy.socket('user.sock');
    const { poll } = await poller({ servers: [socket] }).poll(turn());
    const unknown = findUnknown(poll.replies[0]!, {
      isKnown: (_, name) => /^([ips]id|.*name|type|TotalSplicedBytesOut)$/.test(name),
    });
    const { names, command } = unknown;
    expect([...names.keys()]).toEqual(['frontend', 'server', 'backend', 'daemon']);
    const reply = new ReplyBuffer(1e6);
    const { signal } = new AbortController();
    const answer = await askStats(socket, {
      ...asking,
      command,
      reply,
      signal,
      allowance: new Allowance(1e6),
    });
    if (!('bytes' in answer)) throw new Error(answer.detail);
    const tags = tagsOf(unknown, answer.bytes);
    for (const [kind, columns] of names)
      expect(Object.keys(tags[kind]!).toSorted()).toEqual([...columns].toSorted());
    expect([tags.server!.stot, tags.daemon!.CumConns]).toEqual([
      expect.stringMatching(/^MCP/),
      expect.stringMatching(/^MCP/),
    ]);
  });

  it('follows a process over a reload: same identity, new Pid', async () => {
    const one = poller({ servers: [haproxy.socket('user.sock')] });
    const now = async () => {
      const [reply] = (await one.poll(turn())).poll.replies;
      return reply && { process: reply.process, pid: pidOf(reply.info) };
    };
    const before = (await now())!;
    haproxy.signal('SIGUSR2');
    await haproxy.until(async () => ((await now())?.pid ?? before.pid) !== before.pid);
    expect((await now())!.process).toBe(before.process);
  });

  it('names a worker that is stopped in its tracks, within the deadline, and one that is gone', async () => {
    const one = poller({ servers: [haproxy.socket('user.sock')], pollTimeoutMs: 300 });
    const pid = Number(pidOf((await one.poll(turn())).poll.replies[0]!.info));
    await stopInItsTracks(pid);
    const polling = one.poll(turn());
    const took = await waitedMs(polling);
    const { poll } = await polling;
    process.kill(pid, 'SIGCONT');
    expect(poll.failures).toMatchObject([{ reason: 'timeout' }]);
    expect(took).toBeLessThan(1500);
    await haproxy.stop();
    const [gone] = (await one.poll(turn())).poll.failures;
    expect(gone!.reason).toMatch(/^(absent|refused)$/);
  });
});
