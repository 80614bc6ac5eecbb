import { report, runSeeds } from './run-seeds';
import { runSeed } from './run-seed';
import { TwinLedger } from './shared-ledger';

jest.setTimeout(240_000);

describe('the completion protocol', () => {
  it('loses nothing, counts nothing twice and invents nothing, whatever dies: 1,200 worlds with the ledger in memory', async () => {
    const outcome = await runSeeds({ start: 1, seeds: 1_200 }, new TwinLedger());
    process.stdout.write(report(outcome));
    expect(outcome.failed).toEqual([]);
    // The worlds had enough in them.
    const { tally } = outcome;
    const columns = [
      'crashes',
      'rebalances',
      'flushes',
      'roll-backs',
      'outages',
      'zombies',
      'late',
      'partial',
      'closes',
      'poison',
      'forced',
    ];
    expect(columns.filter((column) => tally.of(column as 'late') < 100)).toEqual([]);
  });

  it('plays a seed again as it was', async () => {
    const frames = async (seed: number) => {
      const { oracle, tally } = await runSeed(seed, new TwinLedger());
      return [oracle.emissions.map(({ node, slot, ids }) => [node, slot, ids]), tally.toString()];
    };
    for (let seed = 1; seed <= 50; seed++)
      expect([seed, await frames(seed)]).toEqual([seed, await frames(seed)]);
  });
});
