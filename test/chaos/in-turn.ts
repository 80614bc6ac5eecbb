import { setTimeout as sleep } from 'node:timers/promises';
import { faults, pick, type FaultName, type Stage } from './faults';
import { nothingMore, type Check } from './row';

const restMs = 1_000;

/** Each of these faults in turn; then, while there is time, any of them. */
export function inTurn(names: readonly FaultName[], checkOf: (stage: Stage) => Check = () => nothingMore) {
  return async (stage: Stage, ms: number): Promise<Check> => {
    const end = Date.now() + ms;
    for (let i = 0; i === 0 || Date.now() < end; i++) {
      await faults[names[i] ?? pick(stage.random, names)](stage);
      await sleep(restMs);
    }
    return checkOf(stage);
  };
}
