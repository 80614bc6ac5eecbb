import { once } from 'node:events';
import { connect, type NetConnectOpts } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import Redis from 'ioredis';
import { Kafka, logLevel } from 'kafkajs';

const timeoutMs = 2_000;

/** Rejects unless a broker at `address` (host:port) answers as the controller of its cluster. */
export async function kafkaAnswers(address: string): Promise<void> {
  const admin = new Kafka({
    brokers: [address],
    connectionTimeout: timeoutMs,
    requestTimeout: timeoutMs,
    retry: { retries: 0 },
    logLevel: logLevel.NOTHING,
  }).admin();
  try {
    await admin.connect();
    const { brokers, controller } = await admin.describeCluster();
    if (brokers.length === 0 || controller === null) throw new Error(`${address}: no controller yet`);
  } finally {
    await admin.disconnect();
  }
}

/** Rejects unless Redis at `url` answers a ping; one that still loads its data does not. */
export async function redisAnswers(url: string): Promise<void> {
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: timeoutMs,
    commandTimeout: timeoutMs,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  // connect and ping reject with the same error; without a listener ioredis prints it.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.ping();
  } finally {
    client.disconnect();
  }
}

/** What HAProxy replies to one command on a stats socket, which it closes after the reply. */
export async function askHAProxy(socket: string, command: string): Promise<string> {
  const connection = await connected({ path: socket });
  connection.setTimeout(timeoutMs, () =>
    connection.destroy(new Error(`${socket}: no reply within ${timeoutMs} ms`)),
  );
  connection.write(`${command}\n`);
  return text(connection);
}

/** Rejects unless every one of these stats sockets answers. */
export async function haproxyAnswers(sockets: readonly string[]): Promise<void> {
  for (const socket of sockets) {
    const reply = await askHAProxy(socket, 'show info');
    if (!reply.includes('Name: HAProxy'))
      throw new Error(`${socket}: not HAProxy's answer: ${reply.slice(0, 80)}`);
  }
}

/** Rejects unless something listens at this port and keeps the connection: a container's proxy accepts early and closes. */
export async function carbonAnswers(host: string, port: number): Promise<void> {
  const connection = await connected({ host, port });
  const closed = once(connection.resume(), 'close').then(() => true);
  const closedEarly = await Promise.race([closed, sleep(200, false)]);
  connection.destroy();
  if (closedEarly) throw new Error(`${host}:${port}: closed at once`);
}

/** Rejects unless a schema registry answers at `url`. */
export async function registryAnswers(url: string): Promise<void> {
  const { ok, status } = await fetch(`${url}/subjects`, { signal: AbortSignal.timeout(timeoutMs) });
  if (!ok) throw new Error(`${url}: status ${status}`);
}

async function connected(to: NetConnectOpts) {
  const connection = connect({ ...to, timeout: timeoutMs });
  connection.once('timeout', () => connection.destroy(new Error(`no connection within ${timeoutMs} ms`)));
  await once(connection, 'connect');
  connection.removeAllListeners('timeout').setTimeout(0);
  return connection;
}
