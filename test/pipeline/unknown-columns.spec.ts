import { Poller, processOf } from '@haproxystats/puller';
import { rawRecords, readFramePart } from '@haproxystats/messaging';
import { finishTable, ProcessMerger } from '@haproxystats/metrics';
import { silentLogger, systemClock } from '@haproxystats/runtime';
import { MemoryCoordinator } from '../../apps/processor/src/coordinator/memory.coordinator';
import { NodeRole } from '../../apps/processor/src/node/node-role';
import { FakeClock } from '../support/fake-clock';
import { FakeSession, FakeWriter } from '../support/fake-session';
import { pullerConfig } from '../support/puller-config';

const slot = 1_700_000_000_000;

const config = pullerConfig({
  cluster: 'eu',
  servers: [1, 2].map((port) => ({ kind: 'tcp', host: 'lb1', port })),
  connectTimeoutMs: 100,
  connectIntervalMs: 100,
  maxReplyBytes: 1e6,
  maxPollBytes: 1e7,
});

/** A HAProxy of years to come. */
function answer(pid: number, command = 'show info;show stat'): string {
  if (command === 'show info;show stat') {
    return `Name: HAProxy\nVersion: 9.9.1\nPid: ${pid}\nNewPeak: ${pid}\nNewSecret: 7\n
# pxname,svname,iid,sid,type,stot,newpeak,newcount,newname,\nweb,FRONTEND,2,0,0,${pid},${pid},${pid},zz,\nweb,BACKEND,2,0,1,${pid},${pid},,zz,\n\n`;
  }
  const typed: Readonly<Record<string, string>> = {
    'show stat 2 1 0 typed':
      'F.2.0.5.newpeak.1:MMPV:u64:1\nF.2.0.6.newcount.1:MCPPX:u64:1\nF.2.0.7.newname.1:CNSV:str:zz\n\n',
    'show stat 2 2 0 typed': 'B.2.0.5.newpeak.1:MMPV:u64:1\nB.2.0.7.newname.1:CNSV:str:zz\n\n',
    'show info typed': '90.NewPeak.1:MMPV:u32:1\n91.NewSecret.1:KGPV:u32:7\n\n',
  };
  return command
    .split(';')
    .map((one) => typed[one]!)
    .join('');
}

async function polled(asked: string[] = []) {
  const poller = new Poller(config, {
    clock: systemClock,
    socketFiles: () => Promise.resolve({ paths: [] }),
    askStats: (address, { command }) => {
      if (command !== undefined) asked.push(command);
      return Promise.resolve({
        bytes: Buffer.from(answer(processOf(address) === 'lb1:1' ? 10 : 20, command)),
      });
    },
  });
  const { signal } = new AbortController();
  await poller.poll({ slot, source: 'me', signal });
  const tagFailures = await poller.learn(1_000, signal);
  const { poll } = await poller.poll({ slot: slot + 10_000, source: 'me', signal });
  await poller.learn(1_000, signal);
  return { poll, tagFailures };
}

async function metricsOf(poll: Awaited<ReturnType<typeof polled>>['poll']) {
  const writer = new FakeWriter();
  const role = new NodeRole({
    merging: { merger: new ProcessMerger({ semantics: 'exact', now: () => 0 }) },
    coordinator: new MemoryCoordinator(new FakeClock()),
    frames: writer,
    framesTopic: 'frames',
    logger: silentLogger,
  });
  const session = new FakeSession(slot);
  for (const record of rawRecords(poll)) await role.record(session.entry(record), session);
  const tables = writer.records.flatMap((record) => readFramePart(record).frame.tables);
  return Object.fromEntries(
    tables.map((table) => {
      const metrics = finishTable(table, 10_000).metrics.filter(({ name }) => /^new/i.test(name));
      return [table.kind, Object.fromEntries(metrics.map(({ name, values }) => [name, values[0]]))];
    }),
  );
}

describe('columns that the catalogue does not know', () => {
  it("are asked for once, and combined as HAProxy's tags say", async () => {
    const asked: string[] = [];
    const { poll, tagFailures } = await polled(asked);
    expect(asked).toEqual(['show stat 2 1 0 typed;show stat 2 2 0 typed;show info typed']);
    expect(tagFailures).toBe(0);
    expect(await metricsOf(poll)).toMatchObject({
      frontend: { newpeak: 20, newpeak_sum: 30, newcount: 30 },
      backend: { newpeak: 20, newpeak_sum: 30 },
      daemon: { NewPeak: 20, NewPeak_sum: 30 },
    });
  });

  it('are not made up where several processes have one and no tag tells how to combine it', async () => {
    const { tags, ...poll } = (await polled()).poll;
    expect(tags).toBeDefined();
    const without = await metricsOf(poll);
    expect([without.frontend, without.backend, without.daemon]).toEqual([{}, {}, {}]);
  });
});
