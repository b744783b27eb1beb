'use strict';

/**
 * What a step of `npm test` adds to the sum. A step without a test runner is one test. A runner that ended
 * badly without naming a failed test (it did not compile, it crashed, it hung) has one failure at least,
 * and so has one that ran no test where there are some.
 *
 * @typedef {{ passed: number, failed: number, skipped: number }} Counts
 */

const CARGO_RESULT = /^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored/gm;

/** @returns {Counts} */
function countCommand(status) {
  return { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1, skipped: 0 };
}

/** @returns {Counts} from all that `cargo test` printed, which has one result a test program. */
function countCargo(status, printed) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const [, passed, failed, ignored] of printed.matchAll(CARGO_RESULT)) {
    counts.passed += Number(passed);
    counts.failed += Number(failed);
    counts.skipped += Number(ignored);
  }
  return withLeastFailure(status, counts);
}

/** @returns {Counts} from the object that `jest --json` writes; undefined where jest wrote none. */
function countJest(status, report) {
  return withLeastFailure(status, {
    passed: report?.numPassedTests ?? 0,
    // A file that does not load has no tests to count, yet it is a failure of its own.
    failed: (report?.numFailedTests ?? 0) + (report?.numRuntimeErrorTestSuites ?? 0),
    skipped: report?.numPendingTests ?? 0,
  });
}

function withLeastFailure(status, counts) {
  const ranNothing = counts.passed + counts.failed === 0;
  const failed = status !== 0 || ranNothing ? Math.max(counts.failed, 1) : counts.failed;
  return { ...counts, failed };
}

module.exports = { countCommand, countCargo, countJest };
