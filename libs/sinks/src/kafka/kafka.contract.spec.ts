import { FakeEncoder, linesOf } from '../../../../test/support/fake-encoder';
import { FakeWriter } from '../../../../test/support/fake-session';
import { graphiteConfig } from '../../../../test/support/graphite-config';
import { describeSink } from '../sink.contract';
import { KafkaSink } from './kafka.sink';

const { finish } = graphiteConfig({ address: { host: '127.0.0.1', port: 1 } });

describeSink('KafkaSink, whose registry comes and goes', (ports) => {
  const encoder = new FakeEncoder();
  const writer = new FakeWriter();
  const sink = new KafkaSink({ finish, topicPrefix: 'haproxystats' }, { ...ports, encoder, writer });
  return Promise.resolve({
    sink,
    received: () => Promise.resolve(writer.records.flatMap(({ value }) => linesOf(value))),
    refuse: () => Promise.resolve(void (encoder.refuse = true)),
    accept: () => Promise.resolve(void (encoder.refuse = false)),
    dispose: () => Promise.resolve(),
  });
});
