import { Command } from 'commander';
import { validateRegistry } from '@haproxystats/messaging';
import { runProgram, withSettings, type ProgramContext, type SettingsOptions } from '@haproxystats/runtime';
import { checkSchemasCommand, registerSchemasCommand } from './schemas';

const about = `The schemas of the topics that everybody may read are kept in the registry of section [registry], under the subjects
<topic-prefix>.metrics.node.v1-value, <topic-prefix>.metrics.cluster.v1-value and <topic-prefix>.events.v1-value. The services look
theirs up there and register nothing. Exit status: 0 all is as it should be, 1 it is not.`;

/** The command line of `haproxystats schemas`. */
export function schemasProgram(): Command {
  const schemas = new Command('schemas')
    .description('register the schemas of the results in Avro, or check them')
    .addHelpText('after', `\n${about}`);
  add(schemas, 'register', registerSchemasCommand).description(
    'register those that are missing, with the compatibility FULL_TRANSITIVE; safe to run again',
  );
  add(schemas, 'check', checkSchemasCommand).description('say what is missing; change nothing');
  return schemas;
}

function add(schemas: Command, name: string, main: (context: ProgramContext) => Promise<void>): Command {
  return withSettings(schemas.command(name)).action((options: SettingsOptions) =>
    runProgram({ name: 'all', validators: [validateRegistry], main }, options),
  );
}
