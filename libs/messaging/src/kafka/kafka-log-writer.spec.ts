import type { Kafka } from 'kafkajs';
import { setImmediate as turn } from 'node:timers/promises';
import { silentLogger, type Logger } from '@haproxystats/runtime';
import { FakeClock } from '../../../../test/support/fake-clock';
import { KafkaLogWriter } from './kafka-log-writer';

const never = new Promise<never>(() => undefined);
const records = [{ key: 'k', headers: {}, value: Buffer.from('v') }];

describe('KafkaLogWriter', () => {
  let clock: FakeClock;
  let said: string[];
  let sent: number;
  let send: () => Promise<unknown>;
  let disconnect: () => Promise<void>;
  let writer: KafkaLogWriter;

  beforeEach(() => {
    clock = new FakeClock();
    said = [];
    sent = 0;
    send = () => Promise.resolve();
    disconnect = () => Promise.resolve();
    const producer = {
      connect: () => Promise.resolve(),
      send: () => {
        sent++;
        return send();
      },
      disconnect: () => disconnect(),
    };
    const kafka = { producer: () => producer } as unknown as Kafka;
    const note = (_: object, text: string) => void said.push(text);
    const logger = { ...silentLogger, info: note, warn: note, error: note, debug() {} } as unknown as Logger;
    writer = new KafkaLogWriter({ kafka, clock, logger });
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
    while (said.length === 0) await turn();
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
    expect(said).toEqual(['topic raw takes no records; trying on', 'topic raw takes records again']);
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
    expect(said[0]).toBe(
      'topic raw: the brokers deny this client to write it (TOPIC_AUTHORIZATION_FAILED): grant this client the operation Write on topic raw',
    );
    expect(said.slice(-2)).toEqual([said[0], 'topic raw takes records again']);
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
    expect(said).toEqual(['the broker does not answer; its connection is left behind']);
  });
});
