import type { Registry } from 'prom-client';
import { startProcessor, type ProcessorConfig } from '@haproxystats/processor';
import { startPuller, type PullerConfig } from '@haproxystats/puller';
import type { Clock, Logger } from '@haproxystats/runtime';
import type { PollReport } from '../display';
import { SlotTracker } from './slot-tracker';

export interface EmbeddedConfig {
  readonly puller: PullerConfig;
  readonly processor: ProcessorConfig;
}

export interface EmbeddedPorts {
  readonly registry: Registry;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onReport: (report: PollReport) => void;
}

export interface Embedded {
  readonly tracker: SlotTracker;
  notReady(): string[];
  /** Resolves after the last poll, where their number is limited. */
  readonly ended: Promise<unknown>;
  readonly failure: Promise<never>;
  /** Resolves when every poll is delivered, or when the signal aborts. */
  drained(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

const drainCheckMs = 50;

/** Puller and processor in this one process: directories for logs, memory for the ledger. */
export async function startEmbedded(
  { puller: pullerConfig, processor: processorConfig }: EmbeddedConfig,
  ports: EmbeddedPorts,
): Promise<Embedded> {
  const tracker = new SlotTracker(ports.clock, ports.onReport);
  const started = new Started();
XX
  const spool = {
    directory: processorConfig.rawDirectory,
    kafka: undefined,
    groupPrefix: processorConfig.groupPrefix,
  };
  const puller = await startPuller(pullerConfig, spool, {
    ...ports,
    onPolled: (poll) => tracker.polled(poll),
  });
  return {
    tracker,
    notReady: () => [...puller.notReady(), ...processor.notReady()],
    ended: puller.ended,
    failure: Promise.race([puller.failure, processor.failure]),
    drained: async (signal) => {
      while (tracker.open.length > 0 && !signal.aborted) await ports.clock.sleep(drainCheckMs, signal);
    },
    close: async () => {
      await puller.close();
      await processor.close();
    },
  };
}
