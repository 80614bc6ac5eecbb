import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { makeServerDirectory } from '../../harness/run-directory';
import { canMountSmallDisk, mountSmallDisk } from '../../support/small-disk';
import type { Answers } from '../oracle/answers';
import { NodeClock } from './node-clock';
import type { Part } from './part';
import { startPuller } from './programs';
import { SimulatedNode, type NodeSize } from './simulated-node';

const small: NodeSize = { backends: 3, servers: 2 };

/** A node of the suite: what it simulates, its puller, and where that spools. */
export interface Node {
  readonly cluster: string;
  readonly name: string;
  readonly clock: NodeClock;
  readonly simulated: SimulatedNode;
  readonly puller: Part;
  readonly spool: string;
  /** Whether the spool lies on a disk of its own, small enough to be filled. */
  readonly hasSmallDisk: boolean;
}

export interface NodePlace {
  readonly cluster: string;
  readonly node: string;
  readonly processes: number;
  readonly seed: number;
  readonly brokers: readonly string[];
  readonly answers: Pick<Answers, 'give'>;
  readonly size?: NodeSize;
  readonly wantsSmallDisk?: boolean;
}

/** Starts the sockets of a node, and a puller beside them. */
export async function startNode({ wantsSmallDisk = false, ...place }: NodePlace): Promise<Node> {
  const { cluster, node, processes, seed, answers, size = small } = place;
  const directory = await makeServerDirectory('node');
  const spool = join(directory, 'spool');
  await mkdir(spool);
  const hasSmallDisk = wantsSmallDisk && canMountSmallDisk() && mountSmallDisk(spool);
  const clock = new NodeClock(directory);
  const simulated = await SimulatedNode.start({ node, processes, size, directory, seed, answers, clock });
  const puller = await startPuller({ ...place, sockets: simulated.sockets, spool, clock: clock.file });
  return { cluster, name: node, clock, simulated, puller, spool, hasSmallDisk };
}
