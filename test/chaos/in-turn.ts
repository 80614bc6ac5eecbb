import { setTimeout as sleep } from 'node:timers/promises';
import { faults, pick, type FaultName, type Stage } from './faults';
import { nothingMore, together, type Check } from './row';

const restMs = 1_000;

/** Each of these faults in turn; then, while there is time, any of them. */
export function inTurn(names: readonly FaultName[], checkOf: (stage: Stage) => Check = () => nothingMore) {
  return async (stage: Stage, ms: number): Promise<Check> => {
    const end = Date.now() + ms;
    const befallen: FaultName[] = [];
    do {
      const name = names[befallen.length] ?? pick(stage.random, names);
      befallen.push(name);
      await faults[name](stage);
      await sleep(restMs);
    } while (Date.now() < end);
    const check = checkOf(stage);
    const told = { notes: [`befallen: ${befallen.join(', ')}`], broken: [] };
    return async (outcome) => together([told, await check(outcome)]);
  };
}
