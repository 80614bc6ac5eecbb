import type { FrameHead } from '@haproxystats/metrics';
import { frameHead } from '../../../../test/support/frames';
import { RecordedLog } from '../../../../test/support/recorded-log';
import { OtherSemantics } from './other-semantics';

describe('OtherSemantics', () => {
  let log: RecordedLog;

  beforeEach(() => (log = new RecordedLog()));

  const open = (semantics: FrameHead['semantics']) => new OtherSemantics(semantics, log.logger);

  it.each([
    ['exact', 'exact', false],
    ['classic', 'classic', false],
    ['exact', 'classic', true],
    ['classic', 'exact', true],
  ] as const)('of a sink set to %s and a frame merged as %s: %s', (own, semantics, expected) => {
    expect(open(own).has(frameHead({ semantics }))).toBe(expected);
    expect(log.texts().length).toBe(expected ? 1 : 0);
  });

  it('are told once per node, with both and what to do, and so is their end', () => {
    const other = open('classic');
    for (const node of ['lb1', 'lb2', 'lb1']) other.has(frameHead({ node, semantics: 'exact' }));
    for (let slot = 0; slot < 2; slot++) other.has(frameHead({ node: 'lb1', semantics: 'classic' }));
    const [first, second, ...rest] = log.texts();
    expect(first).toMatch(/^node lb1: its frames are merged with semantics = exact.* here is classic/);
    expect(first).toContain('the same semantics in [process]');
    expect(second).toMatch(/^node lb2/);
    expect(rest).toEqual(['node lb1: its frames are merged with semantics = classic again, as set here']);
  });
});
