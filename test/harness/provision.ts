import type { ServerKind } from './servers';

export const providerNames = ['containers', 'native'] as const;
export type ProviderName = (typeof providerNames)[number];

/** Why a kind of server cannot be had, and what to do about it. */
export type Missing = Partial<Record<ServerKind, string>>;

/** What the integration tests run on, as found out once before all of them. */
export interface Provision {
  readonly provider: ProviderName;
  readonly missing: Missing;
  /** The same of processes of this machine, where others run in containers: there are tests that stop and cut off such. */
  readonly missingNatively?: Missing;
  /** Where the servers of this run keep their files. */
  readonly directory: string;
  /** Of our own, made of this tree, where programs of ours run in containers too. */
  readonly image?: string;
}

const variable = 'HAPROXYSTATS_TEST_PROVISION';

/** Also to programs that this run starts, and that make a provision of their own. */
const portsVariable = 'TEST_PORTS';

/** Where the ports are noted that this run has given away; undefined where nobody has announced a provision. */
export function portsDirectory(): string | undefined {
  return process.env[portsVariable];
}

/** Hands the provision to jest's workers. */
export function announceProvision(provision: Provision): void {
  process.env[variable] = JSON.stringify(provision);
  process.env[portsVariable] ??= provision.directory;
}

export function announcedProvision(): Provision {
  const provision = provisionIfAny();
  if (!provision) throw new Error('only specs of the integration project have servers (jest.config.js)');
  return provision;
}

/** Undefined where nobody has announced one. */
export function provisionIfAny(): Provision | undefined {
  const announced = process.env[variable];
  return announced === undefined ? undefined : (JSON.parse(announced) as Provision);
}
