import type { Semantics } from '@haproxystats/haproxy';
import { selectableMetrics, type Selectable } from '@haproxystats/metrics';
import { nearest, type Objection, type Settings } from '@haproxystats/runtime';
import { peakFieldsOf, rateFieldsOf } from './validate-process-rates';

/** The options that choose metrics. */
const lists = [
  { key: 'frontend-metrics', kind: 'frontend' },
  { key: 'backend-metrics', kind: 'backend' },
  { key: 'server-metrics', kind: 'server' },
  { key: 'listener-metrics', kind: 'listener' },
] as const;

type Kind = (typeof lists)[number]['kind'];

/** The sections that have them. */
const sections = ['process', 'results'] as const;

/** What users choose must exist, for this kind and with these settings: else nothing would come, without a word. */
export function validateProcessMetrics(settings: Settings): Objection[] {
  return sections.flatMap((section) => listFaults(settings, section));
}

function listFaults(settings: Settings, section: (typeof sections)[number]): Objection[] {
  const { semantics, 'calculate-percentages': percentages } = settings.process;
  const [rates, peaks] = [rateFieldsOf(settings), peakFieldsOf(settings)];
  return lists.flatMap(({ key, kind }) => {
    const chosen = { kind, semantics, percentages, rates, peaks };
    const faults = (settings[section][key] ?? []).flatMap((name) => nameFault(name, chosen));
    return faults.length === 0
      ? []
      : [{ section, key, message: `invalid list of metrics: ${faults.join('; ')}` }];
  });
}

interface Chosen extends Selectable {
  readonly kind: Kind;
  readonly semantics: Semantics;
}

/** None, or one. */
function nameFault(name: string, { kind, semantics, ...settings }: Chosen): string[] {
  const { percentages } = settings;
  const known = selectableMetrics(kind, semantics, settings);
  if (known.has(name)) return [];
  if (known.size === 0) return [`with 'semantics = ${semantics}' there is nothing of ${kind}s`];
  if (selectableMetrics(kind, semantics, { percentages }).has(name))
    return [`${kind}s have '${name}' only with 'rate-fields' or 'peak-fields' that name it`];
  if (selectableMetrics(kind, semantics).has(name))
    return [`${kind}s have '${name}' only with 'calculate-percentages = true'`];
  return [`${kind}s have no '${name}'${adviceFor(name, { kind, semantics, known })}`];
}

interface Search {
  readonly kind: Kind;
  readonly semantics: Semantics;
  readonly known: ReadonlySet<string>;
}

function adviceFor(name: string, { kind, semantics, known }: Search): string {
  if (semantics === 'classic' && selectableMetrics(kind, 'exact').has(name))
    return " with 'semantics = classic', only with 'semantics = exact'";
  const others = lists.filter((list) => selectableMetrics(list.kind, semantics).has(name));
  if (others.length > 0) return `, only ${others.map((list) => `${list.kind}s`).join(' and ')} have it`;
  const near = nearest(name, known);
  return near === undefined ? ': see METRICS.md for what they have' : `: did you mean '${near}'?`;
}
