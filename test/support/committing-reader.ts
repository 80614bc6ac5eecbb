import { KafkaLogReader, type KafkaLogReaderOptions, type LogEntry } from '@haproxystats/messaging';
import { systemClock } from '@haproxystats/runtime';

/** A member of a group, and what it has read: each record is committed at once. That it cannot go on is a line at level fatal. */
export function committingReader(
  options: Pick<KafkaLogReaderOptions, 'kafka' | 'topic' | 'group' | 'logger'>,
): { reader: KafkaLogReader; entries: LogEntry[] } {
  const entries: LogEntry[] = [];
  const reader = new KafkaLogReader({
    ...options,
    sessionTimeoutMs: 10_000,
    tickMs: 200,
    clock: systemClock,
  });
  reader.failure.catch((err: unknown) => options.logger.fatal({ err }, 'the reader died'));
  reader.start({
    record: async (entry, session) => {
      entries.push(entry);
      await session.commit({ watermark: entry.next, base: entry.next });
    },
    tick: () => Promise.resolve(),
  });
  return { reader, entries };
}
