import { counted, printable, timeText } from '../display';
import type { KafkaReplayReport } from './kafka-replay';

export interface ReplayWish {
  /** What is written, as one of them is called. */
  readonly unit: string;
  readonly isStopped: boolean;
  readonly topic: string;
  /** Slots, ms since the epoch; `to` is not included. */
  readonly from: number;
  readonly to: number;
  /** undefined: all. */
  readonly node: string | undefined;
}

/** The first line says what came of it, the others what was lost. */
export function kafkaReplaySummary(
  { snapshots, processes, written, incomplete, unusable, late, losses }: KafkaReplayReport,
  wish: ReplayWish,
): string {
  const { unit, isStopped } = wish;
  if (snapshots + unusable + late === 0 && !isStopped) return nothingFound(wish);
  const counts = `${counted(snapshots, 'snapshot')} of ${counted(processes, 'process', 'es')}`;
  const facts = [
    `${counts} replayed into ${written} ${written === 1 ? unit : unit.replace(/^\w+/, '$&s')}`,
    `${incomplete} incomplete`,
    unusable === 0 ? 'all could be used' : counted(unusable, 'complaint'),
    ...(late > 0 ? [`${counted(late, 'record')} came after their slot was done`] : []),
    ...(isStopped ? ['stopped before the end'] : []),
  ];
  return [facts.join('; '), ...losses.told()].map((line) => `${line}\n`).join('');
}

function nothingFound({ topic, from, to, node }: ReplayWish): string {
  const whose = node === undefined ? '' : ` of node ${printable(node)}`;
  return `topic ${topic} holds no snapshots${whose} of slots from ${timeText(from)} up to ${timeText(to)}; what came later than --backlog is not read\n`;
}
