import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@haproxystats/runtime';
import { Allowance, ReplyBuffer } from './reply-buffer';
import { askStats } from './stats-socket';

describe('a stats socket without an end', () => {
  /** Pieces of an answer; once so many are written, the first of them have been read. */
  const moreThanBuffersHold = 64;
  let server: Server;
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'haproxystats-endless-'));
    const line = Buffer.alloc(65_536, 'a,b,c,d\n');
    server = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      const pour = (times: number) => {
        if (times === moreThanBuffersHold) server.emit('read');
        socket.write(line, (error) => !error && pour(times + 1));
      };
      pour(0);
    }).listen(join(directory, 'endless.sock'));
    await once(server, 'listening');
  });
  afterEach(async () => {
    server.close();
    await rm(directory, { recursive: true });
  });

  /** Asks; where `isCutShort` the time of the poll is up as soon as some of the answer has been read. */
  const ask = (reply: ReplyBuffer, { allowance = 1e9, isCutShort = false } = {}) => {
    const time = new AbortController();
    if (isCutShort) server.once('read', () => time.abort());
    return askStats(
      { kind: 'unix', path: join(directory, 'endless.sock') },
      {
        clock: systemClock,
        reply,
        allowance: new Allowance(allowance),
        connectTimeoutMs: 1_000,
        connectRetries: 0,
        connectIntervalMs: 10,
        signal: time.signal,
      },
    );
  };

  it.each([
    ['more than one may', { cap: 1_000_000 }, { reason: 'too-large', detail: /limit of 1000000 bytes/ }],
    [
      'more than all may',
      { cap: 1e8, allowance: 500_000 },
      { reason: 'too-large', detail: /all answers of a poll/ },
    ],
    [
      'for longer than a poll may take',
      { cap: 1e9, allowance: 1e10, isCutShort: true },
      { reason: 'timeout', detail: /no end of the answer/ },
    ],
  ])('that answers %s is named, and read no further', async (_, { cap, ...limits }, { reason, detail }) => {
    const reply = new ReplyBuffer(cap);
    const answer = await ask(reply, limits);
    expect(answer).toMatchObject({ reason, detail: expect.stringMatching(detail) as string });
    expect(reply.length).toBeLessThanOrEqual(
      Math.min(cap, 'allowance' in limits ? limits.allowance : cap) + 2 * 1_048_576,
    );
  });
});
