import { groupName, type TopicName } from '@haproxystats/messaging';
import { roles, type ProcessorConfig, type Role } from './processor.config';

/** A topic that a role reads. */
export interface Reading {
  readonly role: Role;
  readonly topic: TopicName;
  /** Tells the readings of all roles apart: in the names of consumer groups, and as the pattern of their records. */
  readonly name: string;
}

/** What a role can read: the frames of clusters beside those of nodes, as a group of their own. */
export function readingsOfRole(role: Role): Reading[] {
  const topics: readonly TopicName[] = roles[role].reads;
  return topics.map((topic) => ({
    role,
    topic,
    name: topic === 'framesCluster' ? `${role}-cluster` : role,
  }));
}

/** What this instance reads: frames of clusters from a directory only where it makes them. */
export function readingsOf({
  roles: here,
  kafka,
}: Pick<ProcessorConfig, 'roles' | 'kafka'>): readonly Reading[] {
  const readsClusters = kafka !== undefined || here.includes('cluster');
  return here.flatMap(readingsOfRole).filter(({ topic }) => topic !== 'framesCluster' || readsClusters);
}

export function groupOf({ name }: Reading, { groupPrefix }: Pick<ProcessorConfig, 'groupPrefix'>): string {
  return groupName(groupPrefix, name);
}
