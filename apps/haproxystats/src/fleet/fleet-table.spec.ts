import { frameRecords, type LogEntry } from '@haproxystats/messaging';
import { shardsOf, type Frame, type FrameHead, type Table } from '@haproxystats/metrics';
import { column } from '../../../../test/support/frame-column';
import { frameHead, tableOf } from '../../../../test/support/frames';
import { fleetReport, type FleetReport } from './fleet-report';
import { fleetTable } from './fleet-table';
import { FleetView } from './fleet-view';

const slot = Date.parse('2026-11-21T07:23:30Z');
const now = slot + 12_000;

/** What its log took of a frame, `delayMs` behind the begin of its slot. */
function entriesOf(frame: Frame, delayMs = 400): LogEntry[] {
  const place = { topic: 'frames', partition: 0, priming: false, appendedAt: frame.head.slot + delayMs };
  return frameRecords(frame).map((record, offset) => ({ ...record, ...place, offset, next: offset + 1 }));
}

function life(process: string, version: string, more: object = {}) {
  return { process, pid: 4711, startedAt: slot - 3 * 3_600_000, version, ...more };
}

const twoProcesses = [life('/run/1.sock', '3.0.5'), life('/run/2.sock', '3.0.5')];

function nodeFrame(node: string, change: Partial<FrameHead> = {}): Frame {
  const coverage = { covered: 2, expected: 2 };
  const known = { cluster: 'edge', node, slot, coverage, processes: twoProcesses };
  return { head: frameHead({ ...known, ...change }), tables: [] };
}

function clusterFrame(change: Partial<FrameHead> = {}, tables: readonly Table[] = []): Frame {
  const nodes = { seen: 2, expected: 2, missing: [], keptOut: [] };
  const known = { scope: 'cluster' as const, cluster: 'edge', node: '', slot, nodes };
  return { head: frameHead({ ...known, coverage: { covered: 4, expected: 4 }, ...change }), tables };
}

function servers(drifting: readonly (number | undefined)[]): Table {
  const names = drifting.map((_, i) => `web/s${i + 1}`);
  return tableOf('server', names, [column({ name: 'drift', rule: 'max' }, 'max', drifting)]);
}

function viewOf(...frames: Frame[]): FleetView {
  const view = new FleetView();
  for (const frame of frames) for (const entry of entriesOf(frame)) view.take(entry);
  return view;
}

function report(...frames: Frame[]): FleetReport {
  return fleetReport(viewOf(...frames), { now, cluster: undefined, groups: [] });
}

const plain = { processes: false, drift: false };

function shown(...frames: Frame[]): string[] {
  return fleetTable(report(...frames), plain)
    .split('\n')
    .slice(0, -1);
}

