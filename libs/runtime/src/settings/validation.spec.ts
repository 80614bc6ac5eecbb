import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../../../test/support/load-config';
import type { Objection, Validator } from './validation';

const always =
  (...objections: Objection[]): Validator =>
  () =>
    objections;

describe('validators', () => {
  const wrong = { section: 'graphite', key: 'namespace', message: 'is taken' };

  it('have their faults named where the entry stands, in the order of the lines', () => {
    const text = '[graphite]\nnamespace = a\nport = no\n[Process]\n[derived]\nBusy = scur\n';
    const formula = { section: 'derived', key: 'Busy', message: 'column 3: unknown' };
    expect(loadConfig(text, { validators: [always(formula), always(wrong)] }).faults).toEqual([
      "haproxystats.conf:2: option 'namespace' in section 'graphite': is taken",
      "haproxystats.conf:3: option 'port' in section 'graphite': 'no' is not an integer",
      "haproxystats.conf:4: unknown section 'Process': did you mean 'process'?",
      "haproxystats.conf:6: derived metric 'Busy' in section 'derived': column 3: unknown",
    ]);
  });

  it('name the default, a variable, or another file where the value comes from there', () => {
    const validators = [always(wrong)];
    expect(loadConfig('', { validators }).faults).toEqual([
      "built-in default: option 'namespace' in section 'graphite': is taken",
    ]);
    const env = { HAPROXYSTATS_GRAPHITE_NAMESPACE: 'a' };
    expect(loadConfig('', { env, validators }).faults).toEqual([
      "HAPROXYSTATS_GRAPHITE_NAMESPACE: option 'namespace' in section 'graphite': is taken",
    ]);
    const dir = mkdtempSync(join(tmpdir(), 'validation-'));
    writeFileSync(join(dir, 'own.conf'), '\n\n[graphite]\nnamespace = b\n');
    expect(loadConfig('[graphite]\nnamespace = a\n', { dir, validators }).faults).toEqual([
      `${dir}/own.conf:4: option 'namespace' in section 'graphite': is taken`,
    ]);
    rmSync(dir, { recursive: true });
  });

  it('do not judge the default in the place of a value that is wrong anyway', () => {
    const { faults } = loadConfig('[graphite]\nnamespace = a b\n', { validators: [always(wrong)] });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain('must be made of ASCII letters');
  });

  it('see what counts after all layers', () => {
    const seen: unknown[] = [];
    const validator: Validator = ({ process }) => {
      seen.push(process.semantics, process['module-metrics'], process['listener-metrics']);
      return [];
    };
    loadConfig('[process]\nsemantics = Classic\nmodule-metrics = on\nlistener-metrics = scur stot\n', {
      validators: [validator],
    });
    expect(seen).toEqual(['classic', true, ['scur', 'stot']]);
  });
});
