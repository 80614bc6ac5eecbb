import { compileDerived } from '@haproxystats/metrics';
import { nearest, type Objection, type Settings } from '@haproxystats/runtime';

/** Every formula must be computable from metrics that there are, for something that is sent. Columns count from the begin of the formula, references filled in. */
export function validateProcessDerived({ process, derived }: Settings): Objection[] {
  if (derived.length === 0) return [];
  const { semantics, 'calculate-percentages': percentages, 'per-process-metrics': processes } = process;
  return compileDerived(derived, { semantics, percentages, processes }).faults.map((fault) => {
    const { section, name } = derived[fault.definition]!;
    const column = fault.column === undefined ? '' : `column ${fault.column}: `;
    const near = fault.unknown && nearest(fault.unknown.name, fault.unknown.known);
    const advice = near === undefined ? '' : `; did you mean '${near}'?`;
    return { section, key: name, message: `${column}${fault.message}${advice}` };
  });
}
