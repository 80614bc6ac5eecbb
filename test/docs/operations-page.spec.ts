import { groupName, topicName, topics, type TopicName } from '@haproxystats/messaging';
import { settingsTable } from '@haproxystats/runtime';
import {
  allMetrics,
  brokenLinks,
  kubernetesNames,
  quotedIn,
  isSaid,
  sources,
  text,
  textsOf,
} from './operations-page';

const path = 'docs/OPERATIONS.md';
const page = text(path);
const { inline, blocks } = quotedIn(page);
const lines = [...inline, ...blocks.flatMap((block) => block.lines)];
const all = (pattern: RegExp): string[] => [
  ...new Set(lines.flatMap((line) => [...line.matchAll(pattern)].map(([, found]) => found!))),
];
const keys = new Set(settingsTable.map(({ key }) => key));
const programs = ['haproxystats', 'haproxystats-pull', 'haproxystats-process', 'haproxystats-health'];
const namespaces = [...text('k8s/base/puller/namespace.yaml').matchAll(/name: (\S+)/g)].map(
  ([, name]) => name!,
);
const readings = [
  'node',
  'cluster',
  'graphite',
  'graphite-cluster',
  'local-store',
  'kafka',
  'kafka-cluster',
  'events',
];
const groups = readings.map((reading) => groupName('haproxystats', reading));
const topicNames = Object.keys(topics).map((topic) => topicName('haproxystats', topic as TopicName));
const compose = text('docker-compose.yml');

