import { collectDefaultMetrics, Registry } from 'prom-client';
import { processorConfigOf } from '@haproxystats/processor';
import { pullerConfigOf } from '@haproxystats/puller';
import {
  calledAs,
  createLogger,
  startStatusServer,
  systemClock,
  untilAborted,
  version,
  type Logger,
  type LogLevel,
  type ProgramContext,
  type Started,
  type StatusServer,
  type StatusServerOptions,
} from '@haproxystats/runtime';
import { coloured, plain, RunDisplay, type RunPlan, type RunSummary } from '../display';
import { openDestination, type Destination } from './destination';
import { drain } from './drain';
import { startEmbedded, type Embedded, type EmbeddedConfig } from './embedded';
import { openSource, type Source } from './source';
import { openWorkDirectory, type WorkDirectory } from './work-directory';

export interface RunOptions {
  /** Stop after so many polls, all delivered. */
  readonly polls: number | undefined;
  /** Seconds between polls. */
  readonly interval: number | undefined;
  readonly colour: boolean;
}

const shownLines = 40;

/** `haproxystats run`: the whole pipeline in one process, shown on the screen. */
export async function runCommand(
  { settings, stop, started }: ProgramContext,
  options: RunOptions,
): Promise<void> {
  const logger = createLogger({ program: 'haproxystats-run', level: quietLevel(settings.process.loglevel) });
  const source = started.add(await openSource(settings, { clock: systemClock, logger }), 'the demo');
  const destination = started.add(await openDestination(settings, source), 'the receiver');
  const work = started.add(
    await openWorkDirectory(source.settings, { isDemo: source.isDemo, logger }),
    'the work directory',
  );
  await run({ source, destination, work, logger, stop, started, options });
}

interface Run {
  readonly source: Source;
  readonly destination: Destination;
  readonly work: WorkDirectory;
  readonly logger: Logger;
  readonly stop: AbortSignal;
  readonly started: Started;
  readonly options: RunOptions;
}

async function run({ source, destination, work, logger, stop, started, options }: Run): Promise<void> {
  const config = configOf({ source, destination, work, options });
  const display = new RunDisplay(process.stdout, options.colour ? coloured : plain);
  display.header(planOf(config, { source, destination, options }));
  const begun = systemClock.monotonic();
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const { intervalMs } = config.puller;
  const showOnce = once(() => showLines(display, { source, destination, config }));
  let reasons = (): string[] => ['starting'];
  const notReady = (): string[] => (stop.aborted ? ['stopping'] : reasons());
  started.add(await statusServer(source, { registry, notReady, logger }), 'the status server');
  const embedded = started.add(
    await startEmbedded(config, {
      registry,
      clock: systemClock,
      logger,
      onReport: (report) => {
        display.poll(report);
        showOnce();
      },
      onWaiting: (polls) => display.waiting(polls, destination.name),
    }),
    'the run',
  );
  reasons = () => embedded.notReady();
  await Promise.race([embedded.failure, embedded.ended, untilAborted(stop)]);
  if (stop.aborted) await embedded.stopPolling();
  const onWait = display.draining.bind(display);
  const undelivered = await drain(embedded, { clock: systemClock, intervalMs, stop, onWait });
  const seconds = (systemClock.monotonic() - begun) / 1000;
  const summary = summaryOf(embedded, { source, destination, work, seconds });
  display.summary(summary);
  if (undelivered) throw undelivered;
  if (!stop.aborted && summary.complete + summary.partial === 0)
    throw new Error('nothing was polled: no stats socket was there at any time');
}

function planOf(
  { puller }: EmbeddedConfig,
  { source, destination, options }: Pick<Run, 'source' | 'destination' | 'options'>,
): RunPlan {
  return {
    version,
    intervalSeconds: puller.intervalMs / 1000,
    source: source.description,
    sockets: source.sockets,
    destination: destination.description,
    ...(options.polls === undefined ? {} : { polls: options.polls }),
  };
}

function summaryOf(
  { tracker }: Embedded,
  { source, destination, work, seconds }: Pick<Run, 'source' | 'destination' | 'work'> & { seconds: number },
): RunSummary {
  const { complete, partial, metrics } = tracker.totals;
  return {
    seconds,
    complete,
    partial,
    waiting: tracker.open.length,
    keptIn: source.isDemo ? undefined : work.raw,
    linesDelivered: metrics,
    linesLost: destination.receiver && Math.max(0, metrics - destination.receiver.lines),
    destination: destination.name,
    command: calledAs('haproxystats run'),
  };
}

function configOf({
  source,
  destination,
  work,
  options,
}: Pick<Run, 'source' | 'destination' | 'work' | 'options'>): EmbeddedConfig {
  const puller = pullerConfigOf(source.settings);
  const processor = processorConfigOf(source.settings);
  return {
    puller: {
      ...puller,
      intervalMs: options.interval === undefined ? puller.intervalMs : options.interval * 1000,
      sourceFile: `${work.raw}/source`,
      maxPolls: options.polls,
    },
    processor: {
      ...processor,
      roles: processor.localStore ? ['node', 'graphite', 'local-store'] : ['node', 'graphite'],
      kafka: undefined,
      redis: undefined,
      shards: 1,
      rawDirectory: work.raw,
      framesDirectory: work.frames,
      graphite: { ...processor.graphite, ...destination.relays },
    },
  };
}

/** What a newcomer should see: the lines of one frontend, as the receiver has them. */
function showLines(
  display: RunDisplay,
  { source, destination, config }: { source: Source; destination: Destination; config: EmbeddedConfig },
): void {
  const { receiver } = destination;
  if (!receiver) return;
  const { namespace } = config.processor.graphite.names;
  const all = receiver.linesOf(`${namespace}.`, Infinity);
  const wanted = source.frontend === undefined ? '.frontend.' : `.frontend.${source.frontend}.`;
  const first = all.find((line) => line.includes(wanted));
  const prefix = first && /^.*?\.frontend\.[^.]*\./.exec(first)?.[0];
  if (prefix === undefined) return;
  const lines = all.filter((line) => line.startsWith(prefix));
  display.readBack({
    proxy: prefix.split('.').slice(-3, -1).join(' '),
    lines: lines.slice(0, shownLines),
    total: lines.length,
  });
}

/** On the port of the settings, or on a free one where somebody has that: a run on a laptop should not fail for it. */
async function statusServer(
  { settings }: Source,
  { logger, ...own }: Pick<StatusServerOptions, 'registry' | 'notReady'> & { logger: Logger },
): Promise<StatusServer> {
  const { 'status-address': address, 'status-port': port } = settings.process;
  try {
    return await startStatusServer({ ...own, address, port });
  } catch (err) {
    const status = await startStatusServer({ ...own, address, port: 0 });
    logger.warn(
      { err, port: status.port },
      `port ${port} is taken; health and own metrics are on port ${status.port}`,
    );
    return status;
  }
}

/** The screen is for the run: the log says only what is wrong, unless another level is asked for. */
function quietLevel(level: LogLevel): LogLevel {
  return level === 'info' ? 'warning' : level;
}

function once(action: () => void): () => void {
  let done = false;
  return () => {
    if (!done) action();
    done = true;
  };
}
