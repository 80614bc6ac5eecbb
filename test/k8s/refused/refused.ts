import type { Break } from '../broken';
import type { policies } from '../policies';

/** What is done to sound manifests, the policy that finds it, and what that says. */
export type Refused = readonly [what: string, policy: keyof typeof policies, change: Break, said: RegExp];
