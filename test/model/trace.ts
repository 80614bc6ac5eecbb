import { beginning } from './scenario';
import type { World } from './world';

/** What came to the log of a seed and what went out, line by line; times in ms since its beginning. */
export function trace({ scenario, partitions, oracle }: World): string {
  const records = partitions.flatMap(({ number, records: all, committed }) => [
    `partition ${number}, committed ${JSON.stringify(committed)}`,
    ...all.map(({ entry, sent: { node, slot, process, answer, part } }) => {
      const what = answer
        ? `${process} answer ${answer.id}, part ${part} of ${answer.parts}`
        : 'nobody answers';
      const poll = `${entry.headers['hs-src']} ${entry.headers['hs-poll']}`;
      return `  ${entry.offset} at ${entry.appendedAt - beginning}: ${node} ${slot - beginning} ${what}, poll ${poll}`;
    }),
  ]);
  const frames = oracle.emissions.map(
    ({ node, slot, ids, coverage: { covered, expected } }) =>
      `  ${node} ${slot - beginning} ${covered}/${expected}: answers ${ids.join(' ')}`,
  );
  return [JSON.stringify(scenario), ...records, 'frames', ...frames, ''].join('\n');
}
