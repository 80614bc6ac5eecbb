import {
  CompressionTypes,
  type Kafka,
  type PartitionerArgs,
  type ProducerConfig,
  type ProducerRecord,
} from 'kafkajs';
import { setImmediate as turn } from 'node:timers/promises';
import { FakeClock } from '../../../../test/support/fake-clock';
import { RecordedLog } from '../../../../test/support/recorded-log';
import { KafkaLogWriter } from './kafka-log-writer';

const never = new Promise<never>(() => undefined);
const records = [{ key: 'k', headers: {}, value: Buffer.from('v') }];

describe('KafkaLogWriter', () => {
  let clock: FakeClock;
  let log: RecordedLog;
  let sent: number;
  let sending: object;
  let send: () => Promise<unknown>;
  let disconnect: () => Promise<void>;
  let writer: KafkaLogWriter;
  let kafka: Kafka;
  let partitionOf: (args: PartitionerArgs) => number;

  beforeEach(() => {
    clock = new FakeClock();
    log = new RecordedLog();
    sent = 0;
    send = () => Promise.resolve();
    disconnect = () => Promise.resolve();
    const producer = {
      connect: () => Promise.resolve(),
      send: ({ topic, messages, ...how }: ProducerRecord) => {
        expect([topic, messages.length]).toEqual(['raw', 1]);
        sending = how;
        sent++;
        return send();
      },
      disconnect: () => disconnect(),
    };
    kafka = {
      producer: (options: ProducerConfig) => {
        partitionOf = options.createPartitioner!();
        return producer;
      },
    } as unknown as Kafka;
    writer = new KafkaLogWriter({ kafka, clock, logger: log.logger });
  });

  it('asks all replicas for an acknowledgement, and compresses only where it is told to', async () => {
    await writer.append('raw', records);
    expect(sending).toEqual({ acks: -1 });
    await new KafkaLogWriter({ kafka, gzip: true, clock, logger: log.logger }).append('raw', records);
    expect(sending).toEqual({ acks: -1, compression: CompressionTypes.GZIP });
  });

  it('obeys an abort at once while the broker hangs', async () => {
    send = () => never;
    const stop = new AbortController();
    const appended = writer.append('raw', records, stop.signal);
    while (sent === 0) await turn();
    stop.abort(new Error('stop'));
    await expect(appended).rejects.toThrow('stop');
  });

  it('obeys an abort at once while it waits to try again', async () => {
    send = () => Promise.reject(new Error('no leader'));
    const stop = new AbortController();
    const appended = writer.append('raw', records, stop.signal);
    while (log.texts().length === 0) await turn();
    stop.abort(new Error('stop'));
    await expect(appended).rejects.toThrow('stop');
    expect(writer.connected).toBe(false);
  });

  it('tries on until the broker takes the records, and says both', async () => {
    send = () => (sent < 3 ? Promise.reject(new Error('no leader')) : Promise.resolve());
    const appended = writer.append('raw', records);
    await clock.advance(1_000);
    await appended;
    expect(sent).toBe(3);
    expect(log.texts()).toEqual(['topic raw takes no records; trying on', 'topic raw takes records again']);
    expect(writer.connected).toBe(true);
  });

  it('tries ever more slowly, up to a minute, and counts, while it is refused', async () => {
    const denied = Object.assign(new Error('no'), { type: 'TOPIC_AUTHORIZATION_FAILED' });
    let granted = false;
    send = () => (granted ? Promise.resolve() : Promise.reject(new Error('wrapped', { cause: denied })));
    const appended = writer.append('raw', records);
    await clock.advance(120_000);
    expect(sent).toBeLessThan(9);
    for (let minutes = 1; minutes <= 5; minutes++) {
      const before = sent;
      await clock.advance(60_000);
      expect(sent - before).toBeGreaterThan(0);
      expect(sent - before).toBeLessThan(3);
    }
    expect(writer.refused).toBe(sent);
    granted = true;
    await clock.advance(60_000);
    await appended;
    expect(log.texts()[0]).toBe(
      'topic raw: the brokers deny this client to write it (TOPIC_AUTHORIZATION_FAILED): grant this client the operation Write on topic raw',
    );
    expect(log.texts().slice(-2)).toEqual([log.texts()[0], 'topic raw takes records again']);
  });

  it('keeps the partition of a slot when there are more, and takes another when it is gone', () => {
    const partitionMetadata = (count: number) =>
      Array.from({ length: count }, (_, partitionId) => ({ partitionId, leader: 1 })) as never;
    const chosen = (count: number) =>
      Array.from({ length: 20 }, (_, i) =>
        partitionOf({
          topic: 'raw',
          partitionMetadata: partitionMetadata(count),
          message: { key: `k${i}`, value: null, headers: { 'hs-slot': '1' } },
        }),
      );
    const first = chosen(3);
    expect(new Set(first)).toEqual(new Set([0, 1, 2]));
    expect(chosen(6)).toEqual(first);
    expect(new Set(chosen(1))).toEqual(new Set([0]));
  });

  it('leaves the signal without listeners', async () => {
    const { signal } = new AbortController();
    const removed = jest.spyOn(signal, 'removeEventListener');
    const added = jest.spyOn(signal, 'addEventListener');
    await writer.append('raw', records, signal);
    expect(removed).toHaveBeenCalledTimes(added.mock.calls.length);
  });

  it('closes in bounded time, and says what it leaves behind', async () => {
    disconnect = () => never;
    const closed = writer.close();
    await clock.advance(5_000);
    await closed;
    expect(log.texts()).toEqual(['the broker does not answer; its connection is left behind']);
  });
});
