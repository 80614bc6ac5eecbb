import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Stage } from './faults';
import type { Passage, Window } from './oracle/judge';
import { percentile } from './oracle/percentile';
import { together, type Check, type Outcome, type Verdict } from './row';
import type { Part } from './world/part';

/** RSS may grow by this much from the second minute to the last half one, by their medians: it goes up and down with the garbage. */
const mostGrowth = 1.3;
const endMs = 30_000;
/** What another sink's p99 may differ by: a slot is a second, and the machine has other work. */
const noiseMs = 1_000;
const restartMs = 8_000;
const calmShare = 0.15;
const leastCalmMs = 5_000;
const secondMinute = { from: 60_000, to: 120_000 };

interface Sample {
  /** ms since the relay went silent. */
  readonly at: number;
  readonly name: string;
  readonly residentMiB: number;
}

/** A relay that takes connections and no bytes, while the processors go on: who else is delayed, and how much memory it takes. */
export async function blackHole({ world }: Stage, ms: number): Promise<Check> {
  for (const part of world.processors) {
    await part.kill();
    await part.heal();
  }
  await sleep(restartMs);
  const calmMs = Math.max(leastCalmMs, ms * calmShare);
  const calm = { from: Date.now(), to: Date.now() + calmMs };
  await sleep(calmMs);
  world.relay.proxy.blackHole();
  const samples = await sampleMemory(world.processors, ms - calmMs);
  const silent = { from: calm.to, to: Date.now() };
  world.relay.proxy.heal();
  return async (outcome) => {
    const stored = await storedAt(world.stores);
    return together([
      compareDelays(
        'frames',
        { calm, silent },
        delays(outcome, ({ framedAt }) => framedAt),
      ),
      compareDelays(
        'local store',
        { calm, silent },
        delays(outcome, ({ node, slot }) => stored.get(`${slot / 1000} ${node}`)),
      ),
      ...world.processors.map(({ name }) => judgeMemory(name, samples)),
    ]);
  };
}

async function sampleMemory(parts: readonly Part[], ms: number): Promise<Sample[]> {
  const samples: Sample[] = [];
  const start = Date.now();
  for (let at = 0; at < ms; at = Date.now() - start) {
    for (const part of parts) samples.push({ at, name: part.name, residentMiB: await part.residentMiB() });
    await sleep(1_000);
  }
  return samples;
}

type Delays = (window: Window) => number[];

/** From the poll to `end`, of the slots of a window; of those that never came for ever. */
function delays({ judgement }: Outcome, end: (passage: Passage) => number | undefined): Delays {
  return ({ from, to }) =>
    judgement.passages
      .filter(({ slot }) => slot >= from && slot < to)
      .map((passage) => (end(passage) ?? Infinity) - passage.polledAt);
}

/** When a slot of a node, `<second> <node>`, was stored as files, ms since the epoch. */
async function storedAt(stores: readonly string[]): Promise<Map<string, number>> {
  const times = new Map<string, number>();
  for (const store of stores) {
    const files = (await readdir(store, { recursive: true })).filter((path) => path.endsWith('/stats'));
    for (const path of files) {
      const [second, node] = path.split('/');
      const { birthtimeMs } = await stat(join(store, path));
      const key = `${second!} ${node!}`;
      times.set(key, Math.min(birthtimeMs, times.get(key) ?? Infinity));
    }
  }
  return times;
}

function compareDelays(
  what: string,
  { calm, silent }: { readonly calm: Window; readonly silent: Window },
  of: Delays,
): Verdict {
  const [before, during] = [calm, silent].map((window) => percentile(of(window), 0.99));
  const told = `${what}: p99 ${before!.toFixed(0)} ms before, ${during!.toFixed(0)} ms while the relay is silent`;
  return { notes: [told], broken: during! <= before! + noiseMs ? [] : [told] };
}

/** The largest of each minute. */
function byMinute(samples: readonly Sample[]): string {
  const minutes = Map.groupBy(samples, ({ at }) => Math.floor(at / 60_000));
  const peaks = [...minutes.values()].map((some) => Math.max(...some.map(({ residentMiB }) => residentMiB)));
  return `by minute at most ${peaks.map((peak) => peak.toFixed(0)).join(', ')}`;
}

function medianOf(samples: readonly Sample[], { from, to }: Window): number {
  const some = samples.filter(({ at }) => at >= from && at < to);
  return percentile(
    some.map(({ residentMiB }) => residentMiB),
    0.5,
  );
}

function judgeMemory(processor: string, samples: readonly Sample[]): Verdict {
  const own = samples.filter(({ name }) => name === processor);
  const to = own.at(-1)!.at + 1;
  const end = medianOf(own, { from: to - endMs, to });
  if (to < secondMinute.to)
    return {
      notes: [`${processor}: RSS ${end.toFixed(0)} MiB at the end, too early for a ratio`],
      broken: [],
    };
  const base = medianOf(own, secondMinute);
  const ratio = end / base;
  const told = `${processor}: RSS ${base.toFixed(0)} MiB in the second minute, ${end.toFixed(0)} MiB at the end: ratio ${ratio.toFixed(2)}, ${mostGrowth} is allowed; ${byMinute(own)}`;
  return { notes: [told], broken: ratio <= mostGrowth ? [] : [told] };
}
