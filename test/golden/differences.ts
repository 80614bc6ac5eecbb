import type { Expectation } from './expectation';
import type { ProcessInput } from './inputs';
import {
  aggregatedServerLines,
  backendLines,
  daemonLines,
  frontendLines,
  listedFields,
  listedKeys,
  percentageLines,
  processLines,
  serverLines,
  type Lines,
} from './reference';

/** Where this program differs from the original on purpose, with the original's quirk of which that is the end. */
export interface Difference {
  readonly quirk: string;
  readonly why: string;
  /** Changes the recording into what is expected, by what the input says. */
  apply(expectation: Expectation, inputs: readonly ProcessInput[]): void;
}

/** What an integer of 64 bits makes of a number that is not there. */
const noNumber = -(2 ** 63);

/** In every case. */
export const everywhere: readonly Difference[] = [
  {
    quirk: 'Q1, Q3',
    why: 'nan is no number: nothing is sent where nobody gives one (times without traffic; a key that a process lacks)',
    apply: (expectation) => {
      for (const path of expectation.paths)
        if (expectation.values(path).some((value) => Number.isNaN(value) || value === noNumber))
          expectation.omit(path);
    },
  },
  {
    quirk: 'Q2',
    why: 'a column or key that no process prints is left out, not 0.0',
    apply: (expectation, inputs) => {
      for (const path of expectation.paths.filter((each) => isPrintedByNobody(each, inputs))) {
        if (expectation.values(path).some((value) => value !== 0))
          throw new Error(`${path} has a value, but nobody prints it`);
        expectation.omit(path);
      }
    },
  },
];

function isPrintedByNobody(path: string, inputs: readonly ProcessInput[]): boolean {
  const field = path.slice(path.lastIndexOf('.') + 1);
  if (path.startsWith('daemon.')) return listedKeys.has(field) && !inputs.some(({ info }) => info.has(field));
  return listedFields.has(field) && !inputs.some(({ columns }) => columns.includes(field));
}

const percentageNotSent: Difference = {
  quirk: 'Q28',
  why: 'a percentage that cannot be sent, because a key is missing, is not counted either',
  apply: (expectation) => {
    const [counted] = expectation.values('haproxystats.MetricsHAProxy');
    expectation.change('haproxystats.MetricsHAProxy', counted! - 1);
  },
};

/** In single cases. */
export const differences: Readonly<Record<string, readonly Difference[]>> = {
  '13_per_process_same_num': [
    {
      quirk: 'Q9',
      why: 'processes of the same number get paths of their own, called after their sockets',
      apply: (expectation, inputs) => {
        const lines = inputs.map((input) => {
          const label = input.process.replaceAll('.', '_');
          const percentages = percentageLines([input], `daemon.process.${label}.`);
          return new Map([...processLines(input, label), ...percentages]);
        });
        expectSameValues(expectation, lines);
        expectation.replace(/^daemon\.process\./, new Map(lines.flatMap((each) => [...each])));
      },
    },
  ],
  '15_excludes': [
    {
      quirk: 'Q6',
      why: 'servers of backends that are excluded are not in the aggregated servers either',
      apply: (expectation, inputs) => {
        const excluded = new Set(['be_dots_example_com', 'be_tcp']);
        expectation.replace(/^server\./, aggregatedServerLines(inputs, excluded));
      },
    },
  ],
  '20_metric_selection_avg': [
    {
      quirk: 'Q5',
      why: 'an average that is also selected is sent once, as the average, under its own name; no NAME_x and NAME_y',
      apply: (expectation) => {
        for (const path of expectation.paths.filter((each) => each.endsWith('_x'))) expectation.omit(path);
        for (const path of expectation.paths.filter((each) => each.endsWith('_y'))) {
          const [value] = expectation.values(path);
          expectation.omit(path);
          expectation.add(path.slice(0, -'_y'.length), value!);
        }
      },
    },
  ],
  '23_old_16_csv': [percentageNotSent],
  '26_info_inconsistent': [
    {
      quirk: 'Q10',
      why: 'a key that one process lacks does not take the other keys with it',
      apply: (expectation, inputs) => expectation.replace(/^daemon\./, daemonLines(inputs)),
    },
  ],
  '32_stat_corrupt': [
    {
      quirk: 'Q11',
      why: 'a row with more fields than the header has columns costs itself, not the file it is in',
      apply: (expectation, inputs) =>
        expectation.replace(
          /^(frontend|backend)\./,
          siteLines(withoutRows(inputs, ({ fields }, columns) => fields > columns.length)),
        ),
    },
  ],
  '34_stat_truncated': [
    {
      quirk: 'Q14',
      why: 'a row that is cut before its type is no row of any kind',
      apply: (expectation, inputs) =>
        expectation.replace(
          /^(frontend|backend)\./,
          siteLines(withoutRows(inputs, ({ cells }) => !cells.has('type'))),
        ),
    },
  ],
  '42_status_text_in_number': [
    {
      quirk: 'Q13',
      why: 'a text in a numeric column is a blank, which does not take the mean of the other rows with it',
      apply: (expectation, inputs) => {
        for (const [path, value] of serverLines(inputs))
          if (path.endsWith('.throttle')) expectation.add(path, value);
      },
    },
  ],
  '45_percentages_missing': [percentageNotSent],
};

function siteLines(inputs: readonly ProcessInput[]): Lines {
  return new Map([...frontendLines(inputs), ...backendLines(inputs), ...serverLines(inputs)]);
}

function withoutRows(
  inputs: readonly ProcessInput[],
  isBad: (row: ProcessInput['rows'][number], columns: readonly string[]) => boolean,
): ProcessInput[] {
  return inputs.map((input) => ({ ...input, rows: input.rows.filter((row) => !isBad(row, input.columns)) }));
}

/** The original sends the lines of all processes under one path each; in what order is not known. */
function expectSameValues(expectation: Expectation, lines: readonly Lines[]): void {
  const values = (numbers: readonly number[]): string => numbers.toSorted((a, b) => a - b).join();
  for (const path of expectation.paths.filter((each) => each.startsWith('daemon.process.'))) {
    const field = path.slice(path.lastIndexOf('.'));
    const ours = lines.flatMap((each) =>
      [...each].filter(([own]) => own.endsWith(field)).map(([, value]) => value),
    );
    if (values(ours) !== values(expectation.values(path)))
      throw new Error(
        `${path}: ${values(expectation.values(path))} in the recording, ${values(ours)} in the input`,
      );
  }
}
