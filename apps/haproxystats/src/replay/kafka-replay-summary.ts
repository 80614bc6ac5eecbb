import { counted } from '../display';
import type { KafkaReplayReport } from './kafka-replay';

/** `unit`: what was written, as one of them is called. The first line says what came of it, the others what was lost. */
export function kafkaReplaySummary(
  { snapshots, processes, written, incomplete, unusable, late, losses }: KafkaReplayReport,
  { unit, isStopped }: { readonly unit: string; readonly isStopped: boolean },
): string {
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
