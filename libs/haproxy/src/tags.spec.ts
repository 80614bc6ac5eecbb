import fc from 'fast-check';
import { ruleFacts } from './rule';
import { ruleOfTag } from './tags';

describe('ruleOfTag', () => {
  it.each([
    ['MCP', 'sum'],
    ['MCPP', 'sum'],
    ['MGP', 'sum'],
    ['MGPV', 'sum'],
    ['MRP', 'sum'],
    ['MaP', 'mean'],
    ['MMP', 'range'],
    ['MmP', 'min'],
    ['CLP', 'limit'],
    ['MLP', 'limit'],
    ['MAP', 'age'],
    ['MDP', 'max'],
    ['MTP', 'max'],
    ['CGS', 'same'],
    ['CGSV', 'same'],
    ['MCS', 'max'],
    ['MGs', 'max'],
    ['MAS', 'age'],
    ['MCPVx', 'sum'],
  ])('%s -> %s', (tag, rule) => {
    expect(ruleOfTag(tag)).toBe(rule);
  });

  it.each([
    'KNS',
    'KGP',
    'CNS',
    'POS',
    'MOP',
    'COS',
    'SGP',
    'SGPV',
    'PGS',
    '',
    'MC',
    'XCP',
    'MXP',
    'MCX',
    'MCP:',
    'MCPVVVVVVV',
  ])('%j says nothing that could be combined', (tag) => {
    expect(ruleOfTag(tag)).toBeUndefined();
  });

  it('answers a rule of the table or nothing, whatever the tag', () => {
    const letters = fc.stringMatching(/^[MSKCPX][AaCDGLMmNORTx][CPSsx][PV]?$/);
    fc.assert(
      fc.property(letters, (tag) => {
        const rule = ruleOfTag(tag);
        expect(rule === undefined || rule in ruleFacts).toBe(true);
      }),
    );
  });
});
