import { randomUUID } from 'node:crypto';
import { AssignerProtocol } from 'kafkajs';
import { scanTopic, type KafkaClient } from '@haproxystats/messaging';
import { systemClock } from '@haproxystats/runtime';
import { eventually } from '../harness';

export interface Place {
  /** The consumer group of a role. */
  readonly group: string;
  readonly topic: string;
  readonly key: string;
  /** How many the group has when nobody is about to join it, or to be taken for dead. */
  readonly members: number;
}

/** One that was killed is in its group until its session is over. */
const patience = { withinMs: 60_000, everyMs: 200 };

/** What the member calls itself that reads the records with this key, as the brokers say once the group is at rest. */
export async function ownerOf(kafka: KafkaClient, { group, topic, key, members }: Place): Promise<string> {
  const partition = await partitionOf(kafka, { topic, key });
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await eventually(async () => {
      const [described] = (await admin.describeGroups([group])).groups;
      if (described!.state !== 'Stable' || described!.members.length !== members)
        throw new Error(`${group} is ${described!.state}, with ${described!.members.length} members`);
      const owner = described!.members.find(({ memberAssignment }) => {
        const { assignment } = AssignerProtocol.MemberAssignment.decode(memberAssignment)!;
        return assignment[topic]?.includes(partition);
      });
      if (!owner) throw new Error(`${group}: nobody reads partition ${partition} of ${topic}`);
      return owner.clientId;
    }, patience);
  } finally {
    await admin.disconnect();
  }
}

async function partitionOf(
  kafka: KafkaClient,
  { topic, key }: Pick<Place, 'topic' | 'key'>,
): Promise<number> {
  const { signal } = new AbortController();
  const group = `test-${randomUUID()}`;
  const partitions = new Set<number>();
  await scanTopic({ kafka, topic, group, clock: systemClock, signal }, (entry) => {
    if (entry.key === key) partitions.add(entry.partition);
    return Promise.resolve();
  });
  const [partition] = partitions;
  if (partition === undefined) throw new Error(`${topic} has no record with the key ${key}`);
  return partition;
}
