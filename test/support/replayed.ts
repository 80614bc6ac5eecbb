import { replayCommand, type ReplayOptions } from '../../apps/haproxystats/src/commands/replay';
import { Capture } from './capture';
import { loadConfig } from './load-config';
import { RecordedLog } from './recorded-log';

/** What a replay within this process said, and how it ended. */
export interface Replayed {
  readonly status: number;
  readonly out: string;
  readonly err: string;
  readonly complaints: readonly Complaint[];
}

/** A warning or an error in its log. */
export interface Complaint {
  readonly text: string;
  readonly snapshot?: string;
  readonly file?: string;
  readonly reason?: string;
}

/** Runs the command with the text of a configuration; throws where that has faults. */
export async function replayed(config: string, options: ReplayOptions): Promise<Replayed> {
  const { settings, faults } = loadConfig(config);
  if (faults.length > 0) throw new Error(faults.join('\n'));
  const [out, err] = [new Capture(), new Capture()];
  const log = new RecordedLog();
  const stop = new AbortController().signal;
  const context = { settings, logger: log.logger, stop };
  const status = await replayCommand(context, options, { out, err });
  const complaints = log.lines('warn', 'error').map(({ msg, ...facts }) => ({ ...facts, text: msg }));
  return { status, out: out.text(), err: err.text(), complaints };
}
