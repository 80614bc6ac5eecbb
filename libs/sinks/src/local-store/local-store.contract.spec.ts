import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { graphiteConfig } from '../../../../test/support/graphite-config';
import { GraphiteLines } from '../graphite';
import { describeSink } from '../sink.contract';
import { LocalStoreSink } from './local-store.sink';

describeSink('LocalStoreSink, in a directory', async (ports) => {
  const work = await mkdtemp(join(tmpdir(), 'store-contract-'));
  const directory = join(work, 'store');
  const aside = join(work, 'aside');
  const { clock, logger, onFailure } = ports;
  const lines = new GraphiteLines(graphiteConfig({ address: { host: '127.0.0.1', port: 1 } }), {
    clock,
    logger,
  });
  const config = { directory, retentionMs: 3_600_000, maxBytes: 100_000_000 };
  const sink = await LocalStoreSink.open(config, { lines, clock, logger, onFailure });
  return {
    sink,
    received: async () => [...(await linesBelow(directory)), ...(await linesBelow(aside))],
    // A file is in the way; it is there before the sink makes its directory again.
    refuse: () => {
      renameSync(directory, aside);
      writeFileSync(directory, '');
      return Promise.resolve();
    },
    accept: () => {
      rmSync(directory);
      renameSync(aside, directory);
      return Promise.resolve();
    },
    dispose: () => rm(work, { recursive: true }),
  };
});

/** Of the files that readers know: `<slot>/<node>/stats`. */
async function linesBelow(directory: string): Promise<string[]> {
  const names = await readdir(directory, { recursive: true }).catch(() => []);
  const files = names.filter((name) => name.endsWith('/stats'));
  const texts = await Promise.all(files.map((name) => readFile(join(directory, name), 'utf8')));
  return texts.flatMap((text) => text.split('\n').slice(0, -1));
}
