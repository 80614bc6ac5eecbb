import { parseArgs } from 'node:util';
import { plants, type Plant } from './plants';
import { rows } from './rows';
import type { Row } from './row';

export interface Options {
  readonly minutes: number;
  readonly seed: number;
  readonly rows: readonly Row[];
  readonly planted: readonly Plant[];
  readonly brokers: number;
  /** How long everything may take to arrive when all faults are healed. */
  readonly patienceMs: number;
}

export const usage = `npm run test:chaos -- [--minutes M] [--seed S] [--only G2,G7] [--plant FAULTS] [--brokers N]

  --minutes M    how long faults befall, all rows together (2); each row takes a few seconds at least
  --seed S       for the dice of the faults; printed by each run
  --only ROWS    of ${rows.map(({ name }) => name).join(', ')}
  --plant FAULTS faults of the suite's own, which it must find: of ${Object.keys(plants).join(', ')}
  --brokers N    Kafka brokers (3)
  --patience S   how many seconds all may take to arrive when the faults of a row are healed (300)
`;

/** Throws with a sentence for whoever has mistyped. */
export function optionsOf(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string', default: '2' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      only: { type: 'string' },
      plant: { type: 'string' },
      brokers: { type: 'string', default: '3' },
      patience: { type: 'string', default: '300' },
    },
  });
  return {
    minutes: numberOf('minutes', values.minutes, 0.01),
    seed: numberOf('seed', values.seed, 0),
    brokers: numberOf('brokers', values.brokers, 1),
    patienceMs: 1_000 * numberOf('patience', values.patience, 1),
    rows: rowsOf(values.only),
    planted: values.plant?.split(',').map(plantOf) ?? [],
  };
}

function numberOf(name: string, text: string, least: number): number {
  const value = Number(text);
  if (!(value >= least)) throw new Error(`--${name} ${text}: must be a number, ${least} or more`);
  return value;
}

function rowsOf(only: string | undefined): readonly Row[] {
  if (only === undefined) return rows;
  return only.split(',').map((name) => {
    const row = rows.find((each) => each.name === name);
    if (!row) throw new Error(`--only ${name}: must be among ${rows.map((each) => each.name).join(', ')}`);
    return row;
  });
}

function plantOf(name: string): Plant {
  if (Object.hasOwn(plants, name)) return name as Plant;
  throw new Error(`--plant ${name}: must be among ${Object.keys(plants).join(', ')}`);
}
