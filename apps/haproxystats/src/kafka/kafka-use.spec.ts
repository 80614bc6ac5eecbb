import { KafkaDenial } from '@haproxystats/messaging';
import { KafkaJSConnectionError, KafkaJSProtocolError } from 'kafkajs';
import { KafkaUnavailable, usingKafka } from './kafka-use';

describe('the use of Kafka by a command', () => {
  const use = (error: unknown): Promise<unknown> =>
    usingKafka({ brokers: 'k1:9092, k2:9092' } as never, { topic: 't' }, () =>
      Promise.reject(error as Error),
    );

  it('says of brokers that are down what to look at', async () => {
    const error = new KafkaJSConnectionError('Connection error: connect ECONNREFUSED 10.0.0.1:9092');
    await expect(use(error)).rejects.toEqual(
      new KafkaUnavailable(
        "brokers k1:9092, k2:9092 cannot be used: Connection error: connect ECONNREFUSED 10.0.0.1:9092: do they run, and is 'brokers' in [kafka] right?",
      ),
    );
  });

  it('says it of a broker that was lost on the way, of which kafkajs has no error of its own', async () => {
    await expect(use(new Error('Broker not connected'))).rejects.toThrow(
      "brokers k1:9092, k2:9092 cannot be used: Broker not connected: do they run, and is 'brokers' in [kafka] right?",
    );
  });

  it('says what they answer, where they do', async () => {
    const error = new KafkaJSProtocolError('Not controller');
    await expect(use(error)).rejects.toThrow('brokers k1:9092, k2:9092 cannot be used: Not controller');
  });

  it('says which right is missing', async () => {
    const denial = new KafkaDenial('topic t: the brokers deny Create (X); grant it to this client');
    await expect(use(denial)).rejects.toEqual(new KafkaUnavailable(denial.message));
  });

  it('leaves an error of ours as it is', async () => {
    const error = new TypeError('a mistake');
    await expect(use(error)).rejects.toBe(error);
  });
});
