import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { differences, everywhere } from './differences';
import { Expectation, readLines, type Recorded } from './expectation';
import { GoldenCase, goldenNames } from './golden-case';
import { replayed } from './replayed';

/** Values may differ by rounding: a sum depends on the order of its terms. */
const tolerance = 1e-9;

const work = mkdtempSync(join(tmpdir(), 'haproxystats-golden-'));
afterAll(() => rmSync(work, { recursive: true }));

/** What is wrong with the lines of a replay, path by path. */
function wrongLines(actual: Recorded, expected: Recorded): string[] {
  const paths = new Set([...actual.keys(), ...expected.keys()]);
  return [...paths].flatMap((path) => {
    const [got, wanted] = [actual.get(path) ?? [], expected.get(path) ?? []];
    return got.length === wanted.length && got.every((value, i) => isNear(value, wanted[i]!))
      ? []
      : `${path}: ${got.join(', ') || 'nothing'} instead of ${wanted.join(', ') || 'nothing'}`;
  });
}

function isNear(value: number, wanted: number): boolean {
  return value === wanted || Math.abs(value - wanted) <= tolerance * Math.abs(wanted);
}

describe('a replay with the semantics of the original', () => {
  it.each(goldenNames('cases'))(
    'sends of %s what the original sent, but for the differences that are meant',
    async (name) => {
      const golden = new GoldenCase('cases', name);
      const file = join(work, `${name}.conf`);
      writeFileSync(file, golden.config({ work, port: 3002 }));
      const inputs = golden.inputs();
      const expectation = new Expectation(golden.recorded());
      for (const difference of [...everywhere, ...(differences[name] ?? [])])
        difference.apply(expectation, inputs);
      const { out } = await replayed(file, {
        directory: golden.input,
        hostname: golden.hostname,
        semantics: 'classic',
      });
      expect(out).not.toContain('WallClockTime');
      expect(wrongLines(readLines(out), expectation.lines)).toEqual([]);
    },
  );
});
