import type { FrameHead } from '@haproxystats/metrics';
import { silentLogger, type Logger } from '@haproxystats/runtime';
import { frameHead } from '../../../../test/support/frames';
import { WithheldFrames } from './withheld-frames';

const slow = { process: '/run/a.sock', reason: 'timeout' } as const;
const lost = { process: '/run/b.sock', reason: 'lost' } as const;
const garbled = { process: '/run/c.sock', reason: 'unreadable' } as const;

describe('WithheldFrames', () => {
  let said: string[];
  let frames: WithheldFrames;

  beforeEach(() => {
    said = [];
    const say = (_: object, text: string) => void said.push(text);
    frames = new WithheldFrames({ ...silentLogger, warn: say, info: say } as unknown as Logger);
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
    expect(said).toEqual([]);
  });

  it('says it once per node and change', () => {
    for (const missing of [[slow], [slow], [slow, lost], [slow, lost], [], []]) holds({ missing });
    holds({ node: 'lb2', missing: [lost] });
    expect(said).toEqual([
      'node lb1.example.com: its polls are not sent while processes do not answer: /run/a.sock (timeout). With semantics = exact they would be',
      'node lb1.example.com: its polls are not sent while processes do not answer: /run/a.sock (timeout), /run/b.sock (lost). With semantics = exact they would be',
      'node lb1.example.com: its polls are sent again',
      'node lb2: its polls are not sent while processes do not answer: /run/b.sock (lost). With semantics = exact they would be',
    ]);
  });
});
