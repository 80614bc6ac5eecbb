import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Registry } from 'prom-client';
import {
  createKafka,
  DirectoryLogReader,
  DirectoryLogWriter,
  groupName,
  KafkaLogWriter,
  rawRecords,
  type KafkaSettings,
} from '@haproxystats/messaging';
import { NestLogger, Started, type Clock, type Logger } from '@haproxystats/runtime';
import type { PullPorts } from './pull.service';
import type { PullerConfig } from './puller.config';
import { PullerModule } from './puller.module';
import { PullerService, type Forwarding } from './puller.service';

/** Reads the spool to bring it to Kafka. */
const forwarder = 'forwarder';
const tickMs = 1_000;

export interface SpoolConfig {
  readonly directory: string;
  /** undefined: the processor reads the spool itself. */
  readonly kafka: KafkaSettings | undefined;
  /** The processor's, before the name of its role. */
  readonly groupPrefix: string;
}

export interface StartPullerPorts {
  readonly registry: Registry;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onPolled?: PullPorts['onPolled'];
}

export interface RunningPuller {
  /** What keeps it from polling; none: ready. */
  notReady(): string[];
  /** Resolves after `maxPolls`. */
  readonly ended: Promise<unknown>;
  /** Rejects when it cannot go on. */
  readonly failure: Promise<never>;
  /** Polls that wait in the spool. */
  depth(): number;
  close(): Promise<void>;
  /** What `close` waits for at this moment. */
  waitingFor(): readonly string[];
}

export function startPuller(
  config: PullerConfig,
  spoolConfig: SpoolConfig,
  ports: StartPullerPorts,
): Promise<RunningPuller> {
  const { directory, kafka, groupPrefix } = spoolConfig;
  const groups = [kafka ? forwarder : groupName(groupPrefix, 'node')];
  return Started.allOrNone(async (started) => {
    const spool = started.add(
      await DirectoryLogWriter.open({
        path: directory,
        topic: config.topic,
        maxEntries: config.queueSize,
        whenFull: config.whenFull,
        groups,
        ...ports,
      }),
    );
    const forwarding = kafka && forwardingTo(kafka, { config, directory, groups, ...ports });
    if (forwarding) started.add(forwarding.writer);
    const module = PullerModule.register(config, { ...ports, spool, forwarding, encodePoll: rawRecords });
    const logger = new NestLogger(ports.logger);
    const app = await NestFactory.createApplicationContext(module, { logger, abortOnError: false });
    return running(app, spool);
  });
}

function running(app: INestApplicationContext, spool: DirectoryLogWriter): RunningPuller {
  const puller = app.get(PullerService);
  return {
    notReady: () =>
      puller.ready ? [] : ['no poll that a process answered has been spooled in the last 3 intervals'],
    ended: puller.ended,
    failure: puller.failure,
    depth: () => spool.depth(),
    close: () => app.close(),
    waitingFor: () => puller.waitingFor,
  };
}

interface Spooled extends Pick<StartPullerPorts, 'clock' | 'logger'> {
  readonly config: PullerConfig;
  readonly directory: string;
  readonly groups: readonly string[];
}

function forwardingTo(
  settings: KafkaSettings,
  { config, directory, groups, clock, logger }: Spooled,
): Forwarding {
  return {
    reader: new DirectoryLogReader({
      path: directory,
      topic: config.topic,
      group: forwarder,
      groups,
      tickMs,
      clock,
      logger,
    }),
    writer: new KafkaLogWriter({ kafka: createKafka(settings, logger), clock, logger }),
  };
}
