#!/usr/bin/env node
import { Command } from 'commander';
import { pullProgram } from '@haproxystats/puller';
import { processProgram } from '@haproxystats/processor';
import {
  runProgram,
  version,
  withSettings,
  type Program,
  type ProgramContext,
  type SettingsOptions,
} from '@haproxystats/runtime';
import { configCommand, type ConfigOptions } from './commands/config';
import { topicsCommand } from './commands/topics';

const program = new Command('haproxystats')
  .description(
    "Collects HAProxy's statistics, merges processes and nodes, and sends them to Graphite and Kafka",
  )
  .version(`haproxystats ${version}`, '-v, --version');

function service(
  name: string,
  settingsOf: Program,
  main: (context: ProgramContext) => Promise<void>,
): Command {
  const command = program.command(name);
  return withSettings(command).action((options: SettingsOptions) => runProgram(settingsOf, options, main));
}

service('pull', 'pull', pullProgram).description(
  'poll the stats sockets of this node; spool; forward to Kafka',
);
service('process', 'process', processProgram).description('merge snapshots and deliver the results');
service('topics', 'all', topicsCommand).description(
  'create the Kafka topics that are missing; say what differs',
);

withSettings(program.command('config'))
  .description('print the effective configuration, secrets hidden')
  .option('--check <FILE>', 'say every fault of FILE with its line instead')
  .action((options: ConfigOptions) => configCommand(options));

void program.parseAsync();
