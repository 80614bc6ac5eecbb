import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Stage } from './fault-makers';
import type { Passage, Window } from './oracle/judgement';
import { percentile } from './oracle/percentile';
import { together, type Check, type Outcome, type Verdict } from './row';

/** What the delay of another sink may differ by: a machine with other work may stand still for a second or two. One that is held up waits as long as the relay is silent. */
const noises = [
  { name: 'p50', share: 0.5, ms: 1_000 },
  { name: 'p99', share: 0.99, ms: 2_500 },
] as const;
const calmShare = 0.3;
const leastCalmMs = 5_000;

/** A relay that takes connections and no bytes, while the processors go on: who else is delayed. */
export async function blackHole({ world }: Stage, ms: number): Promise<Check> {
  const calmMs = Math.max(leastCalmMs, ms * calmShare);
  const calm = { from: Date.now(), to: Date.now() + calmMs };
  await sleep(calmMs);
  world.relay.proxy.blackHole();
  await sleep(ms - calmMs);
  const silent = { from: calm.to, to: Date.now() };
  world.relay.proxy.heal();
  return async (outcome) => {
    const stored = await storedAt(world.stores);
    return together([
      { faults: { reached: 1, total: 1 }, notes: [], broken: [] },
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
    ]);
  };
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
  const [before, during] = [of(calm), of(silent)];
  const told = noises.map(({ name, share, ms }) => {
    const [was, is] = [percentile(before, share), percentile(during, share)];
    const text = `${what}: ${name} ${was.toFixed(0)} ms before, ${is.toFixed(0)} ms while the relay is silent, ${during.length} slots`;
    return { text, isKept: Number.isFinite(is) && is <= was + ms };
  });
  return {
    notes: told.map(({ text }) => text),
    broken: told.filter(({ isKept }) => !isKept).map(({ text }) => text),
  };
}
