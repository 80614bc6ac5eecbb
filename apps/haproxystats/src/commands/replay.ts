import type { Writable } from 'node:stream';
import type { Semantics } from '@haproxystats/haproxy';
import { sanitiseName } from '@haproxystats/messaging';
import { mergingOf, metricValidators, processorConfigOf } from '@haproxystats/processor';
import { pullerConfigOf } from '@haproxystats/puller';
import {
  codeOf,
  systemClock,
  type ProgramContext,
  type Settings,
  type Validator,
} from '@haproxystats/runtime';
import { GraphiteLines, type NameFilePorts } from '@haproxystats/sinks';
import { counted } from '../display';
import { LineOutput } from '../replay/line-output';
import { Replay, type ReplayReport } from '../replay/replay';

export interface ReplayOptions {
  readonly directory: string;
  /** undefined: `[pull] node`. */
  readonly hostname: string | undefined;
  /** undefined: `[process] semantics`. */
  readonly semantics: Semantics | undefined;
}

export interface ReplayStreams {
  /** Where the lines go. */
  readonly out: Writable;
  /** Where the summary goes. */
  readonly err: Writable;
}

type ReplayContext = Pick<ProgramContext, 'settings' | 'logger' | 'stop'>;

/** Ended well, but some of the input could not be used. */
export const partialStatus = 2;
/** Nothing was replayed, or not all because it was stopped. */
export const failedStatus = 1;

/** What is said of a directory that cannot be opened. */
const directoryFaults: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such directory',
  ENOTDIR: 'is no directory',
  EACCES: 'cannot be read: permission denied',
};

/**
 * `haproxystats replay`: writes the lines that Graphite would have got of snapshots on disk, made by the code that the processor runs.
 * Answers the exit status.
 */
export async function replayCommand(
  context: ReplayContext,
  options: ReplayOptions,
  { out, err }: ReplayStreams,
): Promise<number> {
  let unusableFiles = 0;
  const output = new LineOutput(out);
  const replay = replayOf(context, options, { output, onUnusableFile: () => unusableFiles++ });
  try {
    const replayed = await replay.run(options.directory, context.stop);
    const report = { ...replayed, unusable: replayed.unusable + unusableFiles };
    err.write(summaryOf(report, options.directory));
    return statusOf(report);
  } catch (error) {
    const code = codeOf(error) ?? '';
    // Who reads the lines has seen enough, as `head` has.
    if (code === 'EPIPE') return 0;
    if (!(code in directoryFaults)) throw error;
    err.write(`${options.directory}: ${directoryFaults[code]!}\n`);
    return failedStatus;
  }
}

interface ReplayEnds extends Pick<NameFilePorts, 'onUnusableFile'> {
  readonly output: LineOutput;
}

function replayOf(
  { settings, logger }: ReplayContext,
  { hostname, semantics }: ReplayOptions,
  { output, onUnusableFile }: ReplayEnds,
): Replay {
  const config = processorConfigOf(withSemantics(settings, semantics));
  const puller = pullerConfigOf(settings);
  const ports = { clock: systemClock, logger, onUnusableFile };
  const lines = new GraphiteLines(config.graphite, { ...ports, wallClock: false });
  const node = hostname === undefined ? puller.node : sanitiseName(hostname);
  const merging = mergingOf(config, ports);
  return new Replay({ ...puller, node }, { merging, linesOf: (part) => lines.of(part), output, logger });
}

function statusOf({ snapshots, unusable, stopped }: ReplayReport): number {
  if (snapshots === 0 || stopped) return failedStatus;
  return unusable > 0 ? partialStatus : 0;
}

/** As if the configuration said these semantics itself. */
export function withSemantics(settings: Settings, semantics: Semantics | undefined): Settings {
  return semantics === undefined ? settings : { ...settings, process: { ...settings.process, semantics } };
}

/** What a configuration must pass for a replay: as if it said these semantics itself. */
export function replayValidators(semantics: Semantics | undefined): readonly Validator[] {
  return metricValidators.map((validator) => (settings) => validator(withSemantics(settings, semantics)));
}

function summaryOf(
  { snapshots, processes, lines, unusable, stopped, losses }: ReplayReport,
  directory: string,
): string {
  if (snapshots + unusable === 0 && !stopped)
    return `${directory}: holds no snapshots; they are directories <timestamp> with files <process>_info and <process>_stat\n`;
  const counts = [counted(snapshots, 'snapshot'), counted(processes, 'process', 'es')].join(' of ');
  const complaint = unusable === 0 ? 'all could be used' : `${counted(unusable, 'complaint')} above`;
  const end = stopped ? '; stopped before the end' : '';
  const first = `${counts} replayed into ${counted(lines, 'line')}; ${complaint}${end}`;
  return [first, ...losses.told()].map((line) => `${line}\n`).join('');
}
