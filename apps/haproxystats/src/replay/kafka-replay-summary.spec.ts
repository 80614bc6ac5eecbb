import type { KafkaReplayReport } from './kafka-replay';
import { kafkaReplaySummary } from './kafka-replay-summary';
import { Losses } from './losses';

describe('what is said of a replay from Kafka', () => {
  const nothing: KafkaReplayReport = {
    records: 0,
    slot: 0,
    snapshots: 0,
    processes: 0,
    written: 0,
    incomplete: 0,
    unusable: 0,
    late: 0,
    losses: new Losses(),
  };
  const wish = {
    unit: 'frame of topic old.frames.node.v1',
    isStopped: false,
    topic: 'haproxystats.raw.v1',
    from: Date.parse('2026-11-21T06:00:00Z'),
    to: Date.parse('2026-11-21T07:00:00Z'),
    node: undefined,
  };
  const range =
    'of slots from 2026-11-21T06:00:00Z up to 2026-11-21T07:00:00Z; what came later than --backlog is not read\n';

  it.each([
    [undefined, `topic haproxystats.raw.v1 holds no snapshots ${range}`],
    ['edge/lb9', `topic haproxystats.raw.v1 holds no snapshots of node edge/lb9 ${range}`],
  ])('is where it looked, when it found nothing, of node %s', (node, told) => {
    expect(kafkaReplaySummary(nothing, { ...wish, node })).toBe(told);
  });

  it.each([
    [{ unusable: 2 }, false, '0 incomplete; 2 complaints\n'],
    [{ late: 1 }, false, '0 incomplete; all could be used; 1 record came after their slot was done\n'],
    [{}, true, '0 incomplete; all could be used; stopped before the end\n'],
  ])('is what it counted, where that is not all: %j, stopped: %s', (counts, isStopped, told) => {
    const text = kafkaReplaySummary({ ...nothing, ...counts }, { ...wish, isStopped });
    expect(text).toBe(
      `0 snapshots of 0 processes replayed into 0 frames of topic old.frames.node.v1; ${told}`,
    );
  });
});
