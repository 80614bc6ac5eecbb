import { entityKinds } from '@haproxystats/haproxy';
import { countersOf } from '@haproxystats/metrics';
import { nearest, type Objection, type Settings } from '@haproxystats/runtime';

/** The word for no counter at all: an option cannot be empty. */
const none = 'none';

/** The counters of which rates are wanted. */
export function rateFieldsOf({ process }: Settings): string[] {
  return process['rate-fields'].filter((name) => name !== none);
}

/** The gauges of which peaks are wanted. */
export function peakFieldsOf({ process }: Settings): string[] {
  return process['peak-fields'].filter((name) => name !== none);
}

/** Each must be a counter: of a misspelt one nothing would come, without a word. */
export function validateProcessRates(settings: Settings): Objection[] {
  const counters = new Set(entityKinds.flatMap(countersOf));
  const faults = rateFieldsOf(settings).flatMap((name) => {
    if (counters.has(name)) return [];
    const near = nearest(name, counters);
    return [
      `'${name}' is no counter${near === undefined ? ': see METRICS.md' : `: did you mean '${near}'?`}`,
    ];
  });
  return faults.length === 0
    ? []
    : [{ section: 'process', key: 'rate-fields', message: `invalid list of counters: ${faults.join('; ')}` }];
}
