'use strict';

// A worker in a process of its own that makes its schedules again when it begins, as servers do. It reports the slot of each job.

const path = require('node:path');
const { createQueue, createWorker } = require(path.join(__dirname, '..', '..'));

const { queue, schedules } = JSON.parse(process.argv[2]);
const report = (value) => process.stdout.write(`@report ${JSON.stringify(value)}\n`);

createWorker(queue, ({ id, scheduledFor }) => report({ id, slot: scheduledFor.getTime() }), { pollMs: 100 });
const made = createQueue(queue);
Promise.all(schedules.map(([id, times, job]) => made.schedule(id, times, job))).then(() =>
  report({ ready: true }),
);
