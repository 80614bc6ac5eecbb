import { readFrameStub } from '@haproxystats/messaging';
import { firstSlot, FrameLog, interval, nodeFrame } from '../../../../test/support/cluster-bench';
import { ClusterState, type ClusterBounds } from './cluster-state';

const plenty: ClusterBounds = { bytes: 1e9, fullBytes: 1e9, slots: 1e3, nodes: 1e3, clusters: 1e3 };

describe('the memory of a partition', () => {
  const log = new FrameLog();
  let state: ClusterState;

  beforeEach(() => (log.records.length = 0));

  /** Of a cluster of one node; `covered` of 4 processes. */
  function take(slot: number, { covered = 4, cluster = 'eu', node = 'a' } = {}): void {
    const at = firstSlot + slot * interval;
    log.append(nodeFrame(node, { slot: at, cluster, coverage: { covered, expected: 4 } }), at);
    const entry = log.entry(log.records.length - 1, 0);
    state.take({ ...readFrameStub(entry), entry });
    state.pass(entry);
  }

  const slots = (): number[] =>
    [...state.clusters].flatMap(({ holders }) =>
      [...holders.keys()].map((at) => (at - firstSlot) / interval),
    );

  function settle(): void {
    for (const { cluster, slot } of state.unsettled()) cluster.settle(slot, 0);
  }

  it('lets go of the oldest slots that are emitted, and asks for the oldest open one when that is not enough', () => {
    state = new ClusterState([], () => undefined, plenty);
    take(0);
    const one = [...state.clusters][0]!.bytes;
    state = new ClusterState([], () => undefined, { ...plenty, bytes: 2.5 * one });
    for (const slot of [0, 1]) take(slot);
    settle();
    for (const slot of [2, 3]) take(slot);
    expect(state.relieve()).toBeUndefined();
    expect(slots()).toEqual([2, 3]);
    take(4);
    const oldest = state.relieve();
    expect(oldest?.slot.slot).toBe(firstSlot + 2 * interval);
    oldest?.cluster.settle(oldest.slot, 0);
    expect(state.relieve()).toBeUndefined();
    expect(slots()).toEqual([3, 4]);
    expect(state.position().watermark).toBe(log.records.length - 2);
  });

  it('does so with too many slots', () => {
    state = new ClusterState([], () => undefined, { ...plenty, bytes: 64_000, slots: 3 });
    for (let slot = 0; slot < 20; slot++) {
      take(slot);
      settle();
      state.relieve();
    }
    expect(slots().length).toBe(3);
  });

  it('keeps few of those that nobody will add to, and those that somebody may', () => {
    state = new ClusterState([], () => undefined, plenty);
    take(0);
    const one = [...state.clusters][0]!.bytes;
    state = new ClusterState([], () => undefined, { ...plenty, bytes: 40 * one, fullBytes: 1.5 * one });
    take(0, { covered: 3 });
    for (const slot of [1, 2, 3]) take(slot);
    settle();
    state.relieve();
    expect(slots()).toEqual([0, 3]);
  });

  it('bounds clusters and nodes, whose names come from the log', () => {
    state = new ClusterState([], () => undefined, { ...plenty, clusters: 2, nodes: 2 });
    for (const cluster of ['a', 'b', 'c']) {
      take(0, { cluster });
      settle();
    }
    expect([...state.clusters].map(({ name }) => name)).toEqual(['b', 'c']);
    for (const node of ['x', 'y', 'z']) take(1, { cluster: 'c', node });
    expect(
      [...state.clusters]
        .at(-1)!
        .membership.live(firstSlot)
        .map(({ node }) => node),
    ).toEqual(['y', 'z']);
  });
});