describe('the table of the fleet', () => {
  it('shows clusters, their nodes, and the consumer groups', () => {
    const view = viewOf(
      nodeFrame('lb2'),
      nodeFrame('lb1'),
      clusterFrame({}, [servers([0, 1, 1])]),
      nodeFrame('pod-7', {
        cluster: 'api',
        coverage: { covered: 1, expected: 1 },
        processes: [life('p', '2.8.3-1')],
      }),
    );
    const groups = [
      { group: 'haproxystats-node', topic: 'haproxystats.raw.v1', behind: 12 },
      { group: 'haproxystats-graphite', topic: 'haproxystats.frames.node.v1', behind: undefined },
    ];
    const told = fleetReport(view, { now, cluster: undefined, groups });
    expect(told.isComplete).toBe(true);
    expect(fleetTable(told, plain)).toBe(
      `CLUSTER / NODE  NODES  PROCS  VERSIONS  LAST SLOT   AGE  DELAY  DRIFT  STATE
api               1/1    1/1  2.8.3-1   07:23:30Z  12 s  0.4 s      -  complete
  pod-7                  1/1  2.8.3-1   07:23:30Z  12 s  0.4 s         complete
edge              2/2    4/4  3.0.5     07:23:30Z  12 s  0.4 s      2  complete
  lb1                    2/2  3.0.5     07:23:30Z  12 s  0.4 s         complete
  lb2                    2/2  3.0.5     07:23:30Z  12 s  0.4 s         complete

GROUP                  TOPIC                        BEHIND
haproxystats-node      haproxystats.raw.v1              12
haproxystats-graphite  haproxystats.frames.node.v1       -
`,
    );
  });

  it('names what is missing, and who is kept out', () => {
    const nodes = {
      seen: 1,
      expected: 4,
      missing: ['lb4'],
      keptOut: [
        { node: 'lb2', reason: 'clock' as const },
        { node: 'lb3', reason: 'interval' as const },
      ],
    };
    const missing = [{ process: '/run/2.sock', reason: 'refused' as const }];
    const frames = [
      clusterFrame({ nodes, coverage: { covered: 1, expected: 2 } }),
      nodeFrame('lb1', {
        coverage: { covered: 1, expected: 2 },
        missing,
        processes: [life('/run/1.sock', '3.0.5')],
      }),
      nodeFrame('lb2', {
        slot: slot + 60_000,
        processes: [life('/run/1.sock', '3.0.5'), life('/run/2.sock', '2.8.3')],
      }),
      nodeFrame('lb5', { slot: slot - 3_600_000 }),
    ];
    expect(report(...frames).isComplete).toBe(false);
    expect(shown(...frames)).toEqual([
      'CLUSTER / NODE  NODES  PROCS  VERSIONS              LAST SLOT     AGE  DELAY  DRIFT  STATE',
      'edge              1/4    1/2  4 x 3.0.5, 1 x 2.8.3  07:23:30Z    12 s  0.4 s      -  partial',
      '  lb1                    1/2  3.0.5                 07:23:30Z    12 s  0.4 s         partial',
      '    without /run/2.sock: refused',
      '  lb2                    2/2  1 x 2.8.3, 1 x 3.0.5  07:24:30Z   -48 s  0.4 s         clock',
      '  lb3                      -  -                     -               -      -         interval',
      '  lb4                      -  -                     -               -      -         missing',
      '  lb5                    2/2  3.0.5                 06:23:30Z  60 min  0.4 s         silent',
    ]);
  });

  it('adds nodes up where nobody makes frames of clusters', () => {
    const silent = nodeFrame('lb3', { slot: slot - 40_000 });
    const { clusters, isComplete } = report(nodeFrame('lb1'), nodeFrame('lb2'), silent);
    expect(isComplete).toBe(false);
    expect(clusters[0]).toMatchObject({
      state: 'partial',
      nodesSeen: 2,
      nodesExpected: 3,
      coverage: { covered: 4, expected: 6 },
      versions: [{ version: '3.0.5', processes: 6 }],
    });
    expect(clusters[0]).not.toHaveProperty('drift');
  });

  it('shows each process, and each server that drifts', () => {
    const processes = [
      life('/run/1.sock', '3.0.5'),
      life('/run/master.sock@!77', '3.0.4', { pid: 77, startedAt: slot - 50_000, isStopping: true }),
    ];
    const told = report(nodeFrame('lb1', { processes }), clusterFrame({}, [servers([1, undefined, 1, 0])]));
    expect(fleetTable(told, { processes: true, drift: true }).split('\n').slice(1, -1)).toEqual([
      'edge              2/2    4/4  1 x 3.0.4, 1 x 3.0.5  07:23:30Z  12 s  0.4 s      2  complete',
      '    drift web/s1',
      '    drift web/s3',
      '  lb1                    2/2  1 x 3.0.4, 1 x 3.0.5  07:23:30Z  12 s  0.4 s         complete',
      '    /run/1.sock           pid 4711  3.0.5  up 3 h',
      '    /run/master.sock@!77  pid 77    3.0.4  up 62 s  stopping',
    ]);
  });

  it('lets no name and no version steer the terminal or fill the screen', () => {
    const version = `3.0\u001b[2J\n${'9'.repeat(90)}`;
    const missing = Array.from({ length: 12 }, (_, i) => ({
      process: `/run/${'x'.repeat(200)}${i}`,
      reason: 'timeout' as const,
    }));
    const lines = shown(
      nodeFrame('n'.repeat(200), {
        cluster: 'c'.repeat(200),
        coverage: { covered: 1, expected: 13 },
        processes: [life('p', version)],
        missing,
      }),
    );
    expect(lines[1]).toContain('3.0?[2J?9999');
    for (const line of lines) {
      expect(line).not.toMatch(/\p{C}/u);
      expect(line.length).toBeLessThanOrEqual(120);
    }
    expect(lines).toHaveLength(3 + 8 + 1);
    expect(lines.at(-1)).toBe('    without 4 more');
  });

  it('is empty without frames', () => {
    expect(fleetTable(report(), plain)).toBe('');
    expect(report().isComplete).toBe(false);
  });
});

