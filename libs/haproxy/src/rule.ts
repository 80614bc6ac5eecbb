/**
 * Which half of a combined field a column holds. All of them can be combined again, in any order: `max` and `min` by themselves,
 * the others by adding. `count` and `weight` divide `sum`; `unlimited` counts members without a limit, `inexact` those that
 * know the value only roughly; `bits` are or-ed.
 */
export const parts = ['sum', 'count', 'weight', 'max', 'min', 'unlimited', 'inexact', 'bits'] as const;

export type Part = (typeof parts)[number];

/** What a part becomes when a value of a process is added; NaN is a blank. */
export type Step =
  /** Adds the value; a blank is passed over. */
  | 'add'
  /** Adds the value; a blank is 0, as in the original. */
  | 'addOrZero'
  /** Adds the value; a blank is 100: not throttled. */
  | 'addOrHundred'
  /** Adds the value times the row's weight; passed over where the weight is 0. */
  | 'addWeighted'
  /** Adds the value times the row's weight; a blank is 0, as in the original. */
  | 'addWeightedOrZero'
  /** Adds the row's weight where there is a value. */
  | 'addWeight'
  /** Adds the row's weight, value or not. */
  | 'addRowWeight'
  /** Adds 1 where there is a value. */
  | 'countValues'
  /** Adds 1 for every row, blank or not. */
  | 'countRows'
  /** Adds 1 where there is none. */
  | 'countBlanks'
  /** Adds 1 where there is none, or where it is 0. */
  | 'countZeros'
  | 'largest'
  | 'smallest'
  /** The smallest that is not negative: -1 stands for never. */
  | 'youngest'
  | 'or';

/** By what a process' mean weighs: requests handled; 1 where any were balanced since the start (`lbtot`); threads. */
export type Weight = 'requests' | 'traffic' | 'threads';

/** What of its parts a metric is: a part as it is, or a quotient; `limit` only where nobody is unlimited, `exact…` where
 * nobody is inexact, `same` where all agree. */
export type Form =
  'sum' | 'max' | 'min' | 'mean' | 'limit' | 'same' | 'bits' | 'perSecond' | 'exactMax' | 'exactSum';

export interface RuleFacts {
  readonly steps: Readonly<Partial<Record<Part, Step>>>;
  readonly weight?: Weight;
  /** Of rows: it tells how things stand. An old worker, whose frontends are closed and whose checks have ended, has no say in it. */
  readonly standing?: true;
  /** What is sent: the suffix behind the field's name, and which form of the parts. */
  readonly metrics: readonly (readonly [suffix: string, form: Form])[];
  /** One sentence for users. */
  readonly doc: string;
}

