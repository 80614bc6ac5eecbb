import { randomUUID } from 'node:crypto';
import type { Writable } from 'node:stream';
import type { Semantics } from '@haproxystats/haproxy';
import {
  createKafka,
  groupName,
  KafkaLogWriter,
  kafkaSettingsOf,
  scanRanges,
  topicName,
  topicRanges,
  withAdmin,
  type KafkaClient,
  type TopicRange,
} from '@haproxystats/messaging';
import { reachSlots } from '@haproxystats/metrics';
import { mergingOf, processorConfigOf } from '@haproxystats/processor';
import { endOnClosedPipe, systemClock, unlessAborted, type ProgramContext } from '@haproxystats/runtime';
import { GraphiteLines } from '@haproxystats/sinks';
import { timeText } from '../display';
import { KafkaUnavailable, needTopic, usingKafka } from '../kafka/kafka-use';
import { FrameLines, FrameTopic, NotTaken, type FrameOutput } from '../replay/frame-output';
import { KafkaReplay, type KafkaReplayReport } from '../replay/kafka-replay';
import { kafkaReplaySummary } from '../replay/kafka-replay-summary';
import { LineOutput } from '../replay/line-output';
import { ReplayProgress } from '../replay/replay-progress';
import { failedStatus, partialStatus, withSemantics } from './replay';

export interface ReplayKafkaOptions {
  /** ms since the epoch; slots at `to` are not included. */
  readonly from: number;
  readonly to: number;
  /** How much later than `to` a snapshot may have come, ms. */
  readonly backlogMs: number;
  /** undefined: of all nodes. */
  readonly node: string | undefined;
  /** Before the name of the topic that takes the frames; undefined: lines to standard output. */
  readonly into: string | undefined;
  /** undefined: `[process] semantics`. */
  readonly semantics: Semantics | undefined;
}

export interface ReplayKafkaStreams {
  readonly out: Writable & { readonly isTTY?: boolean };
  readonly err: Writable & { readonly isTTY?: boolean };
}

/** How far the clock of a puller may be ahead of the broker's. */
const aheadMs = 60_000;

/** `haproxystats replay --kafka`; answers the exit status. */
export async function replayKafkaCommand(
  context: ProgramContext,
  options: ReplayKafkaOptions,
  streams: ReplayKafkaStreams,
): Promise<number> {
  endOnClosedPipe();
  const settings = kafkaSettingsOf(context.settings);
  const objection = objectionTo(options, context, settings !== undefined);
  if (objection !== undefined || !settings) {
    streams.err.write(`${objection}\n`);
    return failedStatus;
  }
  const kafka = createKafka(settings, context.logger);
  try {
    return await new ReplayKafka(context, options, { ...streams, kafka }).run();
  } catch (error) {
    if (context.stop.aborted) {
      streams.err.write('stopped before anything was read\n');
      return failedStatus;
    }
    if (!(error instanceof KafkaUnavailable || error instanceof NotTaken)) throw error;
    streams.err.write(`${error.message}\n`);
    return failedStatus;
  }
}

function objectionTo(
  { from, to, into }: ReplayKafkaOptions,
  { settings: { kafka } }: ProgramContext,
  hasKafka: boolean,
): string | undefined {
  if (!hasKafka) return "no Kafka is configured: set 'brokers' in section [kafka], or name a directory";
  if (from >= to) return `--from ${timeText(from)} is not before --to ${timeText(to)}`;
  if (into === kafka['topic-prefix'])
    return `--into ${into}: this is 'topic-prefix' in [kafka], so the frames would go into the live topics; choose another prefix`;
  return undefined;
}

interface Ports extends ReplayKafkaStreams {
  readonly kafka: KafkaClient;
}

class ReplayKafka {
  readonly #topic: string;
  readonly #group: string;

  constructor(
    private readonly context: ProgramContext,
    private readonly options: ReplayKafkaOptions,
    private readonly ports: Ports,
  ) {
    const { kafka } = context.settings;
    this.#topic = topicName(kafka['topic-prefix'], 'raw');
    this.#group = groupName(kafka['group-prefix'], `replay-${randomUUID()}`);
  }

