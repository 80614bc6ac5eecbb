import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DirectoryLogWriter, rawRecords } from '@haproxystats/messaging';
import { silentLogger, systemClock } from '@haproxystats/runtime';
import { spooledTexts } from './spooled';

describe('a spool as the oracle reads it', () => {
  it('has every answer that was appended', async () => {
    const path = await mkdtemp(join(tmpdir(), 'spooled-'));
    try {
      const ports = { clock: systemClock, logger: silentLogger };
      const writer = await DirectoryLogWriter.open({
        ...{ path, topic: 'raw', groups: ['forwarder'], maxEntries: 10, ...ports },
      });
      const replies = ['a', 'b'].map((process) => ({
        process,
        info: Buffer.from(`Name: HAProxy\ndescription: answer-${process}\n`),
        stat: Buffer.from('# pxname,svname,stot,\nweb,FRONTEND,7,\n'),
      }));
      const poll = { cluster: 'eu', node: 'lb1', source: 's', intervalMs: 1_000, startedAt: 5, failures: [] };
      for (const slot of [1_000, 2_000]) await writer.append('raw', rawRecords({ ...poll, slot, replies }));
      await writer.close();
      const found = (await spooledTexts(path)).map((text) => /answer-(\w)/.exec(text)?.[1]);
      expect(found).toEqual(['a', 'b', 'a', 'b']);
    } finally {
      await rm(path, { recursive: true });
    }
  });
});
