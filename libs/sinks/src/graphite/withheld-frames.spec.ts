import type { FrameHead } from '@haproxystats/metrics';
import { frameHead } from '../../../../test/support/frames';
import { RecordedLog } from '../../../../test/support/recorded-log';
import { WithheldFrames } from './withheld-frames';

const slow = { process: '/run/a.sock', reason: 'timeout' } as const;
const lost = { process: '/run/b.sock', reason: 'lost' } as const;
const garbled = { process: '/run/c.sock', reason: 'unreadable' } as const;

describe('WithheldFrames', () => {
  let log: RecordedLog;
  let frames: WithheldFrames;

  beforeEach(() => {
    log = new RecordedLog();
    frames = new WithheldFrames(log.logger);
  });

  const holds = (change: Partial<FrameHead>): boolean =>
    frames.holds(frameHead({ semantics: 'classic', ...change }));

  it.each([
    [[], false],
    [[garbled], false],
    [[slow], true],
    [[garbled, lost], true],
  ])('holds a classic frame without %j: %s', (missing, expected) => {
    expect(holds({ missing })).toBe(expected);
  });

  it('lets exact frames pass, whatever is missing', () => {
    expect(holds({ semantics: 'exact', missing: [slow] })).toBe(false);
    expect(log.texts()).toEqual([]);
  });

  it('says it once per node and change', () => {
    for (const missing of [[slow], [slow], [slow, lost], [slow, lost], [], []]) holds({ missing });
    holds({ node: 'lb2', missing: [lost] });
    expect(log.texts()).toEqual([
      'node lb1.example.com: its polls are not sent while processes do not answer: /run/a.sock (timeout). With semantics = exact they would be',
      'node lb1.example.com: its polls are not sent while processes do not answer: /run/a.sock (timeout), /run/b.sock (lost). With semantics = exact they would be',
      'node lb1.example.com: its polls are sent again',
      'node lb2: its polls are not sent while processes do not answer: /run/b.sock (lost). With semantics = exact they would be',
    ]);
  });
});
