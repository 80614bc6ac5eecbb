import type { Command } from 'commander';
import { createLogger, type Logger, type LogLevel } from './logger';
import {
  loadSettings,
  renderDefaults,
  renderFaults,
  renderSettings,
  type LoadedSettings,
  type Program,
  type Settings,
  type Validator,
} from './settings';
import { Started } from './started';
import { EndDeadline, endOnUncaught, stopSignal } from './stop-signals';
import { version } from './version';

export const defaultFile = '/etc/haproxystats.conf';

/** A program of ours, as `runProgram` takes it. */
export interface ProgramDefinition {
  /** Whose sections it shows, and whose level it logs at. */
  readonly name: Program;
  /** What the settings must pass before it starts. */
  readonly validators?: readonly Validator[];
  readonly main: (context: ProgramContext) => Promise<void>;
}

export interface SettingsOptions {
  /** undefined: the defaults, and what the environment says. */
  readonly file?: string;
  readonly dir?: string;
  readonly printDefaults?: boolean;
  readonly print?: boolean;
}

export interface ProgramContext {
  readonly settings: Settings;
  readonly logger: Logger;
  /** Aborts when the program is asked to end. */
  readonly stop: AbortSignal;
  /** What `main` adds here is closed, last one first, when `main` has ended in whatever way. */
  readonly started: Started;
}

/** The options of the original's programs, on any command. */
export function withSettings(command: Command): Command {
  return command
    .option('-f, --file <FILE>', 'configuration file', defaultFile)
    .option('-d, --dir <DIR>', 'read *.conf of this directory on top, sorted by name')
    .option('-p, --print-defaults', 'print the built-in defaults and exit')
    .option('-P, --print', 'print the effective configuration and exit')
    .version(`haproxystats ${version}`, '-v, --version');
}

/**
 * What is common to all programs: prints settings when asked to, else runs `main` until it ends or a stop signal has been obeyed
 * (see `runToEnd`). All faults of the settings are said at once, with status 1, and `main` does not run. Printing asks no validators.
 */
export async function runProgram(program: ProgramDefinition, options: SettingsOptions): Promise<void> {
  if (options.printDefaults) {
    print(renderDefaults(program.name));
    return;
  }
  const loaded = load(options, options.print ? [] : program.validators);
  if (loaded.faults.length > 0) {
    process.stderr.write(renderFaults(loaded.faults));
    process.exitCode = 1;
  }
  if (options.print) print(renderSettings(loaded, program.name));
  else if (loaded.faults.length === 0) await start(program, loaded);
}

async function start(
  { name, main }: ProgramDefinition,
  { settings, warnings }: LoadedSettings,
): Promise<void> {
  const logger = createLogger({
    program: name === 'all' ? 'haproxystats' : `haproxystats-${name}`,
    level: levelOf(settings, name),
  });
  for (const { file, line, message } of warnings) logger.warn({ file, line }, message);
  endOnUncaught(logger);
  const started = new Started();
  const deadline = new EndDeadline({
    ms: sectionOf(settings, name)['stop-timeout'] * 1000,
    logger,
    waitingFor: () => started.waitingFor(),
  });
  const context = { settings, logger, stop: stopSignal(deadline, logger), started };
  const forgotten = (): void => {
    logger.fatal('ended before its work was done: it waited for something that can no longer come');
    process.exitCode = 1;
  };
  process.once('beforeExit', forgotten);
  if (!(await runToEnd(main, context, deadline))) process.exitCode = 1;
  process.off('beforeExit', forgotten);
  // Whatever a library still holds open must not keep an ended program.
  setTimeout(() => process.exit(), 2_000).unref();
  // Nor may one that Node.js has lost: it would look for it for ever.
  process.once('exit', () => process.exit());
}

/**
 * Runs `main`, then closes what it started, in time for the deadline; says what went wrong on the way, and answers whether nothing did.
 */
export async function runToEnd(
  main: (context: ProgramContext) => Promise<void>,
  context: ProgramContext,
  deadline: Pick<EndDeadline, 'start' | 'cancel'>,
): Promise<boolean> {
  const { logger, started } = context;
  const mainEnded = await succeeds(main(context), { logger, what: 'ended by a fault' });
  deadline.start();
  const closed = await succeeds(started.close(), { logger, what: 'did not close in order' });
  deadline.cancel();
  return mainEnded && closed;
}

async function succeeds(
  work: Promise<void>,
  { logger, what }: { logger: Logger; what: string },
): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (err) {
    logger.fatal({ err }, `${what}: ${err instanceof Error ? err.message : String(err)}`);
    return false;
  }
}

function load({ file, dir }: SettingsOptions, validators: readonly Validator[] = []): LoadedSettings {
  return loadSettings({
    ...(file === undefined ? {} : { file }),
    ...(dir === undefined ? {} : { dir }),
    validators,
  });
}

function levelOf(settings: Settings, program: Program): LogLevel {
  return sectionOf(settings, program).loglevel;
}

function sectionOf(settings: Settings, program: Program): Settings['pull' | 'process'] {
  return settings[program === 'pull' ? 'pull' : 'process'];
}

function print(text: string): void {
  endOnClosedPipe();
  process.stdout.write(text);
}

/** Colour is for terminals only, and not for those who set NO_COLOR. */
export function colourWanted({ isTTY }: { readonly isTTY?: boolean }): boolean {
  return isTTY === true && !process.env['NO_COLOR'];
}

/** How the user called the program, for advice on the screen: through npm or by its own name. */
export function calledAs(name: string): string {
  return process.env['npm_lifecycle_event'] === 'start' ? 'npm start --' : name;
}

/**
 * For commands whose output is read by another program, as `| head`: when that has seen enough, so has this one. Output that cannot be
 * written for another reason ends it with status 1.
 */
export function endOnClosedPipe(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    process.stderr.write(`standard output cannot be written: ${error.message}\n`);
    process.exit(1);
  });
}
