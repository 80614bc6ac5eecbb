import { existsSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import { allSemantics, type Semantics } from '@haproxystats/haproxy';
import { validateKafka } from '@haproxystats/messaging';
import { defaultFile, runProgram, type ProgramContext, type Validator } from '@haproxystats/runtime';
import { replayCommand, replayValidators } from './replay';
import { replayKafkaCommand } from './replay-kafka';
import { aboutTimes, parseDuration, timeOption } from './time-option';

interface ReplayFlags {
  readonly file?: string;
  readonly dir?: string;
  readonly hostname?: string;
  readonly semantics?: Semantics;
}

interface KafkaFlags {
  readonly kafka?: boolean;
  readonly from?: number;
  readonly to?: number;
  readonly backlog?: number;
  readonly node?: string;
  readonly into?: string;
}

type Flags = ReplayFlags & KafkaFlags;

const usualBacklogMs = 600_000;

const about = `Reads DIR/<timestamp>/<socket>_info and _stat (also .gz), as haproxystats 0.5 stores them, or DIR where that is one snapshot.
Lines go to standard output, what is wrong to standard error. The exit status is 0 when everything could be used, 2 when
something could not and the rest was replayed, 1 when nothing was.

With --kafka it reads the snapshots from the topic <topic-prefix>.raw.v1 instead (6 hours): those of slots from --from up to --to,
which is not included, and as many slots before that as rates are counted from. It reads as a group of its own, commits nothing, and
asks no ledger: what runs is not disturbed. --into PREFIX writes frames into the topic PREFIX.frames.node.v1, which must be there
('haproxystats topics' with 'topic-prefix = PREFIX') and must not be the live one; else lines go to standard output.
${aboutTimes}`;

/** The command line of `haproxystats replay`. */
export function replayProgram(): Command {
  return new Command('replay')
    .description('write the lines that Graphite would have got of snapshots on disk, or in Kafka')
    .argument('[DIR]', 'a directory of snapshots, or one snapshot')
    .option('-f, --file <FILE>', `configuration file (${defaultFile} where there is one)`)
    .option('-d, --dir <DIR>', 'read *.conf of this directory on top, sorted by name')
    .option('--hostname <NAME>', "of DIR: name of the load balancer, instead of 'node' in [pull]")
    .addOption(new Option('--semantics <WORD>', "instead of 'semantics' in [process]").choices(allSemantics))
    .option('--kafka', 'the snapshots of the raw topic; takes --from')
    .option('--from <TIME>', 'the first slot', timeOption)
    .option('--to <TIME>', 'the slot to stop before (now)', timeOption)
    .option('--node <NAME>', 'only of this node: <node> or <cluster>/<node>')
    .option('--into <PREFIX>', 'write frames into <PREFIX>.frames.node.v1, not lines', topicPrefix)
    .option('--backlog <TIME>', 'how much later than --to a snapshot may have come (10m)', backlog)
    .addHelpText('after', `\n${about}`)
    .action((directory: string | undefined, flags: Flags, command: Command) => {
      const fault = faultOf(directory, flags);
      if (fault !== undefined) command.error(`error: ${fault}`);
      return start(directory, flags);
    });
}

/** Which options go together. */
function faultOf(directory: string | undefined, flags: Flags): string | undefined {
  const { kafka, from, to, node, into, backlog: backlogMs, hostname } = flags;
  if (!kafka && directory === undefined) return 'a directory of snapshots is needed, or --kafka';
  const ofKafka = Object.entries({
    '--from': from,
    '--to': to,
    '--node': node,
    '--into': into,
    '--backlog': backlogMs,
  });
  const given = ofKafka.find(([, value]) => value !== undefined)?.[0];
  if (!kafka) return given === undefined ? undefined : `${given} counts only with --kafka`;
  if (directory !== undefined) return 'a directory and --kafka are both named: which of them?';
  if (hostname !== undefined) return '--hostname counts only for a directory';
  return from === undefined ? '--kafka needs --from TIME' : undefined;
}

function start(directory: string | undefined, flags: Flags): Promise<void> {
  const { file, dir, hostname, semantics } = flags;
  const found = file ?? (existsSync(defaultFile) ? defaultFile : undefined);
  const main = async (context: ProgramContext): Promise<void> => {
    const streams = { out: process.stdout, err: process.stderr };
    process.exitCode =
      directory === undefined
        ? await replayKafkaCommand(context, kafkaOptionsOf(flags), streams)
        : await replayCommand(context, { directory, hostname, semantics }, streams);
  };
  const ofKafka: Validator[] = flags.kafka ? [validateKafka] : [];
  const validators = [...replayValidators(semantics), ...ofKafka];
  const files = { ...(found !== undefined && { file: found }), ...(dir !== undefined && { dir }) };
  return runProgram({ name: 'all', validators, main }, files);
}

function kafkaOptionsOf({ from, to, backlog: backlogMs = usualBacklogMs, node, into, semantics }: Flags) {
  return { from: from!, to: to ?? timeOption('now'), backlogMs, node, into, semantics };
}

function backlog(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new InvalidArgumentError('such as 30s, 15m or 2h.');
  return ms;
}

function topicPrefix(text: string): string {
  if (!/^[A-Za-z0-9._-]{1,150}$/.test(text))
    throw new InvalidArgumentError("letters, digits, '.', '_' and '-', 150 at most.");
  return text;
}