/** Not what a program says, but what somebody types, writes or asks. */
const typed =
  /^(haproxystats|docker|kubectl|systemctl|journalctl|curl|kafka-topics)\b|haproxystats|^[\w.-]+ = |^b=|^[-"/[]/;
const said = inline.filter((code) => (code.includes('…') || code.includes(' ')) && !typed.test(code));

describe('docs/OPERATIONS.md', () => {
  it('has links that lead somewhere', () => {
    expect(brokenLinks(path)).toEqual([]);
  });

  it('names metrics and labels that there are', async () => {
    const metrics = await allMetrics();
    const used = all(/\b((?:haproxystats_(?:puller|processor)|process)_\w+)/g);
    expect(used.length).toBeGreaterThan(20);
    expect(used.filter((name) => !metrics.has(name))).toEqual([]);
    const labelled = lines.flatMap((line) => [...line.matchAll(/\b(haproxystats_p\w+)\{(\w+)=/g)]);
    expect(labelled.length).toBeGreaterThan(1);
    expect(labelled.filter(([, name, label]) => !metrics.get(name!)!.includes(label!))).toEqual([]);
  });

  it('names options that there are, in their sections', () => {
    const placed = [...page.matchAll(/`([\w-]+)`(?: and `([\w-]+)`)? in `\[([\w-]+)\]`/g)].flatMap(
      ([, one, two, section]) => [one, two].filter(Boolean).map((key) => `[${section!}] ${key!}`),
    );
    expect(placed.length).toBeGreaterThan(8);
    const known = new Set(settingsTable.map(({ section, key }) => `[${section}] ${key}`));
    expect(placed.filter((name) => !known.has(name))).toEqual([]);
    const set = all(/^\s*([\w-]+) = /g);
    expect(set.filter((key) => !keys.has(key))).toEqual([]);
  });

  it('names nothing with a hyphen that is no option, group, program, role, server or object of Kubernetes', () => {
    const values = settingsTable.flatMap(({ choices = [] }) => choices);
    const others = ['hs-v', 'hard-stop-after'];
    const known = new Set([
      ...keys,
      ...values,
      ...others,
      ...groups,
      ...programs,
      ...namespaces,
      ...readings,
      ...kubernetesNames(),
    ]);
    for (const [, service] of compose.matchAll(/^ {2}([\w-]+):(?: &\w+)?$/gm)) known.add(service!);
    const named = inline.filter((code) => /^[a-z]+(-[a-z\d]+)+$/.test(code));
    expect(named.length).toBeGreaterThan(30);
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });

  it('names topics and groups that there are', () => {
    const used = all(/\b(haproxystats\.[a-z.]+\.v\d+)/g);
    expect(used.filter((name) => !topicNames.includes(name))).toEqual([]);
    const shown = all(/(haproxystats-[a-z-]+)/g).filter((name) => !name.endsWith('-'));
    const known = [...groups, ...programs, ...namespaces];
    expect(shown.filter((name) => !known.includes(name))).toEqual([]);
  });
});

describe('the commands of docs/OPERATIONS.md', () => {
  const code = sources('apps/haproxystats/src', 'libs/runtime/src').join('\n');
  const ours = lines.flatMap((line) =>
    [...line.matchAll(/(?:^|\$ |-- |\d )(haproxystats(?: [\w./-]+)+)/g)].map(([, found]) => found!),
  );

  it('are commands of ours with options of theirs', () => {
    expect(ours.length).toBeGreaterThan(8);
    const commands = [...code.matchAll(/(?:Command|command|service)\('([\w-]+)/g)].map(([, name]) => name!);
    const flags = [...code.matchAll(/'(?:(-\w), )?(--[\w-]+)/g)].flatMap(([, short, long]) => [short, long]);
    for (const words of ours.map((line) => line.split(' ').slice(1))) {
      expect(commands).toContain(words[0]);
      expect(flags).toEqual(expect.arrayContaining(words.filter((word) => /^--?[a-z]/.test(word))));
    }
  });

  it('name objects of Kubernetes and services of compose that there are', () => {
    const objects = kubernetesNames();
    const deployed = all(/(?:deploy|ds|job)\/([\w-]*\w)(?![\w-]*\$)/g);
    const jobs = all(/delete job ([\w ]+\w)/g).flatMap((names) => names.split(' '));
    const looped = all(/for role in ([\w ]+);/g).flatMap((roles) => roles.split(' '));
    expect(deployed.length * jobs.length * looped.length).toBeGreaterThan(0);
    const ofRoles = looped.map((role) => `processor-${role}`);
    for (const name of [...deployed, ...jobs, ...ofRoles]) expect(objects).toContain(name);
    for (const name of all(/kubectl -n ([\w-]+)/g)) expect(['haproxystats', ...namespaces]).toContain(name);
    const services = all(/docker compose (?:--profile \w+ )?(?:exec|logs|restart|run --rm) ([\w-]+)/g);
    expect(services.length).toBeGreaterThan(1);
    for (const name of services) expect(compose).toContain(`\n  ${name}:`);
  });
});

describe('what docs/OPERATIONS.md says that programs say', () => {
  const texts = textsOf(sources('apps', 'libs'));
  /** Put together of so many pieces that one of them must do. */
  const ofPieces: Readonly<Record<string, string>> = {
    'node …: server …: … -> DOWN (…) after … s': ' after … s',
    'node …: process … is gone: pid … (…) after … s': '… is gone: pid ………',
    '… is corrupt and …: …': '… is corrupt',
  };

  it('they say', () => {
    expect(said.length).toBeGreaterThan(80);
    const unknown = said.filter((sentence) => !(sentence in ofPieces) && !isSaid(sentence, texts));
    expect(unknown).toEqual([]);
    expect(said).toEqual(expect.arrayContaining(Object.keys(ofPieces)));
    expect(texts).toEqual(expect.arrayContaining(Object.values(ofPieces)));
  });

  it.each(['graphite takes no lines; nothing is lost, trying on', 'topic … takes no record; trying on…'])(
    'would not be found where it is not said: %s',
    (sentence) => {
      expect(isSaid(sentence, texts)).toBe(false);
    },
  );
});

describe('the figures of docs/OPERATIONS.md', () => {
  it('are the defaults', () => {
    const told = [...page.matchAll(/`([a-z-]+)`(?: in `\[(\w+)\]`)? \(([\d.]+) s\)/g)];
    expect(told.length).toBeGreaterThan(2);
    for (const [, key, section, seconds] of told) {
      const rows = settingsTable.filter((row) => row.key === key && (!section || row.section === section));
      expect([key, rows.map(({ default: value }) => String(value))]).toEqual([
        key,
        expect.arrayContaining([seconds]),
      ]);
    }
  });

  it('are the retentions of the topics, and their partitions', () => {
    const hours = (topic: TopicName) => topics[topic].retentionMs / 3_600_000;
    expect([hours('raw'), hours('framesNode'), hours('framesCluster')]).toEqual([6, 24, 24]);
    expect(topics.raw.partitions).toBe(6);
    const polls = settingsTable.find(({ key }) => key === 'queue-size')!.default;
    const interval = settingsTable.find(({ key }) => key === 'pull-interval')!.default;
    expect(Number(polls) * Number(interval)).toBe(3600);
  });

  const yaml = blocks.filter(({ language }) => language === 'yaml').map((block) => block.lines.join('\n'));
  const rules = yaml.find((block) => block.startsWith('groups:'))!;
  const scraped = yaml.filter((block) => block.startsWith('scrape_configs:'));

  it('are the ports of the programs, in the jobs by whose names the queries go', () => {
    const jobs = settingsTable
      .filter(({ key }) => key === 'status-port')
      .map(({ section, default: port }) => [`haproxystats-${section}`, String(port)]);
    const pairs = [
      /job_name: (\S+)\n {4}static_configs:\n.*?:(\d+)'/g,
      /regex: '(\d+)'\n +target_label: job\n +replacement: (\S+)/g,
    ].map((pattern, i) => [...scraped[i]!.matchAll(pattern)].map(([, ...pair]) => pair));
    expect(pairs[0]).toEqual(jobs);
    expect(pairs[1]).toEqual(jobs.map(([job, port]) => [port, job]));
    const exact = all(/\bjob="([\w-]+)"/g);
    expect(exact.sort()).toEqual(jobs.map(([job]) => job).sort());
    for (const pattern of all(/\bjob=~"([^"]+)"/g))
      for (const [job] of jobs) expect(job).toMatch(new RegExp(`^(?:${pattern})$`));
  });

  it('come with alerts of different names, each with an expression', () => {
    const names = [...rules.matchAll(/- alert: (\w+)\n\s+expr: \S/g)].map(([, name]) => name!);
    expect(names.length).toBe(rules.split('- alert:').length - 1);
    expect(new Set(names).size).toBe(names.length);
    for (const name of all(/^(Haproxystats\w+)$/g)) expect(names).toContain(name);
  });
});
