import { existsSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import { validateKafka } from '@haproxystats/messaging';
import { defaultFile, runProgram, type ProgramContext } from '@haproxystats/runtime';
import type { Streams } from '../dlq/list-letters';
import { dlqListCommand, dlqReplayCommand } from './dlq';
import { timeOption } from './time-option';

interface DlqFlags {
  readonly file?: string;
  readonly dir?: string;
  readonly node?: string;
  readonly since?: number;
}

const about = `The dead letter queue holds the records that could not be read, as they stood in their log: in Kafka the topic
<topic-prefix>.dlq.v1 (7 days), without Kafka the directory 'dlq' in 'frames-dir' (the newest 1,000 of each role, 256 MiB).
Exit status: 0 done, 1 it could not be, 2 a part of it.`;

const aboutReplay = `Puts each letter back into the topic it comes from, with the same key, headers and bytes and the header 'hs-replays',
for a processor that can read it now. Safe to run again: what was put back is marked (without Kafka: removed) and left, and
what fails again after that is kept as 'again', and left as well. A run that is interrupted may put one record back twice, which
its reader recognises, as it does what comes back within 15 minutes to the processor that could not read it: update that first.
Of a node of several processes one alone changes nothing: its slot was sent with the others, and less does not take the place
of more. Without Kafka stop the puller first (for frames: the processor): a directory has one writer.`;

/** The command line of `haproxystats dlq`. */
export function dlqProgram(): Command {
  const dlq = new Command('dlq').description('look at records that could not be read, and put them back');
  withFlags(dlq.command('list'))
    .description('print them, the oldest first')
    .option('--limit <N>', 'the newest N', positive, 100)
    .addHelpText('after', `\n${about}`)
    .action(({ limit, ...flags }: DlqFlags & { limit: number }) =>
      start(flags, (context, streams) => dlqListCommand(context, { limit, ...filterOf(flags) }, streams)),
    );
  withFlags(dlq.command('replay'))
    .description('put them back into the topics they come from')
    .addHelpText('after', `\n${about}\n\n${aboutReplay}`)
    .action((flags: DlqFlags) =>
      start(flags, (context, streams) => dlqReplayCommand(context, filterOf(flags), streams)),
    );
  return dlq;
}

function withFlags(command: Command): Command {
  return command
    .option('-f, --file <FILE>', `configuration file (${defaultFile} where there is one)`)
    .option('-d, --dir <DIR>', 'read *.conf of this directory on top, sorted by name')
    .option('--node <NAME>', 'only of this node: <node> or <cluster>/<node>')
    .option(
      '--since <TIME>',
      'only what was put aside since: 30m, 2h, 7d, or 2026-02-03T04:05:06Z',
      timeOption,
    );
}

type Work = (context: ProgramContext, streams: Streams) => Promise<number>;

function start({ file, dir }: DlqFlags, work: Work): Promise<void> {
  const found = file ?? (existsSync(defaultFile) ? defaultFile : undefined);
  const main = async (context: ProgramContext): Promise<void> => {
    process.exitCode = await work(context, { out: process.stdout, err: process.stderr });
  };
  const files = { ...(found !== undefined && { file: found }), ...(dir !== undefined && { dir }) };
  return runProgram({ name: 'all', validators: [validateKafka], main }, files);
}

function filterOf({ node, since: from }: DlqFlags): { node: string | undefined; since: number | undefined } {
  return { node, since: from };
}

function positive(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('a number from 1 to 999999 is needed.');
  return Number(text);
}
