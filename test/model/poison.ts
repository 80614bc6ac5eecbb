import type { LogRecord } from '@haproxystats/messaging';
import type { Arriving } from './pullers';
import type { Random } from './random';

type Headers = LogRecord['headers'];

const headerFaults: readonly ((headers: Headers) => Headers)[] = [
  (headers) => ({ ...headers, 'hs-v': '9' }),
  (headers) => ({ ...headers, 'hs-slot': 'soon' }),
  (headers) => ({ ...headers, 'hs-man': '{' }),
  (headers) => ({ ...headers, 'hs-node': '' }),
  (headers) => ({ ...headers, 'hs-part': '1/9' }),
];

const valueFaults: readonly ((value: Buffer) => Buffer)[] = [
  (value) => value.subarray(0, value.length / 2),
  () => Buffer.from('nobody compressed this'),
];

/** How often: a record, in each of its copies; one copy of it; one that nobody sent, in between. */
const chances = { value: 0.04, headers: 0.02, copy: 0.02, foreign: 0.03 };

/** What arrives, some of it damaged. */
export function poisoned(arriving: readonly Arriving[], random: Random): Arriving[] {
  const damaged = new Map<LogRecord, Partial<Arriving>>();
  return arriving.flatMap((each) => {
    const known = damaged.get(each.record) ?? damageOf(each, random);
    damaged.set(each.record, known);
    const copy = { ...each, ...known, ...(random.chance(chances.copy) && withoutHeaders(each, random)) };
    return random.chance(chances.foreign) ? random.shuffled([copy, foreign(each)]) : [copy];
  });
}

function damageOf(sent: Arriving, random: Random): Partial<Arriving> {
  if (random.chance(chances.headers)) return withoutHeaders(sent, random);
  if (!sent.answer || !random.chance(chances.value)) return {};
  const value = random.pick(valueFaults)(sent.record.value);
  return { damage: 'value', record: { ...sent.record, value } };
}

function withoutHeaders({ record }: Arriving, random: Random): Partial<Arriving> {
  const headers = random.pick(headerFaults)(record.headers);
  return { damage: 'headers', record: { ...record, headers } };
}

/** Says nothing of where it comes from. */
function foreign(beside: Arriving): Arriving {
  const record = { key: 'what', headers: { 'hs-v': '1' }, value: Buffer.from('ever') };
  return { ...beside, slot: 0, process: '', answer: undefined, part: 0, damage: 'headers', record };
}
