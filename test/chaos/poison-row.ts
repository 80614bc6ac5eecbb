import { setTimeout as sleep } from 'node:timers/promises';
import type { Stage } from './fault-makers';
import { rawTopic, type Observer } from './observer';
import { poisonHeader, poisonsOf } from './poisons';
import type { Check, Verdict } from './row';

/** The nodes whose partitions get the poison, by their keys: its neighbours are real polls. */
const keys = ['north/lb1.chaos', 'east/lb2.chaos', 'south/lb3.chaos'];
const restMs = 3_000;

/** Writes every kind of poison among the polls of real nodes, again and again. */
export async function writePoison({ observer }: Stage, ms: number): Promise<Check> {
  const end = Date.now() + ms;
  const producer = observer.tail.kafka.producer();
  await producer.connect();
  const before = observer.poison.length;
  let written = 0;
  do {
    for (const { headers, value } of poisonsOf(Math.floor(Date.now() / 1000) * 1000)) {
      const key = keys[written++ % keys.length]!;
      await producer.send({ topic: rawTopic, messages: [{ key, headers: { ...headers }, value }] });
    }
    await sleep(restMs);
  } while (Date.now() < end);
  await producer.disconnect();
  return () => judgeLetters(observer, before, written);
}

function judgeLetters(observer: Observer, before: number, written: number): Verdict {
  const poison = observer.poison.slice(before);
  const letters = Map.groupBy(
    observer.deadLetters,
    ({ headers }) => `${headers['hs-dlq-partition']!}/${headers['hs-dlq-offset']!}`,
  );
  const broken = poison.flatMap(({ partition, offset, headers }) => {
    const count = letters.get(`${partition}/${offset}`)?.length ?? 0;
    const what = `${headers[poisonHeader]!} at ${rawTopic}/${partition}/${offset}`;
    return count === 1 ? [] : [`poison: ${what} has ${count} dead letters, 1 is right`];
  });
  if (poison.length !== written) broken.push(`${written} poison records were written, ${poison.length} read`);
  return { notes: [`${written} poison records, ${written - broken.length} with one dead letter`], broken };
}
