import { fields, ruleOfTag, type Nature } from '@haproxystats/haproxy';
import { code, renderTable } from './markdown';

/** What a dashboard does with a number of each nature. */
const uses: Readonly<Record<Nature, string>> = {
  counter:
    'Grows until the process ends. Its rate is what you want to see: `perSecond()` in Graphite. It falls when a process restarts, or does not answer.',
  gauge: 'What is now. Show it as it is.',
  rate: 'What happened in the last second, measured by HAProxy. Show it as it is; over the whole interval the rate of a counter says more.',
  average: 'A mean over what was last. Show it as it is; never add up means of several nodes.',
  maximum:
    'The largest since the start of the process, or since `clear counters`. A rate of it means nothing.',
  minimum: 'The smallest since the start of the process.',
  limit: 'What the configuration or the system allows. A line to draw beside a gauge.',
  age: 'Seconds since something happened last. Grows by itself, and falls when it happens.',
  duration: 'How long something took or has lasted: of the last one, or in all.',
  time: 'A point in time.',
  setting: 'Of the configuration, or set at runtime.',
  flag: '1 or 0, or bits.',
  identifier: 'Tells things apart. Nothing to compute with.',
  text: 'Words.',
};

/** The natures of what is sent. */
export function renderNatures(isSent: (field: (typeof fields)[number]) => boolean): string {
  const natures = new Set(fields.filter(isSent).map(({ nature }) => nature));
  return renderTable(
    ['nature', 'what to do with it'],
    [...natures].map((nature) => [nature, uses[nature]]),
  );
}

/** Examples of tags, with what HAProxy says by them. */
const tags = [
  ['a counter', 'MCP'],
  ['a gauge', 'MGP'],
  ['a rate', 'MRP'],
  ['a maximum', 'MMP'],
  ['a minimum', 'MmP'],
  ['a mean', 'MaP'],
  ['an age', 'MAP'],
  ['a duration', 'MDP'],
  ['a point in time', 'MTP'],
  ['a limit', 'CLP'],
  ['another number of the configuration', 'CGP'],
  ['a gauge of the whole service, not of the process', 'MGS'],
  ['a name or a text', 'MOP'],
] as const;

/** How a column that the catalogue does not know is combined. */
export function renderTags(): string {
  const rows = tags.map(([what, tag]) => {
    const rule = ruleOfTag(tag);
    return [what, code(tag), rule === undefined ? 'left out' : code(rule)];
  });
  return renderTable(['HAProxy calls it', 'tag', 'rule'], rows);
}

/** The rules that tags lead to. */
export const tagRules = tags.flatMap(([, tag]) => ruleOfTag(tag) ?? []);
