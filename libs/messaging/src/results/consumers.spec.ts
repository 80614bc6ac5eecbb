import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type * as promised from '../../consumers';
import * as real from '.';

/** Whether each can stand for the other. */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

/** Checked by `npm run typecheck`: what is promised is there, with these types. */
const kept: typeof promised = real;
const same: [
  Same<real.ReadMetrics, promised.ReadMetrics>,
  Same<real.ReadEvent, promised.ReadEvent>,
  Same<real.NestedMetrics, promised.NestedMetrics>,
  Same<real.RecordCoverage, promised.RecordCoverage>,
  Same<real.LatestPerKeyOptions, promised.LatestPerKeyOptions>,
  Same<keyof real.LatestPerKey, keyof promised.LatestPerKey>,
  Same<keyof real.RecordDecoder, keyof promised.RecordDecoder>,
  Same<keyof real.RegistrySettings, keyof promised.RegistrySettings>,
] = [true, true, true, true, true, true, true, true];

describe('what the package promises to programs of others', () => {
  const page = readFileSync(join(__dirname, '../../consumers.d.ts'), 'utf8');
  const values = [...page.matchAll(/^export (?:class|function) (\w+)/gm)].map(([, name]) => name!);

  it('is what it exports, by name', () => {
    expect(values.length).toBeGreaterThan(0);
    expect(Object.keys(kept).sort()).toEqual(values.sort());
    expect(same).not.toContain(false);
  });
});