  async run(): Promise<number> {
    const { kafka } = this.ports;
    const { stop } = this.context;
    const ranges = await usingKafka(kafka, { topic: this.#topic, group: this.#group }, () =>
      unlessAborted(this.#ranges(), stop),
    );
    const cut = ranges.filter(({ isCut }) => isCut).length;
    if (cut > 0)
      this.ports.err.write(
        `topic ${this.#topic}: ${cut} of ${ranges.length} partitions hold nothing of before the time asked for: what was there is deleted\n`,
      );
    const replay = this.#replayOf(ranges.length);
    const isWhole = await this.#read(replay, ranges);
    const { from, to, node } = this.options;
    const wish = { topic: this.#topic, from, to, node, unit: this.#unit, isStopped: !isWhole };
    this.ports.err.write(kafkaReplaySummary(replay.report, wish));
    return statusOf(replay.report, isWhole, cut);
  }

  /** Answers whether it came to the end. */
  async #read(replay: KafkaReplay, ranges: readonly TopicRange[]): Promise<boolean> {
    const { kafka, err, out } = this.ports;
    const { stop: signal, logger } = this.context;
    const progress = new ReplayProgress(err, err.isTTY === true && out.isTTY !== true, systemClock);
    const scan = { kafka, group: this.#group, clock: systemClock, signal, ranges };
    try {
      await usingKafka(kafka, { topic: this.#topic, group: this.#group }, () =>
        scanRanges(scan, async (entry) => {
          await replay.take(entry);
          progress.show(replay.report);
        }),
      );
      await replay.end();
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      throw error;
    } finally {
      progress.clear();
      await withAdmin(kafka, (admin) => admin.deleteGroups([this.#group])).catch((error: unknown) =>
        // It holds no offsets, so the broker forgets it by itself.
        logger.debug({ err: error, group: this.#group }, `group ${this.#group} cannot be deleted`),
      );
    }
  }

  async #ranges(): Promise<TopicRange[]> {
    const { settings } = this.context;
    const { from, to, backlogMs, into } = this.options;
    const reachMs = reachSlots * settings.pull['pull-interval'] * 1_000;
    return withAdmin(this.ports.kafka, async (admin) => {
      await needTopic(admin, this.#topic);
      const target = this.#target;
      if (target !== undefined)
        await needTopic(
          admin,
          target,
          `run 'haproxystats topics' once with 'topic-prefix = ${into!}' in [kafka]`,
        );
      return topicRanges(admin, this.#topic, { from: from - reachMs - aheadMs, until: to + backlogMs });
    });
  }

  get #target(): string | undefined {
    const { into } = this.options;
    return into === undefined ? undefined : topicName(into, 'framesNode');
  }

  get #unit(): string {
    return this.#target === undefined ? 'line' : `frame of topic ${this.#target}`;
  }

  #replayOf(partitions: number): KafkaReplay {
    const { logger, stop, settings } = this.context;
    const { from, to, node, semantics } = this.options;
    const config = processorConfigOf(withSemantics(settings, semantics));
    const ports = { clock: systemClock, logger };
    const merging = mergingOf(config, ports);
    const output = this.#outputOf(new GraphiteLines(config.graphite, { ...ports, wallClock: false }));
    return new KafkaReplay({ from, to, node, partitions }, { merging, output, logger, stop });
  }

  #outputOf(lines: GraphiteLines): FrameOutput {
    const { kafka, out } = this.ports;
    const { started, logger } = this.context;
    if (this.#target === undefined) return new FrameLines(lines, new LineOutput(out));
    const writer = started.add(new KafkaLogWriter({ kafka, clock: systemClock, logger }));
    return new FrameTopic(this.#target, writer);
  }
}

function statusOf({ snapshots, unusable }: KafkaReplayReport, isWhole: boolean, cut: number): number {
  if (snapshots === 0 || !isWhole) return failedStatus;
  return unusable > 0 || cut > 0 ? partialStatus : 0;
}
