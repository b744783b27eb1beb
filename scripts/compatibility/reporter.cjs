'use strict';

const fs = require('node:fs');

/** A reporter of mocha: a line of JSON a test, written at once, so that a crash loses nothing that was counted. */
module.exports = class LineReporter {
  constructor(runner) {
    const file = fs.openSync(process.env.COMPATIBILITY_RESULTS, 'a');
    const times = new Map();
    const write = (test, state, error) => {
      const title = test.fullTitle();
      const count = (times.get(title) ?? 0) + 1;
      times.set(title, count);
      const why = error && String(error.message ?? error).split('\n')[0];
      fs.writeSync(file, `${JSON.stringify({ title: `${title}#${count}`, state, why })}\n`);
    };
    runner.on('pass', (test) => write(test, 'passed'));
    runner.on('pending', (test) => write(test, 'pending'));
    runner.on('fail', (test, error) => write(test, 'failed', error));
  }
};
