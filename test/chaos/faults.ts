import { open, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Redis from 'ioredis';
import { framesTopic, rawTopic, type Observer } from './observer';
import type { PartKind } from './world/part';
import type { World } from './world/world';

/** Where a fault befalls, and the dice. */
export interface Stage {
  readonly world: World;
  readonly observer: Observer;
  readonly random: () => number;
  /** How long faults befall, all rows together. */
  readonly minutes: number;
}

export type Fault = (stage: Stage) => Promise<void>;

export function pick<T>(random: () => number, choices: readonly T[]): T {
  return choices[Math.floor(random() * choices.length)]!;
}

function between(random: () => number, from: number, to: number): number {
  return from + random() * (to - from);
}

/** How long a poll takes from the sockets to the receiver, about. */
const passageMs = 60;

/** Now and then any moment; mostly one at which a poll of `node`, or of any, is on its way. */
async function atAMoment({ observer, random, world }: Stage, node?: string): Promise<void> {
  const phase = observer.phaseOf(node ?? pick(random, world.nodes).name);
  if (phase === undefined || random() < 0.25) return sleep(between(random, 0, 1_000));
  const untilPoll = (phase + between(random, 0, passageMs) - (Date.now() % 1_000) + 1_000) % 1_000;
  return sleep(untilPoll);
}

/** kill -9, and up again after a while; ms. */
function killOne(kind: PartKind, [from, to]: readonly [number, number] = [100, 2_000]): Fault {
  return async (stage) => {
    const { world, random } = stage;
    const part = pick(random, world.partsOf(kind));
    await atAMoment(stage, kind === 'puller' ? part.name : undefined);
    await world.kill(part);
    await sleep(between(random, from, to));
    await part.heal();
  };
}

function stopOne(kind: PartKind, [from, to]: readonly [number, number]): Fault {
  return async (stage) => {
    const { world, random } = stage;
    const part = pick(random, world.partsOf(kind));
    await atAMoment(stage);
    await part.pause();
    await sleep(between(random, from, to));
    await part.heal();
  };
}

/** Between the processors and everything else. */
function cut(how: 'reset' | 'blackHole', [from, to]: readonly [number, number]): Fault {
  return async (stage) => {
    const { world, random } = stage;
    await atAMoment(stage);
    for (const proxy of world.proxies) proxy[how]();
    await sleep(between(random, from, to));
    for (const proxy of world.proxies) proxy.heal();
  };
}

/** Writes zeros until there is no room for another byte. */
async function fill(path: string): Promise<void> {
  const file = await open(path, 'w');
  try {
    for (let bytes = 65_536; bytes >= 1;)
      bytes = (await hasRoom(file, bytes)) ? bytes : Math.floor(bytes / 4);
  } finally {
    await file.close();
  }
}

function hasRoom(file: FileHandle, bytes: number): Promise<boolean> {
  return file.appendFile(Buffer.alloc(bytes)).then(
    () => true,
    (error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      return false;
    },
  );
}

const maxPartitions = 12;

/** THE FAULTS. Each heals what it did. */
export const faults = {
  'kill a processor': killOne('processor'),
  'kill a puller': killOne('puller'),
  'kill a broker': killOne('broker', [500, 3_000]),
  'kill Redis': killOne('redis', [500, 3_000]),
  'kill the relay': killOne('relay'),

  'stop a processor': stopOne('processor', [7_000, 15_000]),
  'stop a broker': stopOne('broker', [5_000, 10_000]),
  'stop Redis': stopOne('redis', [2_000, 4_000]),

  'cut by resets': cut('reset', [1_000, 3_000]),
  'cut without a word': cut('blackHole', [5_000, 10_000]),

  'kill all brokers': async ({ world }) => {
    const brokers = world.partsOf('broker');
    await Promise.all(brokers.map((broker) => world.kill(broker)));
    await sleep(3_000);
    await Promise.all(brokers.map((broker) => broker.heal()));
  },

  'kill the relay in the midst of a batch': async ({ world }) => {
    world.relay.dieInTheMidst();
    const kill = await world.relay.part.ended(5_000);
    if (kill) world.kills.push({ ...kill, isHit: true });
    await world.relay.part.heal();
  },
  'slow relay': async ({ world }) => {
    world.relay.slowDownOrSpeedUp();
    await sleep(3_000);
    world.relay.slowDownOrSpeedUp();
  },
  'black-holed relay': async ({ world, random }) => {
    world.relay.proxy.blackHole();
    await sleep(between(random, 4_000, 8_000));
    world.relay.proxy.heal();
  },

  FLUSHALL: async (stage) => {
    const { world } = stage;
    await atAMoment(stage);
    const client = new Redis(world.redis.url, { maxRetriesPerRequest: 1 });
    await client.flushall();
    client.disconnect();
  },

  'raise the partitions': async ({ observer: { tail } }) => {
    for (const topic of [rawTopic, framesTopic]) {
      const offsets = await tail.admin.fetchTopicOffsets(topic);
      const count = Math.min(maxPartitions, offsets.length + 1);
      if (count > offsets.length) await tail.admin.createPartitions({ topicPartitions: [{ topic, count }] });
    }
    await sleep(3_000);
  },

  'fill the disk': async ({ world }) => {
    const node = world.nodes.find(({ hasSmallDisk }) => hasSmallDisk);
    if (!node) return;
    const filler = join(node.spool, 'filler');
    await fill(filler);
    await sleep(3_000);
    await unlink(filler);
  },

  'a process goes and comes back': async ({ world, random }) => {
    const { simulated } = pick(random, world.nodes);
    const index = Math.floor(random() * simulated.sockets.length);
    await simulated.leave(index);
    await sleep(between(random, 1_500, 4_000));
    await simulated.comeBack(index);
  },
} as const satisfies Record<string, Fault>;

export type FaultName = keyof typeof faults;
