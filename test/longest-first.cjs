const { basename } = require('node:path');
const { default: Sequencer } = require('@jest/test-sequencer');

/** Specs of the integration project that take half a minute or more, the longest first. */
const longest = [
  'chaos',
  'package',
  'fleet',
  'cluster-truth',
  'security',
  'start-order',
  'shutdown-fleet',
  'shutdown',
  'kafka-faults',
  'kafka-log',
  'dead-letters',
  'relay-kills',
  'reloads',
  'run',
];

/**
 * Integration tests before all others, and the longest of them first: they mostly wait, and none should be left to run alone at the
 * end. By itself jest goes by size where it has not run the tests before, and the file of the chaos suite is small.
 */
module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    return super.sort(tests).sort((one, other) => rank(one) - rank(other));
  }
};

function rank({ path, context }) {
  if (context.config.displayName?.name !== 'integration') return longest.length + 1;
  const place = longest.indexOf(basename(path, '.spec.ts'));
  return place < 0 ? longest.length : place;
}
