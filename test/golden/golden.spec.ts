import { differences, everywhere } from './differences';
import { Expectation, readLines, type Recorded } from './expectation';
import { GoldenCase, goldenNames } from './golden-case';
import { replayed } from '../support/replayed';

/** Values may differ by rounding: a sum depends on the order of its terms. */
const tolerance = 1e-9;

const nowhere = { work: '/nowhere', port: 3002 };

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
  it('differs in cases that there are', () => {
    expect(goldenNames('cases')).toEqual(expect.arrayContaining(Object.keys(differences)));
  });

  it.each(goldenNames('cases'))(
    'sends of %s what the original sent, but for the differences that are meant',
    async (name) => {
      const golden = new GoldenCase('cases', name);
      const inputs = golden.inputs();
      const expectation = new Expectation(golden.recorded());
      for (const difference of [...everywhere, ...(differences[name] ?? [])])
        difference.apply(expectation, inputs);
      const { out } = await replayed(golden.config(nowhere), {
        directory: golden.input,
        hostname: golden.hostname,
        semantics: 'classic',
      });
      expect(out).not.toContain('WallClockTime');
      expect(wrongLines(readLines(out), expectation.lines)).toEqual([]);
    },
  );
});
