import { FakeClock } from '../../../../test/support/fake-clock';
import { FleetFault, FleetHealth } from './fleet-health';

describe('FleetHealth', () => {
  const fault = new Error('version 2 of the record; this program reads 1');
  let clock: FakeClock;
  let health: FleetHealth;

  beforeEach(() => {
    clock = new FakeClock();
    health = new FleetHealth(clock);
  });

  /** One interval: so many nodes, of which the first so many fail. */
  async function round(nodes: number, failing: number, interval = 10_000): Promise<void> {
    for (let i = 0; i < nodes; i++) health.saw(`eu/lb${i}`, interval, i < failing ? fault : undefined);
    await clock.advance(interval);
  }

  it.each([
    [9, 9],
    [10, 5],
    [1_000, 500],
    [10, 0],
  ])('is content with %d nodes of which %d fail, for as long as it lasts', async (nodes, failing) => {
    for (let i = 0; i < 20; i++) {
      await round(nodes, failing);
      expect(health.isSuspect()).toBe(false);
    }
  });

  it.each([
    [10, 6],
    [1_000, 501],
  ])(
    'suspects itself at once with %d nodes of which %d fail, and gives up after a minute',
    async (nodes, failing) => {
      for (let i = 0; i < 6; i++) {
        expect(i > 0 && health.isSuspect()).toBe(i > 0);
        await round(nodes, failing);
      }
      expect(() => health.isSuspect()).toThrow(FleetFault);
      expect(() => health.isSuspect()).toThrow(
        `nothing can be read of ${failing} of the ${nodes} nodes heard of lately (eu/lb${failing - 1}: version 2`,
      );
    },
  );

  it('is content again when they are: at the start the broken ones may come first', async () => {
    await round(12, 12);
    expect(health.isSuspect()).toBe(true);
    await round(30, 12);
    expect(health.isSuspect()).toBe(false);
    for (let i = 0; i < 7; i++) await round(30, 12);
    expect(health.isSuspect()).toBe(false);
    await round(12, 0);
    await round(30, 30);
    expect(health.isSuspect()).toBe(true);
  });

  it('goes by the newest of a node', async () => {
    await round(10, 10);
    await round(10, 0);
    expect(health.isSuspect()).toBe(false);
  });

  it('forgets nodes that are silent for a minute', async () => {
    await round(10, 10);
    expect(health.isSuspect()).toBe(true);
    for (let i = 0; i < 6; i++) await round(9, 9);
    await clock.advance(1);
    expect(health.isSuspect()).toBe(false);
  });

  async function suspectFor(ms: number): Promise<void> {
    for (let i = 0; i < 100; i++) {
      expect(health.isSuspect()).toBe(true);
      await clock.advance(ms / 100);
    }
  }

  it.each([60_000, 300_000, 900_000])(
    'forgets no node between two of its polls, %d ms apart, and gives up when the second fails too',
    async (interval) => {
      const poll = async () => {
        for (let i = 0; i < 12; i++) {
          health.saw(`eu/lb${i}`, interval, fault);
          await clock.advance(170);
        }
      };
      await poll();
      await suspectFor(interval);
      await poll();
      expect(() => health.isSuspect()).toThrow(FleetFault);
    },
  );

  it('is content again an hour after names that came once, whatever intervals they claim', async () => {
    for (let i = 0; i < 50; i++) health.saw(`eu/no-such-${i}`, 86_400_000, fault);
    await suspectFor(3_600_000);
    await clock.advance(1_000);
    expect(health.isSuspect()).toBe(false);
  });
});
