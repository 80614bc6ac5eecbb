import { setTimeout as sleep } from 'node:timers/promises';
import { blackHole } from './black-hole';
import type { Stage } from './faults';
import { inTurn } from './in-turn';
import { modelTest, relayKillsTest } from './other-tests';
import { writePoison } from './poison-row';
import type { Check, Row } from './row';

const mostDuplicates = 0.01;

const noDuplicates: Check = ({ judgement: { duplicates, emissions, stale } }) => ({
  notes: [],
  broken:
    duplicates === 0
      ? []
      : [
          `${duplicates} of ${emissions} emissions say nothing new, ${stale.count} lines are stale; without a fault none may`,
        ],
});

const fewDuplicates: Check = ({ judgement: { duplicates, emissions } }) => {
  const share = `${((100 * duplicates) / Math.max(1, emissions)).toFixed(2)} % of the emissions say nothing new`;
  return {
    notes: [share],
    broken: duplicates <= mostDuplicates * emissions ? [] : [`${share}, 1 % is allowed`],
  };
};

/** Whether a disk could be filled at all. */
const withDisk =
  ({ world }: Stage): Check =>
  () => ({
    notes: world.nodes.some(({ hasSmallDisk }) => hasSmallDisk)
      ? []
      : ['no small disk can be mounted here: a full disk was not tried'],
    broken: [],
  });

/** THE PROMISES, in the order of the table. */
export const rows: readonly Row[] = [
  {
    name: 'G1',
    promise: 'a spooled poll survives: pullers and all brokers killed, a full disk',
    ...{ weight: 4, leastSeconds: 12 },
    run: inTurn(['kill a puller', 'fill the disk', 'kill all brokers'], withDisk),
  },
  {
    name: 'G2',
    promise: 'each raw record is processed: processors and brokers killed, stopped, cut off',
    ...{ weight: 11, leastSeconds: 20 },
    run: inTurn([
      'kill a processor',
      'kill a broker',
      'stop a processor',
      'cut by resets',
      'stop a broker',
      'cut without a word',
    ]),
  },
  {
    name: 'G3',
    promise: 'the best emission covers what came in grace, each process once',
    ...{ weight: 2, leastSeconds: 8 },
    run: inTurn(
      ['kill a processor', 'a process goes and comes back', 'kill a puller'],
      (stage) => () => modelTest(stage),
    ),
  },
  {
    name: 'G4',
    promise: 'without a fault one emission for each snapshot',
    ...{ weight: 2, leastSeconds: 8 },
    run: async (_, ms) => {
      await sleep(ms);
      return noDuplicates;
    },
  },
  {
    name: 'G5',
    promise: 'complete is complete: partitions added live',
    ...{ weight: 2, leastSeconds: 8 },
    run: inTurn(['raise the partitions', 'a process goes and comes back']),
  },
  {
    name: 'G6',
    promise: 'every node is there: processes come and go, an outage drains',
    ...{ weight: 3, leastSeconds: 10 },
    run: inTurn(['a process goes and comes back', 'kill all brokers', 'kill a puller']),
  },
  {
    name: 'G7',
    promise: 'every line reaches the receiver: relay killed, slow, silent',
    ...{ weight: 5, leastSeconds: 12 },
    run: inTurn(
      [
        'kill the relay in the midst of a batch',
        'kill the relay',
        'kill the relay in the midst of a batch',
        'slow relay',
        'kill the relay in the midst of a batch',
        'black-holed relay',
      ],
      (stage) => () => relayKillsTest(stage),
    ),
  },
  {
    name: 'G8',
    promise: 'a silent relay delays no other sink, and takes no memory',
    ...{ weight: 44, leastSeconds: 16 },
    run: blackHole,
  },
  {
    name: 'G9',
    promise: 'Redis may vanish: killed, emptied, stopped',
    ...{ weight: 3, leastSeconds: 10 },
    run: inTurn(['FLUSHALL', 'kill Redis', 'stop Redis'], () => fewDuplicates),
  },
  {
    name: 'G10',
    promise: 'a poison record costs only its own snapshot',
    ...{ weight: 2, leastSeconds: 6 },
    run: writePoison,
  },
];
