import type { Fault } from './fault';
import { escapeReferences } from './interpolation';
import type { Setting } from './setting';
import { formatSetting, type SettingValue } from './setting-value';
import { loadSettings, type LoadedSettings } from './load-settings';
import type { Settings } from './settings';
import { groupSections, namedSections, settingsTable, sumSections, type SumSection } from './table';

/** Whose sections to show: those of one program, or all. */
export type Program = 'pull' | 'process' | 'all';

const sectionsOf: Readonly<Record<Program, (section: string) => boolean>> = {
  pull: (section) => ['DEFAULT', 'pull', 'cluster', 'kafka', 'redis'].includes(section),
  process: (section) => section !== 'pull',
  all: () => true,
};

type Line = readonly [key: string, text: string];

/** The built-in defaults on this host, as INI. */
export function renderDefaults(program: Program = 'all', hostname?: string): string {
  return renderSettings(loadSettings({ env: {}, ...(hostname === undefined ? {} : { hostname }) }), program);
}

/**
 * What counts after all layers, as INI that means the same when it is read again, save that passwords are hidden. Sections and options
 * are sorted; a section that is switched off is left out.
 */
export function renderSettings(
  { settings }: Pick<LoadedSettings, 'settings'>,
  program: Program = 'all',
): string {
  return [...linesBySection(settings)]
    .filter(([section]) => sectionsOf[program](section))
    .sort(byName)
    .map(([section, lines]) => renderSection(section, lines))
    .join('');
}

/** A line for each, as `file:line: message`. */
export function renderFaults(faults: readonly Fault[]): string {
  return faults
    .map(({ file, line, message }) => `${file}${line > 0 ? `:${line}` : ''}: ${message}\n`)
    .join('');
}

function shownOf({ secret }: Setting, text: string): string {
  if (secret === 'whole') return '***';
  return secret === 'in-url' ? hidePassword(text) : text;
}

/** `redis://user:secret@host` -> `redis://user:***@host`. */
export function hidePassword(url: string): string {
  return url.replace(/^([a-z]+:\/\/[^:@/]*):.*@/is, '$1:***@').replace(/([?&]password=)[^&#]*/gi, '$1***');
}

function linesBySection(settings: Settings): Map<string, Line[]> {
  const sections = new Map<string, Line[]>();
  const add = (section: string, line: Line): void => {
    sections.set(section, [...(sections.get(section) ?? []), line]);
  };
  for (const row of settingsTable) {
    const value = valueOf(settings, row);
    if (value === undefined || isOff(settings, row.section)) continue;
    const text = formatSetting(row, value);
    add(row.section, [row.key, shownOf(row, text)]);
  }
  for (const section of groupSections) {
    for (const { name, pattern } of settings.groups[section]) add(section, [name, pattern]);
  }
  for (const section of Object.keys(sumSections) as SumSection[]) {
    for (const { name, pattern } of settings.sums[sumSections[section]]) add(section, [name, pattern]);
  }
  for (const { section, name, formula } of settings.derived) add(section, [name, formula]);
  return sections;
}

function valueOf(settings: Settings, { section, key }: Setting): SettingValue | undefined {
  const values = settings as unknown as Readonly<Record<string, Record<string, SettingValue | undefined>>>;
  return values[section]?.[key];
}

/** Whether the section does nothing for want of an option that its presence would ask for. */
function isOff(settings: Settings, section: string): boolean {
  return settingsTable.some(
    (row) => row.section === section && row.needsSection && valueOf(settings, row) === undefined,
  );
}

/** Rows with names of the user's own keep their order: it decides which group matches first. */
function renderSection(section: string, lines: readonly Line[]): string {
  const sorted = namedSections.includes(section) ? lines : [...lines].sort(byName);
  const body = sorted.map(([key, text]) => `${key} = ${indented(escapeReferences(text))}\n`);
  return `[${section}]\n${body.join('')}\n`;
}

/** Further lines of a value stand deeper than its name. */
function indented(text: string): string {
  return text.replaceAll('\n', '\n\t');
}

function byName(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : 1;
}
