import { rawRecords } from '@haproxystats/messaging';
import { RawSlots } from './raw-slots';
import type { LogRead } from './records';

const slot = 1_700_000_001_000;
const stat = (stot: number) => `# pxname,svname,stot,\nweb,FRONTEND,${stot},\n`;

function records(startedAt: number, stots: Readonly<Record<string, number>>): LogRead[] {
  const replies = Object.entries(stots).map(([process, stot]) => ({
    process,
    info: Buffer.from('Name: HAProxy\nPid: 1\n'),
    stat: Buffer.from(stat(stot)),
  }));
  const failures = [{ process: 'gone', reason: 'refused' as const, detail: 'nobody there' }];
  const poll = { cluster: 'eu', node: 'lb1', source: 's', slot, intervalMs: 1_000, startedAt };
  return rawRecords({ ...poll, replies, failures }).map(({ headers, value }, offset) => ({
    ...{ topic: 'raw', partition: 0, offset, appendedAt: slot + 10 + offset },
    ...{ headers, value },
  }));
}

describe('the raw topic as the oracle reads it', () => {
  it('has every process with its counters, and what the manifest expects', () => {
    const heard: string[] = [];
    const raw = new RawSlots((info, text) => (heard.push(info, text), slot - 4_900));
    for (const record of records(slot + 1, { a: 5, b: 6 })) raw.add(record);
    const only = raw.slots.get(`eu/lb1 ${slot}`)!;
    expect([...only.expected].sort()).toEqual(['a', 'b', 'gone']);
    expect(only.failed).toEqual(new Map([['gone', new Set([slot + 1])]]));
    expect(only.skewMs).toBe(5_000);
    expect(only.arrived.get('b')!.counters).toEqual(new Map([['web FRONTEND stot', 6]]));
    expect([only.firstAppendedAt, only.arrived.get('b')!.appendedAt]).toEqual([slot + 10, slot + 11]);
    expect(heard).toEqual(['Name: HAProxy\nPid: 1\n', stat(5), 'Name: HAProxy\nPid: 1\n', stat(6)]);
  });

  it('counts a process as its first poll took it, however often it comes', () => {
    const raw = new RawSlots();
    for (const record of [...records(slot + 1, { a: 5 }), ...records(slot + 1, { a: 5 })]) raw.add(record);
    for (const record of records(slot + 2, { a: 9 })) raw.add(record);
    expect(raw.slots.get(`eu/lb1 ${slot}`)!.arrived.get('a')!.counters.get('web FRONTEND stot')).toBe(5);
  });

  it('counts what it cannot read', () => {
    const raw = new RawSlots();
    const [record] = records(slot + 1, { a: 5 });
    raw.add({ ...record!, headers: { ...record!.headers, 'hs-man': '{' } });
    raw.add({ ...record!, headers: {} });
    raw.add({ ...record!, value: Buffer.from('no zstd') });
    expect(raw.unreadable).toBe(3);
    expect(raw.slots.get(`eu/lb1 ${slot}`)!.arrived.size).toBe(0);
  });
});
