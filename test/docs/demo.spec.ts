import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { kafkaUsers, redisAclRules, type Grant, type KafkaUserName } from '../support/access-table';
import { kafkaVersion } from '../harness/kafka-properties';

const root = join(__dirname, '..', '..');
const read = (...path: string[]): string => readFileSync(join(root, ...path), 'utf8');
const composeFile = read('docker-compose.yml');

type Right = readonly [kind: string, name: string, operations: string];

const rightOf = ({ resource, name, prefixed, operations }: Grant): Right => [
  resource,
  prefixed ? `${name}*` : name,
  operations.join(' '),
];

describe('docker-compose.yml', () => {
  const images = [...composeFile.matchAll(/image: (?:&\w+ )?(\S+)/g)].map(([, name]) => name!);

  it('names every image with an exact version, and our own with that of package.json', () => {
    const { version } = JSON.parse(read('package.json')) as { version: string };
    const named = images.filter((name) => !name.startsWith('*'));
    expect(named).toContain(`haproxystats:${version}`);
    expect(named).toContain(`apache/kafka:${kafkaVersion}`);
    for (const name of named) expect(name).toMatch(/^[\w./-]+:\d+\.\d+\.\d+[\w.-]*$/);
  });

  it('opens ports on the loopback address only', () => {
    const published = [...composeFile.matchAll(/ports: \[(.*)\]/g)].flatMap(([, ports]) =>
      ports!.split(', '),
    );
    expect(published.length).toBeGreaterThan(2);
    for (const port of published) expect(port).toMatch(/^'127\.0\.0\.1:/);
  });
});

describe('the profile tls', () => {
  it('grants in Kafka what docs/SECURITY.md lists, and nothing else', async () => {
    const script = join(root, 'demo', 'tls', 'rights.mjs');
    const { rights } = (await import(script)) as { rights: Record<KafkaUserName, readonly Right[]> };
    const users = Object.keys(rights) as KafkaUserName[];
    const listed = users.map((user) => [user, kafkaUsers[user].grants.map(rightOf)]);
    expect(Object.entries(rights)).toEqual(listed);
  });

  it('gives the files of the puller to the user of our image, whose spool it writes', () => {
    const [, user] = /^USER (\d+)/m.exec(read('Dockerfile'))!;
    expect(read('demo', 'tls', 'certificates.sh')).toContain(`programs='puller:${user} `);
  });

  it('grants in Redis what docs/SECURITY.md lists, and nothing else', () => {
    const rules = read('demo', 'tls', 'certificates.sh').match(/^user hs (.*)$/m)![1];
    expect(rules).toBe(redisAclRules('PASSWORD').replace('>PASSWORD', '#$hash'));
  });
});
