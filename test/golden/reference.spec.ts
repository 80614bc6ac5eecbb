import { differences, everywhere } from './differences';
import { Expectation } from './expectation';
import { GoldenCase, goldenNames } from './golden-case';
import { referenceLines } from './reference';

const nowhere = { work: '/nowhere', port: 3002 };

/** Options that change which lines there are; the reference knows the others. */
const reshaping = /^(exclude-|group-|\w+-metrics = [a-z]+ )/m;

describe('the reference', () => {
  const plain = goldenNames('cases').filter(
    (name) => !(name in differences) && !reshaping.test(new GoldenCase('cases', name).config(nowhere)),
  );

  it('speaks for most recordings', () => expect(plain.length).toBeGreaterThan(20));

  it.each(plain)('says of %s what the original sent', (name) => {
    const golden = new GoldenCase('cases', name);
    const inputs = golden.inputs();
    const expectation = new Expectation(golden.recorded());
    for (const difference of everywhere) difference.apply(expectation, inputs);
    const lines = referenceLines(golden.config(nowhere), inputs);
    const paths = expectation.paths.filter((path) => !path.startsWith('haproxystats.'));
    expect([...lines.keys()].sort()).toEqual(paths.sort());
    const wrong = paths.filter((path) => {
      const [value] = expectation.values(path);
      return !(Math.abs(lines.get(path)! - value!) <= 1e-9 * Math.abs(value!));
    });
    expect(wrong).toEqual([]);
  });
});
