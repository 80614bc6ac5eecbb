import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger, systemClock } from '@haproxystats/runtime';
import { describeLog } from '../log.contract';
import { DirectoryLogReader } from './directory-log-reader';
import { DirectoryLogWriter } from './directory-log-writer';

describeLog('the directory log', async () => {
  const path = await mkdtemp(join(tmpdir(), 'directory-log-'));
  const groups = ['first', 'second'];
  const shared = { path, topic: 'test.raw.v1', groups, clock: systemClock, logger: silentLogger };
  const tickMs = 40;
  const readAheadBytes = 2 * 1024 * 1024;
  return {
    topic: shared.topic,
    writer: await DirectoryLogWriter.open({ ...shared, maxEntries: 1_000 }),
    reader: (group) =>
      new DirectoryLogReader({
        ...shared,
        group,
        tickMs,
        highWater: { entries: 100, bytes: readAheadBytes },
      }),
    tickMs,
    readAheadBytes,
    dispose: () => rm(path, { recursive: true }),
  };
});
