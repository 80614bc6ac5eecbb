import { describeWith } from '../harness';
import { openRedisLedger } from '../model/redis-ledger';
import { report, runSeeds } from '../model/run-seeds';

describeWith(['redis'], 'the completion protocol, with Redis', (servers) => {
  it('loses nothing, counts nothing twice and invents nothing, whatever dies: 300 worlds', async () => {
    const { url } = await servers.redis();
    const ledger = await openRedisLedger(url);
    const outcome = await runSeeds({ start: 1, seeds: 300 }, ledger);
    await ledger.close();
    process.stdout.write(report(outcome, ' --redis'));
    expect(outcome.failed).toEqual([]);
  });
});
