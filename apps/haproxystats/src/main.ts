#!/usr/bin/env node
import './begin';
import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { usualPartitions, validateKafka } from '@haproxystats/messaging';
import { pullProgram } from '@haproxystats/puller';
import { processProgram, storeValidators } from '@haproxystats/processor';
import {
  colourWanted,
  endOnClosedPipe,
  defaultFile,
  runProgram,
  version,
  withSettings,
  type ProgramContext,
  type ProgramDefinition,
  type SettingsOptions,
} from '@haproxystats/runtime';
import { configCommand, type ConfigOptions } from './commands/config';
import { dlqProgram } from './commands/dlq-program';
import { fleetProgram } from './commands/fleet-program';
import { healthProgram } from './commands/health-program';
import { replayProgram } from './commands/replay-program';
import { intervalSeconds, pollCount, type RunFlags } from './commands/run-flags';
import { schemasProgram } from './commands/schemas-program';
import { partitionCount, topicsCommand, type TopicsFlags } from './commands/topics';
import { runCommand } from './run/run.command';

const program = new Command('haproxystats')
  .description("Collects HAProxy's statistics, merges the processes of each node, and sends them to Graphite")
  .version(`haproxystats ${version}`, '-v, --version');

function service(command: string, definition: ProgramDefinition): Command {
  return withSettings(program.command(command)).action((options: SettingsOptions) =>
    runProgram(definition, options),
  );
}

service('pull', pullProgram).description('poll the stats sockets of this node; spool; forward to Kafka');
service('process', processProgram).description('merge snapshots and deliver the results');
withSettings(program.command('topics'))
  .description('create the Kafka topics that are missing; say what differs')
  .option('--partitions <N>', `of those that all rows go through (${usualPartitions})`, partitionCount)
  .action(({ partitions, ...files }: TopicsFlags & SettingsOptions) => {
    const main = (context: ProgramContext): Promise<void> => topicsCommand(context, { partitions });
    return runProgram({ name: 'all', validators: [validateKafka], main }, files);
  });

program
  .command('config')
  .description('print the effective configuration, secrets hidden')
  .option('-f, --file <FILE>', 'configuration file', defaultFile)
  .option('-d, --dir <DIR>', 'read *.conf of this directory on top, sorted by name')
  .option('--check <FILE>', 'say every fault of FILE with its line instead')
  .action((options: ConfigOptions) => {
    endOnClosedPipe();
    // Both check [kafka].
    configCommand(options, [...new Set([...pullProgram.validators, ...processProgram.validators])]);
  });

program
  .command('run')
  .description('everything in one process, shown on the screen; a demo where no sockets are configured')
  .option('-f, --file <FILE>', `configuration file (${defaultFile} where there is one)`)
  .option('-d, --dir <DIR>', 'read *.conf of this directory on top, sorted by name')
  .option('--polls <N>', 'stop after N polls, everything delivered', pollCount)
  .option('--interval <S>', 'seconds between polls', intervalSeconds)
  .action(({ polls, interval, ...files }: RunFlags, command: Command) => {
    // Else a name that is mistyped would show a demo.
    if (files.file !== undefined && !existsSync(files.file))
      command.error(`${files.file}: there is no such file`);
    const found = existsSync(defaultFile) ? { file: defaultFile } : {};
    const shown = { colour: colourWanted(process.stdout), polls, interval };
    const main = (context: ProgramContext): Promise<void> => runCommand(context, shown);
    return runProgram({ name: 'all', validators: storeValidators, main }, { ...found, ...files });
  });

program.addCommand(replayProgram());
program.addCommand(fleetProgram());
program.addCommand(healthProgram());
program.addCommand(dlqProgram());
program.addCommand(schemasProgram());

void program.parseAsync();
