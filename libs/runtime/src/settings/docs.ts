import { variableName } from './environment';
import { hostName, type Setting } from './setting';
import { settingsTable } from './table';

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
  ['cluster', 'What this load balancer is part of.'],
  ['kafka', 'Only for a fleet: the log between the two programs.'],
  ['redis', 'Only for a fleet: how several processors agree.'],
];

const introduction = `# Configuration

<!-- Written from the settings table in libs/runtime/src/settings; change it there. -->

Both programs read one INI file, \`/etc/haproxystats.conf\` unless \`-f\` names another. If it does not exist, the defaults are used and a
warning says so. \`-P\` prints what counts in the end, \`-p\` the defaults; passwords are hidden in both.

A file written for haproxystats 0.5, the original in Python, can be used as it is: what has changed is named at the end of this page.

## Where a value comes from

The last of these that says something counts:

1. the default below;
2. the file of \`-f\`;
3. the files \`*.conf\` in the directory of \`-d\`, in the order of their names;
4. the environment: \`HAPROXYSTATS_<SECTION>_<OPTION>\` in capitals, each \`-\` written \`_\`.

So \`socket-dir\` of \`[pull]\` is \`${variableName('pull', 'socket-dir')}\`. A value from the environment is taken as it is, without references; an empty
one counts as not set. Groups can't be set there. An unknown \`HAPROXYSTATS_…\` variable stops the program, except those that Kubernetes
adds for a service (\`HAPROXYSTATS_…_SERVICE_HOST\`, \`…_PORT=tcp://…\` and so on).

All faults are named at once, each with file and line, and nothing starts until they are gone. An unknown section or option is a fault. A
known option without effect is a warning.

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

\`[frontend-groups]\`, \`[backend-groups]\` and \`[server-groups]\` hold rows \`NAME = pattern\` with names of your own. They are read and checked, but have
**no effect yet**. A pattern is a regular expression as in Python (a \`$\` in it is written \`$$\`) and matches anywhere in the name; the first row that
matches wins. What JavaScript can't express is refused: possessive quantifiers (\`a++\`), atomic groups, conditions, comments and the flag \`x\`. Names
are lower-cased; a row whose name is also an option of \`[DEFAULT]\` is ignored with a warning, as in the original. Groups ask for
\`group-namespace\` in \`[graphite]\`, which asks for \`group-namespace-double-writes\` and for groups.
`;

/** docs/CONFIGURATION.md, for operators. */
export function renderConfigurationPage(): string {
  const parts = [
    introduction,
    ...chapters.map(([section, text]) => renderChapter(section, text)),
    groups,
    renderIneffective(
      'later',
      'Not in effect yet',
      'Options of the original that are read and checked, and will count in a later version.',
    ),
    renderIneffective(
      'none',
      'Without effect',
      'Options of the original that are accepted so that old files keep working.',
    ),
    renderAliases(),
  ];
  return parts.join('\n');
}

function renderChapter(section: string, text: string): string {
  const rows = settingsTable.filter((row) => row.section === section && row.effect === undefined);
  const lines = rows.map((row) => `| \`${row.key}\` | ${typeOf(row)} | ${defaultOf(row)} | ${row.doc} |\n`);
  return `## [${section}]\n\n${text}\n\n| option | type | default | meaning |\n| --- | --- | --- | --- |\n${lines.join('')}`;
}

function renderIneffective(effect: 'none' | 'later', title: string, text: string): string {
  const rows = settingsTable.filter((row) => row.effect === effect);
  const lines = rows.map(
    (row) =>
      `| \`[${row.section}]\` | \`${row.key}\` | ${typeOf(row)} | ${defaultOf(row)} | ${row.doc} | ${row.reason ?? ''} |\n`,
  );
  return `## ${title}\n\n${text}\n\n| section | option | type | default | meaning | why |\n| --- | --- | --- | --- | --- | --- |\n${lines.join('')}`;
}

function renderAliases(): string {
  const rows = settingsTable.flatMap(({ section, key, aliases = [] }) =>
    aliases.map((alias) => `| \`[${section}]\` | \`${alias}\` | \`${key}\` |\n`),
  );
  return `## Misspellings that are understood\n\nThey were published; a warning names the right one.\n\n| section | misspelled | option |\n| --- | --- | --- |\n${rows.join('')}`;
}

function typeOf(row: Setting): string {
  const words = row.choices ? `: ${row.choices.map((word) => `\`${word}\``).join(', ')}` : '';
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
  if (row.default !== undefined) return `\`${row.default}\``;
  return row.inherits ? 'of `[DEFAULT]`' : 'unset';
}
