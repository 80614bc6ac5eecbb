import { readFramePart, type LogRecord } from '@haproxystats/messaging';
import { MemoryCoordinator } from '../../apps/processor/src/coordinator/memory.coordinator';
import { FakeClock } from '../support/fake-clock';
import { FakeSession } from '../support/fake-session';
import { grace, NodeBench, recordsOf, slot } from '../support/node-bench';

/** For each frame written: coverage, and whether it says that it is late. */
function told({ writer }: NodeBench): string[] {
  return writer.records.map((record) => {
    const { coverage, late } = readFramePart(record).frame.head;
    return `${coverage.covered}/${coverage.expected}${late ? ' late' : ''}`;
  });
}

describe('a frame of a node is late', () => {
  const [first, second, third] = recordsOf() as [LogRecord, LogRecord, LogRecord];
  let ledger: MemoryCoordinator;
  let bench: NodeBench;
  let session: FakeSession;

  beforeEach(() => {
    ledger = new MemoryCoordinator(new FakeClock());
    bench = new NodeBench(ledger);
    session = new FakeSession(slot);
  });

  async function untilGrace(records: LogRecord[]): Promise<void> {
    await bench.take(session, records);
    session.time += grace;
    await bench.role.tick(session);
  }

  it('when something of its slot was sent before; the first one is not, at once or when grace is over', async () => {
    await untilGrace([first]);
    await bench.take(session, [second]);
    await untilGrace([]);
    await bench.take(session, [third]);
    await bench.take(session, recordsOf({ slot: session.time }));
    expect(told(bench)).toEqual(['1/3', '2/3 late', '3/3 late', '3/3']);
  });

  it('when a processor sent something that has handed over since', async () => {
    await untilGrace([first, second]);
    const next = new NodeBench(ledger);
    const owner = new FakeSession(slot);
    for (const record of [first, second])
      await next.role.record({ ...owner.entry(record), priming: true }, owner);
    await next.take(owner, [third]);
    expect(told(next)).toEqual(['3/3 late']);
  });

  it('when only the ledger knows what was sent: by one that was killed before it had committed', async () => {
    await untilGrace([first, second]);
    const next = new NodeBench(ledger);
    await next.take(new FakeSession(slot), [first, second, third]);
    expect(told(next)).toEqual(['3/3 late']);
  });

  it('also when the ledger forgets after it has told', async () => {
    await ledger.done({ entity: 'eu/lb1', slot }, ['p1']);
    await untilGrace([first]);
    expect(told(bench)).toEqual([]);
    Object.assign(ledger, { decide: () => Promise.resolve('EMIT') });
    await bench.take(session, [second, third]);
    expect(told(bench)).toEqual(['3/3 late']);
  });

  it('not when nobody knows any more what was sent', async () => {
    await untilGrace([first, second]);
    const next = new NodeBench();
    await next.take(new FakeSession(slot), [first, second, third]);
    expect(told(next)).toEqual(['3/3']);
  });

  it('when an operator has put it back', async () => {
    const again = recordsOf().map((record) => ({
      ...record,
      headers: { ...record.headers, 'hs-replays': '1' },
    }));
    await bench.take(session, again);
    expect(told(bench)).toEqual(['3/3 late']);
  });
});
