import { identities, scaling, settings } from './configuration';
import { networkPolicies, openPorts } from './network';
import { namespaces, noTokens, podSecurity } from './pod-security';
import { disruptionBudgets, ownParts, references, selectors, services } from './references';
import { grace, images, jobs, probes, resources, spread } from './running';

export type { Policy, Rendered } from './rendered';

/** THE POLICIES, each with what a fault of it says. */
export const policies = {
  namespaces,
  podSecurity,
  noTokens,
  images,
  resources,
  probes,
  grace,
  jobs,
  spread,
  references,
  ownParts,
  selectors,
  services,
  disruptionBudgets,
  networkPolicies,
  openPorts,
  settings,
  identities,
  scaling,
} as const;
