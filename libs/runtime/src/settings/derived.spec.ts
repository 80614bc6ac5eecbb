import { loadConfig } from '../../../../test/support/load-config';

const derivedOf = (text: string) =>
  loadConfig(text).settings.derived.map(({ section, kind, name, formula, line }) => [
    section,
    kind,
    name,
    formula,
    line,
  ]);

describe('derived metrics', () => {
  it('keep the capitals of their names, their order and their lines', () => {
    const text = [
      '[server-derived]',
      'Busy = scur / slim',
      '[derived]',
      'ErrorRatio = hrsp_5xx / req_tot * 100',
      'bytes_total: bin + bout',
      '[daemon-derived]',
      'Ulimit-left = a ? b : c == d',
    ].join('\n');
    expect(loadConfig(text)).toMatchObject({ faults: [], warnings: [] });
    expect(derivedOf(text)).toEqual([
      ['derived', undefined, 'ErrorRatio', 'hrsp_5xx / req_tot * 100', 4],
      ['derived', undefined, 'bytes_total', 'bin + bout', 5],
      ['daemon-derived', 'daemon', 'Ulimit-left', 'a ? b : c == d', 7],
      ['server-derived', 'server', 'Busy', 'scur / slim', 2],
    ]);
  });

  it('may refer to other values, and take nothing from [DEFAULT]', () => {
    const text = '[DEFAULT]\nper = 60\nshared = 1\n[backend-derived]\nPerMinute = rate * ${per} $$\n';
    expect(derivedOf(text)).toEqual([['backend-derived', 'backend', 'PerMinute', 'rate * 60 $', 5]]);
  });

  it.each([
    [
      'a = 1 $ 2',
      "'a' in section 'derived': a '$' begins ${option} or ${section:option}; a plain one is written $$",
    ],
    [
      'Long = scur\n  + stot',
      "'Long' in section 'derived': the value goes on over several lines: is the line behind it indented by mistake?",
    ],
  ])('%j is refused', (row, message) => {
    expect(loadConfig(`[derived]\n${row}\n`).faults).toEqual([
      `haproxystats.conf:2: derived metric ${message}`,
    ]);
  });

  it('differ in more than capitals', () => {
    expect(loadConfig('[derived]\nRatio = 1\nratio = 2\n').faults).toEqual([
      "haproxystats.conf:3: option 'ratio' of section 'derived' is set for the second time, first on line 2",
    ]);
  });

  it('are not mistaken for a section of which one letter is wrong', () => {
    expect(loadConfig('[backend-derivd]\na = 1\n').faults).toEqual([
      "haproxystats.conf:1: unknown section 'backend-derivd': did you mean 'backend-derived'?",
    ]);
  });
});
