import { open, type FileHandle } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Observer } from './observer';
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

/** What cannot be done here; the message says why. */
export class Untried extends Error {}

/** Does what befalls, and heals it. Throws Untried. */
export type Fault = (stage: Stage) => Promise<void>;

export function pick<T>(random: () => number, choices: readonly T[]): T {
  return choices[Math.floor(random() * choices.length)]!;
}

export function between(random: () => number, from: number, to: number): number {
  return from + random() * (to - from);
}

/** How long a poll takes from the sockets to the receiver, about. */
const passageMs = 60;

/** Now and then any moment; mostly one at which a poll of `node`, or of any, is on its way. */
export async function atAMoment({ observer, random, world }: Stage, node?: string): Promise<void> {
  const phase = observer.phaseOf(node ?? pick(random, world.nodes).name);
  if (phase === undefined || random() < 0.25) return sleep(between(random, 0, 1_000));
  const untilPoll = (phase + between(random, 0, passageMs) - (Date.now() % 1_000) + 1_000) % 1_000;
  return sleep(untilPoll);
}

/** kill -9, and up again after a while; ms. */
export function killOne(kind: PartKind, [from, to]: readonly [number, number] = [100, 2_000]): Fault {
  return async (stage) => {
    const { world, random } = stage;
    const part = pick(random, world.partsOf(kind));
    await atAMoment(stage, kind === 'puller' ? part.name : undefined);
    await world.kill(part);
    await sleep(between(random, from, to));
    await part.heal();
  };
}

export function stopOne(kind: PartKind, [from, to]: readonly [number, number]): Fault {
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
export function cut(how: 'reset' | 'blackHole', [from, to]: readonly [number, number]): Fault {
  return async (stage) => {
    const { world, random } = stage;
    await atAMoment(stage);
    for (const proxy of world.proxies) proxy[how]();
    await sleep(between(random, from, to));
    for (const proxy of world.proxies) proxy.heal();
  };
}

/** Writes zeros until there is no room for another byte. */
export async function fill(path: string): Promise<void> {
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
