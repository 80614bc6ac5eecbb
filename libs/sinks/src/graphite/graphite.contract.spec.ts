import { FakeRelay, honest } from '../../../../test/support/fake-relay';
import { graphiteConfig } from '../../../../test/support/graphite-config';
import { describeSink } from '../sink.contract';
import { GraphiteSink } from './graphite.sink';

const manners: Readonly<Record<string, FakeRelay['behave']>> = {
  'resets all': (socket) => socket.resetAndDestroy(),
  'reads all and acknowledges nothing': (socket) => socket.on('end', () => socket.resetAndDestroy()),
};

for (const [manner, refuse] of Object.entries(manners)) {
  describeSink(`GraphiteSink, at a relay that ${manner}`, async (ports) => {
    const relay = await FakeRelay.start();
    const config = graphiteConfig({
      address: relay.address,
      retry: { firstMs: 1_800, factor: 2, maxMs: 10_000 },
      batchBytes: 8_388_608,
    });
    const takeIn = (behave: FakeRelay['behave']) => (): Promise<void> => {
      relay.behave = behave;
      return Promise.resolve();
    };
    return {
      sink: new GraphiteSink(config, ports),
      received: () => Promise.resolve(relay.lines),
      refuse: takeIn(refuse),
      accept: takeIn(honest),
      dispose: () => relay.stop(),
    };
  });
}
