import { compileDerived } from '@haproxystats/metrics';
import { nearest, type Objection, type Settings } from '@haproxystats/runtime';
import { peakFieldsOf, rateFieldsOf } from './validate-process-rates';

/** Every formula must be computable from metrics that there are, for something that is sent. Columns count from the begin of the formula, references filled in. */
export function validateProcessDerived(settings: Settings): Objection[] {
  const { process, derived } = settings;
  if (derived.length === 0) return [];
  const { semantics, 'calculate-percentages': percentages, 'per-process-metrics': processes } = process;
  const changes = { rates: rateFieldsOf(settings), peaks: peakFieldsOf(settings) };
  const options = { semantics, percentages, processes, ...changes };
  return compileDerived(derived, options).faults.map((fault) => {
    const { section, name } = derived[fault.definition]!;
    const column = fault.column === undefined ? '' : `column ${fault.column}: `;
    const near = fault.unknown && nearest(fault.unknown.name, fault.unknown.known);
    const advice = near === undefined ? '' : `; did you mean '${near}'?`;
    return { section, key: name, message: `${column}${fault.message}${advice}` };
  });
}
