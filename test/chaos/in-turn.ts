import { setTimeout as sleep } from 'node:timers/promises';
import { Untried, pick, type Stage } from './fault-makers';
import { faults, type FaultName } from './faults';
import { nothingMore, together, type Check, type Verdict } from './row';

const restMs = 1_000;
/** A run of so many minutes tries every fault of a row, whatever time that takes; a shorter one says what it has not tried. */
const wholeMinutes = 5;

/** What befell, in order, and what could not, with the reason. */
interface Tale {
  readonly befallen: FaultName[];
  readonly untried: Map<FaultName, string>;
}

/** Each of these faults in turn; then, while there is time, any of them. */
export function inTurn(names: readonly FaultName[], checkOf: (stage: Stage) => Check = () => nothingMore) {
  return async (stage: Stage, ms: number): Promise<Check> => {
    const end = Date.now() + ms;
    const tale: Tale = { befallen: [], untried: new Map() };
    for (let turn = 0; turn === 0 || Date.now() < end || isUnfinished(stage, turn, names); turn++)
      await befall(stage, names[turn] ?? pick(stage.random, names), tale);
    const check = checkOf(stage);
    return async (outcome) => together([toldOf(names, tale), await check(outcome)]);
  };
}

function isUnfinished({ minutes }: Stage, turn: number, names: readonly FaultName[]): boolean {
  return minutes >= wholeMinutes && turn < names.length;
}

async function befall(stage: Stage, name: FaultName, { befallen, untried }: Tale): Promise<void> {
  try {
    await faults[name](stage);
    befallen.push(name);
  } catch (error) {
    if (!(error instanceof Untried)) throw error;
    untried.set(name, error.message);
  }
  await sleep(restMs);
}

function toldOf(names: readonly FaultName[], { befallen, untried }: Tale): Verdict {
  const all = [...new Set(names)];
  const missing = all.filter((name) => !befallen.includes(name));
  const reasons = missing.map((name) => `${name} (${untried.get(name) ?? 'no time'})`);
  return {
    faults: { reached: all.length - missing.length, total: all.length },
    notes: [
      `befallen: ${befallen.join(', ')}`,
      ...(missing.length > 0 ? [`NOT TRIED: ${reasons.join(', ')}`] : []),
    ],
    broken: [],
  };
}