describe('the view of the fleet', () => {
  const coverageOf = (...frames: Frame[]) => report(...frames).clusters[0]!.nodes[0]!;

  it('keeps the newest slot, and of one slot the highest coverage', () => {
    const part = nodeFrame('lb1', { coverage: { covered: 1, expected: 2 } });
    const older = nodeFrame('lb1', { slot: slot - 10_000 });
    for (const frames of [
      [older, part, nodeFrame('lb1')],
      [nodeFrame('lb1'), part, older],
    ])
      expect(coverageOf(...frames)).toMatchObject({ slot, coverage: { covered: 2, expected: 2 } });
  });

  it('believes no slot far ahead of the log once another one comes', () => {
    const view = new FleetView();
    for (const entry of entriesOf(nodeFrame('lb1', { slot: slot + 3_600_000 }), -3_600_000)) view.take(entry);
    for (const entry of entriesOf(nodeFrame('lb1'))) view.take(entry);
    expect([...view.all].map(({ head }) => head.slot)).toEqual([slot]);
  });

  it('adds the parts of a frame once, however often they come', () => {
    const frame = clusterFrame({}, [servers(Array.from({ length: 64 }, (_, i) => i % 2))]);
    const half = (part: number): LogEntry => {
      const tables = [servers(Array.from({ length: 32 }, (_, i) => (i + part) % 2))];
      const [entry] = entriesOf({ ...frame, tables });
      return { ...entry!, headers: { ...entry!.headers, 'hs-part': `${part}/2` } };
    };
    const view = new FleetView();
    for (const entry of [half(0), half(1), half(1), half(0)]) view.take(entry);
    const { clusters } = fleetReport(view, { now, cluster: 'edge', groups: [] });
    expect(clusters[0]!.drift!.servers).toBe(32);
  });

  it('shows shards as the one cluster, and nodes, that they are of, with what all of them say of drift', () => {
    const cluster = clusterFrame({}, [servers(Array.from({ length: 64 }, (_, i) => i % 2))]);
    const [whole, sharded] = [new FleetView(), new FleetView()];
    for (const frame of [cluster, nodeFrame('lb1'), nodeFrame('lb2')]) {
      for (const entry of entriesOf(frame)) whole.take(entry);
      for (const shard of shardsOf(frame, 4).toReversed())
        for (const entry of entriesOf(shard)) sharded.take(entry);
    }
    const report = (view: FleetView) => fleetReport(view, { now, cluster: undefined, groups: [] });
    const { drift, ...rest } = report(sharded).clusters[0]!;
    const expected = report(whole).clusters[0]!;
    expect(rest).toEqual({ ...expected, drift: undefined });
    expect([drift!.servers, drift!.names]).toEqual([32, expected.drift!.names.toSorted()]);
  });

  it('counts what it cannot read, and what it has no room for', () => {
    const view = new FleetView(2);
    const [entry] = entriesOf(nodeFrame('lb1'));
    view.take({ ...entry!, value: Buffer.from('nothing') });
    for (const node of ['lb1', 'lb2', 'lb3', 'lb1'])
      for (const each of entriesOf(nodeFrame(node))) view.take(each);
    expect([view.unreadable, view.leftOut, [...view.all].length]).toEqual([1, 1, 2]);
  });
});
