import { plantedFaults, type PlantedFault } from './planted-faults';
import { runSeed, scenarioOfSeed } from './run-seed';
import { report, runSeeds } from './run-seeds';
import { TwinLedger } from './shared-ledger';
import { faults, type Fault } from './tally';

jest.setTimeout(240_000);

/** The rarest is seen in about one world of 100. */
const mostSeeds = 1_500;

async function faultsSeen(seed: number): Promise<Fault[]> {
  const { tally } = await runSeed(seed, new TwinLedger());
  return (Object.keys(faults) as Fault[]).filter((fault) => tally.of(fault) > 0);
}

/** The first seed that shows it. */
async function caughtBy({ seenAs, seenIn = () => true }: PlantedFault): Promise<number | undefined> {
  for (let seed = 1; seed <= mostSeeds; seed++)
    if (seenIn(scenarioOfSeed(seed)) && (await faultsSeen(seed)).some((fault) => seenAs.includes(fault)))
      return seed;
  return undefined;
}

describe('the model catches a processor that', () => {
  it.each(plantedFaults)('$name', async (fault) => {
    const repair = fault.plant();
    let seed: number | undefined;
    try {
      seed = await caughtBy(fault);
    } finally {
      repair();
    }
    process.stdout.write(`caught by seed ${seed ?? 'none'}: ${fault.name}\n`);
    expect(seed).toBeDefined();
    // It was the planted fault.
    expect(await faultsSeen(seed!)).toEqual([]);
  });

  it('and says which seed shows it, what happened there, and how to see it again', async () => {
    const repair = plantedFaults[0]!.plant();
    const all = await runSeeds({ start: 1, seeds: 100 }, new TwinLedger());
    const seed = all.failed[0]!.seed;
    const one = await runSeeds({ start: seed, seeds: 1 }, new TwinLedger());
    repair();
    expect(one.failed[0]?.what).toBe(all.failed[0]!.what);
    expect(report(one)).toMatch(/^ *seeds +snapshots[^]*partition 0[^]*frames[^]*lost \d+: /);
    expect(report(one, ' --redis')).toContain(`npm run test:model -- --seeds 1 --start ${seed} --redis\n`);
  });
});
