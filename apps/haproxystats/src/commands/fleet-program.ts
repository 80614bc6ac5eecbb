import { existsSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import { validateKafka } from '@haproxystats/messaging';
import { defaultFile, runProgram, type ProgramContext } from '@haproxystats/runtime';
import { fleetCommand, type FleetOptions } from './fleet';
import { aboutTimes, timeOption } from './time-option';

interface FleetFlags {
  readonly file?: string;
  readonly dir?: string;
  readonly cluster?: string;
  readonly since?: number;
  readonly watch?: number;
  readonly processes?: boolean;
  readonly drift?: boolean;
  readonly json?: boolean;
}

const about = `Reads the newest frame of each node and cluster from the topics <topic-prefix>.frames.node.v1 and .frames.cluster.v1, as a
group of its own that commits nothing, and how far the groups of the roles are behind.
PROCS and NODES: in the numbers / expected. DELAY: from the slot until its frame was in the topic, by the broker's clock: what
polling and merging take; a puller's clock that is off shows here. DRIFT: servers that some nodes do not have, or with other weights.
STATE: complete; partial: something is missing; silent: no frame for 3.5 intervals; missing: only the cluster knows the node;
clock, interval: the node's numbers are kept out of its cluster's.
${aboutTimes}
Exit status: 0 all is complete, 1 Kafka cannot be read, 2 no Kafka is configured, 3 something is not complete, or there is nothing.
With --watch it is 0 when it is stopped.`;

/** The command line of `haproxystats fleet`. */
export function fleetProgram(): Command {
  return new Command('fleet')
    .description('show the clusters, nodes and processes that numbers come from, and how complete they are')
    .option('-f, --file <FILE>', `configuration file (${defaultFile} where there is one)`)
    .option('-d, --dir <DIR>', 'read *.conf of this directory on top, sorted by name')
    .option('--cluster <NAME>', 'only this cluster')
    .option('--since <TIME>', 'how far back to look (6 intervals, at least 1m)', timeOption)
    .option('--processes', 'a line for each process')
    .option('--drift', 'a line for each server that drifts')
    .option('--watch <SECONDS>', 'show it again and again, until it is stopped', watchSeconds)
    .option('--json', 'one JSON document in one line; times in ms since the epoch')
    .addHelpText('after', `\n${about}`)
    .action(({ file, dir, ...flags }: FleetFlags) => {
      const found = file ?? (existsSync(defaultFile) ? defaultFile : undefined);
      const main = async (context: ProgramContext): Promise<void> => {
        const streams = { out: process.stdout, err: process.stderr };
        process.exitCode = await fleetCommand(context, optionsOf(flags), streams);
      };
      const files = { ...(found !== undefined && { file: found }), ...(dir !== undefined && { dir }) };
      return runProgram({ name: 'all', validators: [validateKafka], main }, files);
    });
}

function optionsOf({ cluster, since, watch, processes, drift, json }: FleetFlags): FleetOptions {
  return {
    cluster,
    since,
    watchSeconds: watch,
    processes: processes === true,
    drift: drift === true,
    json: json === true,
  };
}

function watchSeconds(text: string): number {
  const seconds = Number(text);
  if (!(seconds >= 1 && seconds <= 86_400))
    throw new InvalidArgumentError('seconds from 1 to 86400 are needed.');
  return seconds;
}
