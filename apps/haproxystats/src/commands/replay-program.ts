import { existsSync } from 'node:fs';
import { Command, Option } from 'commander';
import { allSemantics, type Semantics } from '@haproxystats/haproxy';
import { defaultFile, runProgram, type ProgramContext } from '@haproxystats/runtime';
import { replayCommand, replayValidators } from './replay';

interface ReplayFlags {
  readonly file?: string;
  readonly dir?: string;
  readonly hostname?: string;
  readonly semantics?: Semantics;
}

const about = `Reads DIR/<timestamp>/<socket>_info and _stat (also .gz), as haproxystats 0.5 stores them, or DIR where that is one snapshot.
Lines go to standard output, what is wrong to standard error. The exit status is 0 when everything could be used, 2 when
something could not and the rest was replayed, 1 when nothing was.`;

/** The command line of `haproxystats replay`. */
export function replayProgram(): Command {
  return new Command('replay')
    .description('write the lines that Graphite would have got of snapshots on disk')
    .argument('<DIR>', 'a directory of snapshots, or one snapshot')
    .option('-f, --file <FILE>', `configuration file (${defaultFile} where there is one)`)
    .option('-d, --dir <DIR>', 'read *.conf of this directory on top, sorted by name')
    .option('--hostname <NAME>', "name of the load balancer, instead of 'node' in [pull]")
    .addOption(new Option('--semantics <WORD>', "instead of 'semantics' in [process]").choices(allSemantics))
    .addHelpText('after', `\n${about}`)
    .action((directory: string, { hostname, semantics, ...files }: ReplayFlags) => {
      const found = existsSync(defaultFile) ? { file: defaultFile } : {};
      const main = async (context: ProgramContext): Promise<void> => {
        const streams = { out: process.stdout, err: process.stderr };
        process.exitCode = await replayCommand(context, { directory, hostname, semantics }, streams);
      };
      const validators = replayValidators(semantics);
      return runProgram({ name: 'all', validators, main }, { ...found, ...files });
    });
}
