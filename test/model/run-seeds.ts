import { runSeed } from './run-seed';
import type { SharedLedger } from './shared-ledger';
import { faults, Tally, type Fault } from './tally';
import { trace } from './trace';

export interface Seeds {
  readonly start: number;
  readonly seeds: number;
}

export interface FailedSeed {
  readonly seed: number;
  /** For a person: what went wrong, and how often. */
  readonly what: string;
  /** Everything that came and went; of a single seed only. */
  readonly trace?: string;
}

export interface Outcome {
  readonly tally: Tally;
  readonly failed: readonly FailedSeed[];
}

/** After so many nothing new is learnt. */
const failuresToShow = 10;

export async function runSeeds({ start, seeds }: Seeds, ledger: SharedLedger): Promise<Outcome> {
  const tally = new Tally();
  const failed: FailedSeed[] = [];
  for (let seed = start; seed < start + seeds && failed.length < failuresToShow; seed++) {
    try {
      const world = await runSeed(seed, ledger);
      tally.addAll(world.tally);
      const what = faultsOf(world.tally);
      if (what !== '') failed.push({ seed, what, ...(seeds === 1 && { trace: trace(world) }) });
    } catch (error) {
      tally.add('wrong');
      failed.push({ seed, what: String((error as Error).stack) });
    }
  }
  return { tally, failed };
}

function faultsOf(tally: Tally): string {
  return (Object.keys(faults) as Fault[])
    .filter((fault) => tally.of(fault) > 0)
    .map((fault) => `${fault} ${tally.of(fault)}: ${faults[fault]}`)
    .join('; ');
}

/** The table, and of each seed that failed what it takes to see it again. */
export function report({ tally, failed }: Outcome, option = ''): string {
  const lines = failed.map(
    ({ seed, what, trace: events = '' }) =>
      `${events}seed ${seed}: ${what}\n  again: npm run test:model -- --seeds 1 --start ${seed}${option}\n`,
  );
  return `${tally.toString()}${lines.join('')}`;
}
