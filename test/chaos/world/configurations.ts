import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Shorter than any black hole of the suite: the brokers allow no less. */
const sessionSeconds = 6;

interface Place {
  /** Where the file is written, and where the program keeps its own. */
  readonly directory: string;
  readonly statusPort: number;
  readonly brokers: readonly string[];
}

export interface PullerPlace extends Place {
  readonly cluster: string;
  readonly node: string;
  readonly sockets: readonly string[];
  readonly spool: string;
}

/** Writes the configuration of a puller that polls every second; answers the file. */
export async function configurePuller(place: PullerPlace): Promise<string> {
  const { directory, statusPort, cluster, node, sockets, spool } = place;
  const text = `[pull]
node = ${node}
servers = ${sockets.map((socket) => `unix://${socket}`).join(', ')}
dst-dir = ${spool}
pull-interval = 1
pull-timeout = 0.8
queue-size = 3600
status-port = ${statusPort}
[cluster]
name = ${cluster}
${kafkaOf(place)}`;
  return written(directory, text);
}

export interface ProcessorPlace extends Place {
  readonly redisPort: number;
  readonly relayPort: number;
  /** Of the keys in Redis. */
  readonly keyPrefix?: string;
  readonly store?: string;
}

/** Writes the configuration of a processor with the roles of nodes; answers the file. Clusters are judged by the model of their role. */
export async function configureProcessor(place: ProcessorPlace): Promise<string> {
  const { directory, statusPort, redisPort, relayPort, keyPrefix = 'hs', store } = place;
  const text = `[paths]
base-dir = ${directory}
[process]
roles = node, graphite${store === undefined ? '' : ', local-store'}
status-port = ${statusPort}
${kafkaOf(place)}session-timeout = ${sessionSeconds}
[redis]
url = redis://127.0.0.1:${redisPort}
key-prefix = ${keyPrefix}
[graphite]
server = 127.0.0.1
port = ${relayPort}
interval = 0.2
delay = 1
close-timeout = 5
${store === undefined ? '' : `[local-store]\ndir = ${store}\n`}`;
  return written(directory, text);
}

function kafkaOf({ brokers }: Place): string {
  return `[kafka]
brokers = ${brokers.join(', ')}
request-timeout = 5
`;
}

async function written(directory: string, text: string): Promise<string> {
  const file = join(directory, 'haproxystats.conf');
  await writeFile(file, text);
  return file;
}
