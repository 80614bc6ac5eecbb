import fc from 'fast-check';
import { checkSeverity, stateNames, stateOf, usualStates } from './status';

function sortedBy(texts: readonly string[], severity: (text: string) => number): string[] {
  return texts.toSorted((a, b) => severity(a) - severity(b));
}

describe('stateOf', () => {
  it.each([
    ['UP', 'UP', 1],
    ['UP 1/3', 'UP', 1],
    ['UP (UNPUB)', 'UNPUB', 0],
    ['no check', 'NO_CHECK', 1],
    ['NOLB', 'NOLB', 0],
    ['NOLB 1/2', 'NOLB', 0],
    ['DRAIN', 'DRAIN', 0],
    ['DRAIN 2/3', 'DRAIN', 0],
    ['DRAIN (agent)', 'DRAIN', 0],
    ['MAINT', 'MAINT', 0],
    ['MAINT (via be/srv)', 'MAINT', 0],
    ['MAINT (resolution)', 'MAINT', 0],
    ['DOWN', 'DOWN', 0],
    ['DOWN 1/2', 'DOWN', 0],
    ['DOWN (agent)', 'DOWN', 0],
    ['OPEN', 'OPEN', 1],
    ['WAITING', 'WAITING', 1],
    ['FULL', 'FULL', 1],
    ['PAUSED', 'PAUSED', 0],
    ['STOP', 'STOP', 0],
    [' UP', 'UP', 1],
    ['', 'UNKNOWN', 0],
    ['UPPER', 'UNKNOWN', 0],
    ['toString', 'UNKNOWN', 0],
  ])('%j is %s', (text, name, up) => {
    expect(stateOf(text)).toMatchObject({ name, up });
  });

  it.each([
    [['UP', 'UP 1/3', 'UP (UNPUB)', 'DOWN']],
    [['UP (UNPUB)', 'NOLB']],
    [['UP', 'no check', 'UP 1/3', 'NOLB', 'DRAIN', 'MAINT', 'DOWN 1/2', 'DOWN']],
    [['OPEN', 'WAITING', 'FULL', 'PAUSED', 'STOP']],
    [['UP', 'UP 2/3', 'a word of next year', 'NOLB 1/2', 'DOWN (agent)']],
  ])('ranks %j from the best to the worst', (texts) => {
    expect(sortedBy(texts.toReversed(), (text) => stateOf(text).severity)).toEqual(texts);
  });

  it('knows a state for every text', () => {
    fc.assert(fc.property(fc.string(), (text) => stateNames.includes(stateOf(text).name)));
  });

  it('names the states that are always counted', () => {
    expect(usualStates('server').toSorted()).toEqual(['DOWN', 'DRAIN', 'MAINT', 'UP']);
    expect(usualStates('backend')).toEqual(['UP', 'DOWN']);
    expect(usualStates('frontend')).toEqual(['OPEN']);
    expect(usualStates('listener')).toEqual(['OPEN']);
    expect(usualStates('daemon')).toEqual([]);
  });
});

describe('checkSeverity', () => {
  it('ranks results by how deep the check failed', () => {
    const texts = ['', 'L4OK', 'INI', 'L7STS', 'L6TOUT', 'L4CON', 'SOCKERR'];
    expect(sortedBy(texts.toReversed(), checkSeverity)).toEqual(texts);
  });

  it.each([
    ['L7OK L6OK L4OK L7OKC PROCOK'],
    ['INI UNK SOMETHING-NEW'],
    ['L7STS L7RSP L7TOUT PROCERR PROCTOUT'],
    ['L6RSP L6TOUT'],
    ['L4TOUT L4CON'],
  ])('%s are alike', (texts) => {
    expect(new Set(texts.split(' ').map(checkSeverity)).size).toBe(1);
  });

  it('passes over the mark of a check under way', () => {
    expect(checkSeverity('* L7OK')).toBe(checkSeverity('L7OK'));
  });
});
