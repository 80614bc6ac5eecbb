/** A jest reporter: writes how the run went, as JSON, to the file that HAPROXYSTATS_TEST_TALLY names. */
import { writeFileSync } from 'node:fs';

const isSkipped = ({ status }) => status !== 'passed' && status !== 'failed';

export default class TallyReporter {
  constructor(globalConfig) {
    this.isSelection = Boolean(globalConfig.testNamePattern);
  }

  onRunComplete(_contexts, results) {
    const tests = results.testResults.flatMap(({ testResults }) => testResults);
    // With --testNamePattern every other test counts as skipped: nobody wants those listed.
    const skipped = this.isSelection ? [] : tests.filter(isSkipped);
    const tally = {
      passed: results.numPassedTests,
      // A file that cannot be run has no tests that could fail.
      failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
      skipped: skipped.map(({ ancestorTitles, title }) => ({ suite: ancestorTitles.join(' › '), title })),
    };
    writeFileSync(process.env.HAPROXYSTATS_TEST_TALLY, JSON.stringify(tally));
  }
}
