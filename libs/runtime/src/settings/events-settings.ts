import type { Setting } from './setting';

/** [events]: what happens to nodes, processes, proxies and servers. */
export const eventsSettings = [
  {
    section: 'events',
    key: 'debounce',
    type: 'integer',
    unit: 'polls',
    min: 1,
    max: 10,
    default: 2,
    doc: 'For the role `events`: at how many polls, one behind the other, a state must be seen until it is told; its event names the first of them. 1 = at once. With 2 nothing is told of servers that HAProxy takes for healthy for a moment after each start, until their first check.',
  },
  {
    section: 'events',
    key: 'absent-after',
    type: 'seconds',
    min: 0,
    max: 86_400,
    default: 60,
    doc: 'For the role `events`: a node has left when nothing is heard of it for so long, and for at least 3.5 intervals, while others are heard of. Longer than `[kafka] session-timeout`, or the nodes seem to leave whose processor has died.',
  },
] as const satisfies readonly Setting[];
