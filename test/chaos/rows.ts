import { setTimeout as sleep } from 'node:timers/promises';
import { blackHole } from './black-hole';
import { fewDuplicates, nothingEnds, nothingShows, otherClocks } from './checks';
import { inTurn } from './in-turn';
import { modelTest, relayKillsTest } from './other-tests';
import { writePoison } from './poison-row';
import { together, type Row } from './row';

/** THE PROMISES, in the order of the table. */
export const rows: readonly Row[] = [
  {
    name: 'G1',
    promise: 'a spooled poll survives: pullers and all brokers killed, a full disk',
    ...{ weight: 24, leastSeconds: 12 },
    run: inTurn(['kill a puller', 'fill the disk', 'kill all brokers']),
  },
  {
    name: 'G2',
    promise: 'each raw record is processed: processors and brokers killed, stopped, cut off',
    ...{ weight: 58, leastSeconds: 20 },
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
    ...{ weight: 14, leastSeconds: 8 },
    run: inTurn(
      ['kill a processor', 'a process goes and comes back', 'kill a puller'],
      (stage) => () => modelTest(stage),
    ),
  },
  {
    name: 'G4',
    promise: 'without a fault one emission for each snapshot',
    ...{ weight: 14, leastSeconds: 8 },
    run: async (stage, ms) => {
      await sleep(ms);
      return nothingShows(stage);
    },
  },
  {
    name: 'G5',
    promise: 'complete is complete: partitions added live',
    ...{ weight: 14, leastSeconds: 8 },
    run: inTurn(['raise the partitions', 'a process goes and comes back']),
  },
  {
    name: 'G6',
    promise: 'every node is there: they join and crash, their clocks are off, an outage drains',
    ...{ weight: 66, leastSeconds: 10 },
    run: inTurn(
      [
        'a process goes and comes back',
        'clocks 5 s ahead, 5 s behind and 1 h ahead',
        'a node joins',
        'a node crashes',
        'a long outage',
      ],
      () => otherClocks,
    ),
  },
  {
    name: 'G7',
    promise: 'every line reaches the receiver: relay killed, slow, silent',
    ...{ weight: 30, leastSeconds: 12 },
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
    promise: 'a silent relay delays no other sink',
    ...{ weight: 36, leastSeconds: 12 },
    run: blackHole,
  },
  {
    name: 'G9',
    promise: 'Redis may vanish: killed, emptied, stopped',
    ...{ weight: 36, leastSeconds: 10 },
    run: inTurn(['FLUSHALL', 'kill Redis', 'stop Redis'], () => fewDuplicates),
  },
  {
    name: 'G10',
    promise: 'a poison record costs only its own snapshot',
    ...{ weight: 8, leastSeconds: 6 },
    run: async (stage, ms) => {
      const letters = await writePoison(stage, ms);
      return async (outcome) => together([await letters(outcome), await nothingEnds(outcome)]);
    },
  },
];
