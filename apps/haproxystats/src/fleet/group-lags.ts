import { groupLag, topicName, withAdmin, type GroupLag, type KafkaClient } from '@haproxystats/messaging';
import { groupOf, readingsOfRole, roles, type Role } from '@haproxystats/processor';
import type { Logger } from '@haproxystats/runtime';

export interface LagSource {
  readonly kafka: KafkaClient;
  readonly topicPrefix: string;
  readonly groupPrefix: string;
  readonly logger: Logger;
  /** The roles that are shown also where they have never committed anything. */
  readonly expected: readonly Role[];
}

interface Asked {
  readonly role: Role;
  readonly group: string;
  readonly topic: string;
}

/** The consumer groups of the roles that run anywhere, or should. One that cannot be asked about is left out, and why is said in the log. */
export async function groupLags(source: LagSource): Promise<GroupLag[]> {
  const { kafka, expected, logger } = source;
  return withAdmin(kafka, async (admin) => {
    const lags = askedOf(source).map(async ({ role, group, topic }) => {
      try {
        const lag = await groupLag(admin, { group, topic });
        return lag.behind === undefined && !expected.includes(role) ? [] : [lag];
      } catch (err) {
        const reason = err instanceof Error ? err.message : String(err);
        logger.warn(
          { group, topic },
          `group ${group}: how far it is behind topic ${topic} is not known: ${reason}`,
        );
        return [];
      }
    });
    return (await Promise.all(lags)).flat();
  });
}

function askedOf(source: LagSource): Asked[] {
  return (Object.keys(roles) as Role[]).flatMap((role) =>
    readingsOfRole(role).map((reading) => ({
      role,
      group: groupOf(reading, source),
      topic: topicName(source.topicPrefix, reading.topic),
    })),
  );
}
