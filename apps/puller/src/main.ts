#!/usr/bin/env node
import { Command } from 'commander';
import { runProgram, withSettings, type SettingsOptions } from '@haproxystats/runtime';
import { pullProgram } from './pull-program';

void withSettings(new Command('haproxystats-pull'))
  .action((options: SettingsOptions) => runProgram('pull', options, pullProgram))
  .parseAsync();
