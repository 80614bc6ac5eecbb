import { compileDerived } from '@haproxystats/metrics';
import type { Objection, Settings } from '@haproxystats/runtime';

/** Every formula must be computable from metrics that there are. Columns count from the begin of the formula, references filled in. */
export function validateProcessDerived({ process, derived }: Settings): Objection[] {
  if (derived.length === 0) return [];
  const { semantics, 'calculate-percentages': percentages } = process;
  return compileDerived(derived, { semantics, percentages }).faults.map((fault) => {
    const { section, name } = derived[fault.definition]!;
    const column = fault.column === undefined ? '' : `column ${fault.column}: `;
    return { section, key: name, message: `${column}${fault.message}` };
  });
}
