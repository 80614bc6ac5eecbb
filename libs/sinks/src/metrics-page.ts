import { fieldMetrics, type FieldMetrics, type FrameHead, type Table } from '@haproxystats/metrics';
import { graphiteLines } from './graphite/graphite-lines';
import { pathPrefix, rowPath, type GraphiteNames } from './graphite/graphite-names';

type Kind = Table['kind'];

const introduction = `# Metrics

<!-- Written from the catalogue in libs/haproxy/src/fields.ts and the paths in libs/sinks/src/graphite; change it there. -->

All that this version sends to Graphite. The processes of a node are merged into one row for each frontend, backend and server. A metric
carries HAProxy's own name for the field, never a translation. What a field means stands in HAProxy's management guide, 9.1 for \`show stat\` and
9.3 for \`show info\`.

- The timestamp is the start of the slot: a multiple of \`pull-interval\`, in seconds.
- A line is sent only where at least one process gave a number. HAProxy leaves fields empty that do not apply, and older versions lack some.
- Counters are sent as HAProxy counts them, since the start of the process. Listeners are not sent.
`;

/** What stands where in a path; capitals are names of yours. */
const rows: readonly (readonly [what: string, kind: Kind, proxy: string, server: string])[] = [
  ['the processes themselves (`show info`)', 'daemon', '', ''],
  ['a frontend', 'frontend', 'FRONTEND', ''],
  ['a backend', 'backend', 'BACKEND', ''],
  ['a server of a backend', 'server', 'BACKEND', 'SERVER'],
];

const names: GraphiteNames = { namespace: 'NAMESPACE', prefixHostname: true, fqdn: true };

const head: FrameHead = {
  scope: 'node',
  cluster: 'default',
  node: 'HOST',
  slot: 0,
  intervalMs: 10_000,
  coverage: { covered: 1, expected: 1 },
  missing: [],
};

const meanings: Readonly<Record<string, string>> = {
  covered: 'how many processes the numbers of this slot stand for',
  expected: 'how many the node has, as far as the puller knows: all that it asked',
  complete: '1 when both are the same, else 0',
};

const rules: Readonly<Record<FieldMetrics['rule'], { title: string; text: string }>> = {
  sum: { title: 'sum', text: 'The numbers of all processes added up.' },
  range: {
    title: 'largest and sum',
    text: 'A maximum since the start. The maximum of all processes together is not known: it lies between `X`, the largest of theirs, and `X_sum`, all of theirs added up.',
  },
  mean: { title: 'mean', text: 'Each process counts alike.' },
  requests: {
    title: 'mean over requests',
    text: 'Each process counts as much as the requests it balanced (`lbtot`). One that balanced none says nothing.',
  },
};

/** docs/METRICS.md, for those who build dashboards. */
export function renderMetricsPage(): string {
  const all = fieldMetrics();
  const isDaemon = ({ kinds }: FieldMetrics) => kinds.includes('daemon');
  return [
    introduction,
    renderPaths(),
    renderCoverage(),
    renderRules(),
    renderFields('Of the processes (`daemon`)', all.filter(isDaemon)),
    renderFields(
      'Of frontends, backends and servers',
      all.filter((field) => !isDaemon(field)),
    ),
  ].join('\n');
}

function renderPaths(): string {
  const prefix = pathPrefix(head, names);
  const lines = rows.map(([what, kind, proxy, server]) => {
    const path = rowPath({ kind, proxies: [proxy], servers: [server], columns: [] }, 0);
    return `| ${what} | \`${prefix}.${path}METRIC\` |\n`;
  });
  const coverage = `| how much the numbers stand for | \`${prefix}.coverage.METRIC\` |\n`;
  return `## Paths\n\n| of | path |\n| --- | --- |\n${lines.join('')}${coverage}\n${renderNames()}`;
}

function renderNames(): string {
  const node = 'lb1.example.org';
  const prefixOf = (change: Partial<GraphiteNames>) =>
    `\`${pathPrefix({ ...head, node }, { ...names, ...change })}\``;
  return `In names, every character but letters, digits, \`_\`, \`:\` and \`-\` becomes \`_\`; the dots of the namespace stay. \`[graphite]\` says how a path begins.
For the node \`${node}\`:

| setting | begin of the path |
| --- | --- |
| the defaults | ${prefixOf({})} |
| \`fqdn = false\` | ${prefixOf({ fqdn: false })} |
| \`prefix-hostname = false\` | ${prefixOf({ prefixHostname: false })} |

\`prefix-hostname = false\` is for a single node: several would write the same paths.
`;
}

/** The names as the sink writes them. */
function coverageNames(): string[] {
  const [block] = graphiteLines({ part: 0, parts: 1, frame: { head, tables: [] } }, names);
  return [...(block?.text ?? '').matchAll(/\.coverage\.(\S+)/g)].map(([, name = '']) => name);
}

function renderCoverage(): string {
  const lines = coverageNames().map((name) => `| \`${name}\` | ${meanings[name] ?? ''} |\n`);
  return `## Coverage

With every slot of a node comes what its numbers stand for. A node that is polled without one of its processes is sent all the same, and says so here.

| metric | meaning |
| --- | --- |
${lines.join('')}`;
}

function renderRules(): string {
  const lines = Object.values(rules).map(({ title, text }) => `| ${title} | ${text} |\n`);
  return `## How processes become one number\n\n| rule | meaning |\n| --- | --- |\n${lines.join('')}`;
}

function renderFields(title: string, fields: readonly FieldMetrics[]): string {
  const lines = fields.map(
    ({ name, kinds, rule, metrics }) =>
      `| \`${name}\` | ${kinds.join(', ')} | ${rules[rule].title} | ${metrics.map((metric) => `\`${metric}\``).join(', ')} |\n`,
  );
  return `## ${title}\n\n| field | of | over processes | metrics |\n| --- | --- | --- | --- |\n${lines.join('')}`;
}
