import { groupName, topicName, type TopicName } from '@haproxystats/messaging';
import type { Role } from '../../apps/processor/src/processor.config';
import { readingsOfRole } from '../../apps/processor/src/readings';
import { ledgerRights } from '../../apps/processor/src/coordinator/redis-refusal';

export const prefix = 'haproxystats';

/** What a user of Kafka is granted: names as kafka-acls takes them. */
export interface Grant {
  readonly resource: 'topic' | 'group';
  readonly name: string;
  /** The name is that of all that begins with it. */
  readonly prefixed?: true;
  readonly operations: readonly ('Read' | 'Write' | 'Create' | 'Delete' | 'Describe' | 'DescribeConfigs')[];
}

const topic = (name: TopicName, ...operations: Grant['operations']): Grant => ({
  resource: 'topic',
  name: topicName(prefix, name),
  operations,
});
const reader = (role: Role): Grant[] =>
  readingsOfRole(role).flatMap((reading): Grant[] => [
    topic(reading.topic, 'Read'),
    { resource: 'group', name: groupName(prefix, reading.name), operations: ['Read'] },
  ]);

export interface KafkaUser {
  readonly does: string;
  readonly grants: readonly Grant[];
}

/** WHO NEEDS WHICH RIGHTS IN KAFKA. The security test runs with these and nothing else; docs/SECURITY.md shows them. */
export const kafkaUsers = {
  puller: { does: '`haproxystats-pull`', grants: [topic('raw', 'Write')] },
  node: {
    does: '`haproxystats-process` with the role `node`',
    grants: [...reader('node'), topic('framesNode', 'Write'), topic('dlq', 'Write')],
  },
  cluster: {
    does: '`haproxystats-process` with the role `cluster`',
    grants: [...reader('cluster'), topic('framesCluster', 'Write'), topic('dlq', 'Write')],
  },
  graphite: {
    does: '`haproxystats-process` with the role `graphite`',
    grants: [...reader('graphite'), topic('dlq', 'Write')],
  },
  store: {
    does: '`haproxystats-process` with the role `local-store`',
    grants: [...reader('local-store'), topic('dlq', 'Write')],
  },
  records: {
    does: '`haproxystats-process` with the role `kafka`',
    grants: [
      ...reader('kafka'),
      topic('metricsNode', 'Write'),
      topic('metricsCluster', 'Write'),
      topic('dlq', 'Write'),
    ],
  },
  events: {
    does: '`haproxystats-process` with the role `events`',
    grants: [...reader('events'), topic('events', 'Write'), topic('dlq', 'Write')],
  },
  topics: {
    does: '`haproxystats topics`',
    grants: [
      {
        resource: 'topic',
        name: `${prefix}.`,
        prefixed: true,
        operations: ['Create', 'Describe', 'DescribeConfigs'],
      },
    ],
  },
  dlq: {
    does: '`haproxystats dlq`',
    grants: [
      topic('dlq', 'Read', 'Write'),
      { resource: 'group', name: groupName(prefix, 'dlq-'), prefixed: true, operations: ['Read'] },
      topic('raw', 'Write'),
      topic('framesNode', 'Write'),
      topic('framesCluster', 'Write'),
    ],
  },
  fleet: {
    does: '`haproxystats fleet`',
    grants: [
      topic('framesNode', 'Read'),
      topic('framesCluster', 'Read'),
      topic('raw', 'Describe'),
      { resource: 'group', name: groupName(prefix, 'fleet-'), prefixed: true, operations: ['Read'] },
      { resource: 'group', name: groupName(prefix, ''), prefixed: true, operations: ['Describe'] },
    ],
  },
  replay: {
    does: '`haproxystats replay --kafka`; with `--into PREFIX` also `Write` on `PREFIX.frames.node.v1`',
    grants: [
      topic('raw', 'Read'),
      {
        resource: 'group',
        name: groupName(prefix, 'replay-'),
        prefixed: true,
        operations: ['Read', 'Delete'],
      },
    ],
  },
} as const satisfies Record<string, KafkaUser>;

export type KafkaUserName = keyof typeof kafkaUsers;

/** The commands that grant a user all that it needs. */
export function kafkaAclCommands(user: KafkaUserName): string[] {
  return kafkaUsers[user].grants.map(({ resource, name, operations, ...pattern }: Grant) =>
    [
      `kafka-acls $ADMIN --add --allow-principal User:${user}`,
      ...operations.map((operation) => `--operation ${operation}`),
      `--${resource} ${name}`,
      ...(pattern.prefixed ? ['--resource-pattern-type prefixed'] : []),
    ].join(' '),
  );
}

/** What `ACL SETUSER` of Redis is given for a processor with the role node. */
export function redisAclRules(password: string): string {
  return `reset on >${password} ${ledgerRights('hs')}`;
}
