import { randomUUID } from 'node:crypto';
import type { Writable } from 'node:stream';
import { createKafka, groupName, kafkaSettingsOf, type KafkaClient } from '@haproxystats/messaging';
import { endOnClosedPipe, systemClock, type Clock, type ProgramContext } from '@haproxystats/runtime';
import { counted, timeText } from '../display';
import { fleetReport, type FleetReport } from '../fleet/fleet-report';
import { fleetTable, type TableOptions } from '../fleet/fleet-table';
import { FleetView } from '../fleet/fleet-view';
import { groupLags } from '../fleet/group-lags';
import { readFleet } from '../fleet/read-fleet';
import { KafkaUnavailable, usingKafka } from '../kafka/kafka-use';

export interface FleetOptions extends TableOptions {
  /** undefined: all. */
  readonly cluster: string | undefined;
  /** ms since the epoch; undefined: some intervals ago. */
  readonly since: number | undefined;
  /** undefined: once. */
  readonly watchSeconds: number | undefined;
  readonly json: boolean;
}

export interface FleetStreams {
  readonly out: Writable & { readonly isTTY?: boolean };
  readonly err: Writable;
}

const failedStatus = 1;
/** The command cannot be used here. */
const withoutKafkaStatus = 2;
const incompleteStatus = 3;

/** In intervals of the puller's configuration, and in ms: how far back the newest frame of a node is looked for. */
const lookBack = { intervals: 6, leastMs: 60_000 };
/** To the beginning of the screen, and nothing behind it. */
const clear = '\u001b[H\u001b[J';

/** `haproxystats fleet`; answers the exit status. */
export async function fleetCommand(
  context: ProgramContext,
  options: FleetOptions,
  streams: FleetStreams,
): Promise<number> {
  endOnClosedPipe();
  const kafkaSettings = kafkaSettingsOf(context.settings);
  if (!kafkaSettings) {
    streams.err.write("the fleet is read from Kafka: set 'brokers' in section [kafka]\n");
    return withoutKafkaStatus;
  }
  const kafka = createKafka(kafkaSettings, context.logger);
  const command = new FleetCommand(context, options, { ...streams, kafka, clock: systemClock });
  try {
    return await (options.watchSeconds === undefined ? command.once() : command.watch(options.watchSeconds));
  } catch (error) {
    if (context.stop.aborted) return options.watchSeconds === undefined ? failedStatus : 0;
    if (!(error instanceof KafkaUnavailable)) throw error;
    streams.err.write(`${error.message}\n`);
    return failedStatus;
  }
}

interface FleetPorts extends FleetStreams {
  readonly kafka: KafkaClient;
  readonly clock: Clock;
}

class FleetCommand {
  readonly #view = new FleetView();
  readonly #since: number;

  constructor(
    private readonly context: Pick<ProgramContext, 'settings' | 'logger' | 'stop'>,
    private readonly options: FleetOptions,
    private readonly ports: FleetPorts,
  ) {
    const intervalMs = context.settings.pull['pull-interval'] * 1_000;
    const backMs = Math.max(lookBack.leastMs, lookBack.intervals * intervalMs);
    this.#since = options.since ?? ports.clock.wall() - backMs;
  }

  async once(): Promise<number> {
    await this.#read();
    const report = await this.#report();
    this.#show(report);
    return report.isComplete ? 0 : incompleteStatus;
  }

  /** Resolves when the program is told to stop. */
  async watch(seconds: number): Promise<number> {
    const { promise: caughtUp, resolve } = Promise.withResolvers<undefined>();
    const reading = this.#read(() => resolve(undefined));
    await Promise.race([caughtUp, reading]);
    const showing = this.#showAgain(seconds);
    await Promise.race([showing, reading]);
    return 0;
  }

  async #showAgain(seconds: number): Promise<void> {
    const { stop } = this.context;
    const { out, clock } = this.ports;
    while (!stop.aborted) {
      const report = await this.#report();
      if (out.isTTY) out.write(clear);
      this.#show(report);
      await clock.sleep(seconds * 1_000, stop);
      if (!out.isTTY && !this.options.json) out.write('\n');
    }
  }

  #read(follow?: () => void): Promise<void> {
    const { kafka, clock } = this.ports;
    const { settings, stop: signal } = this.context;
    const { 'topic-prefix': topicPrefix, 'group-prefix': groupPrefix } = settings.kafka;
    const group = groupName(groupPrefix, `fleet-${randomUUID()}`);
    const source = { kafka, clock, signal, group, topicPrefix, since: this.#since };
    return readFleet({ ...source, ...(follow && { follow }) }, this.#view);
  }

  async #report(): Promise<FleetReport> {
    const { kafka, clock } = this.ports;
    const { settings, logger } = this.context;
    const { 'topic-prefix': topicPrefix, 'group-prefix': groupPrefix } = settings.kafka;
    const expected = settings.process.roles;
    const groups = await usingKafka(kafka, { topic: topicPrefix }, () =>
      groupLags({ kafka, logger, topicPrefix, groupPrefix, expected }),
    );
    return fleetReport(this.#view, { now: clock.wall(), cluster: this.options.cluster, groups });
  }

  #show(report: FleetReport): void {
    const { out, err } = this.ports;
    out.write(this.options.json ? `${JSON.stringify(report)}\n` : fleetTable(report, this.options));
    for (const remark of this.#remarks(report)) err.write(`${remark}\n`);
  }

  #remarks({ clusters }: FleetReport): string[] {
    const { unreadable, leftOut } = this.#view;
    const which = this.options.cluster === undefined ? '' : ` of cluster ${this.options.cluster}`;
    return [
      ...(clusters.length === 0 ? [`no frames${which} since ${timeText(this.#since)}: see --since`] : []),
      ...(unreadable > 0
        ? [`${counted(unreadable, 'record')} left out: no frames that this version can read`]
        : []),
      ...(leftOut > 0 ? [`${counted(leftOut, 'frame')} left out: of more nodes than can be shown`] : []),
    ];
  }
}
