import { optionsOf } from './options';

describe('the options of the chaos suite', () => {
  it('have defaults: all rows, three brokers', () => {
    const options = optionsOf([]);
    expect(options).toMatchObject({ minutes: 2, brokers: 3, patienceMs: 300_000, planted: [] });
    expect(options.rows.map(({ name }) => name)).toEqual(Array.from({ length: 10 }, (_, i) => `G${i + 1}`));
  });

  it('choose rows, time, dice and a planted fault', () => {
    const options = optionsOf('--minutes 5 --seed 7 --only G7,G2 --plant lost-line,late'.split(' '));
    expect(options).toMatchObject({ minutes: 5, seed: 7, planted: ['lost-line', 'late'] });
    expect(options.rows.map(({ name }) => name)).toEqual(['G7', 'G2']);
  });

  it.each([
    [['--minutes', 'long'], '--minutes long: must be a number'],
    [['--only', 'G11'], '--only G11: must be among G1, G2'],
    [['--plant', 'tree'], '--plant tree: must be among forgetful-relay, lost-answer'],
    [['--brokers', '0'], '--brokers 0: must be a number, 1 or more'],
  ])('refuse %j with the choices', (args, message) => {
    expect(() => optionsOf(args)).toThrow(message);
  });
});
