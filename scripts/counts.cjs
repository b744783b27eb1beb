'use strict';

const path = require('node:path');
const { stripVTControlCharacters } = require('node:util');

/**
 * What a step of `npm test` adds to the sum. A step without a test runner is one test. A runner that ended
 * badly without naming a failed test (it did not compile, it crashed, it hung) has one failure at least,
 * and so has one that ran no test where there are some.
 *
 * @typedef {{ passed: number, failed: number, skipped: number }} Counts
 */

const CARGO_FAILURE = /^test (\S+)(?: - should panic)? \.\.\. FAILED$/gm;
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

/**
 * A line a failed test, for the end of a long output: what names it, and the beginning of why.
 *
 * @returns {string[]}
 */
function failuresOfJest(report, root) {
  return (report?.testResults ?? []).flatMap(({ name, message, assertionResults }) => {
    const file = path.relative(root, name);
    const failed = assertionResults.filter(({ status }) => status === 'failed');
    // A file that does not load has a message of its own.
    if (failed.length === 0) return message ? [`${file}: ${beginning(message)}`] : [];
    return failed.map(
      ({ fullName, failureMessages }) => `${file}: ${fullName}: ${beginning(failureMessages.join(' '))}`,
    );
  });
}

/** @returns {string[]} from all that `cargo test` printed. */
function failuresOfCargo(printed) {
  return [...printed.matchAll(CARGO_FAILURE)].map(([, name]) => name);
}

const SHOWN_CHARACTERS = 300;

/** The text in one line and without colours. */
function beginning(text) {
  return stripVTControlCharacters(text).replace(/\s+/g, ' ').trim().slice(0, SHOWN_CHARACTERS);
}

module.exports = { countCommand, countCargo, countJest, failuresOfCargo, failuresOfJest };
