import { Module, type DynamicModule } from '@nestjs/common';
import type { Registry } from 'prom-client';
import { ForwardService } from './forward.service';
import { Poller } from './poller';
import { PullService, type PullPorts } from './pull.service';
import type { PullerConfig } from './puller.config';
import { pullerMetrics, type PullerMetrics } from './puller.metrics';
import { PullerService, type Forwarding } from './puller.service';
import { socketFiles } from './socket-dir.service';
import { SourceId } from './source-id.service';
import { askStats } from './stats-socket';

const METRICS = Symbol('PullerMetrics');

/** What the composition root hands in. The module closes the spool, and the reader and writer of `forwarding`. */
export interface PullerPorts extends Pick<
  PullPorts,
  'clock' | 'encodePoll' | 'logger' | 'onPolled' | 'spool'
> {
  readonly registry: Registry;
  readonly forwarding?: Forwarding | undefined;
}

/** Wires the puller: sockets -> poller -> spool -> Kafka. */
@Module({})
export class PullerModule {
  static register(config: PullerConfig, ports: PullerPorts): DynamicModule {
    const { clock, forwarding, registry, spool } = ports;
    return {
      module: PullerModule,
      providers: [
        {
          provide: METRICS,
          useFactory: () =>
            pullerMetrics(registry, {
              spoolDepth: () => spool.depth(),
              dropped: () => spool.dropped,
              refused: () => forwarding?.writer.refused ?? 0,
            }),
        },
        { provide: SourceId, useFactory: () => SourceId.open(config.sourceFile) },
        { provide: Poller, useFactory: () => new Poller(config, { clock, socketFiles, askStats }) },
        {
          provide: PullService,
          inject: [METRICS, SourceId, Poller],
          useFactory: (metrics: PullerMetrics, source: SourceId, poller: Poller) =>
            new PullService(config, { ...ports, metrics, source, poller }),
        },
        {
          provide: PullerService,
          inject: [METRICS, PullService],
          useFactory: (metrics: PullerMetrics, pull: PullService) => {
            const forward =
              forwarding && new ForwardService(config, { clock, metrics, writer: forwarding.writer });
            return new PullerService({ pull, spool, forward, forwarding });
          },
        },
      ],
      exports: [PullerService],
    };
  }
}
