import { boundMemory } from './bounded-memory';
import { Crash } from './crash';
import type { Processor } from './processor';
import { Random } from './random';
import { scenarioOf, type Scenario } from './scenario';
import type { Session } from './session';
import type { SharedLedger } from './shared-ledger';
import { World } from './world';

/** Virtual time after the last record in which everything must have come to its end: grace, and much more. */
const settleMs = 10 * 60_000;

/** A stream of its own. */
function asideOf(seed: number): Random {
  return new Random(seed + 2 ** 30);
}

/** What a seed decides before anything happens. */
export function scenarioOfSeed(seed: number): Scenario {
  return scenarioOf(new Random(seed), asideOf(seed));
}

/** Runs the world of one seed to its end, and counts. Rejects with what the role must not throw. */
export async function runSeed(seed: number, ledger: SharedLedger): Promise<World> {
  const random = new Random(seed);
  const world = new World(random, asideOf(seed), ledger);
  const unbound = boundMemory(world);
  const chance = Math.random;
  // The shipped back-off spreads its waiting times by it: a seed must come out the same each time.
  Math.random = random.next;
  try {
    await ledger.begin(world.clock);
    await live(world, ledger);
  } finally {
    Math.random = chance;
    unbound();
  }
  world.tally.add('seeds');
  world.oracle.judge(world.tally);
  return world;
}

async function live(world: World, ledger: SharedLedger): Promise<void> {
  for (let i = 0; i < world.scenario.processors; i++) world.addProcessor();
  world.rebalance();
  const deadline = world.arriving.reduce((latest, { at }) => Math.max(latest, at), world.now) + settleMs;
  while (world.now < deadline && !isOver(world)) {
    passTime(world);
    await fault(world, ledger);
    if (world.scenario.closes && !world.isCalm && world.aside.chance(0.02)) world.close();
    await resumeOne(world);
    await stepZombie(world);
    await stepOne(world);
    if (world.failure !== undefined) throw world.failure;
  }
  if (!isOver(world)) world.tally.add('wrong');
}

function isOver({ hasArrived, heldUp, zombies, sessions }: World): boolean {
  return (
    hasArrived && heldUp.length === 0 && zombies.length === 0 && sessions.every(({ isThrough }) => isThrough)
  );
}

function passTime(world: World): void {
  const { random, scenario } = world;
  if (!world.hasArrived) {
    // A processor that is slow can be late for grace, and that is a fault.
    const mustWait = scenario.faults === 'none' && !world.sessions.every(({ isCaughtUp }) => isCaughtUp);
    if (!mustWait && random.chance(0.6)) world.arrive();
    return;
  }
  world.isCalm = true;
  world.isRedisAway = false;
  // What is in hand goes fast; then nothing is left but to wait.
  const isAtRest = world.heldUp.length === 0 && world.sessions.every(({ isCaughtUp }) => isCaughtUp);
  world.pass(isAtRest ? 500 + random.below(3_000) : 1);
}

/** What happens to the group and to Redis, and how often. */
const events: readonly {
  chance: number;
  happen: (world: World, ledger: SharedLedger) => void | Promise<void>;
}[] = [
  {
    chance: 0.01,
    happen: (world) => {
      world.tally.add('rebalances');
      world.rebalance();
    },
  },
  { chance: 0.008, happen: (world) => world.makeZombie() },
  {
    chance: 0.004,
    happen: async (world, ledger) => {
      world.tally.add('flushes');
      await ledger.flush();
    },
  },
  { chance: 0.03, happen: (_, ledger) => ledger.takeImage() },
  {
    chance: 0.008,
    happen: async (world, ledger) => {
      if (await ledger.rollBack()) world.tally.add('roll-backs');
    },
  },
  {
    chance: 0.008,
    happen: (world) => {
      world.isRedisAway = !world.isRedisAway;
      if (world.isRedisAway) world.tally.add('outages');
    },
  },
];

async function fault(world: World, ledger: SharedLedger): Promise<void> {
  const { faults, embedded } = world.scenario;
  if (world.isCalm || embedded || faults !== 'all') return;
  for (const { chance, happen } of events) if (world.random.chance(chance)) await happen(world, ledger);
}

/** One of the calls that are held up goes on. */
async function resumeOne(world: World): Promise<void> {
  if (world.heldUp.length === 0 || !(world.isCalm || world.random.chance(0.2))) return;
  const [goOn] = world.heldUp.splice(world.random.below(world.heldUp.length), 1);
  await untilRest(world, goOn!);
}

async function stepZombie(world: World): Promise<void> {
  if (world.zombies.length === 0) return;
  const zombie = world.random.pick(world.zombies);
  if (zombie.stepsLeft-- <= 0 || zombie.processor.isDead) world.wakeZombie(zombie);
  else await step(world, zombie.processor);
}

function stepOne(world: World): Promise<void> {
  const processor = world.random.pick(world.processors);
  return processor.isClosing ? stepClosing(world, processor) : step(world, processor);
}

/** One of its partitions is closed as soon as nothing of it is in hand; when all are, or it took too long, the processor is gone. */
async function stepClosing(world: World, processor: Processor): Promise<void> {
  const open = processor.sessions.filter(({ isClosed }) => !isClosed);
  const isTooLong = open.some(({ isBusy }) => isBusy) && world.aside.chance(0.05);
  if (open.length === 0 || isTooLong) {
    world.leave(processor);
    return;
  }
  const session = world.aside.pick(open);
  if (!session.isBusy) await untilRest(world, () => void call(world, { processor, session, work: 'close' }));
  else if (world.aside.chance(0.05)) session.giveUp();
}

/** A record, or a tick, of one of the processor's partitions. */
async function step(world: World, processor: Processor): Promise<void> {
  const { random, scenario } = world;
  const session = processor.sessions.length > 0 ? random.pick(processor.sessions) : undefined;
  if (!session || session.isBusy) return;
  // A reader may not have heard yet of what has come.
  if (world.isCalm || scenario.faults === 'none' || random.chance(0.8)) session.look();
  const isTick = session.idle || random.chance(0.1);
  await untilRest(world, () => void call(world, { processor, session, work: isTick ? 'tick' : 'record' }));
}

interface Call {
  readonly processor: Processor;
  readonly session: Session;
  readonly work: 'record' | 'tick' | 'close';
}

/** Starts a call, or lets one go on, and waits until it is over or held up. */
function untilRest(world: World, start: () => void): Promise<void> {
  return new Promise((rest) => {
    world.onRest = rest;
    start();
  });
}

async function call(world: World, { processor, session, work }: Call): Promise<void> {
  session.isBusy = true;
  const now = session.now();
  try {
    await session[work]();
    const isCommitted = work !== 'record' && !processor.isDead && session.isOwner;
    if (isCommitted && world.oracle.isStuck(session, now)) world.tally.add('stuck');
  } catch (error) {
    if (error instanceof Crash) world.die(processor);
    // Whoever has lost the partition may give up in any way.
    else if (!session.signal.aborted) world.failure = error as Error;
  }
  session.isBusy = false;
  world.onRest();
}
