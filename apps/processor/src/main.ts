#!/usr/bin/env node
import './begin';
import { runProgram, withSettings, type SettingsOptions } from '@haproxystats/runtime';
import { Command } from 'commander';
import { processProgram } from './process-program';

void withSettings(new Command('haproxystats-process'))
  .action((options: SettingsOptions) => runProgram(processProgram, options))
  .parseAsync();
