import type { ServerKind } from './servers';

export const providerNames = ['containers', 'native'] as const;
export type ProviderName = (typeof providerNames)[number];

/** What the integration tests run on, as found out once before all of them. */
export interface Provision {
  readonly provider: ProviderName;
  /** Why a kind of server cannot be had, and what to do about it. */
  readonly missing: Partial<Record<ServerKind, string>>;
  /** Where the servers of this run keep their files. */
  readonly directory: string;
}

const variable = 'HAPROXYSTATS_TEST_PROVISION';

/** Hands the provision to jest's workers. */
export function announceProvision(provision: Provision): void {
  process.env[variable] = JSON.stringify(provision);
}

export function announcedProvision(): Provision {
  const announced = process.env[variable];
  if (announced === undefined)
    throw new Error('only specs of the integration project have servers (jest.config.js)');
  return JSON.parse(announced) as Provision;
}
