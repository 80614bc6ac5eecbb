/** What numbers of HAProxy's do not say, though they seem to. */
export const cautions = `## Cautions

- \`Idle_pct\`, and \`CpuUsagePct\` with it, is that of one thread with HAProxy 2.0 to 2.4: of the one that happened to
  answer, so it jumps where threads are busy in different ways. From 2.5 on it is the mean of all threads of a process.
- \`qtime\`, \`ctime\`, \`rtime\` and \`ttime\` are means that decay over about the last 512 requests (or connections), however
  long ago these were: a process that is idle keeps its last value. Over processes they are weighed by the requests of
  each since the poll before; where nobody handled any, or what is known begins now, by those since its start.
- \`rtime\` is 0 where the mode is TCP: HAProxy sees no responses there.
- Before 2.2 HAProxy's times are too small while a process is young; they are
  [corrected](decisions/0011-times-before-2.2.md), and uncertain by 512 / requests milliseconds.
- \`lbtot\` counts what was balanced: not what went where a stick table or a cookie says. Where most of a TCP backend's
  traffic goes that way, \`lbtot\` is far below \`stot\`, and HAProxy's own times are off, because it divides them by \`lbtot\`.
- \`status_<STATE>\` counts members: processes, and for servers of one name in all backends processes times backends.
- What HAProxy calls a maximum is one since its start: it never falls while the process lives.
- A counter of a node is the sum of its processes' counters. Where a process restarts, or does not answer for a while, it
  falls: functions of Graphite that take a rate pass over that (\`perSecond\`, \`nonNegativeDerivative\`), but what was counted
  in between is lost to them, and where the process answers again the rate has a peak. The [rates](#rates-and-peaks) have
  none. \`coverage.complete\` tells these slots.
- An old worker counts for its traffic: counters, gauges, rates, times. In how things stand it has no say: its frontends are
  closed, its checks have ended, and its configuration is that of yesterday. So states, texts, limits and weights of rows
  are those of the others, and where all processes of a node are stopping, there are none.
`;
