import type { Registry } from 'prom-client';
import { startProcessor, type ProcessorConfig } from '@haproxystats/processor';
import { startPuller, type PullerConfig } from '@haproxystats/puller';
import { Started, type Clock, type Closable, type Logger } from '@haproxystats/runtime';
import { SlotTracker, type TrackerReports } from './slot-tracker';

export interface EmbeddedConfig {
  readonly puller: PullerConfig;
  readonly processor: ProcessorConfig;
}

export interface EmbeddedPorts extends TrackerReports {
  readonly registry: Registry;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface Embedded extends Closable {
  readonly tracker: SlotTracker;
  notReady(): string[];
  /** Resolves after the last poll, where their number is limited. */
  readonly ended: Promise<unknown>;
  readonly failure: Promise<never>;
  /** Ends the polls; what was polled is still delivered. */
  stopPolling(): Promise<void>;
  /** Resolves when every poll is delivered, to Graphite and the local store, or when the signal aborts. */
  drained(signal: AbortSignal): Promise<void>;
}

const drainCheckMs = 50;

/** Puller and processor in this one process: directories for logs, memory for the ledger. */
export function startEmbedded(
  { puller: pullerConfig, processor: processorConfig }: EmbeddedConfig,
  { onReport, onWaiting, ...ports }: EmbeddedPorts,
): Promise<Embedded> {
  const tracker = new SlotTracker(ports.clock, { onReport, onWaiting });
  const spool = {
    directory: processorConfig.rawDirectory,
    kafka: undefined,
    groupPrefix: processorConfig.groupPrefix,
  };
  return Started.allOrNone(async (started) => {
    const onDelivered = tracker.delivered.bind(tracker);
    const processor = started.add(
      await startProcessor(processorConfig, { ...ports, onDelivered }),
      'the processor',
    );
    const onPolled = tracker.polled.bind(tracker);
    const puller = await startPuller(pullerConfig, spool, { ...ports, onPolled });
    let pollingEnd: Promise<void> | undefined;
    const stopPolling = (): Promise<void> => (pollingEnd ??= puller.close());
    started.add({ close: stopPolling, waitingFor: () => puller.waitingFor() }, 'the puller');
    const failure = Promise.race([puller.failure, processor.failure]);
    failure.catch(() => undefined); // as of its parts: heard by whoever takes it
    return {
      tracker,
      notReady: () => [...puller.notReady(), ...processor.notReady()],
      ended: puller.ended,
      failure,
      stopPolling,
      drained: async (signal) => {
        const isOpen = (): boolean => tracker.open.length > 0 || !processor.delivered();
        while (!signal.aborted && isOpen()) await ports.clock.sleep(drainCheckMs, signal);
      },
      close: () => started.close(),
      waitingFor: () => started.waitingFor(),
    };
  });
}
