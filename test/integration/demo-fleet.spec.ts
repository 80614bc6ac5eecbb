import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { silentLogger, systemClock } from '@haproxystats/runtime';
import { startDemoFleet, type DemoFleet } from '../../apps/haproxystats/src/demo';
import { askHAProxy, eventually } from '../harness';
import { describeWithHaproxyBinary } from '../support/haproxy-binary';

type Row = Record<string, string>;

/** A reader of its own: splits the CSV by the header, for names without commas. */
async function rowsOf(socket: string): Promise<Row[]> {
  const [head = '', ...lines] = (await askHAProxy(socket, 'show stat')).trim().split('\n');
  const names = head.replace('# ', '').split(',');
  return lines.map((line) => {
    const cells = line.split(',');
    return Object.fromEntries(names.map((name, index) => [name, cells[index] ?? '']));
  });
}

function alive(pid: number): boolean {
  return existsSync(`/proc/${pid}`);
}

const trafficColumns = [
  'stot',
  'bin',
  'bout',
  'req_tot',
  'hrsp_2xx',
  'hrsp_3xx',
  'hrsp_4xx',
  'hrsp_5xx',
  'dreq',
  'ereq',
];

/** The counters of traffic in every row. */
async function countersOf(sockets: readonly string[]): Promise<string> {
  const all = await Promise.all(sockets.map(rowsOf));
  return JSON.stringify(
    all.map((rows) =>
      rows.map((row) => [row['pxname'], row['svname'], ...trafficColumns.map((name) => row[name])]),
    ),
  );
}

describeWithHaproxyBinary('the demo fleet with real HAProxy processes', () => {
  const processes = 3;
  let directory: string;
  let fleet: DemoFleet;
  let sockets: string[];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'demo-fleet-spec-'));
    fleet = await startDemoFleet({
      clock: systemClock,
      logger: silentLogger,
      processes,
      directory,
      requestsPerSecond: 200,
    });
    sockets = readdirSync(fleet.socketDirectory).map((name) => join(fleet.socketDirectory, name));
  }, 30_000);

  afterAll(async () => {
    await fleet.stop();
    await rm(directory, { recursive: true });
  });

  it('says what it is', () => {
    expect(fleet.kind).toBe('haproxy');
    expect(fleet.description).toMatch(/^3 real HAProxy \d+\.\d+.* processes/);
    expect(sockets).toHaveLength(processes);
    expect(fleet.pids.map(alive)).toEqual([true, true, true]);
  });

  it('is configured without a warning', async () => {
    const haproxy = fleet.pids[0]!;
    const program = await promisify(execFile)('readlink', [`/proc/${haproxy}/exe`]);
    const config = join(dirname(fleet.socketDirectory), 'haproxy-1.cfg');
    const checked = await promisify(execFile)(program.stdout.trim(), ['-c', '-dW', '-f', config]);
    expect(checked.stderr).not.toMatch(/WARNING|ALERT/);
  });

  it('has every process serve every frontend, with all kinds of answers', async () => {
    const served = async (column: string, proxy: string, socket: string): Promise<boolean> =>
      (await rowsOf(socket)).some(
        (row) => row['pxname'] === proxy && row['svname'] === 'FRONTEND' && Number(row[column]) > 0,
      );
    for (const socket of sockets)
      for (const proxy of fleet.frontends)
        await eventually(async () => expect(await served('stot', proxy, socket)).toBe(true));
    for (const column of ['hrsp_2xx', 'hrsp_3xx', 'hrsp_4xx', 'hrsp_5xx', 'dreq', 'ereq', 'comp_rsp'])
      await eventually(async () => {
        const found = await Promise.all(sockets.map((socket) => served(column, 'www', socket)));
        expect(found).toContain(true);
      });
  }, 60_000);

  it('shows the names it told', async () => {
    const rows = await rowsOf(sockets[0]!);
    const named = (svname: string): (string | undefined)[] =>
      rows.filter((row) => row['svname'] === svname).map((row) => row['pxname']);
    expect(named('FRONTEND').sort()).toEqual([...fleet.frontends].sort());
    expect(named('BACKEND').sort()).toEqual([...fleet.backends].sort());
    expect(rows.filter((row) => row['type'] === '2')).toHaveLength(fleet.backends.length * 3);
  });

  it('stands still once the traffic has stopped', async () => {
    await fleet.stopTraffic();
    // A visitor may have left before the answer came.
    await eventually(async () => {
      const before = await countersOf(sockets);
      await systemClock.sleep(1000);
      expect(await countersOf(sockets)).toBe(before);
    });
  });

  it('leaves nothing behind', async () => {
    const { pids } = fleet;
    expect(pids).toHaveLength(processes);
    await fleet.stop();
    expect(pids.map(alive)).toEqual([false, false, false]);
    expect(readdirSync(directory)).toEqual([]);
    await fleet.stop();
  });
});
