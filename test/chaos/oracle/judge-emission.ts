import type { Emission } from './emissions';
import type { Case, Draft } from './judgement';
import type { ArrivedProcess, Counters } from './raw-slots';

/** Whether an emission says what the processes have said that it counts, each once. */
export function judgeEmission(draft: Draft, { key, slot }: Case, emission: Emission): void {
  const members = [...slot.arrived].filter(([process]) => !emission.missing.includes(process));
  const what = `${key}: ${emission.covered} of ${emission.expected}`;
  if (emission.covered === emission.expected && emission.covered < slot.expected.size)
    draft.lied.add(`${what} is said to be complete, the manifest names ${slot.expected.size}`);
  const sums = sumOf(members.map(([, process]) => process));
  const difference = firstDifference(emission.counters, sums);
  if (emission.covered > members.length)
    draft.doubled.add(`${what}, but only ${members.length} have sent anything`);
  else if (difference && countsTwice(emission.counters, sums, members))
    draft.doubled.add(`${what}: ${difference}`);
  else if (difference || emission.covered !== members.length)
    draft.wrong.add(`${what}: ${difference ?? `${members.length} have sent something`}`);
}

function sumOf(processes: readonly ArrivedProcess[]): Counters {
  const sums = new Map<string, number>();
  for (const { counters } of processes)
    for (const [name, value] of counters) sums.set(name, (sums.get(name) ?? 0) + value);
  return sums;
}

function countsTwice(
  said: Counters,
  sums: Counters,
  members: readonly (readonly [string, ArrivedProcess])[],
): boolean {
  return members.some(([, { counters }]) =>
    [...said].every(([name, value]) => value === (sums.get(name) ?? 0) + (counters.get(name) ?? 0)),
  );
}

function firstDifference(said: Counters, sums: Counters): string | undefined {
  for (const [name, sum] of sums) {
    const value = said.get(name);
    if (value !== sum) return `${name} is ${value ?? 'absent'}, the processes say ${sum}`;
  }
  const more = [...said.keys()].find((name) => !sums.has(name));
  return more && `${more} is of no process`;
}
