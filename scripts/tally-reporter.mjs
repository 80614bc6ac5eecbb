/** A jest reporter: writes how the run went, as JSON, to the file that HAPROXYSTATS_TEST_TALLY names. */
import { writeFileSync } from 'node:fs';

const isSkipped = ({ status }) => status !== 'passed' && status !== 'failed';

/** What was skipped in one test file: a whole suite by its title, where the reason stands, a single test by its full name. */
function skippedOf({ testResults }) {
  const suites = Map.groupBy(testResults, ({ ancestorTitles }) => ancestorTitles.join(' › '));
  return [...suites].flatMap(([suite, tests]) => {
    const skipped = tests.filter(isSkipped);
    if (suite !== '' && skipped.length === tests.length) return [{ name: suite, tests: tests.length }];
    return skipped.map(({ title }) => ({ name: suite === '' ? title : `${suite} › ${title}`, tests: 1 }));
  });
}

export default class TallyReporter {
  constructor(globalConfig) {
    this.isSelection = Boolean(globalConfig.testNamePattern);
  }

  onRunComplete(_contexts, results) {
    const tally = {
      passed: results.numPassedTests,
      // A file that cannot be run has no tests that could fail.
      failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
      // With --testNamePattern every other test counts as skipped: nobody wants those listed.
      skipped: this.isSelection ? [] : results.testResults.flatMap(skippedOf),
    };
    writeFileSync(process.env.HAPROXYSTATS_TEST_TALLY, JSON.stringify(tally));
  }
}
