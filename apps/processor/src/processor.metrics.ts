import { Counter, Gauge, type Registry } from 'prom-client';
import { topics, type LogReader, type LogWriter } from '@haproxystats/messaging';
import { eventsMetrics } from './events/events.metrics';
import { clusterMetrics } from './cluster.metrics';
import { makersFor, type Make } from './metric-makers';
import type { Role } from './processor.config';
import type { Reading } from './readings';

export type ProcessorMetrics = ReturnType<typeof processorMetrics>;

/** What a processor tells about itself. Labels come from fixed lists and partition numbers, never from the wire. */
export function processorMetrics(registry: Registry) {
  const make = makersFor(registry);
  return {
    ...nodeMetrics(make),
    ...clusterMetrics(registry, make),
    ...graphiteMetrics(registry, make),
    ...localStoreMetrics(make),
    ...resultMetrics(make),
    ...eventsMetrics(registry),
    ...deadLetterMetrics(registry, make),
    unreadableRecords: make.counter(
      'unreadable_records_total',
      'Records that were passed over because they could not be read',
    ),
    otherSemantics: make.counter(
      'other_semantics_frames_total',
      'Frames that a sink got merged with other semantics than are set here',
    ),
    ledgerDegraded: make.gauge(
      'ledger_degraded',
      '1 while Redis does not answer and the ledger in memory decides',
    ),
    ledgerRefusals: make.counter(
      'ledger_refusals_total',
      'Questions that Redis refused for want of a right, a login or a certificate',
    ),
  };
}

function nodeMetrics({ counter, gauge }: Make) {
  return {
    counterStateBytes: gauge(
      'counter_state_bytes',
      'What the processes had counted at their last polls takes in memory, to be compared with',
    ),
    uncounted: counter(
      'uncounted_snapshots_total',
      'Snapshots for whose counters there was no room in memory: the next of their node has no rates',
    ),
    completeFrames: counter('complete_frames_total', 'Frames of nodes with all their processes'),
    partialFrames: counter('partial_frames_total', 'Frames of nodes with processes missing'),
    duplicates: counter('duplicates_total', 'Snapshots that the ledger knew as emitted'),
    lateRecords: counter('late_records_total', 'Records that came too late for their slot and do not count'),
    rows: counter('rows_total', 'Rows of frames that were written'),
    badRows: counter('bad_rows_total', 'Rows of show stat that could not be used'),
    droppedColumns: counter(
      'dropped_columns_total',
      'Columns left out of frames because nobody knows how to combine them',
    ),
    droppedTexts: counter(
      'dropped_texts_total',
      'Texts left out of frames because they were too long or too many',
    ),
    inexactValues: counter(
      'inexact_values_total',
      'Numbers beyond 2^53, as printed or added up: their last digits are lost',
    ),
    unreadableProcesses: counter('unreadable_processes_total', 'Processes whose answer could not be read'),
  };
}

function graphiteMetrics(registry: Registry, { counter }: Make) {
  /** `relay`: its place in the order of failover, from 1. */
  const perRelay = (name: string, help: string) =>
    new Counter({
      name: `haproxystats_processor_${name}`,
      help,
      labelNames: ['relay'],
      registers: [registry],
    });
  return {
    deliveredFrames: counter('graphite_frames_total', 'Parts of frames that Graphite has taken'),
    deliveredMetrics: counter('graphite_metrics_total', 'Lines that Graphite has taken'),
    withheldFrames: counter(
      'graphite_withheld_frames_total',
      'Frames of which no more than the coverage was sent because they are not complete: semantics = classic, or [graphite] partial',
    ),
    graphiteBatches: perRelay('graphite_batches_total', 'Batches that a relay has taken'),
    graphiteFailures: perRelay('graphite_failures_total', 'Tries to deliver a batch to a relay that failed'),
  };
}

function localStoreMetrics({ counter, gauge }: Make) {
  return {
    storedFrames: counter('local_store_frames_total', 'Parts of frames that were kept as files'),
    storedMetrics: counter('local_store_metrics_total', 'Lines that were kept in files'),
    storeFailures: counter('local_store_failures_total', 'Tries to write a file that failed'),
    removedSlots: counter(
      'local_store_removed_slots_total',
      'Slots that were removed: too old, or in want of room',
    ),
    storeBytes: gauge('local_store_bytes', 'What all files of the local store take'),
  };
}

function resultMetrics({ counter }: Make) {
  return {
    resultRecords: counter('result_records_total', 'Records of metrics topics that Kafka has taken'),
    resultMetrics: counter('result_metrics_total', 'Numbers in them'),
    resultBytes: counter('result_bytes_total', 'Bytes of their values, before compression'),
    splitResults: counter(
      'result_splits_total',
      'Proxies that took several records, because of the number or size of their servers',
    ),
    registryFailures: counter(
      'registry_failures_total',
      'Tries to get a schema from the registry that failed',
    ),
    tornFrames: counter(
      'torn_frames_total',
      'Frames that did not become whole: superseded, or written anew after their writer ended',
    ),
  };
}

function deadLetterMetrics(registry: Registry, { counter }: Make) {
  return {
    deadLetters: new Counter({
      name: 'haproxystats_processor_dead_letters_total',
      help: 'Records that could not be read and were put into the dead letter queue',
      labelNames: ['reason'],
      registers: [registry],
    }),
    deadLettersCut: counter(
      'dead_letters_cut_total',
      'Dead letters that were too large: they are kept without what had no room, and cannot be put back',
    ),
    deadLettersSuppressed: counter(
      'dead_letters_suppressed_total',
      'Records that could not be read and were not kept, because there were too many of them',
    ),
    deadLetterFailures: counter(
      'dead_letter_failures_total',
      'Records that could not be read and that the dead letter queue did not take',
    ),
  };
}

/** Per role what its readers know: how far behind they are, by partition, what they came too late for, and what they were refused. */
export function readerMetrics(
  registry: Registry,
  readers: ReadonlyMap<Pick<Reading, 'role' | 'topic'>, Pick<LogReader, 'lag' | 'lost' | 'refused'>>,
  frames: ReadonlyMap<Role, { readonly writer: Pick<LogWriter, 'refused'> }> = new Map(),
): void {
  new Gauge({
    name: 'haproxystats_processor_lag_records',
    help: 'Records of the log that are not read yet',
    labelNames: ['role', 'topic', 'partition'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [{ role, topic }, reader] of readers) {
        for (const [partition, lag] of reader.lag())
          this.set({ role, topic: topics[topic].name, partition: String(partition) }, lag);
      }
    },
  });
  new Counter({
    name: 'haproxystats_processor_lost_records_total',
    help: 'Records that the log deleted before they were read: its retention is too short',
    labelNames: ['role'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [{ role }, { lost = 0 }] of readers) this.inc({ role }, lost);
    },
  });
  new Counter({
    name: 'haproxystats_processor_refusals_total',
    help: 'Tries that Kafka refused for want of a right, a login or a certificate',
    labelNames: ['role'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [{ role }, { refused = 0 }] of readers) this.inc({ role }, refused);
      for (const [role, { writer }] of frames) this.inc({ role }, writer.refused ?? 0);
    },
  });
}
