import {
  renderClassicDerived,
  renderComputed,
  renderCoverage,
  renderDerived,
  renderDistribution,
  renderDrift,
  renderOwnMetrics,
  renderStates,
} from './metrics-page-computed';
import { cautions } from './metrics-page-cautions';
import { renderChanges, renderPeakFields } from './metrics-page-changes';
import {
  isSent,
  renderClassicOnly,
  renderDaemonFields,
  renderModuleFields,
  renderNodesRules,
  renderOtherFields,
  renderRules,
  renderStatFields,
  renderTextFields,
} from './metrics-page-fields';
import { renderNatures, renderTags } from './metrics-page-natures';
import { clusterPrefix, renderGroups, renderPaths, renderPrefixes } from './metrics-page-paths';

/** docs/METRICS.md, for those who build dashboards. */
export function renderMetricsPage(): string {
  return sections.map((section) => section()).join('\n');
}

const sections: readonly (() => string)[] = [
  () => `# Metrics

<!-- Written from the tables of the code (libs/haproxy/src/rule.ts and catalogue, libs/metrics/src, libs/sinks/src/graphite): change those; \`UPDATE_DOCS=1\` writes this page anew. -->

All that is sent to Graphite, and by which names. The processes of a node are merged into one row for each frontend,
listener, backend and server, and the nodes of a cluster in the same way: [CLUSTER.md](CLUSTER.md) has an example. A metric
carries HAProxy's own name for the field, never a translation. What a field means stands in HAProxy's management guide,
9.1 for \`show stat\` and 9.3 for \`show info\`.

- The timestamp is the start of the slot: a multiple of \`pull-interval\`, in seconds.
- A line is sent only where at least one process gave a number. HAProxy leaves fields empty that do not apply, and older
  versions lack some.
- Counters are sent as HAProxy counts them, since the start of the process, and as [rates](#rates-and-peaks).
- \`semantics = exact\`, the default, combines each field as is right for it. \`semantics = classic\` sends what
  haproxystats 0.5 sends, for those who compare or migrate: the last column of the tables, and [below](#classic).
`,
  () => `## Paths

Capitals are names of yours.

${renderPaths()}
In names, every character but letters, digits, \`_\`, \`:\` and \`-\` becomes \`_\`; the dots of the namespace stay. Rows of one
kind whose names become the same (\`a.b\` and \`a_b\`) are added up, and the log says so once. \`[graphite]\` says how a path
begins. For the node \`lb1.example.org\`:

${renderPrefixes()}
\`prefix-hostname = false\` is for a single node: several would write the same paths.
`,
  () => `### Clusters

The role \`cluster\` merges what the nodes of a cluster have at one time. All of the table above, but for single processes,
stands a second time below the cluster. Of the cluster \`eu.west\` it begins with ${clusterPrefix('eu.west')};
no setting about the names of nodes changes that. How \`CpuUsagePct\` spreads over processes is told of nodes only.
\`coverage.*\` of clusters is sent with \`classic\` too. Clusters whose names become the same (\`eu.west\` and \`eu_west\`)
would write the same paths: give them other names. With \`shards\` in \`[cluster]\`, \`coverage.shards.N.*\` tells of each but the first.

Nodes become one number as processes do, by the rules below, but for these; a member is a node there:

${renderNodesRules()}`,
  () => `### Groups that are added up

\`[frontend-sums]\`, \`[backend-sums]\` and \`[server-sums]\` name groups by patterns: to aggregate is to drop a label. All
members of a group are merged into one row as processes are, of nodes and of clusters; each rule below counts a member
times its processes. A frontend, backend or server counts in every group whose pattern is found in its name as HAProxy has
it; what \`exclude-frontends\` and \`exclude-backends\` leave out counts in none. \`frontend-metrics\` and the other lists hold for
groups too. \`TotalServers\` of a group is the number of servers that all its backends have together, and in a cluster that of
the node where it is largest.

The paths are those of \`group\` above. No other path can be the same, whatever \`group-namespace\` is: below it stand the
names of members, and here none.
`,
  () => `### Groups

With \`[graphite] group-namespace\` (here \`GROUPS\`) the members of a group stand below the group, and with
\`group-namespace-double-writes\` also where they stand without one. The first expression that is found in the name, as it
stands in the path, wins.

${renderGroups()}`,
  () => `### Processes

\`PROCESS\` is \`Process_num\` with \`process-label = number\`, and with \`socket\` the file name of the socket, for TCP
\`host:port\`. With \`auto\`, the default, it is the number where \`Nbproc\` is more than 1 or the node has a single process.
Numbers count only where \`Nbproc\` is enough for all processes of the node: of several instances each has a number 1.
Sockets with the same file name in several directories go by the whole path, and where paths would still be the same
(\`h.a\` and \`h_a\`) by the path with a hash: no two processes of a node share one.
`,
  () => `## What is sent

All that the tables below have, except what is sent \`when named\`: parts of the configuration, and with
\`module-metrics = false\`, the default, the columns of HAProxy's modules.

- \`frontend-metrics\`, \`backend-metrics\`, \`server-metrics\` and \`listener-metrics\` each hold a list of names with one blank in
  between: of fields, with all their metrics, or of single metrics. Only these are sent then, and what formulas of yours
  give. \`status\` stands for \`up\` and all \`status_…\`. \`server-metrics\` holds for servers of one name in all backends too.
- \`exclude-frontends\` and \`exclude-backends\` leave out rows: the listeners of a frontend and the servers of a backend go
  with it.
- A column that is newer than these tables: see [below](#columns-that-are-newer).
`,
  () => `## How processes become one number

By rules, which stand in the tables of fields below. A member is a process here: of the node, or of all nodes of the
cluster.

${renderRules()}`,
  () => `## What a number is

The column \`nature\` of the tables below says what can be done with it. It is HAProxy's own word where that is right.

${renderNatures(isSent)}`,
  () => cautions,
  () => `## Fields of \`show info\`

Of all processes together, and with \`per-process-metrics = true\` of each: of each process only what carries the field's own
name, since there is one value.

${renderDaemonFields()}`,
  () => `## Fields of \`show stat\`

${renderStatFields()}`,
  () => `## Rates and peaks

HAProxy counts since the start of each process. So the sum of a counter falls when a process ends, and jumps when one
comes. What is told here does not: each process is compared with itself at the poll before, and only what it counted since
then is added up. Not with \`classic\`.

${renderChanges()}
\`rate-fields\` and \`peak-fields\` choose others: any counter of the tables above, and of the gauges ${renderPeakFields()}.

- **A rate is what was counted, divided by the time from slot to slot.** Where a poll is missing it is the average since the
  last one, up to 3 slots back; beyond that, and when a process is seen for the first time, there is none. So it is never
  negative, and rates times seconds never come to more than what was counted.
- **A new process counts from 0**, if it began after the poll before. If it may have begun earlier, it adds nothing yet.
- **\`clear counters\`** puts back all counters of a row: one that falls counts from 0 again, with all others of its row.
  Counters of \`show info\` with 32 bits go on behind 4,294,967,295.
- **An old worker** counts until it ends, if it can be polled: with \`[pull] master-socket\`. What it counts after its last
  poll nobody sees. It is the same process, whether its socket or its master names it.
- **Rows with a \`guid\`** may go on in a new process (\`stats-file\`, \`shm-stats-file\`). Such a row of a new process has no rate at
  its first poll, and one that several workers count in the same memory is added up once, also in its sums; not with
  \`rate-fields = none\`, because it is by their counters that they are told.
- **A peak** is the most at one time since the poll before. Where the maximum rose that HAProxy keeps since the start, that
  is the peak, exactly. Else nobody knows it, but it was at least as much as now: \`scur_peak_min\`. \`scur_peak\` is sent where it is
  exact for all members. As with maxima, it is that of the member with the most, and \`…_sum\` all added up.
- Mean times weigh by the requests of the interval, too: so what was slow yesterday does not count today.
- What a processor knows of counters is lost with it, and read again from the log by the next: the rates are the same.
`,
  () => `## Columns of modules

What HAProxy's modules print behind the column \`-\`. Sent with \`module-metrics = true\`, or when named; not with \`classic\`.

${renderModuleFields()}`,
  () => `### Columns that are newer

A HAProxy may print columns and lines that these tables do not have. The puller then asks it once what they are (\`typed\`
output), and they are combined as the tag says and sent under HAProxy's name, not with \`classic\`:

${renderTags()}
- Those that a module prints, behind the column \`-\`, are sent with \`module-metrics = true\`.
- Lists (\`frontend-metrics\` and the others) and formulas cannot name them yet: the check of the configuration knows the
  tables alone. Where a kind has a list, its new columns are not sent.
- Where a node has one process, nothing has to be combined, and they are sent even if HAProxy does not say what they are.
  With several they are left out then; the log names them, and \`haproxystats_processor_dropped_columns_total\` counts them.
- 256 for each kind are taken at most.
`,
  () => `## Computed

What no process prints. With \`classic\` only \`TotalServers\`, where a backend has servers, and \`nodes\` and \`drift\`.

${renderComputed()}
${renderStates()}
\`UNPUB\` is a backend that is up, but unpublished (\`unpublish backend\`): what is there goes on, and no new traffic comes. A
\`status\` that is none of these counts as \`status_UNKNOWN\`.
`,
  () => `### Drift

The rows of a cluster say on how many of its nodes they stand (\`nodes\`), and whether these are configured alike (\`drift\`). It
is 1 where a node that gave statistics has no such row, or where one of these is not the same everywhere:

${renderDrift()}
They are compared over all processes of all nodes. The weight of a backend is not compared, since it is that of the servers that are up. Servers of one name in all
backends, and groups, are compared by whether they are there. While a configuration is rolled out, \`drift\` is 1 until the last
node has it, and until the old processes have ended that still serve. With \`classic\` rows are compared by whether they are
there.
`,
  () => `## Derived

From the metrics of the same row; where it divides by zero or an input is missing, nothing is sent. \`[derived]\` adds
formulas of yours.

${renderDerived()}
Where two processes or more have a \`CpuUsagePct\`, \`daemon\` has how it spreads over them, also with \`classic\`:

${renderDistribution()}`,
  () => `## Coverage

With every slot of a node or a cluster comes what its numbers stand for. A node that is polled without one of its
processes is sent all the same, and says so here; so is a cluster without one of its nodes. With \`[graphite] partial\` only
these lines are sent of such a slot, until it is complete.

${renderCoverage()}`,
  () => `## Own metrics

\`haproxystats.*\`, once for each slot of a node or a cluster: counts of lines, and wall clock times in seconds with three
decimals. A line that is written twice for its group counts once. Those of \`show info\` or \`show stat\` are left out where
that half gave nothing. \`TotalServers\` counts among the lines of servers.

${renderOwnMetrics()}`,
  () => `## Texts and other fields

Texts travel with the numbers, but Graphite takes none:

${renderTextFields()}
Not sent as HAProxy prints them:

${renderOtherFields()}`,
  () => `## Classic

With \`semantics = classic\` the metrics are those that have a word in the last column of the tables above, of the kinds
that stand there, each under its plain name. These come besides:

- ${renderClassicOnly()}: of percentages, as in the original, so that it means little where there are several processes;
- over the processes of a node the percentiles of \`CpuUsagePct\` and \`StdCpuUsagePct\`, but no \`daemon.CpuUsagePct\`.

How they are made:

- A blank counts as 0. Dots in names become \`_\` before rows are merged.
- \`backend-metrics\` and \`server-metrics\` choose among the sums: the means and \`TotalServers\` always come.
- There are neither listeners nor \`coverage.*\`, and nothing is sent of a poll in which a process did not answer.
- Percentages are cut to whole numbers:

${renderClassicDerived()}`,
];
