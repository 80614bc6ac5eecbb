import type { Stage } from './fault-makers';
import type { Check, Outcome } from './row';

const slotMs = 1_000;
/** The puller leaves a slot out when the machine has kept it for too long. */
const leastPolled = 0.8;

/** Where nothing befalls, nothing may show. */
export function nothingShows({ world }: Stage): Check {
  const nodes = world.nodes.length;
  return (outcome) => {
    const { duplicates, emissions, late, stale, polls } = outcome.judgement;
    const slots = (nodes * (outcome.window.to - outcome.window.from)) / slotMs;
    const broken = [...ended(outcome)];
    if (duplicates > 0) broken.push(`${duplicates} of ${emissions} emissions say nothing new`);
    if (stale.count > 0) broken.push(`${stale.count} lines are stale`);
    if (late > 0) broken.push(`late: ${late} processes came when grace was over`);
    if (polls < leastPolled * slots) broken.push(`${polls} polls of ${slots} slots`);
    return { notes: [`${polls} polls of ${slots} slots`], broken };
  };
}

/** No program may end of what befell. */
export const nothingEnds: Check = (outcome) => ({ notes: [], broken: ended(outcome) });

function ended({ exits }: Outcome): string[] {
  return exits > 0 ? [`${exits} programs have ended by themselves`] : [];
}

const mostDuplicates = 0.01;
/** Fewer emissions make no percentage: one duplicate is more than 1 % of them. */
const leastEmissions = 100;

export const fewDuplicates: Check = ({ judgement: { duplicates, emissions } }) => {
  const share = `${duplicates} of ${emissions} emissions say nothing new, ${((100 * duplicates) / Math.max(1, emissions)).toFixed(2)} %`;
  if (emissions < leastEmissions)
    return {
      notes: [`${share}; too few for a percentage, one is allowed`],
      broken: duplicates <= 1 ? [] : [share],
    };
  const isKept = duplicates < mostDuplicates * emissions;
  return { notes: [`${share}, less than 1 % is allowed`], broken: isKept ? [] : [share] };
};

/** That the clocks were off for the oracle too. */
export const otherClocks: Check = ({ judgement: { passages } }) => {
  const off = Map.groupBy(
    passages.filter(({ skewMs }) => skewMs !== 0),
    ({ skewMs }) => skewMs,
  );
  const counts = [...off].map(([skewMs, slots]) => `${slots.length} by ${skewMs / 1_000} s`);
  return { notes: [`slots of clocks that were off: ${counts.join(', ') || 'none'}`], broken: [] };
};
