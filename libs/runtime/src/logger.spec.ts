import fs, { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turnOfEventLoop } from 'node:timers/promises';
import { createLogger } from './logger';

describe('a log on a disk that is full', () => {
  const directory = mkdtempSync(join(tmpdir(), 'haproxystats-log-'));
  afterAll(() => rmSync(directory, { recursive: true }));

  it('ends nothing; when there is room again the oldest lines are written, and how many are lost is said once', async () => {
    const file = join(directory, 'log');
    const logger = createLogger({ program: 'test', level: 'info', fd: openSync(file, 'w') });
    const full = jest.spyOn(fs, 'writeSync').mockImplementation(() => {
      throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    });
    for (let i = 0; i < 3_000; i++) logger.info({ i, text: 'x'.repeat(1_000) }, 'of many');
    full.mockRestore();
    logger.info('after');
    await turnOfEventLoop();
    logger.info('later');
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    const read = lines.map((line) => JSON.parse(line) as { i?: number; lines?: number; msg: string });
    const kept = read.filter(({ i }) => i !== undefined);
    expect(kept.map(({ i }) => i)).toEqual(kept.map((_, i) => i));
    expect(kept.length).toBeGreaterThan(500);
    const lost = read.filter((line) => line.lines !== undefined);
    expect(lost).toHaveLength(1);
    expect(kept.length + lost[0]!.lines! + read.filter(({ msg }) => msg === 'after').length).toBe(3_001);
    expect(read.at(-1)!.msg).toBe('later');
  });
});
