import { join } from 'node:path';
import { freePort } from '../../harness';
import { kafkaClusterProperties } from '../../harness/kafka-properties';
import { startBroker } from '../../harness/native/broker';
import { makeServerDirectory } from '../../harness/run-directory';
import { CuttableProxy } from './cuttable-proxy';
import { Part } from './part';

const host = '127.0.0.1';
const heapMiB = 256;

/** A Kafka cluster with two ways to each broker: a straight one, and one that can be cut. */
export interface Brokers {
  readonly parts: readonly Part[];
  readonly straight: readonly string[];
  readonly cuttable: readonly string[];
  readonly proxies: readonly CuttableProxy[];
}

interface Addresses {
  readonly straight: string;
  readonly controller: string;
  readonly behindProxy: string;
  readonly proxy: CuttableProxy;
}

/** Resolves when each of them answers. */
export async function startBrokers(count: number): Promise<Brokers> {
  const all: Addresses[] = [];
  for (let i = 0; i < count; i++) all.push(await newAddresses());
  const controllers = all.map(({ controller }) => controller);
  const parts = await Promise.all(all.map((_, i) => startOne(i + 1, all[i]!, controllers)));
  return {
    parts,
    straight: all.map(({ straight }) => straight),
    cuttable: all.map(({ proxy }) => `${host}:${proxy.port}`),
    proxies: all.map(({ proxy }) => proxy),
  };
}

async function newAddresses(): Promise<Addresses> {
  const port = await freePort();
  return {
    straight: `${host}:${await freePort()}`,
    controller: `${host}:${await freePort()}`,
    behindProxy: `${host}:${port}`,
    proxy: await CuttableProxy.start({ host, port }),
  };
}

async function startOne(id: number, addresses: Addresses, controllers: readonly string[]): Promise<Part> {
  const { straight, controller, behindProxy, proxy } = addresses;
  const directory = await makeServerDirectory('kafka');
  const properties = kafkaClusterProperties({
    ...{ id, controllers, controller, listen: straight, advertised: straight },
    other: { listen: behindProxy, advertised: `${host}:${proxy.port}` },
    dataDirectory: join(directory, 'data'),
  });
  const server = await startBroker({ directory, properties, address: straight, heapMiB });
  return new Part('broker', `broker ${id}`, server);
}
