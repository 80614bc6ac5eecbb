import { parseArgs } from 'node:util';
import { ContainerServers } from '../harness/containers/container-servers';
import { NativeServers } from '../harness/native/native-servers';
import { prepareServers } from '../harness/prepare';
import { openRedisLedger } from './redis-ledger';
import { report, runSeeds, type Seeds } from './run-seeds';
import { TwinLedger } from './shared-ledger';

const usage = 'usage: npm run test:model -- [--seeds N] [--start S] [--redis]\n';

interface Wanted extends Seeds {
  readonly redis: boolean;
}

/** Throws RangeError, or TypeError for an option that does not exist. */
function wanted(): Wanted {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '3000' },
      start: { type: 'string', default: '1' },
      redis: { type: 'boolean', default: false },
    },
  });
  return {
    seeds: count('--seeds', values.seeds),
    start: count('--start', values.start),
    redis: values.redis,
  };
}

function count(option: string, text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw new RangeError(`${option} ${text}: must be a whole number from 1 on`);
  return Number(text);
}

async function withRedis(seeds: Seeds) {
  const { provider, missing } = await prepareServers();
  if (missing.redis !== undefined) throw new Error(`no redis: ${missing.redis}`);
  const server = await (provider === 'containers' ? new ContainerServers() : new NativeServers()).redis();
  try {
    const ledger = await openRedisLedger(server.url);
    const outcome = await runSeeds(seeds, ledger);
    await ledger.close();
    return outcome;
  } finally {
    await server.stop();
  }
}

async function main(): Promise<void> {
  const { redis, ...seeds } = wanted();
  const begun = performance.now();
  const outcome = redis ? await withRedis(seeds) : await runSeeds(seeds, new TwinLedger());
  const seconds = (performance.now() - begun) / 1_000;
  process.stdout.write(report(outcome, redis ? ' --redis' : ''));
  process.stdout.write(
    `${redis ? 'Redis' : 'the twin in memory'}, ${seconds.toFixed(1)} s, ${(outcome.tally.of('seeds') / seconds).toFixed(0)} seeds/s\n`,
  );
  process.exitCode = outcome.failed.length > 0 ? 1 : 0;
}

main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n${usage}`);
  process.exitCode = 2;
});
