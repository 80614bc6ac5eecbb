/**
 * Grants each user of Kafka the rights that its program needs, and no others; safe to repeat. By Kafka's own tool these are the commands
 * of docs/SECURITY.md, with a JVM for each.
 */
import { readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** By user: [topic or group, its name, operations]. A name that ends with `*` is that of all that begin so. */
export const rights = {
  puller: [['topic', 'haproxystats.raw.v1', 'Write']],
  node: [
    ['topic', 'haproxystats.raw.v1', 'Read'],
    ['group', 'haproxystats-node', 'Read'],
    ['topic', 'haproxystats.frames.node.v1', 'Write'],
    ['topic', 'haproxystats.dlq.v1', 'Write'],
  ],
  cluster: [
    ['topic', 'haproxystats.frames.node.v1', 'Read'],
    ['group', 'haproxystats-cluster', 'Read'],
    ['topic', 'haproxystats.frames.cluster.v1', 'Write'],
    ['topic', 'haproxystats.dlq.v1', 'Write'],
  ],
  graphite: [
    ['topic', 'haproxystats.frames.node.v1', 'Read'],
    ['group', 'haproxystats-graphite', 'Read'],
    ['topic', 'haproxystats.frames.cluster.v1', 'Read'],
    ['group', 'haproxystats-graphite-cluster', 'Read'],
    ['topic', 'haproxystats.dlq.v1', 'Write'],
  ],
  records: [
    ['topic', 'haproxystats.frames.node.v1', 'Read'],
    ['group', 'haproxystats-kafka', 'Read'],
    ['topic', 'haproxystats.frames.cluster.v1', 'Read'],
    ['group', 'haproxystats-kafka-cluster', 'Read'],
    ['topic', 'haproxystats.metrics.node.v1', 'Write'],
    ['topic', 'haproxystats.metrics.cluster.v1', 'Write'],
    ['topic', 'haproxystats.dlq.v1', 'Write'],
  ],
  events: [
    ['topic', 'haproxystats.frames.node.v1', 'Read'],
    ['group', 'haproxystats-events', 'Read'],
    ['topic', 'haproxystats.events.v1', 'Write'],
    ['topic', 'haproxystats.dlq.v1', 'Write'],
  ],
  topics: [['topic', 'haproxystats.*', 'Create Describe DescribeConfigs']],
  fleet: [
    ['topic', 'haproxystats.frames.node.v1', 'Read'],
    ['topic', 'haproxystats.frames.cluster.v1', 'Read'],
    ['topic', 'haproxystats.raw.v1', 'Describe'],
    ['group', 'haproxystats-fleet-*', 'Read'],
    ['group', 'haproxystats-*', 'Describe'],
  ],
};

const upper = (word) => word.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase();

/** What Kafka is asked for one right: an entry for each operation. */
function entriesOf(user, [kind, name, operations], kafkajs) {
  const { AclResourceTypes, AclOperationTypes, AclPermissionTypes, ResourcePatternTypes } = kafkajs;
  return operations.split(' ').map((operation) => ({
    principal: `User:${user}`,
    host: '*',
    permissionType: AclPermissionTypes.ALLOW,
    operation: AclOperationTypes[upper(operation)],
    resourceType: AclResourceTypes[upper(kind)],
    resourceName: name.replace(/\*$/, ''),
    resourcePatternType: name.endsWith('*') ? ResourcePatternTypes.PREFIXED : ResourcePatternTypes.LITERAL,
  }));
}

async function grantAll() {
  const program = process.env.PATH.split(':')
    .map((directory) => `${directory}/haproxystats`)
    .find((file) => realpath(file) !== undefined);
  const kafkajs = createRequire(realpath(program))('kafkajs');
  const admin = new kafkajs.Kafka({
    brokers: ['tls-kafka:9092'],
    ssl: { ca: readFileSync('/tls/ca.pem') },
    sasl: {
      mechanism: 'plain',
      username: 'admin',
      password: readFileSync('/tls/admin/kafka-password', 'utf8').trim(),
    },
    connectionTimeout: 20_000,
    logLevel: kafkajs.logLevel.NOTHING,
  }).admin();
  await admin.connect();
  for (const [user, granted] of Object.entries(rights)) {
    await admin.createAcls({ acl: granted.flatMap((right) => entriesOf(user, right, kafkajs)) });
    console.log(`User:${user} has its rights`);
  }
  await admin.disconnect();
}

function realpath(file) {
  try {
    return realpathSync(file);
  } catch {
    return undefined;
  }
}

if (realpath(process.argv[1]) === fileURLToPath(import.meta.url)) await grantAll();
