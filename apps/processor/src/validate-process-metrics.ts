import type { Semantics } from '@haproxystats/haproxy';
import { selectableMetrics } from '@haproxystats/metrics';
import { nearest, type Objection, type Settings } from '@haproxystats/runtime';

/** The options that choose metrics. */
const lists = [
  { key: 'frontend-metrics', kind: 'frontend' },
  { key: 'backend-metrics', kind: 'backend' },
  { key: 'server-metrics', kind: 'server' },
  { key: 'listener-metrics', kind: 'listener' },
] as const;

type Kind = (typeof lists)[number]['kind'];

/** What users choose must exist, for this kind and with these settings: else nothing would come, without a word. */
export function validateProcessMetrics({ process }: Settings): Objection[] {
  const { semantics, 'calculate-percentages': percentages } = process;
  return lists.flatMap(({ key, kind }) => {
    const faults = (process[key] ?? []).flatMap((name) => nameFault(name, { kind, semantics, percentages }));
    return faults.length === 0
      ? []
      : [{ section: 'process', key, message: `invalid list of metrics: ${faults.join('; ')}` }];
  });
}

interface Chosen {
  readonly kind: Kind;
  readonly semantics: Semantics;
  readonly percentages: boolean;
}

/** None, or one. */
function nameFault(name: string, { kind, semantics, percentages }: Chosen): string[] {
  const known = selectableMetrics(kind, semantics, percentages);
  if (known.has(name)) return [];
  if (known.size === 0) return [`with 'semantics = ${semantics}' there is nothing of ${kind}s`];
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
