import type { Fault } from './fault';
import { escapeReferences } from './interpolation';
import { formatSetting, type SettingValue } from './setting-value';
import { loadSettings, type LoadedSettings, type Settings } from './settings';
import { groupSections, settingsTable } from './table';

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

/** What counts after all layers, as INI that means the same when it is read again, save that passwords are hidden. Sections and options are sorted. */
export function renderSettings(
  { settings }: Pick<LoadedSettings, 'settings'>,
  program: Program = 'all',
): string {
  return [...linesBySection(settings)]
    .filter(([section, lines]) => lines.length > 0 && sectionsOf[program](section))
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

/** `redis://user:secret@host` -> `redis://user:***@host`. */
export function hidePassword(url: string): string {
  return url.replace(/^([a-z]+:\/\/[^:@/]*):.*@/is, '$1:***@').replace(/([?&]password=)[^&#]*/gi, '$1***');
}

function linesBySection(settings: Settings): Map<string, Line[]> {
  const sections = new Map<string, Line[]>();
  const values = settings as unknown as Readonly<Record<string, Record<string, SettingValue | undefined>>>;
  for (const row of settingsTable) {
    const lines = sections.get(row.section) ?? [];
    sections.set(row.section, lines);
    const value = values[row.section]?.[row.key];
    if (value === undefined) continue;
    const text = formatSetting(row, value);
    lines.push([row.key, row.secret ? hidePassword(text) : text]);
  }
  for (const section of groupSections) {
    sections.set(
      section,
      settings.groups[section].map(({ name, pattern }) => [name, pattern] as const),
    );
  }
  return sections;
}

/** Groups keep their order, which decides who matches first. */
function renderSection(section: string, lines: readonly Line[]): string {
  const isGroups = (groupSections as readonly string[]).includes(section);
  const sorted = isGroups ? lines : [...lines].sort(byName);
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
