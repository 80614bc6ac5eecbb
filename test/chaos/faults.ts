import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Redis from 'ioredis';
import {
  atAMoment,
  between,
  cut,
  fill,
  killOne,
  pick,
  stopOne,
  Untried,
  type Fault,
  type Stage,
} from './fault-makers';
import { framesTopic, rawTopic } from './observer';

const maxPartitions = 12;
const maxNodes = 14;
const hourMs = 3_600_000;
/** An outage that pollers have to remember, for each minute of the suite; at 120 minutes ten of them. */
const outageMsPerMinute = 5_000;

async function killAllBrokers({ world }: Stage, ms: number): Promise<void> {
  const brokers = world.partsOf('broker');
  await Promise.all(brokers.map((broker) => world.kill(broker)));
  await sleep(ms);
  await Promise.all(brokers.map((broker) => broker.heal()));
}

/** Each of these clocks is another node's. */
const clocksMs = [5_000, -5_000, hourMs];

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

  'kill all brokers': (stage) => killAllBrokers(stage, 3_000),
  'a long outage': (stage) => killAllBrokers(stage, Math.max(5_000, outageMsPerMinute * stage.minutes)),

  'kill the relay in the midst of a batch': async ({ world }) => {
    world.relay.dieInTheMidst();
    const kill = await world.relay.part.ended(5_000);
    if (kill) world.kills.push({ ...kill, isHit: true });
    else await world.kill(world.relay.part);
    await world.relay.part.heal();
    if (!kill) throw new Untried('no batch came');
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
      const { length } = await tail.admin.fetchTopicOffsets(topic);
      if (length >= maxPartitions) throw new Untried(`${topic} has ${length} partitions already`);
      await tail.admin.createPartitions({ topicPartitions: [{ topic, count: length + 1 }] });
    }
    await sleep(3_000);
  },

  'fill the disk': async ({ world }) => {
    const node = world.nodes.find(({ hasSmallDisk }) => hasSmallDisk);
    if (!node) throw new Untried('no small disk can be mounted here');
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
  'a node crashes': killOne('puller', [4_000, 7_000]),
  'a node joins': async ({ world }) => {
    if (world.nodes.length >= maxNodes) throw new Untried(`there are ${maxNodes} nodes already`);
    await world.join();
    await sleep(3_000);
  },
  'clocks 5 s ahead, 5 s behind and 1 h ahead': async ({ world, random }) => {
    const first = Math.floor(random() * world.nodes.length);
    const clocks = clocksMs.map((_, i) => world.nodes[(first + i) % world.nodes.length]!.clock);
    for (const [i, aheadMs] of clocksMs.entries()) clocks[i]!.set(aheadMs);
    await sleep(8_000);
    for (const clock of clocks) clock.set(0);
    await sleep(5_000);
  },
} as const satisfies Record<string, Fault>;

export type FaultName = keyof typeof faults;
