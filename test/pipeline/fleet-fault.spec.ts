import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DirectoryLogWriter, rawRecords, type LogRecord } from '@haproxystats/messaging';
import { silentLogger, systemClock } from '@haproxystats/runtime';
import { eventually } from '../harness';
import { Program } from '../support/program';

const intervalMs = 10_000;
/** How much faster time passes for the program with the node role: its minute is two seconds. */
const speed = 30;
const sick = 12;
const well = 3;

function recordsOf(i: number, slot: number): LogRecord[] {
  const stat = Buffer.from('# pxname,svname,stot,type,\nweb,FRONTEND,1,0,\n');
  const records = rawRecords({
    cluster: 'eu',
    node: `lb${i}`,
    source: `puller-${i}`,
    slot,
    intervalMs,
    startedAt: slot,
    replies: [{ process: 'p1', info: Buffer.from('Tasks: 1\n'), stat }],
    failures: [],
  });
  const isSick = i < sick;
  return records.map((each) => (isSick ? { ...each, headers: { ...each.headers, 'hs-v': '2' } } : each));
}

describe('a program that cannot read most nodes', () => {
  let directory: string;
  let relay: Server;
  let received: string;
  let raw: DirectoryLogWriter;
  const programs: Program[] = [];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'haproxystats-fault-'));
    received = '';
    relay = createServer({ allowHalfOpen: true }, (socket) => {
      socket.setEncoding('utf8').on('data', (text: string) => (received += text));
      socket.on('error', () => undefined).on('end', () => socket.end());
    });
    relay.listen(0, '127.0.0.1');
    await once(relay, 'listening');
    raw = await DirectoryLogWriter.open({
      path: join(directory, 'raw'),
      topic: 'haproxystats.raw.v1',
      maxEntries: 1_000,
      groups: ['haproxystats-node'],
      clock: systemClock,
      logger: silentLogger,
    });
  });
  afterAll(async () => {
    await Promise.all(programs.map((program) => program.stop('SIGKILL')));
    await raw.close();
    relay.close();
    await rm(directory, { recursive: true, force: true });
  });

  async function start(role: string, options = ''): Promise<Program> {
    const file = join(directory, `${role}.conf`);
    const { port } = relay.address() as AddressInfo;
    const process = `roles = ${role}\nsrc-dir = ${directory}/raw\nframes-dir = ${directory}/frames\nstatus-port = 0\n`;
    await writeFile(file, `[process]\n${process}[graphite]\nserver = 127.0.0.1\nport = ${port}\n`);
    const program = withNodeOptions(options, () => Program.start('process', '-f', file));
    programs.push(program);
    return program;
  }

  async function startHurried(role: string): Promise<Program> {
    const file = join(directory, 'hurry.cjs');
    await writeFile(
      file,
      `const now = performance.now.bind(performance); performance.now = () => now() * ${speed};`,
    );
    return start(role, `--require=${file}`);
  }

  it('ends with a status other than 0 after a minute, and has committed nothing; what is well, and other programs, go on until then and after', async () => {
    const sender = await start('graphite');
    const merger = await startHurried('node');
    let polls = 0;
    const slot = Math.floor(Date.now() / intervalMs) * intervalMs;
    while (merger.child.exitCode === null && polls < 90) {
      const records = Array.from({ length: sick + well }, (_, i) => recordsOf(i, slot + polls * intervalMs));
      await raw.append('haproxystats.raw.v1', records.flat());
      polls++;
      await systemClock.sleep(intervalMs / speed);
    }
    expect([await merger.exited, merger.log.at(-1)?.level]).toEqual([1, 'fatal']);
    expect(merger.log.at(-1)?.msg).toMatch(
      /^ended by a fault: nothing can be read of 12 of the 15 nodes heard of lately \(eu\/lb\d+: version 2 of the record/,
    );
    const kept = (await readdir(join(directory, 'raw'))).filter((name) => name.endsWith('.rec'));
    expect(kept.length).toBe(polls);
    await eventually(() => {
      for (const node of ['lb12', 'lb13', 'lb14'])
        expect(received).toMatch(
          new RegExp(`\\.${node}\\.haproxy\\.frontend\\.web\\.stot 1 ${slot / 1000}\n`),
        );
    });
    expect(sender.child.exitCode).toBeNull();
    expect(await sender.stop()).toBe(0);
  }, 60_000);
});

function withNodeOptions<T>(options: string, start: () => T): T {
  const { NODE_OPTIONS: before } = process.env;
  process.env['NODE_OPTIONS'] = options;
  try {
    return start();
  } finally {
    if (before === undefined) delete process.env['NODE_OPTIONS'];
    else process.env['NODE_OPTIONS'] = before;
  }
}
