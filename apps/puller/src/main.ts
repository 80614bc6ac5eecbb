#!/usr/bin/env node
import './begin';
import { runProgram, withSettings, type SettingsOptions } from '@haproxystats/runtime';
import { Command } from 'commander';
import { pullProgram } from './pull-program';

void withSettings(new Command('haproxystats-pull'))
  .action((options: SettingsOptions) => runProgram(pullProgram, options))
  .parseAsync();
