import { Argument, Command } from 'commander';
import { defaultFile, endOnClosedPipe } from '@haproxystats/runtime';
import { services, type ServiceName } from '../health/asked-program';
import { health } from '../health/health';

interface HealthFlags {
  readonly file?: string;
  readonly dir?: string;
  readonly ready?: boolean;
}

const about = `For the health checks of containers. Asks /healthz at 'status-address' and 'status-port', as the settings have them: [pull] for pull,
[process] for process and run. Without PROGRAM it asks the one that is process 1, which it is in a container, by the -f and -d that it
was started with.
Exit status: 0 it answers (with --ready: it does its work), or process 1 is another command of haproxystats; 1 it does not.`;

/** The command line of `haproxystats health`. */
export function healthProgram(): Command {
  const program = new Argument('[program]', 'whom to ask').choices(Object.keys(services));
  return new Command('health')
    .description('ask a program on this machine whether it is well')
    .addArgument(program)
    .option('-f, --file <FILE>', `its configuration file (that of process 1, or ${defaultFile})`)
    .option('-d, --dir <DIR>', 'read *.conf of this directory on top, sorted by name')
    .option('--ready', 'ask whether it does its work now (/readyz), not only whether it answers')
    .addHelpText('after', `\n${about}`)
    .action(async (service: ServiceName | undefined, { ready = false, ...files }: HealthFlags) => {
      endOnClosedPipe();
      const { isWell, said } = await health({ service, ...files, ready });
      process.stdout.write(`${said}\n`);
      process.exitCode = isWell ? 0 : 1;
    });
}
