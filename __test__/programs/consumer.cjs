'use strict';

// One consumer of a group in a process of its own. Reports each entry that its handler is given and never
// settles any. Its argument: where Redis is, and the options of the group.
const Redis = require('ioredis');
const { createConsumerGroup } = require('../..');

const { url, options } = JSON.parse(process.argv[2]);
const report = (value) => process.stdout.write(`@report ${JSON.stringify(value)}\n`);

createConsumerGroup({
  ...options,
  client: new Redis(url),
  handler(entry) {
    report({ taken: entry.id, pid: process.pid });
    return new Promise(() => {});
  },
}).start();
