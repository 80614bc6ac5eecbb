import { Counter, type Registry } from 'prom-client';

/** What the role `events` tells about itself. */
export function eventsMetrics(registry: Registry) {
  const own = (name: string, help: string) => ({
    name: `haproxystats_processor_${name}`,
    help,
    registers: [registry],
  });
  return {
    events: new Counter({ ...own('events_total', 'Events that were told'), labelNames: ['type'] }),
    unloggedEvents: new Counter(
      own('unlogged_events_total', 'Events that have no line in the log, because there were too many'),
    ),
    unwatchedFrames: new Counter(
      own(
        'unwatched_frames_total',
        'Frames of nodes that are not watched for events, because there are too many',
      ),
    ),
  };
}
