import type { DeadLetters } from '@haproxystats/messaging';
import type { FrameFeedOptions } from '@haproxystats/sinks';
import type { Coordinator } from './coordinator/coordinator';
import type { Logs, Ports } from './logs';
import type { Role } from './processor.config';
import type { ProcessorMetrics } from './processor.metrics';

/** What the roles of an instance are made of. */
export interface ProcessorParts extends Ports {
  readonly logs: Logs;
  readonly deadLetters: ReadonlyMap<Role, DeadLetters>;
  readonly ledgers: ReadonlyMap<Role, Coordinator>;
  readonly metrics: ProcessorMetrics;
  /** For displays and tests. */
  readonly onDelivered?: FrameFeedOptions['onDelivered'] | undefined;
}

export function lettersOf(role: Role, { deadLetters }: ProcessorParts): DeadLetters {
  return partOf(role, deadLetters, 'dead letter queue');
}

export function partOf<T>(role: Role, parts: ReadonlyMap<Role, T>, what: string): T {
  const part = parts.get(role);
  if (part === undefined) throw new Error(`the ${role} role has no ${what}`);
  return part;
}
