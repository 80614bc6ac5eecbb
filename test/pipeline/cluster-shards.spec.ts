import { frameRecords } from '@haproxystats/messaging';
import { shardsOf, type Frame } from '@haproxystats/metrics';
import { MemoryCoordinator } from '../../apps/processor/src/coordinator/memory.coordinator';
import { ClusterBench, emissionOf, firstSlot, interval, nodeFrame } from '../support/cluster-bench';
import { FakeClock } from '../support/fake-clock';
import { FakeSession } from '../support/fake-session';

const shards = 3;
const frontends = ['web', 'api', 'static', 'admin', 'cdn', 'auth'];

describe('the shards of a cluster', () => {
  let bench: ClusterBench;
  let session: FakeSession;

  beforeEach(() => {
    bench = new ClusterBench();
    session = new FakeSession(firstSlot);
  });

  const frameOf = (node: string, slot: number): Frame =>
    nodeFrame(node, { slot: firstSlot + slot * interval, frontends, stot: node === 'a' ? 1 : 10 });

  /** What a node reports, or only some shards of it. */
  async function take(
    node: string,
    slot: number,
    { of = shards, only = () => true }: { of?: number; only?: (index: number) => boolean } = {},
  ): Promise<void> {
    for (const [index, frame] of shardsOf(frameOf(node, slot), of).entries())
      if (only(index))
        for (const record of frameRecords(frame)) await bench.role.record(session.entry(record), session);
  }

  async function tickAt(time: number): Promise<void> {
    session.time = time;
    await bench.role.tick(session);
  }

  async function begin(): Promise<void> {
    for (const node of ['a', 'b']) await take(node, 0);
    await tickAt(firstSlot + 2 * interval);
    bench.writer.records.length = 0;
  }

  const told = () =>
    bench.frames.map((frame) => {
      const { covered, nodes, late } = emissionOf(frame);
      return `${frame.head.shard?.index}/${frame.head.shard?.of} ${covered} ${nodes}${late ? ' late' : ''}`;
    });

  it('are each complete at once when all nodes have reported theirs, empty ones too, and together they are the cluster', async () => {
    await begin();
    await take('a', 1);
    expect(bench.frames).toEqual([]);
    await take('b', 1);
    expect(told().sort()).toEqual(['0/3 2/2 2/2', '1/3 2/2 2/2', '2/3 2/2 2/2']);
    const rows = bench.frames.flatMap(({ tables }) =>
      tables.flatMap(({ proxies, columns }) =>
        proxies.map((proxy, row) => [
          proxy,
          columns.find(({ field }) => field === 'stot')!.values[row],
          columns.find(({ field }) => field === 'nodes')!.values[row],
        ]),
      ),
    );
    expect(rows.sort()).toEqual(frontends.toSorted().map((proxy) => [proxy, 11, 2]));
    expect(bench.writer.records.map(({ key }) => key).sort()).toEqual(['eu/0', 'eu/1', 'eu/2']);
  });

  it('wait each for its own, are told once, and come anew when what was missing has come', async () => {
    await begin();
    await take('a', 1);
    await take('b', 1, { only: (index) => index !== 2 });
    expect(told().sort()).toEqual(['0/3 2/2 2/2', '1/3 2/2 2/2']);
    await tickAt(firstSlot + 4 * interval);
    expect(told().at(-1)).toBe('2/3 1/2 1/2');
    await take('b', 1, { only: (index) => index === 2 });
    await tickAt(firstSlot + 5 * interval);
    expect(told().at(-1)).toBe('2/3 2/2 2/2 late');
    expect(bench.log.texts('warn')).toEqual([]);
    await take('a', 2);
    await tickAt(firstSlot + 7 * interval);
    expect(bench.log.texts('warn')).toEqual(['cluster eu: 1 of 2 nodes, without b']);
  });

  it('are known to the ledger each for itself, and apart from those of another number', async () => {
    const coordinator = new MemoryCoordinator(new FakeClock());
    bench = new ClusterBench(coordinator);
    await begin();
    for (const of of [3, 2, 1]) {
      await take('a', 1, { of });
      await take('b', 1, { of });
    }
    await tickAt(firstSlot + 4 * interval);
    const another = new ClusterBench(coordinator);
    const emitted = bench.frames.length;
    [bench, session] = [another, new FakeSession(firstSlot)];
    for (const of of [3, 2, 1]) {
      await take('a', 1, { of });
      await take('b', 1, { of });
    }
    await tickAt(firstSlot + 4 * interval);
    expect([emitted, another.frames.length, another.told]).toEqual([
      6,
      0,
      Array.from({ length: 6 }, () => 'duplicate'),
    ]);
  });
});
