import { isBefore, releaseOf, type Info, type Release } from '@haproxystats/haproxy';
import type { RowSource } from './table-merger';

/** The first release that divides its means of times by the number of samples. */
const countsSamples: Release = [2, 2];

/** Of a process whose `show info` cannot be read the usual. */
export function processFacts(info: Info | undefined): Pick<RowSource, 'undercounts' | 'isStopping'> {
  const release = releaseOf(info?.texts.get('Version') ?? '');
  const undercounts = release !== undefined && isBefore(release, countsSamples);
  return { undercounts, isStopping: (info?.numbers.get('Stopping') ?? 0) > 0 };
}
