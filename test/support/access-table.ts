import { groupName, topicName, type TopicName } from '@haproxystats/messaging';
import { roles } from '../../apps/processor/src/processor.config';
import { ledgerRights } from '../../apps/processor/src/coordinator/redis-refusal';

export const prefix = 'haproxystats';

/** What a user of Kafka is granted: names as kafka-acls takes them. */
export interface Grant {
  readonly resource: 'topic' | 'group';
  readonly name: string;
  /** The name is that of all that begins with it. */
  readonly prefixed?: true;
  readonly operations: readonly ('Read' | 'Write' | 'Create' | 'Describe' | 'DescribeConfigs')[];
}

const topic = (name: TopicName, ...operations: Grant['operations']): Grant => ({
  resource: 'topic',
  name: topicName(prefix, name),
  operations,
});
const reader = (role: keyof typeof roles): Grant[] => [
  topic(roles[role].reads, 'Read'),
  { resource: 'group', name: groupName(prefix, role), operations: ['Read'] },
];

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
  graphite: {
    does: '`haproxystats-process` with the role `graphite`',
    grants: [...reader('graphite'), topic('dlq', 'Write')],
  },
  store: {
    does: '`haproxystats-process` with the role `local-store`',
    grants: [...reader('local-store'), topic('dlq', 'Write')],
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
