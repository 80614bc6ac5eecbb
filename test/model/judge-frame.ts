import { sum, type Emission } from './frames';
import type { Answer } from './polls';
import type { Fault } from './tally';
import type { Named } from './truth';

/** What is known of the slot that a frame is of. */
export interface KnownOfSlot extends Named {
  readonly answers: ReadonlyMap<number, Answer>;
}

/** What a frame says of itself, against the answers that are in it. */
export function judgeFrame(emission: Emission, { answers, named, fewest }: KnownOfSlot): Fault | undefined {
  const { ids, members, missing } = emission;
  const own = ids.flatMap((id) => answers.get(id) ?? []);
  const processes = new Set(own.map(({ process }) => process));
  if (processes.size < own.length) return 'doubled';
  const isMisnamed = [...members].some(([name, of]) => of.some((id) => answers.get(id)?.process !== name));
  const isWrongMissing = missing.some(
    ({ process, reason }) => processes.has(process) || !named.get(process)?.has(reason),
  );
  const isWrong =
    isMisnamed ||
    emission.coverage.expected < fewest ||
    isWrongMissing ||
    isForeign(emission, own) ||
    isWrongSum(emission, own) ||
    isWrongCoverage(emission, own);
  return isWrong ? 'wrong' : undefined;
}

function isForeign({ node, slot, ids }: Emission, own: readonly Answer[]): boolean {
  return own.length < ids.length || own.some((each) => each.node !== node || each.slot !== slot);
}

function isWrongSum({ stot }: Emission, own: readonly Answer[]): boolean {
  return stot.some((each, i) => each !== sum(own.map((answer) => answer.stot[i]!)));
}

function isWrongCoverage({ ids, coverage, missing }: Emission, own: readonly Answer[]): boolean {
  const { covered, expected } = coverage;
  const named = new Set(own.flatMap((answer) => answer.expected));
  const distinct = new Set(missing.map(({ process }) => process)).size;
  return covered !== ids.length || covered + distinct !== expected || expected < named.size;
}
