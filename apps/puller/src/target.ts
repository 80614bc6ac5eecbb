import type { ServerAddress } from '@haproxystats/runtime';
import { processOf } from './socket-list';
import type { AskOptions } from './stats-socket';

/** A process that can be asked. */
export interface Target {
  /** Its identity: of the address, for a worker behind a master `MASTER@!PID`. */
  readonly process: string;
  readonly address: ServerAddress;
  /** Of a worker that is asked through the CLI of its master; undefined: `address` is asked itself. */
  readonly pid?: number | undefined;
}

export function targetAt(address: ServerAddress): Target {
  return { process: processOf(address), address };
}

export function workerTarget(master: ServerAddress, pid: number): Target {
  return { process: `${processOf(master)}@!${pid}`, address: master, pid };
}

/** What to send for one or more commands: a master CLI passes on only those that have the prefix of the worker. */
export function commandFor({ pid }: Target, commands: string): Pick<AskOptions, 'command' | 'isMaster'> {
  if (pid === undefined) return { command: commands };
  const prefixed = commands.split(';').map((command) => `@!${pid} ${command}`);
  return { command: prefixed.join(';'), isMaster: true };
}