/** THE RULES: how the values of several members become one. What a rule does is all here; nothing else branches on it. */
export const rules = {
  sum: { steps: { sum: 'add' }, metrics: [['', 'sum']], doc: 'All added up.' },
  sumMax: {
    steps: { sum: 'add', max: 'largest' },
    metrics: [
      ['', 'sum'],
      ['_max', 'max'],
    ],
    doc: 'All added up, and the largest.',
  },
  sumMin: {
    steps: { sum: 'add', min: 'smallest' },
    metrics: [
      ['', 'sum'],
      ['_min', 'min'],
    ],
    doc: 'All added up, and the smallest: who is full first refuses first.',
  },
  limit: {
    standing: true,
    steps: { sum: 'add', unlimited: 'countBlanks', min: 'smallest', max: 'largest' },
    metrics: [['', 'limit']],
    doc: 'All added up; not sent while a member has no limit (a blank).',
  },
  limitOrZero: {
    standing: true,
    steps: { sum: 'add', unlimited: 'countZeros', min: 'smallest', max: 'largest' },
    metrics: [['', 'limit']],
    doc: 'All added up; not sent while a member has no limit (0 or a blank).',
  },
  range: {
    steps: { max: 'largest', sum: 'add' },
    metrics: [
      ['', 'max'],
      ['_sum', 'sum'],
    ],
    doc: 'A maximum since the start. The maximum of all together is not known: it lies between `X`, the largest, and `X_sum`, all added up.',
  },
  max: { steps: { max: 'largest' }, metrics: [['', 'max']], doc: 'The largest.' },
  min: { standing: true, steps: { min: 'smallest' }, metrics: [['', 'min']], doc: 'The smallest.' },
  age: {
    steps: { min: 'youngest' },
    metrics: [['', 'min']],
    doc: 'The most recent one, in seconds; members where it never happened (-1) are passed over.',
  },
  minMax: {
    standing: true,
    steps: { min: 'smallest', max: 'largest' },
    metrics: [
      ['', 'min'],
      ['_max', 'max'],
    ],
    doc: 'The smallest, which is the worst view, and the largest.',
  },
  minMaxMean: {
    standing: true,
    steps: { min: 'smallest', max: 'largest', sum: 'add', count: 'countValues' },
    metrics: [
      ['', 'min'],
      ['_max', 'max'],
      ['_mean', 'mean'],
    ],
    doc: 'The smallest, the largest, and the plain mean.',
  },
  throttle: {
    standing: true,
    steps: { min: 'smallest', sum: 'addOrHundred', count: 'countRows' },
    metrics: [
      ['', 'min'],
      ['_mean', 'mean'],
    ],
    doc: 'The smallest, and the mean in which a member that is not throttled counts as 100. Sent only while one is.',
  },
  mean: {
    steps: { sum: 'add', count: 'countValues' },
    metrics: [['', 'mean']],
    doc: 'Each member counts alike.',
  },
  requests: {
    steps: { sum: 'addWeighted', weight: 'addWeight' },
    weight: 'requests',
    metrics: [['', 'mean']],
    doc: 'A mean in which each member counts as much as the requests it handled.',
  },
  threads: {
    steps: { sum: 'addWeighted', weight: 'addWeight', min: 'smallest' },
    weight: 'threads',
    metrics: [
      ['', 'mean'],
      ['_min', 'min'],
    ],
    doc: 'A mean in which each process counts as much as it has threads, and the smallest.',
  },
  rate: {
    steps: { sum: 'add' },
    metrics: [['', 'perSecond']],
    doc: 'What the members counted since the poll before, added up, in a second.',
  },
  peak: {
    steps: { max: 'largest', sum: 'add', inexact: 'add' },
    metrics: [
      ['', 'exactMax'],
      ['_sum', 'exactSum'],
      ['_min', 'max'],
      ['_min_sum', 'sum'],
    ],
    doc: 'The most at one time since the poll before: of the member with the most, and all added up; what is known exactly of all members, and at least so much.',
  },
  bits: { steps: { bits: 'or' }, metrics: [['', 'bits']], doc: 'The bits that any member has set.' },
  same: {
    standing: true,
    steps: { min: 'smallest', max: 'largest' },
    metrics: [['', 'same']],
    doc: 'A part of the configuration: sent while all members agree.',
  },
  label: { steps: { max: 'largest' }, metrics: [], doc: 'Tells processes apart; not sent.' },
  recompute: { steps: {}, metrics: [], doc: 'Computed anew from other fields: see the derived metrics.' },
  drop: { steps: {}, metrics: [], doc: 'Says nothing about several members; not sent.' },
  status: {
    standing: true,
    steps: {},
    metrics: [],
    doc: 'The worst; counted by state as `status_<STATE>`, and as a share: `up`.',
  },
  worst: {
    standing: true,
    steps: {},
    metrics: [],
    doc: 'A text: that of the member whose state is the worst.',
  },
  text: { standing: true, steps: {}, metrics: [], doc: 'A text, where all agree.' },
  key: { steps: {}, metrics: [], doc: 'Names the row.' },
  classicSum: {
    steps: { sum: 'addOrZero' },
    metrics: [['', 'sum']],
    doc: 'All added up; a blank is 0.',
  },
  classicMean: {
    steps: { sum: 'addOrZero', count: 'countRows' },
    metrics: [['', 'mean']],
    doc: 'The plain mean; a blank is 0.',
  },
  classicTime: {
    steps: { sum: 'addWeightedOrZero', weight: 'addRowWeight' },
    weight: 'traffic',
    metrics: [['', 'mean']],
    doc: 'The plain mean of the members that have balanced something since their start (`lbtot`).',
  },
} as const satisfies Record<string, RuleFacts>;

export type Rule = keyof typeof rules;

/** The same table, for code that treats all rules alike. */
export const ruleFacts: Readonly<Record<Rule, RuleFacts>> = rules;
