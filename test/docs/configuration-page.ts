import { settingsTable, type Setting } from '@haproxystats/runtime';
import { variableName } from '../../libs/runtime/src/settings/environment';
import { hostName } from '../../libs/runtime/src/settings/setting';
import { derivedSections } from '../../libs/runtime/src/settings/table';
import { code, renderTable } from './markdown';

/** The chapters, in the order of the data. */
const chapters: readonly (readonly [section: string, introduction: string])[] = [
  [
    'DEFAULT',
    'Inherited by every section, for options that the section itself neither sets nor has a default for.',
  ],
  ['paths', 'A place for directories that other values refer to. Variables of your own may stand here.'],
  ['pull', 'The program beside HAProxy that asks its stats sockets.'],
  ['process', 'The program that merges what was pulled and sends it on.'],
  ['graphite', 'Where the results go. Batches that fail are sent again until they arrive.'],
  [
    'local-store',
    'The section of the original for the lines of every poll as files. Without the section, or without `dir` in it, nothing is stored.',
  ],
  ['cluster', 'What this load balancer is part of.'],
  ['kafka', 'Only for a fleet: the log between the two programs.'],
  ['redis', 'Only for a fleet: how several processors agree.'],
  [
    'results',
    'What everybody may read on Kafka; the role `kafka` writes it. How to read it is in [CONSUMERS.md](CONSUMERS.md).',
  ],
  [
    'events',
    'What happens to nodes, processes, proxies and servers; the role `events` tells it: [EVENTS.md](EVENTS.md).',
  ],
  [
    'registry',
    'Only for results in Avro: where their schemas are. `haproxystats schemas register` puts them there, as [CONSUMERS.md](CONSUMERS.md) has it.',
  ],
];

const introduction = `# Configuration

<!-- Written from the settings table in libs/runtime/src/settings; change it there. -->

Both programs read one INI file, \`/etc/haproxystats.conf\` unless \`-f\` names another. If it does not exist, the defaults are used and a
warning says so. \`-P\` prints what counts in the end, \`-p\` the defaults; passwords are hidden in both.

A file written for haproxystats 0.5, the original in Python, can be used as it is. What has changed is in [MIGRATION.md](MIGRATION.md), and which of its
options are without effect at the end of this page.

## Where a value comes from

The last of these that says something counts:

1. the default below;
2. the file of \`-f\`;
3. the files \`*.conf\` in the directory of \`-d\`, in the order of their names;
4. the environment: \`HAPROXYSTATS_<SECTION>_<OPTION>\` in capitals, each \`-\` written \`_\`.

So \`socket-dir\` of \`[pull]\` is \`${variableName('pull', 'socket-dir')}\`. A value from the environment is taken as it is, without references; an empty
one counts as not set. Groups and derived metrics can't be set there. An unknown \`HAPROXYSTATS_…\` variable stops the program, except those that Kubernetes
adds for a service (\`HAPROXYSTATS_…_SERVICE_HOST\`, \`…_PORT=tcp://…\` and so on).

All faults are named at once, each with file and line, and nothing starts until they are gone. An unknown section or option is a fault, and so is a metric
that does not exist, a formula that can't be computed, and a directory that this user may not write. A known option without effect is a warning.
\`haproxystats config --check FILE\` says all that the programs would say if this user started them on this host.

## How the file is written

- \`[section]\`, then \`option = value\` or \`option: value\`. Names of options are not case-sensitive, names of sections are.
- A line that begins with \`#\` or \`;\` is a comment. Behind a value there are no comments: they would be part of it.
- A deeper indented line continues the value above it. Nothing may be set twice in one file.
- \`\${option}\` takes the value from the same section (or \`[DEFAULT]\`), \`\${section:option}\` from another one, \`\${host:name}\` is the name of the host. A plain
  \`$\` is written \`$$\`.
- Variables of your own belong in \`[DEFAULT]\` or \`[paths]\`.

Types: *seconds* and *float* are numbers such as \`0.5\`; *boolean* is true, yes, on, 1 or false, no, off, 0; a *list* has commas between its elements.
`;

const groups = `## Groups

\`[frontend-groups]\`, \`[backend-groups]\` and \`[server-groups]\` hold rows \`NAME = pattern\` with names of your own. What matches is sent below
\`NAMESPACE.HOST.haproxy.GROUP_NAMESPACE.NAME\`, and below its normal path as well where \`group-namespace-double-writes\` says so. A backend's group is
that of its servers; \`[server-groups]\` are for the servers of \`aggr-server-metrics\`.

A pattern is a regular expression as in Python (a \`$\` in it is written \`$$\`) and matches anywhere in the name, whose dots have become \`_\`. The first row
that matches wins. What JavaScript can't express is refused: possessive quantifiers (\`a++\`), atomic groups, conditions, comments and the flag \`x\`. So is
what repeats a repetition, such as \`(a+)+$$\`, where that takes more than a second for some name: it would take for ever for a longer one. A pattern that takes
more than 0.2 s for a name when that comes up does not match it, which is a warning; after ten such names it matches no further ones. Names of groups
are lower-cased; a row whose name is also an option of \`[DEFAULT]\` is ignored with a warning, as in the original. Groups ask for
\`group-namespace\` in \`[graphite]\`, which asks for \`group-namespace-double-writes\` and for groups.

## Groups that are added up

\`[frontend-sums]\`, \`[backend-sums]\` and \`[server-sums]\` hold rows \`NAME = pattern\` as well. Here the members of a group become one row more: all
frontends, backends or servers (in all backends) whose names match are added up where the role \`node\` runs, and so in clusters too. They are sent below
\`NAMESPACE.HOST.haproxy.group.NAME\`, and to all other receivers.

\`\`\`
[backend-sums]
Shop = ^shop[._]
All = .
\`\`\`

Patterns are those of groups, with the same bounds, but match anywhere in the name as HAProxy has it, dots and all. Every row that matches counts: a backend
can be in several groups. A name keeps its capitals; it is made of letters, digits, \`_\` and \`-\`. What \`exclude-frontends\` and \`exclude-backends\` leave out
is in no group.
`;

