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
    frames = new WithheldFrames('send', log.logger);
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

  it('names no more of what a large cluster lacks than anybody reads', () => {
    const missing = Array.from({ length: 500 }, (_, i) => `lb${i}`);
    const nodes = { seen: 500, expected: 1000, missing, keptOut: [] };
    const head = frameHead({ scope: 'cluster', node: '', coverage: { covered: 9, expected: 18 }, nodes });
    expect(new WithheldFrames('withhold', log.logger).holds(head)).toBe(true);
    expect(log.texts()).toEqual([
      'cluster eu: its polls are not sent while they have 9 of 18 processes of 500 of 1000 nodes, without lb0, lb1, lb2, lb3, lb4, lb5, lb6, lb7, lb8, lb9 and 490 more. With [graphite] partial = send they would be',
    ]);
  });

  it('tells a cluster that is not complete once, whoever is missing', () => {
    const withheld = new WithheldFrames('withhold-cluster', log.logger);
    const cluster = { scope: 'cluster', node: '', coverage: { covered: 2, expected: 3 } } as const;
    for (const missing of [[slow], [lost], [slow]]) withheld.holds(frameHead({ ...cluster, missing }));
    withheld.holds(frameHead({ ...cluster, coverage: { covered: 3, expected: 3 } }));
    withheld.holds(frameHead({ ...cluster, missing: [lost] }));
    expect(log.texts('warn')).toHaveLength(2);
    expect(log.texts('info')).toEqual(['cluster eu: its polls are sent again']);
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
