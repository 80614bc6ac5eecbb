import { counters } from '../support/show-stat';
import type { Emission } from './oracle/emissions';

interface PlantedFault {
  /** Whether the relay acknowledges some connections and stores nothing of them. */
  readonly forgetfulRelay: boolean;
  /** What the oracle sees of the receiver's file. */
  readonly line: () => (text: string) => string;
  /** Whether the oracle sees this frame. */
  readonly frame: (emission: Emission) => boolean;
}

const everySlot = 7;
const counter = new RegExp(`^.*\\.(${counters.join('|')}) .*\\n`, 'm');

const nothing: PlantedFault = { forgetfulRelay: false, line: () => (text) => text, frame: () => true };

/** THE PLANTED FAULTS, by which the suite shows that it would see one of ours. */
export const plants = {
  none: nothing,
  'lost-line': { ...nothing, line: dropOneLine },
  'lost-frame': { ...nothing, frame: ({ key }) => (Number(key.split(' ')[1]) / 1000) % everySlot !== 0 },
  'forgetful-relay': { ...nothing, forgetfulRelay: true },
} as const satisfies Record<string, PlantedFault>;

export type Plant = keyof typeof plants;

/** Of each part of the file that is read, one counter is missing. */
function dropOneLine(): (text: string) => string {
  return (text) => text.replace(counter, '');
}