const derived = `## Derived metrics

\`[derived]\` holds rows \`NAME = formula\`: metrics of your own, computed from others of the same frontend, backend, server, listener or daemon. A formula in
\`[derived]\` counts wherever its inputs are; one in ${sectionsOfKinds()} for
these alone.

\`\`\`
[backend-derived]
ErrorRatio = hrsp_5xx / req_tot * 100
\`\`\`

- A name keeps its capitals; it is made of letters, digits and \`_\`, and is not that of another metric or of a folder in paths, such as
  \`server\` or \`listener\`.
- A formula has numbers, names of metrics, parentheses, \`+ - * / ^\`, \`%\` for the remainder of a division, the comparisons \`== != < <= > >=\` (1 or 0), \`and\`,
  \`or\`, \`not\`, \`a ? b : c\`, and the functions \`abs\`, \`ceil\`, \`exp\`, \`fix\`, \`floor\`, \`log\`, \`log10\`, \`log2\`, \`max\`, \`min\`, \`pow\`, \`round\`, \`sign\`, \`sqrt\`.
- Which metrics there are, and which derived ones come built in, is in [METRICS.md](METRICS.md). A number at the begin of a name goes behind its first
  word, and what is no letter or digit becomes \`_\`: \`Percentile25CpuUsagePct\` for \`25PercentileCpuUsagePct\`, \`Ulimit_n\` for \`Ulimit-n\`.
- It may use derived metrics above it, and those of \`[derived]\`, which are computed first. It stands on one line, and a \`$\` is written \`$$\`.
- One that can't be computed with the other settings, or of which nothing would be sent, is a fault, with line and column. Where an input is missing, or the result is no number, nothing is sent.
`;

const withoutEffect = `## Without effect

Options of the original that are accepted so that old files keep working.
`;

const misspellings = `## Misspellings that are understood

They were published; a warning names the right one.
`;

/** docs/CONFIGURATION.md, for operators. */
export function renderConfigurationPage(): string {
  const parts = [
    introduction,
    ...chapters.map(([section, text]) => renderChapter(section, text)),
    groups,
    derived,
    renderWithoutEffect(),
    renderAliases(),
  ];
  return parts.join('\n');
}

function renderChapter(section: string, text: string): string {
  const rows = settingsTable.filter((row) => row.section === section && row.noEffect === undefined);
  const table = renderTable(
    ['option', 'type', 'default', 'meaning'],
    rows.map((row) => [code(row.key), typeOf(row), defaultOf(row), row.doc]),
  );
  return `## [${section}]\n\n${text}\n\n${table}`;
}

function renderWithoutEffect(): string {
  const rows = settingsTable.flatMap((row) =>
    row.noEffect === undefined
      ? []
      : [[sectionOf(row), code(row.key), typeOf(row), defaultOf(row), row.doc, row.noEffect]],
  );
  return `${withoutEffect}\n${renderTable(['section', 'option', 'type', 'default', 'meaning', 'why'], rows)}`;
}

function renderAliases(): string {
  const rows = settingsTable.flatMap((row) =>
    (row.aliases ?? []).map((alias) => [sectionOf(row), code(alias), code(row.key)]),
  );
  return `${misspellings}\n${renderTable(['section', 'misspelled', 'option'], rows)}`;
}

function sectionOf({ section }: Setting): string {
  return code(`[${section}]`);
}

function typeOf(row: Setting): string {
  const words = row.choices ? `: ${row.choices.map(code).join(', ')}` : '';
  const spaced = row.separator ? ', spaces in between' : '';
  const unit = row.unit === undefined ? '' : `, ${row.unit}`;
  return `${row.type}${words}${spaced}${unit}${rangeOf(row)}`;
}

function rangeOf({ min, max }: Setting): string {
  if (max !== undefined) return `, ${min ?? 0} to ${max}`;
  return min === undefined ? '' : `, ${min} or more`;
}

function defaultOf(row: Setting): string {
  if (row.default === hostName) return 'the host name';
  if (row.default !== undefined) return code(String(row.default));
  return row.inherits ? 'of `[DEFAULT]`' : 'unset';
}

/** The sections for one kind each, in a row of words. */
function sectionsOfKinds(): string {
  const names = Object.entries(derivedSections).filter(([, kind]) => kind !== undefined);
  return names
    .map(([name]) => code(`[${name}]`))
    .join(', ')
    .replace(/, ([^,]+)$/, ' and $1');
}
