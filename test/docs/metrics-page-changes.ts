import { entityKinds, ruleFacts } from '@haproxystats/haproxy';
import { countersOf, peakedOf } from '@haproxystats/metrics';
import { loadSettings } from '@haproxystats/runtime';
import { code, codes, renderTable } from './markdown';

const { 'rate-fields': rateFields, 'peak-fields': peakFields } = loadSettings({ env: {} }).settings.process;

/** What is told of changes since the poll before. */
export function renderChanges(): string {
  const kindsWith = (has: (kind: (typeof entityKinds)[number]) => boolean): string =>
    entityKinds.filter((kind) => kind !== 'nameserver' && has(kind)).join(', ');
  const rates = rateFields.map((counter) => [
    code(`${counter}_rate`),
    kindsWith((kind) => countersOf(kind).includes(counter)),
    '`rate`',
  ]);
  const peaks = peakFields.map((gauge) => [
    codes(ruleFacts.peak.metrics.map(([suffix]) => `${gauge}_peak${suffix}`)),
    kindsWith((kind) => peakedOf(kind).some((peaked) => peaked.gauge === gauge)),
    '`peak`',
  ]);
  return renderTable(['metric', 'of', 'rule'], [...rates, ...peaks]);
}

export function renderPeakFields(): string {
  const gauges = entityKinds.flatMap((kind) => peakedOf(kind).map(({ gauge }) => gauge));
  return codes([...new Set(gauges)]);
}
