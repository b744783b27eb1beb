'use strict';

// A worker in a process of its own. It reports each start of a handler: `{ data, attempt, stalls, fence }`. A job whose data is
// `poison` ends the process; one whose data is `block` holds the event loop up for `blockMs`.

const path = require('node:path');
const { createWorker } = require(path.join(__dirname, '..', '..'));

const { queue, options = {}, blockMs = 0 } = JSON.parse(process.argv[2]);
const report = (value) => process.stdout.write(`@report ${JSON.stringify(value)}\n`);

createWorker(
  queue,
  async ({ data, attempt, stalls, fence }, { signal }) => {
    report({ data, attempt, stalls, fence });
    if (data === 'poison') process.exit(1);
    if (data === 'hang') await new Promise(() => {});
    if (data !== 'block') return data;
    const until = performance.now() + blockMs;
    while (performance.now() < until);
    return { isAborted: signal.aborted };
  },
  { pollMs: 100, ...options },
);
