import { seededRandom } from '../../apps/haproxystats/src/demo/seeded-random';
import { eventually } from '../harness';
import type { Stage } from './fault-makers';
import { Observer } from './observer';
import type { Options } from './options';
import { isForgetful } from './plants';
import { runRow, wholeTime, type RowResult } from './run-row';
import { SilentFleet } from './silent-fleet';
import { World } from './world/world';

const processors = 2;
/** More nodes, and one in a black hole beside them, in runs of so many minutes. */
const longMinutes = 1;
const [fewNodes, manyNodes] = [3, 8];
const startsWithinMs = 180_000;
const warmUpMs = 4_000;

/** Starts everything, runs the rows one after the other, stops everything. `say` hears how it goes. */
export async function runSuite(
  options: Options,
  say: (text: string) => void,
  onWorld: (world: World) => void,
): Promise<RowResult[]> {
  const { minutes, seed, planted, brokers } = options;
  const nodes = minutes >= longMinutes ? manyNodes : fewNodes;
  say(
    `seed ${seed}; starting ${brokers} brokers, Redis, a relay, ${nodes} nodes and ${processors} processors`,
  );
  const world = await World.start({ brokers, processors, nodes, forgetfulRelay: isForgetful(planted) });
  onWorld(world);
  try {
    const observer = new Observer(world, planted);
    await observer.tail.start();
    const stage: Stage = { world, observer, random: seededRandom(seed), minutes };
    await warm(stage);
    const results = await Promise.race([runAll(stage, options, say), world.failure]);
    await observer.tail.stop();
    return results;
  } finally {
    await world.stop();
  }
}

async function runAll(stage: Stage, options: Options, say: (text: string) => void): Promise<RowResult[]> {
  const silent = stage.minutes >= longMinutes ? await SilentFleet.start(stage.world) : undefined;
  try {
    const results = await runRows(stage, options, say);
    return [...results, wholeTime(results, stage, silent?.verdict ?? { notes: [], broken: [] })];
  } finally {
    await silent?.stop();
  }
}

async function runRows(
  stage: Stage,
  { rows, patienceMs }: Pick<Options, 'rows' | 'patienceMs'>,
  say: (text: string) => void,
): Promise<RowResult[]> {
  const weights = rows.reduce((sum, { weight }) => sum + weight, 0);
  const results: RowResult[] = [];
  for (const row of rows) {
    const seconds = Math.max(row.leastSeconds, (stage.minutes * 60 * row.weight) / weights);
    say(`${row.name}: ${row.promise} (${seconds.toFixed(0)} s)`);
    results.push(await runRow(row, stage, { seconds, patienceMs }));
  }
  return results;
}

/** Until slots of every node have come through to the receiver. */
async function warm({ world, observer }: Stage): Promise<void> {
  await eventually(
    async () => {
      await observer.catchUp();
      const to = Date.now();
      const { passages } = observer.judge({ from: to - warmUpMs, to });
      const through = new Set(
        passages.filter(({ deliveredAt }) => deliveredAt !== undefined).map(({ node }) => node),
      );
      const silent = world.nodes.filter(({ name }) => !through.has(name)).map(({ name }) => name);
      if (silent.length > 0) throw new Error(`nothing of ${silent.join(', ')} has reached the receiver`);
    },
    { withinMs: startsWithinMs, everyMs: 500 },
  );
}
