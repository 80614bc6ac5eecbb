import { quietRequestQueue } from '@haproxystats/messaging';
import { prepareNative } from '../harness/native/prepare-native';
import { announceProvision } from '../harness/provision';
import { makeRunDirectory } from '../harness/run-directory';
import { optionsOf, usage, type Options } from './options';
import { reportOf } from './report';
import { runSuite } from './suite';
import type { World } from './world/world';

/** Exit statuses: every promise was kept; one was broken; it could not be tried. */
const kept = 0;
const broken = 1;
const untried = 2;

const say = (text: string) => process.stdout.write(`${text}\n`);

async function main(): Promise<number> {
  const options = askedFor();
  if (!options) return untried;
  const missing = await prepareNative();
  const reasons = [missing.kafka, missing.redis].filter((reason) => reason !== undefined);
  if (reasons.length > 0) {
    say(`the chaos suite cannot run here: ${reasons.join('; ')}`);
    return untried;
  }
  announceProvision({ provider: 'native', missing, directory: await makeRunDirectory() });
  quietRequestQueue();
  const begun = Date.now();
  const results = await runSuite(options, say, stopOnSignals);
  say(`\n${reportOf(results)}\n\n${((Date.now() - begun) / 60_000).toFixed(1)} minutes of wall time`);
  return results.every((result) => result.broken.length === 0) ? kept : broken;
}

function askedFor(): Options | undefined {
  try {
    return optionsOf(process.argv.slice(2));
  } catch (error) {
    say(`${(error as Error).message}\n\n${usage}`);
    return undefined;
  }
}

function stopOnSignals(world: World): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => void world.stop().finally(() => process.exit(untried)));
}

main().then(
  (status) => process.exit(status),
  (error: unknown) => {
    say(String(error instanceof Error ? error.stack : error));
    process.exit(untried);
  },
);
