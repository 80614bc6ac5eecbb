import { rawRecords, readRawChunk } from '@haproxystats/messaging';
import { finishTable, ProcessMerger } from '@haproxystats/metrics';
import { CounterStates } from './counter-states';
import { mergeSnapshot } from './merge-snapshot';
import { Snapshot } from './snapshot';

const start = 1_700_000_000_000;
const intervalMs = 10_000;
const rows = 100;
const merging = { merger: new ProcessMerger({ semantics: 'exact', now: () => 0, rates: ['stot'] }) };

function snapshotOf(node: string, number: number): Snapshot {
  const slot = start + number * intervalMs;
  const lines = Array.from({ length: rows }, (_, i) => `f${i},FRONTEND,${1_000 + number * 50},0,\n`);
  const reply = {
    process: 'p1',
    info: Buffer.from(`Pid: 7\nUptime_sec: ${100 + number * 10}\n`),
    stat: Buffer.from(`# pxname,svname,stot,type,\n${lines.join('')}`),
  };
  const about = { cluster: 'eu', node, source: 'one', slot, intervalMs, startedAt: slot };
  const records = rawRecords({ ...about, replies: [reply], failures: [] });
  const place = { topic: 'raw', partition: 0, offset: 0, next: 1, appendedAt: slot, priming: false };
  const chunks = records.map((record) => readRawChunk({ ...record, ...place }));
  const snapshot = new Snapshot(chunks[0]!, { offset: 0, appendedAt: slot });
  for (const chunk of chunks) snapshot.add(chunk);
  return snapshot;
}

/** What came of four nodes that are polled in turn: of each poll whether it has rates. */
class Fleet {
  readonly left: string[] = [];
  readonly states: CounterStates;

  constructor(maxBytes?: number) {
    this.states = new CounterStates({
      ...(maxBytes === undefined ? {} : { maxBytes }),
      onNoRoom: ({ node }) => this.left.push(node),
    });
  }

  hasRates(node: string, number: number): boolean {
    const { frame } = this.states.merge(snapshotOf(node, number), (snapshot, history) =>
      mergeSnapshot(snapshot, merging, { history }),
    );
    const table = frame.tables.find(({ kind }) => kind === 'frontend')!;
    const rate = finishTable(table, intervalMs).metrics.find(({ name }) => name === 'stot_rate');
    return rate !== undefined && !Number.isNaN(rate.values[0]);
  }

  poll(number: number, nodes = ['a', 'b', 'c', 'd']): string[] {
    return nodes.filter((node) => this.hasRates(node, number));
  }
}

describe('CounterStates', () => {
  const roomy = new Fleet();
  roomy.poll(0);
  const all = roomy.states.bytes;

  it('gives all nodes rates where there is room', () => {
    expect([roomy.poll(1), roomy.left, roomy.states.bytes]).toEqual([['a', 'b', 'c', 'd'], [], all]);
  });

  it('gives as many nodes rates as there is room for, and always the same, and names the others', () => {
    const fleet = new Fleet(0.9 * all);
    expect(fleet.poll(0)).toEqual([]);
    for (let number = 1; number < 5; number++) expect(fleet.poll(number)).toEqual(['a', 'b', 'c']);
    expect(fleet.left).toEqual(['d', 'd', 'd', 'd', 'd']);
    expect(fleet.states.bytes).toBe((3 * all) / 4);
  });

  it('gives the room of nodes that fell silent to others', () => {
    const fleet = new Fleet(0.9 * all);
    fleet.poll(0);
    for (let number = 1; number < 5; number++) expect(fleet.poll(number, ['c', 'd'])).toEqual(['c']);
    expect(fleet.poll(5, ['c', 'd'])).toEqual(['c']);
    expect(fleet.poll(6, ['c', 'd'])).toEqual(['c', 'd']);
  });

  it('gives one node room, however much it needs', () => {
    const fleet = new Fleet(1);
    fleet.poll(0, ['a']);
    expect([fleet.poll(1, ['a']), fleet.left]).toEqual([['a'], []]);
  });
});
