const { readFileSync } = require('node:fs');

/**
 * Required by a puller before its own files: sets the wall clock of that process by the number of ms that stands in the file
 * CHAOS_CLOCK, which is looked at every few ms. The monotonic clock goes on as it is.
 */
const everyMs = 20;
const now = Date.now;
let readAt = -Infinity;
let aheadMs = 0;

Date.now = () => {
  const time = now();
  if (Math.abs(time - readAt) >= everyMs) {
    aheadMs = Number(readFileSync(process.env.CHAOS_CLOCK, 'utf8'));
    readAt = time;
  }
  return time + aheadMs;
};
